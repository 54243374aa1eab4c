#include "metrics/snapshot.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/memory.h"
#include "metrics/page.h"

void
snapshot_fini(struct snapshot *it)
{
	free(it->topics);
	free(it->partitions);
	free(it->samples);
	buffer_fini(&it->texts);
	*it = (struct snapshot){ 0 };
}

/* One more of an array; its memory is not set. */
static void *
one_more(void *items, size_t *count, size_t *room, size_t size)
{
	if (*count == *room) {
		*room = MAX((size_t)16, *room * 2);
		items = memory_resize(items, *room * size);
	}
	++*count;
	return items;
}

struct snapshot_topic *
snapshot_add_topic(struct snapshot *it, struct slice name)
{
	struct snapshot_topic *topic;

	it->topics = one_more(it->topics, &it->topic_count, &it->topic_room,
	    sizeof(*it->topics));
	topic = &it->topics[it->topic_count - 1];
	*topic = (struct snapshot_topic){ .name_at = it->texts.size, .name_size = name.size };
	buffer_append_slice(&it->texts, name);
	return topic;
}

struct snapshot_partition *
snapshot_add_partition(struct snapshot *it, int32_t index)
{
	struct snapshot_partition *partition;

	assert(it->topic_count > 0);
	it->partitions = one_more(it->partitions, &it->partition_count, &it->partition_room,
	    sizeof(*it->partitions));
	it->topics[it->topic_count - 1].partition_count++;
	partition = &it->partitions[it->partition_count - 1];
	*partition = (struct snapshot_partition){ .index = index };
	return partition;
}

void
snapshot_add_sample(struct snapshot *it, enum metric_series series, double value)
{
	it->samples = one_more(it->samples, &it->sample_count, &it->sample_room,
	    sizeof(*it->samples));
	it->samples[it->sample_count - 1] = (struct snapshot_sample){ .series = series,
		.labels_at = it->texts.size, .value = value };
}

void
snapshot_add_label(struct snapshot *it, const char *name, struct slice value)
{
	struct snapshot_sample *sample;

	assert(it->sample_count > 0);
	sample = &it->samples[it->sample_count - 1];
	page_label(&it->texts, it->texts.size > sample->labels_at, name, value);
	sample->labels_size = it->texts.size - sample->labels_at;
}

void
snapshot_add_label_number(struct snapshot *it, const char *name, int64_t value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	snapshot_add_label(it, name, slice_of_text(text));
}
