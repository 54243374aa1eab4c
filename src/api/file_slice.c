#include "api/file_slice.h"

#include <assert.h>
#include <stdlib.h>

#include "api/api_private.h"
#include "base/memory.h"

/* It stays pinned: who has it lets it go later. */
static void
was_sent(struct buffer_owner *owner)
{
	(void)owner;
}

struct file_slice *
file_slice_new(struct request *request, struct log_slice *take)
{
	struct file_slice *it = memory_new(sizeof(*it));

	assert(take->segment != NULL);
	it->owner.release = was_sent;
	it->slice = *take;
	*take = (struct log_slice){ 0 };
	list_append(&api_request_of(request)->slices, &it->link);
	return it;
}

void
file_slice_free_all(struct list *slices)
{
	struct list *link;

	while ((link = list_take_first(slices)) != NULL) {
		struct file_slice *it = container_of(link, struct file_slice, link);

		log_slice_release(&it->slice);
		free(it);
	}
}
