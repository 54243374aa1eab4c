/* CREATE_TOPICS and automatic creation, as clients see them. */
#include <criterion/criterion.h>

#include "controller/call_job.h"
#include "town.h"

static struct town_fixture it;
static struct town_call call;

static void
set_up(void)
{
	town_begin(&it, 2, "offsets.topic.num.partitions=3\noffsets.topic.replication.factor=2\n"
	    "transaction.state.log.replication.factor=3\n");
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(create_topics_call, .init = set_up, .fini = tear_down);

static const struct create_topics_response_creatable_topic_result *
result(int32_t index)
{
	cr_assert_lt(index, call.response.create.topics.count);
	return &call.response.create.topics.items[index];
}

static void
ask(void)
{
	town_ask_and_wait(&it, &call, 10 * TOWN_SECOND_US);
}

Test(create_topics_call, answers_each_topic_for_itself)
{
	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 7);
	town_add_topic(&call, "good", 2, 2);
	town_add_topic(&call, "bad/name", 1, 1);
	town_add_topic(&call, "many", 1, 3);
	town_add_topic(&call, "twice", 1, 1);
	town_add_topic(&call, "twice", 2, 1);
	town_add_topic(&call, "__cluster_metadata", 1, 1);
	call.request.create.timeout_ms = 3000;
	ask();
	cr_assert_eq(call.response.create.topics.count, 6);
	cr_expect_eq(result(0)->error_code, KAFKA_ERROR_NONE);
	cr_expect(slice_is_null(result(0)->error_message));
	cr_expect_eq(result(0)->num_partitions, 2);
	cr_expect_eq(result(0)->replication_factor, 2);
	cr_expect_not(uuid_is_zero(result(0)->topic_id));
	cr_expect_gt(result(0)->configs.count, 20);
	cr_expect_eq(result(1)->error_code, KAFKA_ERROR_INVALID_TOPIC_EXCEPTION);
	cr_expect_eq(result(1)->num_partitions, -1);
	cr_expect_eq(result(2)->error_code, KAFKA_ERROR_INVALID_REPLICATION_FACTOR);
	cr_expect_str_eq(town_text(result(2)->error_message),
	    "3 replicas need more than the 2 brokers that are up.");
	cr_expect_eq(result(3)->error_code, KAFKA_ERROR_INVALID_REQUEST);
	cr_expect_eq(result(4)->error_code, KAFKA_ERROR_INVALID_REQUEST);
	cr_expect_eq(result(5)->error_code, KAFKA_ERROR_INVALID_REQUEST);
	cr_expect_null(town_node(&it.town, "/brokers/topics/twice"));
	town_call_fini(&call);
}

Test(create_topics_call, tells_the_id_that_stands_in_zookeeper)
{
	char id[UUID_TEXT_SIZE + 1];

	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 7);
	town_add_topic(&call, "t", 1, 1);
	ask();
	uuid_text(result(0)->topic_id, id);
	cr_assert_not_null(strstr(town_node(&it.town, "/brokers/topics/t"), id));
	town_call_fini(&call);
}

Test(create_topics_call, tells_no_configs_to_old_clients)
{
	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 4);
	town_add_topic(&call, "t", 1, 1);
	ask();
	cr_assert_eq(result(0)->configs.count, 0);
	town_call_fini(&call);
}

Test(create_topics_call, writes_the_configs_that_were_asked_for)
{
	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 7);
	town_add_config(&call, town_add_topic(&call, "t", 1, 1), "retention.ms", "86400000");
	town_add_config(&call, town_add_topic(&call, "u", 1, 1), "retention.ms", "soon");
	ask();
	cr_assert_eq(result(0)->error_code, KAFKA_ERROR_NONE);
	cr_assert_str_eq(town_node(&it.town, "/config/topics/t"),
	    "{\"version\":1,\"config\":{\"retention.ms\":\"86400000\"}}");
	cr_assert_eq(result(1)->error_code, KAFKA_ERROR_INVALID_CONFIG);
	cr_assert_null(town_node(&it.town, "/config/topics/u"));
	town_call_fini(&call);
}

Test(create_topics_call, validates_and_does_nothing_else)
{
	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 7);
	town_add_topic(&call, "t", 3, 2);
	town_add_topic(&call, "u", 0, 2);
	call.request.create.validate_only = true;
	ask();
	cr_assert_eq(result(0)->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(result(0)->num_partitions, 3);
	cr_assert(uuid_is_zero(result(0)->topic_id));
	cr_assert_eq(result(1)->error_code, KAFKA_ERROR_INVALID_PARTITIONS);
	cr_assert_null(town_node(&it.town, "/brokers/topics/t"));
	town_call_fini(&call);
}

Test(create_topics_call, refuses_a_name_that_is_marked_for_deletion)
{
	/* the mark is younger than what the controller has heard of */
	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 7);
	town_add_topic(&call, "t", 1, 1);
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/admin/delete_topics/t", NULL);
	ask();
	cr_assert(result(0)->error_code == KAFKA_ERROR_TOPIC_ALREADY_EXISTS ||
	    town_node(&it.town, "/brokers/topics/t") != NULL);
	town_run(&it, TOWN_SECOND_US);
	cr_assert_null(town_node(&it.town, "/admin/delete_topics/t"));
	town_call_fini(&call);
}

Test(create_topics_call, replaces_a_configuration_that_was_left)
{
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/config/topics/t",
	    "{\"version\":1,\"config\":{\"retention.ms\":\"1\"}}");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_eq(town_create(&it, "t", 1, 1), KAFKA_ERROR_NONE);
	cr_assert_str_eq(town_node(&it.town, "/config/topics/t"),
	    "{\"version\":1,\"config\":{}}");
}

Test(create_topics_call, refuses_a_topic_that_somebody_else_has_just_made)
{
	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 7);
	town_add_topic(&call, "t", 1, 1);
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/brokers/topics/t",
	    "{\"version\":1,\"partitions\":{\"0\":[2]}}");
	ask();
	cr_assert_eq(result(0)->error_code, KAFKA_ERROR_TOPIC_ALREADY_EXISTS);
	town_run(&it, TOWN_SECOND_US);
	cr_assert_not_null(town_node(&it.town, "/brokers/topics/t/partitions/0/state"));
	town_call_fini(&call);
}

Test(create_topics_call, makes_a_topic_of_a_thousand_partitions_with_few_writes)
{
	struct tree *tree = (struct tree *)(uintptr_t)sim_coord_tree(it.town.ensemble);
	int64_t before = tree_zxid(tree), from_us = it.sim.now_us;

	cr_assert_eq(town_create(&it, "big", 1000, 2), KAFKA_ERROR_NONE);
	cr_assert_eq(it.town.brokers[0].replicas.count, 1000);
	cr_assert_eq(it.town.brokers[1].metadata.count, 1000);
	cr_assert_leq(tree_zxid(tree) - before, 20);
	cr_assert_lt(it.sim.now_us - from_us, TOWN_SECOND_US / 4);
	cr_assert_eq(it.town.brokers[0].leader_and_isr, 1);
	cr_assert_eq(town_delete(&it, "big"), KAFKA_ERROR_NONE);
	cr_assert_null(town_node(&it.town, "/brokers/topics/big"));
}

Test(create_topics_call, refuses_what_does_not_fit_into_a_znode)
{
	cr_assert_eq(town_create(&it, "huge", 100000, 2), KAFKA_ERROR_INVALID_PARTITIONS);
	cr_assert_null(town_node(&it.town, "/brokers/topics/huge"));
}

Test(create_topics_call, is_refused_by_others_than_the_controller)
{
	struct town_broker *other = &it.town.brokers[1 - town_active(&it.town)];

	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 7);
	town_add_topic(&call, "t", 1, 1);
	town_add_topic(&call, "u", 1, 1);
	town_ask(other, &call);
	town_run(&it, TOWN_SECOND_US);
	cr_assert(call.is_answered);
	cr_assert_eq(result(0)->error_code, KAFKA_ERROR_NOT_CONTROLLER);
	cr_assert_eq(result(1)->error_code, KAFKA_ERROR_NOT_CONTROLLER);
	town_call_fini(&call);
}

Test(create_topics_call, by_itself_makes_internal_topics_as_they_are_configured)
{
	town_call_init(&call, CONTROLLER_AUTO_CREATE, 7);
	town_add_topic(&call, "__consumer_offsets", -1, -1);
	town_add_topic(&call, "plain", -1, -1);
	town_add_topic(&call, "__transaction_state", -1, -1);
	ask();
	cr_assert_eq(result(0)->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(result(1)->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(result(2)->error_code, KAFKA_ERROR_INVALID_REPLICATION_FACTOR);
	cr_assert_not_null(town_node(&it.town,
	    "/brokers/topics/__consumer_offsets/partitions/2/state"));
	cr_assert_str_eq(town_node(&it.town, "/config/topics/__consumer_offsets"),
	    "{\"version\":1,\"config\":{\"compression.type\":\"producer\","
	    "\"cleanup.policy\":\"compact\",\"segment.bytes\":\"104857600\"}}");
	town_call_fini(&call);
}

Test(create_topics_call, by_itself_does_not_make_a_name_twice)
{
	struct town_call again;

	town_call_init(&call, CONTROLLER_AUTO_CREATE, 7);
	town_call_init(&again, CONTROLLER_AUTO_CREATE, 7);
	town_add_topic(&call, "plain", -1, -1);
	town_add_topic(&again, "plain", -1, -1);
	town_ask(town_leader(&it), &call);
	town_ask(town_leader(&it), &again);
	town_run(&it, TOWN_SECOND_US);
	cr_assert(call.is_answered && again.is_answered);
	cr_assert_eq(result(0)->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(again.response.create.topics.items[0].error_code,
	    KAFKA_ERROR_TOPIC_ALREADY_EXISTS);
	town_call_fini(&call);
	town_call_fini(&again);
}

Test(create_topics_call, survives_an_arena_without_room)
{
	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 7);
	town_add_topic(&call, "t", 1, 1);
	call.arena.cap = call.arena.used;
	ask();
	cr_assert_eq(call.response.create.topics.count, 0);
	cr_assert_null(town_node(&it.town, "/brokers/topics/t"));
	town_call_fini(&call);
}
