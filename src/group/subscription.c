#include "group/subscription.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/macros.h"
#include "base/reader.h"

void
subscriptions_init(struct subscriptions *subscriptions)
{
	*subscriptions = (struct subscriptions){ .topics = NULL };
}

void
subscriptions_fini(struct subscriptions *subscriptions)
{
	free(subscriptions->topics);
	subscriptions_init(subscriptions);
}

static void
add(struct subscriptions *subscriptions, struct slice topic)
{
	if (subscriptions->count == subscriptions->capacity) {
		subscriptions->capacity = MAX(2 * subscriptions->capacity, (size_t)16);
		subscriptions->topics = memory_resize(subscriptions->topics,
		    subscriptions->capacity * sizeof(*subscriptions->topics));
	}
	subscriptions->topics[subscriptions->count++] = topic;
}

bool
subscriptions_add(struct subscriptions *subscriptions, struct slice metadata)
{
	struct reader reader;
	int32_t count;

	reader_init(&reader, metadata);
	(void)reader_int16(&reader); /* all versions begin alike */
	count = reader_int32(&reader);
	if (count < 0)
		return false;
	for (int32_t i = 0; i < count && !reader_failed(&reader); i++) {
		int16_t size = reader_int16(&reader);

		if (size < 0)
			return false;
		struct slice topic = reader_bytes(&reader, (size_t)size);
		if (!reader_failed(&reader))
			add(subscriptions, topic);
	}
	return !reader_failed(&reader);
}

static int
compare(const void *a, const void *b)
{
	return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

void
subscriptions_sort(struct subscriptions *subscriptions)
{
	if (subscriptions->count > 0)
		qsort(subscriptions->topics, subscriptions->count, sizeof(struct slice), compare);
}

bool
subscriptions_have(const struct subscriptions *subscriptions, struct slice topic)
{
	return subscriptions->count > 0 && bsearch(&topic, subscriptions->topics,
	    subscriptions->count, sizeof(struct slice), compare) != NULL;
}
