#include "controller/doubts_prefix.h"

#include "wire/kafka_error.h"

enum { TOOL = -2 }; /* a replica id: any replica answers */

/* One topic for each partition: they are few. */
static void
add(struct fetch_request *request, const struct doubt *doubt, const struct doubt_end *end,
    struct arena *arena)
{
	struct fetch_request_fetch_topic *topic = &request->topics.items[request->topics.count++];
	struct fetch_request_fetch_partition *partition = arena_new(arena, sizeof(*partition));

	*topic = fetch_request_fetch_topic_defaults;
	topic->topic = slice_of(arena_text(arena, doubt->topic.bytes, doubt->topic.size),
	    doubt->topic.size);
	topic->partitions.items = partition;
	topic->partitions.count = 1;
	*partition = fetch_request_fetch_partition_defaults;
	partition->partition = doubt->index;
	partition->fetch_offset = end->end_offset;
	partition->last_fetched_epoch = end->last_epoch;
	partition->partition_max_bytes = 0;
}

struct fetch_request *
doubts_prefix_request(struct doubts *doubts, const struct context *context, int32_t broker,
    struct arena *arena)
{
	struct fetch_request *request = arena_new(arena, sizeof(*request));
	size_t room = doubts->all.count;
	struct doubt_end end;

	*request = fetch_request_defaults;
	request->replica_id = TOOL;
	request->max_bytes = 1;
	request->topics.items = arena_array(arena, room == 0 ? 1 : room, sizeof(*request->topics.items));
	DOUBTS_FOREACH(link, doubts)
		if (doubt_asks_prefix(doubt_of(link), context, broker, &end))
			add(request, doubt_of(link), &end, arena);
	return request;
}

/*
 * Offsets out of range begin after the one that was asked for, as the log ends
 * after it; and who finds its records damaged has looked for where logs part before.
 */
static bool
says_something(const struct fetch_response_partition_data *answer)
{
	return answer->error_code == KAFKA_ERROR_NONE ||
	    answer->error_code == KAFKA_ERROR_OFFSET_OUT_OF_RANGE ||
	    answer->error_code == KAFKA_ERROR_CORRUPT_MESSAGE;
}

static bool
is_of(const struct fetch_request *request, int32_t place, struct slice topic, int32_t index)
{
	return place < request->topics.count &&
	    request->topics.items[place].partitions.items->partition == index &&
	    slice_equal(request->topics.items[place].topic, topic);
}

/* In the order of the questions, as long as none is left out; NULL: that was not asked. */
static const struct fetch_request_fetch_partition *
find_asked(const struct fetch_request *request, int32_t place, struct slice topic, int32_t index)
{
	if (is_of(request, place, topic, index))
		return request->topics.items[place].partitions.items;
	for (int32_t i = 0; i < request->topics.count; i++)
		if (is_of(request, i, topic, index))
			return request->topics.items[i].partitions.items;
	return NULL;
}

static void
take_partition(struct doubt *doubt, int32_t broker, int64_t broker_epoch,
    const struct fetch_request_fetch_partition *asked,
    const struct fetch_response_partition_data *answer)
{
	struct doubt_end end = { asked->last_fetched_epoch, asked->fetch_offset };

	if (says_something(answer))
		doubt_prefix_answered(doubt, broker, broker_epoch, &end,
		    answer->diverging_epoch.epoch < 0);
}

static void
take(struct doubts *doubts, int32_t broker, int64_t broker_epoch,
    const struct fetch_request *request, const struct fetch_response *response)
{
	int32_t place = 0;

	for (int32_t i = 0; i < response->responses.count; i++) {
		const struct fetch_response_fetchable_topic_response *topic =
		    &response->responses.items[i];

		for (int32_t j = 0; j < topic->partitions.count; j++) {
			const struct fetch_response_partition_data *answer = &topic->partitions.items[j];
			const struct fetch_request_fetch_partition *asked =
			    find_asked(request, place++, topic->topic, answer->partition_index);
			struct doubt *doubt =
			    doubts_find(doubts, topic->topic, answer->partition_index);

			if (doubt != NULL && asked != NULL)
				take_partition(doubt, broker, broker_epoch, asked, answer);
		}
	}
}

void
doubts_prefix_take(struct doubts *doubts, int32_t broker, int64_t broker_epoch,
    const struct fetch_request *request, const struct fetch_response *response)
{
	if (response != NULL)
		take(doubts, broker, broker_epoch, request, response);
	for (int32_t i = 0; i < request->topics.count; i++) {
		const struct fetch_request_fetch_partition *asked =
		    request->topics.items[i].partitions.items;
		struct doubt *doubt =
		    doubts_find(doubts, request->topics.items[i].topic, asked->partition);

		if (doubt != NULL)
			doubt_prefix_not_answered(doubt, broker, broker_epoch,
			    &(struct doubt_end){ asked->last_fetched_epoch, asked->fetch_offset });
	}
}
