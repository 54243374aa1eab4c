#include "controller/create_topics.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "../config/given.h"
#include "model.h"
#include "wire/kafka_error.h"
#include "zk/placement.h"

static struct model it;
static struct given given;
static struct create_topic_input input;
static struct create_topics_request_creatable_topic asked;
static struct create_topic_plan plan;

static void
set_up(void)
{
	model_init(&it);
	for (int32_t id = 1; id <= 3; id++)
		model_broker(&it, id, NULL);
	given_init(&given);
	given_set(&given, "num.partitions=4\ndefault.replication.factor=2\n"
	    "offsets.topic.num.partitions=5\noffsets.topic.replication.factor=3\n"
	    "transaction.state.log.num.partitions=6\ntransaction.state.log.replication.factor=2\n");
	cr_assert_not_null(given.config, "%s", given_print(&given));
	input = (struct create_topic_input){ .context = &it.context, .config = given.config };
	asked = create_topics_request_creatable_topic_defaults;
	asked.name = slice_of_text("orders");
	asked.num_partitions = 3;
	asked.replication_factor = 1;
}

static void
tear_down(void)
{
	given_fini(&given);
	model_fini(&it);
}

TestSuite(create_topics, .init = set_up, .fini = tear_down);

static int16_t
decide(void)
{
	create_topic_plan(&input, &asked, &it.arena, &plan);
	cr_assert((plan.code == KAFKA_ERROR_NONE) == (plan.reason == NULL));
	return plan.code;
}

static int16_t
named(const char *name)
{
	asked.name = slice_of_text(name);
	return decide();
}

static int16_t
counts(int32_t partitions, int16_t factor)
{
	asked.num_partitions = partitions;
	asked.replication_factor = factor;
	return decide();
}

static void
config(const char *name, const char *value)
{
	struct create_topics_request_creatable_topic_config *configs =
	    arena_array(&it.arena, (size_t)asked.configs.count + 1, sizeof(*configs));

	if (asked.configs.count > 0)
		memcpy(configs, asked.configs.items, (size_t)asked.configs.count * sizeof(*configs));
	configs[asked.configs.count] = create_topics_request_creatable_topic_config_defaults;
	configs[asked.configs.count].name = slice_of_text(name);
	configs[asked.configs.count].value = slice_of_text(value);
	asked.configs.items = configs;
	asked.configs.count++;
}

static void
assign(int32_t index, const char *brokers)
{
	struct create_topics_request_creatable_replica_assignment *assignments =
	    arena_array(&it.arena, (size_t)asked.assignments.count + 1, sizeof(*assignments));
	struct payload_int32_list ids = model_ids(&it, brokers);

	if (asked.assignments.count > 0)
		memcpy(assignments, asked.assignments.items,
		    (size_t)asked.assignments.count * sizeof(*assignments));
	assignments[asked.assignments.count] =
	    create_topics_request_creatable_replica_assignment_defaults;
	assignments[asked.assignments.count].partition_index = index;
	assignments[asked.assignments.count].broker_ids.items = (int32_t *)(uintptr_t)ids.values;
	assignments[asked.assignments.count].broker_ids.count = (int32_t)ids.count;
	asked.assignments.items = assignments;
	asked.assignments.count++;
	asked.num_partitions = asked.replication_factor = -1;
}

Test(create_topics, places_replicas_from_a_random_start)
{
	input.start = 1;
	cr_assert_eq(counts(3, 2), KAFKA_ERROR_NONE);
	cr_assert_eq(plan.assignments.count, 3);
	cr_assert_eq(plan.replication_factor, 2);
	cr_assert_str_eq(model_text(plan.assignments.entries[0].replicas), "2,3");
	cr_assert_str_eq(model_text(plan.assignments.entries[2].replicas), "1,2");
	input.start = 3000000001u; /* modulo the brokers */
	cr_assert_eq(decide(), KAFKA_ERROR_NONE);
}

Test(create_topics, takes_what_is_left_out_from_the_configuration)
{
	cr_assert_eq(counts(-1, -1), KAFKA_ERROR_NONE);
	cr_assert_eq(plan.assignments.count, 4);
	cr_assert_eq(plan.replication_factor, 2);
}

Test(create_topics, refuses_numbers_that_make_no_topic)
{
	cr_expect_eq(counts(0, 1), KAFKA_ERROR_INVALID_PARTITIONS);
	cr_expect_eq(counts(-2, 1), KAFKA_ERROR_INVALID_PARTITIONS);
	cr_expect_eq(counts(INT32_MAX, 1), KAFKA_ERROR_INVALID_PARTITIONS);
	cr_expect_eq(counts(1, 0), KAFKA_ERROR_INVALID_REPLICATION_FACTOR);
	cr_expect_eq(counts(1, -7), KAFKA_ERROR_INVALID_REPLICATION_FACTOR);
	cr_expect_eq(counts(1, 4), KAFKA_ERROR_INVALID_REPLICATION_FACTOR);
	cr_expect_eq(counts(1, INT16_MAX), KAFKA_ERROR_INVALID_REPLICATION_FACTOR);
	cr_expect_str_eq(plan.reason, "32767 replicas need more than the 3 brokers that are up.");
}

Test(create_topics, counts_only_brokers_that_stay)
{
	context_broker_find(&it.context, 2)->shutting_down = true;
	cr_assert_eq(counts(1, 3), KAFKA_ERROR_INVALID_REPLICATION_FACTOR);
	cr_assert_eq(counts(2, 2), KAFKA_ERROR_NONE);
	for (size_t i = 0; i < 3; i++)
		context_broker_remove(&it.context, (int32_t)i + 1);
	cr_assert_eq(counts(1, 1), KAFKA_ERROR_INVALID_REPLICATION_FACTOR);
}

Test(create_topics, asks_for_racks_of_all_brokers_or_none)
{
	model_broker(&it, 1, "r1");
	model_broker(&it, 2, "r2");
	model_broker(&it, 3, "r1");
	cr_assert_eq(counts(2, 2), KAFKA_ERROR_NONE);
	for (size_t i = 0; i < plan.assignments.count; i++) {
		struct payload_int32_list replicas = plan.assignments.entries[i].replicas;
		/* broker 2 alone is in the other rack */
		cr_assert(replicas.values[0] == 2 || replicas.values[1] == 2);
	}
}

Test(create_topics, refuses_names_that_no_topic_may_have)
{
	char long_name[251];

	memset(long_name, 'x', 250);
	long_name[250] = '\0';
	cr_expect_eq(named(""), KAFKA_ERROR_INVALID_TOPIC_EXCEPTION);
	cr_expect_eq(named(".."), KAFKA_ERROR_INVALID_TOPIC_EXCEPTION);
	cr_expect_eq(named("a/b"), KAFKA_ERROR_INVALID_TOPIC_EXCEPTION);
	cr_expect_eq(named(long_name), KAFKA_ERROR_INVALID_TOPIC_EXCEPTION);
	cr_expect_eq(named("a b%s%n"), KAFKA_ERROR_INVALID_TOPIC_EXCEPTION);
}

Test(create_topics, refuses_names_that_collide_or_exist)
{
	struct context_topic *topic = model_topic(&it, "a.b", "1");

	cr_expect_eq(named("a_b"), KAFKA_ERROR_INVALID_TOPIC_EXCEPTION);
	cr_expect_str_eq(plan.reason, 
	    "'a_b' and the topic 'a.b' would be one in names of metrics.");
	cr_expect_eq(named("a.b"), KAFKA_ERROR_TOPIC_ALREADY_EXISTS);
	cr_expect_str_eq(plan.reason, "There is a topic 'a.b' already.");
	topic->to_delete = true;
	cr_expect_eq(named("a.b"), KAFKA_ERROR_TOPIC_ALREADY_EXISTS);
	cr_expect_str_eq(plan.reason, "The topic 'a.b' is being deleted.");
	cr_expect_eq(named("ab"), KAFKA_ERROR_NONE);
}

Test(create_topics, takes_assignments_by_hand_also_of_brokers_that_are_away)
{
	assign(1, "3,9");
	assign(0, "2,3");
	cr_assert_eq(decide(), KAFKA_ERROR_NONE);
	cr_assert_eq(plan.replication_factor, 2);
	cr_assert_eq(plan.assignments.entries[1].partition, 1);
	cr_assert_str_eq(model_text(plan.assignments.entries[1].replicas), "3,9");
}

Test(create_topics, refuses_assignments_that_do_not_fit_together)
{
	static const struct {
		int32_t indexes[2];
		const char *brokers[2];
	} cases[] = {
		{ { 0, 2 }, { "1", "2" } },     /* a gap */
		{ { 0, 0 }, { "1", "2" } },     /* twice */
		{ { 0, -1 }, { "1", "2" } },
		{ { 0, INT32_MAX }, { "1", "2" } },
		{ { 0, 1 }, { "1", "2,3" } },   /* unequal */
		{ { 0, 1 }, { "1,1", "2,3" } }, /* a broker twice */
		{ { 0, 1 }, { "", "" } },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		asked.assignments.count = 0;
		assign(cases[i].indexes[0], cases[i].brokers[0]);
		assign(cases[i].indexes[1], cases[i].brokers[1]);
		cr_expect_eq(decide(), KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT, "case %zu", i);
	}
	asked.assignments.count = 0;
	assign(0, "1");
	asked.assignments.items[0].broker_ids.items[0] = -5;
	cr_expect_eq(decide(), KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT);
	asked.assignments.items[0].broker_ids.items[0] = 1;
	asked.num_partitions = 1;
	cr_expect_eq(decide(), KAFKA_ERROR_INVALID_REQUEST);
}

Test(create_topics, keeps_configs_in_their_order_and_the_last_of_a_key)
{
	config("retention.ms", "86400000");
	config("max.message.bytes", "1000");
	config("retention.ms", "7");
	cr_assert_eq(decide(), KAFKA_ERROR_NONE);
	cr_assert_eq(plan.config.count, 2);
	cr_assert(slice_equal_text(payload_config_find(&plan.config, slice_of_text("retention.ms")),
	    "7"));
}

Test(create_topics, refuses_configs_and_says_which)
{
	config("retention.ms", "soon");
	cr_assert_eq(decide(), KAFKA_ERROR_INVALID_CONFIG);
	cr_assert_not_null(strstr(plan.reason, "retention.ms"));
	asked.configs.count = 0;
	config("no.such.key", "1");
	cr_assert_eq(decide(), KAFKA_ERROR_INVALID_CONFIG);
	cr_assert_not_null(strstr(plan.reason, "no.such.key"));
	asked.configs.count = 0;
	config("retention.ms", NULL);
	cr_assert_eq(decide(), KAFKA_ERROR_INVALID_CONFIG);
	asked.configs.items[0].value = slice_of("1\0002", 3);
	cr_assert_eq(decide(), KAFKA_ERROR_INVALID_CONFIG);
	asked.configs.items[0].value = slice_of("\xff", 1);
	cr_assert_eq(decide(), KAFKA_ERROR_INVALID_CONFIG);
}

static const char *
config_json(void)
{
	static char text[1024];
	struct buffer buffer;

	buffer_init(&buffer);
	payload_config_encode(&plan.config, &buffer);
	snprintf(text, sizeof(text), "%.*s", (int)buffer.size, (const char *)buffer.bytes);
	buffer_fini(&buffer);
	return text;
}

Test(create_topics, gives_internal_topics_numbers_and_configs_of_their_own)
{
	input.is_automatic = true;
	asked.num_partitions = asked.replication_factor = -1;
	cr_assert_eq(named("__consumer_offsets"), KAFKA_ERROR_NONE);
	cr_assert_eq(plan.assignments.count, 5);
	cr_assert_eq(plan.replication_factor, 3);
	cr_assert_str_eq(config_json(), "{\"version\":1,\"config\":{\"compression.type\":\"producer\","
	    "\"cleanup.policy\":\"compact\",\"segment.bytes\":\"104857600\"}}");
	cr_assert_eq(named("__transaction_state"), KAFKA_ERROR_NONE);
	cr_assert_eq(plan.assignments.count, 6);
	cr_assert_str_eq(config_json(), "{\"version\":1,\"config\":{"
	    "\"compression.type\":\"uncompressed\",\"cleanup.policy\":\"compact\","
	    "\"min.insync.replicas\":\"2\",\"segment.bytes\":\"104857600\","
	    "\"unclean.leader.election.enable\":\"false\"}}");
	context_broker_remove(&it.context, 3);
	cr_assert_eq(named("__consumer_offsets"), KAFKA_ERROR_INVALID_REPLICATION_FACTOR);
	cr_assert_eq(named("plain"), KAFKA_ERROR_NONE);
	cr_assert_eq(plan.assignments.count, 4);
}
