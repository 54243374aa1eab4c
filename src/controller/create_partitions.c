#include "controller/create_partitions.h"

#include <inttypes.h>

#include "controller/create_topics.h"
#include "controller/text.h"
#include "wire/kafka_error.h"
#include "zk/placement.h"

enum { BYTES_OF_PARTITION_MIN = 8 };

typedef struct create_partitions_request_create_partitions_topic asked_topic;

static bool PRINTF_LIKE(4, 5)
refuse(struct create_partitions_plan *plan, struct arena *arena, int16_t code,
    const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	plan->code = code;
	plan->reason = text_format(arena, format, arguments);
	va_end(arguments);
	return false;
}

/* As many as partition 0 has; without one, as many as the first. */
static int32_t
factor_of(const struct context_topic *topic)
{
	return topic->partition_count == 0 ? 0 : topic->partitions[0]->replica_count;
}

static bool
check_topic(const struct context_topic *topic, const asked_topic *asked, struct arena *arena,
    struct create_partitions_plan *plan)
{
	if (topic == NULL || topic->is_quarantined)
		return refuse(plan, arena, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION,
		    "There is no topic '%.*s'.", (int)asked->name.size,
		    (const char *)asked->name.bytes);
	if (topic->to_delete)
		return refuse(plan, arena, KAFKA_ERROR_INVALID_TOPIC_EXCEPTION,
		    "The topic is being deleted.");
	if (context_topic_is_reassigned(topic))
		return refuse(plan, arena, KAFKA_ERROR_REASSIGNMENT_IN_PROGRESS,
		    "A partition of the topic '%.*s' is being reassigned.", (int)asked->name.size,
		    (const char *)asked->name.bytes);
	if (asked->count < topic->partition_count)
		return refuse(plan, arena, KAFKA_ERROR_INVALID_PARTITIONS,
		    "The topic has %" PRId32 " partitions and cannot go back to %" PRId32 ".",
		    topic->partition_count, asked->count);
	if (asked->count == topic->partition_count)
		return refuse(plan, arena, KAFKA_ERROR_INVALID_PARTITIONS,
		    "The topic has its %" PRId32 " partitions.", topic->partition_count);
	if (asked->count > CREATE_TOPIC_BYTES_MAX / BYTES_OF_PARTITION_MIN)
		return refuse(plan, arena, KAFKA_ERROR_INVALID_PARTITIONS,
		    "%" PRId32 " partitions do not fit into one znode of ZooKeeper.", asked->count);
	return true;
}

/* ------------------------------------------------------------- placement */

/* Where the first replica of partition 0 stands among the brokers. */
static uint32_t
start_of(const struct context_topic *topic, const struct placement_broker *brokers, size_t count)
{
	int32_t first = factor_of(topic) == 0 ? -1 : topic->partitions[0]->replicas[0].broker;

	for (size_t i = 0; i < count; i++)
		if (brokers[i].id == first)
			return (uint32_t)i;
	return 0;
}

static bool
place(const struct context *context, const struct context_topic *topic, int32_t added,
    struct arena *arena, struct create_partitions_plan *plan)
{
	struct placement_broker *brokers;
	struct payload_assignment *entries = arena_array(arena, (size_t)added, sizeof(*entries));
	size_t count = placement_brokers(context, arena, &brokers);
	size_t factor = (size_t)factor_of(topic);
	int32_t *replicas;

	if (factor == 0 || factor > count)
		return refuse(plan, arena, KAFKA_ERROR_INVALID_REPLICATION_FACTOR,
		    "%zu replicas need more than the %zu brokers that are up.", factor, count);
	replicas = arena_array(arena, (size_t)added * factor, sizeof(*replicas));
	if (placement_assign(&(struct placement_request){
	    .brokers = brokers,
	    .broker_count = count,
	    .partitions = added,
	    .replication_factor = (int32_t)factor,
	    .start = start_of(topic, brokers, count),
	    .shift = start_of(topic, brokers, count),
	    .first_partition = topic->partition_count,
	    }, replicas) != ERROR_NONE)
		return refuse(plan, arena, KAFKA_ERROR_INVALID_REPLICATION_FACTOR,
		    "The replicas cannot be placed on the brokers that are up.");
	for (int32_t i = 0; i < added; i++)
		entries[i] = (struct payload_assignment){ plan->first + i,
			{ &replicas[(size_t)i * factor], factor } };
	plan->added = (struct payload_assignments){ entries, (size_t)added };
	return true;
}

/* ---------------------------------------------------- assignments by hand */

static bool
check_replicas(const struct context *context, int32_t index, const int32_t *ids, int32_t count,
    struct arena *arena, struct create_partitions_plan *plan)
{
	if (count <= 0)
		return refuse(plan, arena, KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT,
		    "Partition %" PRId32 " has no replica.", index);
	for (int32_t i = 0; i < count; i++) {
		if (!context_broker_is_live(context, ids[i]))
			return refuse(plan, arena, KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT,
			    "Broker %" PRId32 " is not up.", ids[i]);
		for (int32_t j = 0; j < i; j++)
			if (ids[j] == ids[i])
				return refuse(plan, arena, KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT,
				    "Partition %" PRId32 " has broker %" PRId32 " twice.", index, ids[i]);
	}
	return true;
}

static bool
take_by_hand(const struct context *context, const struct context_topic *topic,
    const asked_topic *asked, int32_t added, struct arena *arena,
    struct create_partitions_plan *plan)
{
	struct payload_assignment *entries = arena_array(arena, (size_t)added, sizeof(*entries));

	if (asked->assignments.count != added)
		return refuse(plan, arena, KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT,
		    "%" PRId32 " new partitions do not go with %" PRId32 " assignments.", added, asked->assignments.count);
	for (int32_t i = 0; i < added; i++) {
		const int32_t *ids = asked->assignments.items[i].broker_ids.items;
		int32_t count = asked->assignments.items[i].broker_ids.count;

		if (!check_replicas(context, plan->first + i, ids, count, arena, plan))
			return false;
		if (count != factor_of(topic))
			return refuse(plan, arena, KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT,
			    "Partition 0 has %" PRId32 " replicas, and partition %" PRId32 " would have %" PRId32
			    ".", factor_of(topic), plan->first + i, count);
		entries[i] = (struct payload_assignment){ plan->first + i, { ids, (size_t)count } };
	}
	plan->added = (struct payload_assignments){ entries, (size_t)added };
	return true;
}

void
create_partitions_plan(const struct context *context, const asked_topic *asked,
    struct arena *arena, struct create_partitions_plan *plan)
{
	const struct context_topic *topic = context_topic_find(context, asked->name);
	int32_t added;

	*plan = (struct create_partitions_plan){ .code = KAFKA_ERROR_NONE };
	if (!check_topic(topic, asked, arena, plan))
		return;
	added = asked->count - topic->partition_count;
	plan->first = topic->partition_count;
	if (asked->assignments.count >= 0)
		(void)take_by_hand(context, topic, asked, added, arena, plan);
	else
		(void)place(context, topic, added, arena, plan);
}
