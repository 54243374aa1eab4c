#include "api/file_slice.h"

#include <assert.h>
#include <stdlib.h>

#include "api/api_private.h"
#include "base/memory.h"

static void
was_sent(struct buffer_owner *owner)
{
	struct file_slice *it = file_slice_of(owner);

	list_append(it->sent, &it->link);
}

struct file_slice *
file_slice_new(struct request *request, struct log_slice *take)
{
	struct file_slice *it = memory_new(sizeof(*it));

	assert(take->segment != NULL);
	it->owner.release = was_sent;
	it->slice = *take;
	*take = (struct log_slice){ 0 };
	it->sent = &api_request_of(request)->sent;
	list_init(&it->link);
	return it;
}

void
file_slice_free_all(struct list *sent)
{
	struct list *link;

	while ((link = list_take_first(sent)) != NULL) {
		struct file_slice *it = container_of(link, struct file_slice, link);

		log_slice_release(&it->slice);
		free(it);
	}
}
