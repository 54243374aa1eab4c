#include "controller/create_topics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "config/describe.h"
#include "controller/text.h"
#include "wire/kafka_error.h"
#include "wire/utf8.h"
#include "zk/placement.h"
#include "zk/topic_name.h"

enum { FROM_CONFIG = -1, BYTES_OF_PARTITION_MIN = 8 };

typedef struct create_topics_request_creatable_topic asked_topic;

static bool PRINTF_LIKE(4, 5)
refuse(struct create_topic_plan *plan, struct arena *arena, int16_t code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	plan->code = code;
	plan->reason = text_format(arena, format, arguments);
	va_end(arguments);
	return false;
}

/* ------------------------------------------------------------------ names */

static bool
check_name(const struct context *context, struct slice name, struct arena *arena,
    struct create_topic_plan *plan)
{
	const char *fault = topic_name_fault(name);

	if (fault != NULL)
		return refuse(plan, arena, KAFKA_ERROR_INVALID_TOPIC_EXCEPTION,
		    "No topic may have this name: %s.", fault);
	if (memchr(name.bytes, '.', name.size) == NULL && memchr(name.bytes, '_', name.size) == NULL)
		return true;
	CONTEXT_TOPICS_FOREACH(link, context) {
		const struct context_topic *topic = context_topic_of(link);

		if (topic_name_collides(name, topic->name))
			return refuse(plan, arena, KAFKA_ERROR_INVALID_TOPIC_EXCEPTION,
			    "'%.*s' and the topic '%.*s' would be one in names of metrics.", (int)name.size,
			    (const char *)name.bytes, (int)topic->name.size,
			    (const char *)topic->name.bytes);
	}
	return true;
}

static bool
check_new(const struct context *context, struct slice name, struct arena *arena,
    struct create_topic_plan *plan)
{
	const struct context_topic *topic = context_topic_find(context, name);

	if (topic == NULL)
		return true;
	return refuse(plan, arena, KAFKA_ERROR_TOPIC_ALREADY_EXISTS,
	    topic->to_delete ? "The topic '%.*s' is being deleted." : "There is a topic '%.*s' already.",
	    (int)name.size, (const char *)name.bytes);
}

/* ------------------------------------------------------------- placement */

size_t
placement_brokers(const struct context *context, struct arena *arena,
    struct placement_broker **brokers)
{
	size_t count = 0;

	*brokers = arena_array(arena, MAX(context->broker_count, 1), sizeof(**brokers));
	for (size_t i = 0; i < context->broker_count; i++)
		if (!context->brokers[i]->shutting_down)
			(*brokers)[count++] = (struct placement_broker){ context->brokers[i]->id,
				context->brokers[i]->registration.rack };
	return count;
}

static bool
check_numbers(int32_t partitions, int32_t factor, size_t brokers, struct arena *arena,
    struct create_topic_plan *plan)
{
	if (partitions <= 0)
		return refuse(plan, arena, KAFKA_ERROR_INVALID_PARTITIONS,
		    "A topic needs a partition.");
	if (partitions > CREATE_TOPIC_BYTES_MAX / BYTES_OF_PARTITION_MIN)
		return refuse(plan, arena, KAFKA_ERROR_INVALID_PARTITIONS,
		    "%" PRId32 " partitions do not fit into one znode of ZooKeeper.", partitions);
	if (factor <= 0)
		return refuse(plan, arena, KAFKA_ERROR_INVALID_REPLICATION_FACTOR,
		    "A partition needs a replica.");
	if ((size_t)factor > brokers)
		return refuse(plan, arena, KAFKA_ERROR_INVALID_REPLICATION_FACTOR,
		    "%" PRId32 " replicas need more than the %zu brokers that are up.", factor, brokers);
	return true;
}

static void
set_assignments(struct create_topic_plan *plan, const int32_t *replicas, int32_t partitions,
    int32_t factor, struct arena *arena)
{
	struct payload_assignment *entries =
	    arena_array(arena, (size_t)partitions, sizeof(*entries));

	for (int32_t i = 0; i < partitions; i++)
		entries[i] = (struct payload_assignment){ i,
			{ &replicas[(size_t)i * (size_t)factor], (size_t)factor } };
	plan->assignments = (struct payload_assignments){ entries, (size_t)partitions };
	plan->replication_factor = factor;
}

static bool
place(const struct create_topic_input *input, int32_t partitions, int32_t factor,
    struct arena *arena, struct create_topic_plan *plan)
{
	struct placement_broker *brokers;
	struct placement_request request = { .partitions = partitions, .replication_factor = factor };
	int32_t *replicas;

	request.broker_count = placement_brokers(input->context, arena, &brokers);
	request.brokers = brokers;
	if (!check_numbers(partitions, factor, request.broker_count, arena, plan))
		return false;
	request.start = input->start % (uint32_t)request.broker_count;
	request.shift = input->shift % (uint32_t)request.broker_count;
	replicas = arena_array(arena, (size_t)partitions * (size_t)factor, sizeof(*replicas));
	if (placement_assign(&request, replicas) != ERROR_NONE)
		return refuse(plan, arena, KAFKA_ERROR_INVALID_REPLICATION_FACTOR,
		    "The replicas cannot be placed on the brokers that are up.");
	set_assignments(plan, replicas, partitions, factor, arena);
	return true;
}

/* ---------------------------------------------------- assignments by hand */

/*
 * Brokers that are not there may be named, as in Kafka: their replicas join when
 * they come.
 */
static bool
check_replicas(const struct create_topics_request_creatable_replica_assignment *assignment,
    struct arena *arena, struct create_topic_plan *plan)
{
	for (int32_t i = 0; i < assignment->broker_ids.count; i++) {
		if (assignment->broker_ids.items[i] < 0)
			return refuse(plan, arena, KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT,
			    "Partition %" PRId32 " has a replica on broker %" PRId32 ".",
			    assignment->partition_index, assignment->broker_ids.items[i]);
		for (int32_t j = 0; j < i; j++)
			if (assignment->broker_ids.items[j] == assignment->broker_ids.items[i])
				return refuse(plan, arena, KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT,
				    "Partition %" PRId32 " has broker %" PRId32 " twice.",
				    assignment->partition_index, assignment->broker_ids.items[i]);
	}
	return true;
}

static bool
take_by_hand(const asked_topic *asked, struct arena *arena, struct create_topic_plan *plan)
{
	size_t count = (size_t)asked->assignments.count;
	struct payload_assignment *entries = arena_array(arena, count, sizeof(*entries));
	int32_t factor = asked->assignments.items[0].broker_ids.count;

	for (size_t i = 0; i < count; i++) {
		const struct create_topics_request_creatable_replica_assignment *assignment =
		    &asked->assignments.items[i];
		int32_t index = assignment->partition_index;

		if (assignment->broker_ids.count != factor)
			return refuse(plan, arena, KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT,
			    "The partitions differ in their number of replicas.");
		if (!check_replicas(assignment, arena, plan))
			return false;
		if (index < 0 || (size_t)index >= count || entries[index].replicas.values != NULL)
			return refuse(plan, arena, KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT,
			    "The partitions are not numbered from 0 on, each once.");
		entries[index] = (struct payload_assignment){ index,
			{ assignment->broker_ids.items, (size_t)factor } };
	}
	if (factor <= 0)
		return refuse(plan, arena, KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT,
		    "A partition has no replica.");
	plan->assignments = (struct payload_assignments){ entries, count };
	plan->replication_factor = factor;
	return true;
}

/* ---------------------------------------------------------------- configs */

static bool
has_zero(struct slice text)
{
	return memchr(text.bytes, 0, text.size) != NULL;
}

static bool
check_config(const struct create_topic_input *input, const struct config_map *overrides,
    struct arena *arena, struct create_topic_plan *plan)
{
	struct config_problems problems;
	struct topic_values values;
	struct topic_config config;
	struct buffer text;
	bool is_good;

	config_problems_init(&problems);
	buffer_init(&text);
	topic_config_parse(input->config, overrides, TOPIC_CONFIG_ASKED, &values, &config, &problems);
	is_good = problems.errors == 0;
	for (size_t i = 0; i < problems.count; i++) {
		if (!config_problem_is_error(&problems.items[i]))
			continue;
		if (text.size > 0)
			buffer_append_slice(&text, slice_of_text("; "));
		config_problem_print(&problems.items[i], NULL, &text);
	}
	if (!is_good)
		(void)refuse(plan, arena, KAFKA_ERROR_INVALID_CONFIG, "%.*s",
		    (int)MIN(text.size, 4096), (const char *)text.bytes);
	topic_values_fini(&values);
	config_problems_fini(&problems);
	buffer_fini(&text);
	return is_good;
}

/* In the order of the request; of a key that comes twice the last value. */
static bool
take_config(const struct create_topic_input *input, const asked_topic *asked, struct arena *arena,
    struct create_topic_plan *plan)
{
	struct payload_config_entry *entries =
	    arena_array(arena, (size_t)MAX(asked->configs.count, 1), sizeof(*entries));
	struct config_map overrides;
	size_t count = 0;
	bool is_good;

	config_map_init(&overrides);
	for (int32_t i = 0; i < asked->configs.count; i++)
		config_map_set(&overrides, asked->configs.items[i].name, asked->configs.items[i].value, 0);
	CONFIG_MAP_FOREACH(link, &overrides) {
		const struct config_entry *entry = config_map_entry(link);

		entries[count++] = (struct payload_config_entry){
			slice_of_text(arena_text(arena, entry->name, strlen(entry->name))),
			slice_of_text(arena_text(arena, entry->value, strlen(entry->value))) };
	}
	plan->config = (struct payload_config){ entries, count };
	is_good = check_config(input, &overrides, arena, plan);
	config_map_fini(&overrides);
	return is_good;
}

static bool
check_config_texts(const asked_topic *asked, struct arena *arena, struct create_topic_plan *plan)
{
	for (int32_t i = 0; i < asked->configs.count; i++) {
		struct slice name = asked->configs.items[i].name, value = asked->configs.items[i].value;

		if (slice_is_null(value))
			return refuse(plan, arena, KAFKA_ERROR_INVALID_CONFIG,
			    "The config '%.*s' has no value.", (int)name.size,
			    (const char *)name.bytes);
		if (has_zero(name) || has_zero(value) || !wire_utf8_valid(name) || !wire_utf8_valid(value))
			return refuse(plan, arena, KAFKA_ERROR_INVALID_CONFIG,
			    "A name or value of a config is no text.");
	}
	return true;
}

/* -------------------------------------------------------- internal topics */

static void
add_config(struct create_topic_plan *plan, struct arena *arena, const char *name,
    const char *value)
{
	enum { ROOM = 8 };
	struct payload_config_entry *entries =
	    plan->config.count == 0 ? arena_array(arena, ROOM, sizeof(*entries)) :
	    (struct payload_config_entry *)(uintptr_t)plan->config.entries;

	entries[plan->config.count] = (struct payload_config_entry){ slice_of_text(name),
		slice_of_text(arena_text(arena, value, strlen(value))) };
	plan->config = (struct payload_config){ entries, plan->config.count + 1 };
}

static const char *
value_text(const struct create_topic_input *input, enum config_key_id id)
{
	return broker_value(input->config, id)->text;
}

static int32_t
value_number(const struct create_topic_input *input, enum config_key_id id)
{
	return (int32_t)broker_value(input->config, id)->integer;
}

static bool
plan_offsets(const struct create_topic_input *input, struct arena *arena,
    struct create_topic_plan *plan)
{
	add_config(plan, arena, "compression.type", "producer");
	add_config(plan, arena, "cleanup.policy", "compact");
	add_config(plan, arena, "segment.bytes",
	    value_text(input, CONFIG_OFFSETS_TOPIC_SEGMENT_BYTES));
	return place(input, value_number(input, CONFIG_OFFSETS_TOPIC_NUM_PARTITIONS),
	    value_number(input, CONFIG_OFFSETS_TOPIC_REPLICATION_FACTOR), arena, plan);
}

static bool
plan_transactions(const struct create_topic_input *input, struct arena *arena,
    struct create_topic_plan *plan)
{
	add_config(plan, arena, "compression.type", "uncompressed");
	add_config(plan, arena, "cleanup.policy", "compact");
	add_config(plan, arena, "min.insync.replicas",
	    value_text(input, CONFIG_TRANSACTION_STATE_LOG_MIN_ISR));
	add_config(plan, arena, "segment.bytes",
	    value_text(input, CONFIG_TRANSACTION_STATE_LOG_SEGMENT_BYTES));
	add_config(plan, arena, "unclean.leader.election.enable", "false");
	return place(input, value_number(input, CONFIG_TRANSACTION_STATE_LOG_NUM_PARTITIONS),
	    value_number(input, CONFIG_TRANSACTION_STATE_LOG_REPLICATION_FACTOR), arena, plan);
}

/* ------------------------------------------------------------------ whole */

static bool
plan_asked(const struct create_topic_input *input, const asked_topic *asked, struct arena *arena,
    struct create_topic_plan *plan)
{
	const struct broker_topics *defaults = &input->config->topics;

	if (!check_config_texts(asked, arena, plan))
		return false;
	if (asked->assignments.count > 0) {
		if (asked->num_partitions != FROM_CONFIG || asked->replication_factor != FROM_CONFIG)
			return refuse(plan, arena, KAFKA_ERROR_INVALID_REQUEST,
			    "Either a replica assignment or numbers of partitions and replicas may be set, "
			    "not both.");
	} else if (!place(input, asked->num_partitions == FROM_CONFIG ? defaults->partitions :
	    asked->num_partitions, asked->replication_factor == FROM_CONFIG ?
	    defaults->replication_factor : asked->replication_factor, arena, plan)) {
		return false;
	}
	return check_name(input->context, asked->name, arena, plan) &&
	    (asked->assignments.count <= 0 || take_by_hand(asked, arena, plan)) &&
	    take_config(input, asked, arena, plan);
}

void
create_topic_plan(const struct create_topic_input *input, const asked_topic *asked,
    struct arena *arena, struct create_topic_plan *plan)
{
	*plan = (struct create_topic_plan){ .code = KAFKA_ERROR_NONE };
	if (!check_new(input->context, asked->name, arena, plan))
		return;
	if (input->is_automatic && slice_equal_text(asked->name, "__consumer_offsets"))
		(void)plan_offsets(input, arena, plan);
	else if (input->is_automatic && slice_equal_text(asked->name, "__transaction_state"))
		(void)plan_transactions(input, arena, plan);
	else
		(void)plan_asked(input, asked, arena, plan);
}
