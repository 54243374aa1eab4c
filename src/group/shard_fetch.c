/* OffsetFetch: what a group has committed. */
#include <stdlib.h>

#include "base/memory.h"
#include "group/answer.h"
#include "group/shard_private.h"

typedef struct offset_fetch_response_offset_fetch_response_topics fetched_topic;
typedef struct offset_fetch_response_offset_fetch_response_partitions fetched_partition;
typedef struct offset_fetch_response_offset_fetch_response_topic old_topic;
typedef struct offset_fetch_response_offset_fetch_response_partition old_partition;
typedef struct offset_fetch_request_offset_fetch_request_topics wanted_topic;
typedef struct offset_fetch_request_offset_fetch_request_topic old_wanted_topic;

/* Version 8 moved the same fields into groups: one code makes both. */
_Static_assert(sizeof(fetched_topic) == sizeof(old_topic) &&
    offsetof(fetched_topic, partitions) == offsetof(old_topic, partitions), "one shape");
_Static_assert(sizeof(fetched_partition) == sizeof(old_partition) &&
    offsetof(fetched_partition, committed_offset) == offsetof(old_partition, committed_offset) &&
    offsetof(fetched_partition, committed_leader_epoch) ==
        offsetof(old_partition, committed_leader_epoch) &&
    offsetof(fetched_partition, metadata) == offsetof(old_partition, metadata) &&
    offsetof(fetched_partition, error_code) == offsetof(old_partition, error_code), "one shape");
_Static_assert(sizeof(wanted_topic) == sizeof(old_wanted_topic) &&
    offsetof(wanted_topic, partition_indexes) == offsetof(old_wanted_topic, partition_indexes),
    "one shape");

/* What is asked of a group, and what is found. */
struct fetch {
	const struct group *group; /* NULL: unknown */
	struct arena *arena;
	bool require_stable;
	const wanted_topic *wanted;
	int32_t wanted_count;      /* -1: all that there is */
	fetched_topic *topics;
	int32_t count;
	bool failed;               /* the arena's cap */
};

static fetched_partition
fetch_partition(struct fetch *fetch, struct slice topic, int32_t partition)
{
	struct group_offset offset =
	    group_fetch_offset(fetch->group, topic, partition, fetch->require_stable);

	return (fetched_partition){
		.partition_index = partition,
		.committed_offset = offset.offset,
		.committed_leader_epoch = offset.leader_epoch,
		.metadata = answer_text(fetch->arena, offset.metadata, &fetch->failed),
		.error_code = offset.error,
	};
}

static bool
make_topics(struct fetch *fetch, size_t count)
{
	fetch->topics = arena_array(fetch->arena, count, sizeof(fetched_topic));
	fetch->failed = fetch->failed || fetch->topics == NULL;
	return !fetch->failed;
}

static bool
make_partitions(struct fetch *fetch, fetched_topic *topic, size_t count)
{
	topic->partitions.items = arena_array(fetch->arena, count, sizeof(fetched_partition));
	fetch->failed = fetch->failed || topic->partitions.items == NULL;
	return !fetch->failed;
}

static void
fetch_wanted(struct fetch *fetch)
{
	if (!make_topics(fetch, (size_t)fetch->wanted_count))
		return;
	for (int32_t t = 0; t < fetch->wanted_count; t++) {
		const wanted_topic *wanted = &fetch->wanted[t];
		fetched_topic *topic = &fetch->topics[fetch->count++];
		int32_t count = MAX(wanted->partition_indexes.count, 0);

		topic->name = wanted->name;
		if (!make_partitions(fetch, topic, (size_t)count))
			return;
		for (int32_t p = 0; p < count; p++)
			topic->partitions.items[p] = fetch_partition(fetch, wanted->name,
			    wanted->partition_indexes.items[p]);
		topic->partitions.count = count;
	}
}

/* ---------------------------------------------------------------- all of it */

static int
compare_entries(const void *a, const void *b)
{
	const struct kept_offset *left = *(const struct kept_offset *const *)a;
	const struct kept_offset *right = *(const struct kept_offset *const *)b;
	int order = slice_compare(left->topic, right->topic);

	if (order != 0)
		return order;
	return (left->partition > right->partition) - (left->partition < right->partition);
}

/* By topic and partition; malloc()ed. */
static const struct kept_offset **
sorted_entries(const struct group *group, size_t *count)
{
	const struct kept_offset **entries =
	    memory_array(offsets_count(&group->offsets), sizeof(*entries));

	*count = 0;
	OFFSETS_FOREACH(link, &group->offsets) {
		if (kept_offset_of(link)->is_committed)
			entries[(*count)++] = kept_offset_of(link);
	}
	if (*count > 1)
		qsort(entries, *count, sizeof(struct kept_offset *), compare_entries);
	return entries;
}

static size_t
end_of_topic(const struct kept_offset *const *entries, size_t from, size_t count)
{
	size_t end = from + 1;

	while (end < count && slice_equal(entries[end]->topic, entries[from]->topic))
		end++;
	return end;
}

static void
fetch_topics(struct fetch *fetch, const struct kept_offset *const *entries, size_t count)
{
	size_t end;

	for (size_t i = 0; i < count; i = end) {
		fetched_topic *topic = &fetch->topics[fetch->count];

		end = end_of_topic(entries, i, count);
		topic->name = answer_text(fetch->arena, entries[i]->topic, &fetch->failed);
		if (!make_partitions(fetch, topic, end - i))
			return;
		for (size_t p = i; p < end; p++)
			topic->partitions.items[topic->partitions.count++] =
			    fetch_partition(fetch, topic->name, entries[p]->partition);
		fetch->count++;
	}
}

static void
fetch_all(struct fetch *fetch)
{
	const struct kept_offset **entries;
	size_t count, topics = 0;

	if (fetch->group == NULL)
		return;
	entries = sorted_entries(fetch->group, &count);
	for (size_t i = 0; i < count; i = end_of_topic(entries, i, count))
		topics++;
	if (make_topics(fetch, topics))
		fetch_topics(fetch, entries, count);
	free(entries);
}

/* ------------------------------------------------------------ the response */

static void
run(struct fetch *fetch)
{
	if (fetch->wanted_count >= 0)
		fetch_wanted(fetch);
	else
		fetch_all(fetch);
	if (fetch->failed)
		fetch->count = 0;
}

static void
fetch_slot(struct fetch *fetch, struct group_call *call, int32_t slot)
{
	const struct offset_fetch_request *request = call->request;
	struct offset_fetch_response *response = call->response;

	fetch->wanted = request->groups.items[slot].topics.items;
	fetch->wanted_count = request->groups.items[slot].topics.count;
	run(fetch);
	response->groups.items[slot].error_code =
	    fetch->failed ? KAFKA_ERROR_UNKNOWN_SERVER_ERROR : KAFKA_ERROR_NONE;
	response->groups.items[slot].topics.items = fetch->topics;
	response->groups.items[slot].topics.count = fetch->count;
}

static void
fetch_only(struct fetch *fetch, struct group_call *call)
{
	const struct offset_fetch_request *request = call->request;
	struct offset_fetch_response *response = call->response;

	fetch->wanted = (const wanted_topic *)(const void *)request->topics.items;
	fetch->wanted_count = request->topics.count;
	run(fetch);
	if (fetch->failed) {
		answer_error(call, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
		return;
	}
	response->topics.items = (old_topic *)(void *)fetch->topics;
	response->topics.count = fetch->count;
}

void
shard_fetch(struct shard *shard, struct group_call *call, const struct visit_part *part,
    int16_t error)
{
	const struct offset_fetch_request *request = call->request;
	struct offset_fetch_response *response = call->response;
	struct fetch fetch = { .arena = call->arena, .require_stable = request->require_stable };

	if (error == KAFKA_ERROR_NONE) {
		fetch.group = group_table_find(shard->table, part->group);
		if (part->slot < 0)
			fetch_only(&fetch, call);
		else
			fetch_slot(&fetch, call, part->slot);
	} else if (part->slot < 0) {
		answer_error(call, error);
	} else {
		response->groups.items[part->slot].error_code = error;
	}
}
