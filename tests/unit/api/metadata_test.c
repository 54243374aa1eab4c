#include "api/operations.h"
#include "fixture.h"

typedef struct metadata_request_metadata_request_topic asked_topic;
typedef struct metadata_response_metadata_response_topic told_topic;
typedef struct metadata_response_metadata_response_partition told_partition;

enum { LAST_VERSION = 12 };

static struct metadata_request body;

static void
setup(void)
{
	fixture_init();
	body = metadata_request_defaults;
	body.topics.items = fixture_array(8, sizeof(*body.topics.items));
	body.topics.count = 0;
}

TestSuite(metadata, .init = setup, .fini = fixture_fini);

static void
ask_for(const char *name)
{
	asked_topic *topic = &body.topics.items[body.topics.count++];

	*topic = metadata_request_metadata_request_topic_defaults;
	topic->name = fixture_text(name);
}

static void
ask_for_id(const char *name)
{
	ask_for(NULL);
	body.topics.items[body.topics.count - 1].topic_id = fixture_topic_id(name);
}

static void
handle(int16_t version)
{
	fixture_handle(api_metadata, API_KEY_METADATA, version, &body);
}

static const struct metadata_response *
answer(void)
{
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	return fixture.answer;
}

static const told_topic *
topic_at(int32_t at)
{
	cr_assert_lt(at, answer()->topics.count);
	return &answer()->topics.items[at];
}

static const told_partition *
partition_at(int32_t at)
{
	cr_assert_lt(at, topic_at(0)->partitions.count);
	return &topic_at(0)->partitions.items[at];
}

static void
three_brokers(void)
{
	static const int32_t replicas[] = { 1, 2, 3, -1 };
	static const int32_t isr[] = { 1, 2, -1 };
	static const int32_t offline[] = { 3, -1 };

	fixture_add_broker(2, "PLAINTEXT", "two.example", 9093, "rack-b");
	fixture_add_broker(3, "INTERNAL", "three.example", 9094, NULL);
	fixture_add_partition("orders", 0, 1, replicas, isr, offline);
	fixture_add_partition("orders", 1, 3, replicas, isr, NULL);
	fixture_add_partition("orders", 2, -1, replicas, isr, NULL);
	fixture_add_partition("orders", 3, 4, replicas, isr, NULL);
	fixture_publish(2);
}

Test(metadata, tells_the_brokers_that_have_the_listener_of_the_client)
{
	three_brokers();
	for (int16_t version = 0; version <= LAST_VERSION; version++) {
		handle(version);
		cr_assert_eq(answer()->brokers.count, 2);
		cr_expect_eq(answer()->brokers.items[1].node_id, 2);
		cr_expect_slice(answer()->brokers.items[1].host, "two.example");
		cr_expect_eq(answer()->brokers.items[1].port, 9093);
		cr_expect_slice(answer()->brokers.items[0].rack, NULL);
		cr_expect_slice(answer()->brokers.items[1].rack, version >= 1 ? "rack-b" : NULL);
		cr_expect_slice(answer()->cluster_id, version >= 2 ? "a-cluster" : NULL);
		cr_expect_eq(answer()->controller_id, version >= 1 ? 2 : -1);
		cr_expect_eq(answer()->cluster_authorized_operations, INT32_MIN);
	}
}

Test(metadata, version_0_without_topics_asks_for_all_of_them)
{
	three_brokers();
	handle(0);
	cr_assert_eq(answer()->topics.count, 1);
	cr_expect_slice(topic_at(0)->name, "orders");
}

Test(metadata, null_asks_for_all_topics_and_an_empty_list_for_none)
{
	three_brokers();
	for (int16_t version = 1; version <= LAST_VERSION; version++) {
		body.topics.count = 0;
		handle(version);
		cr_expect_eq(answer()->topics.count, 0);
		body.topics.count = -1;
		handle(version);
		cr_expect_eq(answer()->topics.count, 1);
		cr_expect_eq(topic_at(0)->partitions.count, 4);
		cr_expect_eq(uuid_is_zero(topic_at(0)->topic_id), version < 10);
	}
	cr_expect_null(fixture.controller_call);
}

Test(metadata, says_why_a_partition_has_no_leader)
{
	three_brokers();
	ask_for("orders");
	for (int16_t version = 1; version <= LAST_VERSION; version++) {
		handle(version);
		cr_expect_eq(partition_at(0)->error_code, KAFKA_ERROR_NONE);
		cr_expect_eq(partition_at(0)->leader_id, 1);
		cr_expect_eq(partition_at(0)->leader_epoch, version >= 7 ? 7 : -1);
		cr_expect_eq(partition_at(0)->replica_nodes.count, 3);
		cr_expect_eq(partition_at(0)->isr_nodes.count, 2);
		cr_expect_eq(partition_at(0)->offline_replicas.count, version >= 5 ? 1 : 0);
		cr_expect_eq(partition_at(1)->error_code, version >= 6 ?
		        KAFKA_ERROR_LISTENER_NOT_FOUND : KAFKA_ERROR_LEADER_NOT_AVAILABLE);
		cr_expect_eq(partition_at(1)->leader_id, -1);
		cr_expect_eq(partition_at(2)->error_code, KAFKA_ERROR_LEADER_NOT_AVAILABLE);
		cr_expect_eq(partition_at(3)->error_code, KAFKA_ERROR_LEADER_NOT_AVAILABLE);
		cr_expect_eq(partition_at(3)->leader_id, -1);
	}
}

Test(metadata, version_0_leaves_out_replicas_that_cannot_be_reached)
{
	three_brokers();
	ask_for("orders");
	handle(0);
	cr_expect_eq(partition_at(0)->error_code, KAFKA_ERROR_REPLICA_NOT_AVAILABLE);
	cr_expect_eq(partition_at(0)->leader_id, 1);
	cr_assert_eq(partition_at(0)->replica_nodes.count, 2);
	cr_expect_eq(partition_at(0)->replica_nodes.items[1], 2);
	cr_expect_eq(partition_at(0)->isr_nodes.count, 2);
	cr_expect_eq(partition_at(1)->error_code, KAFKA_ERROR_LEADER_NOT_AVAILABLE);
}

Test(metadata, a_partition_that_is_not_known_yet_is_left_out)
{
	static const int32_t replicas[] = { 1, -1 };

	fixture_add_partition("sparse", 2, 1, replicas, replicas, NULL);
	fixture_publish(1);
	ask_for("sparse");
	handle(12);
	cr_assert_eq(topic_at(0)->partitions.count, 1);
	cr_expect_eq(partition_at(0)->partition_index, 2);
}

Test(metadata, a_topic_that_was_named_twice_is_told_once)
{
	three_brokers();
	ask_for("orders");
	ask_for("orders");
	handle(4);
	cr_expect_eq(answer()->topics.count, 1);
}

Test(metadata, knows_the_internal_topics)
{
	static const int32_t replicas[] = { 1, -1 };

	fixture_add_partition("__consumer_offsets", 0, 1, replicas, replicas, NULL);
	fixture_publish(1);
	ask_for("__consumer_offsets");
	handle(0);
	cr_expect_not(topic_at(0)->is_internal);
	handle(1);
	cr_expect(topic_at(0)->is_internal);
}

Test(metadata, makes_a_missing_topic_and_has_the_client_come_again)
{
	three_brokers();
	ask_for("orders");
	ask_for("new");
	for (int16_t version = 0; version <= LAST_VERSION; version++) {
		handle(version);
		cr_assert_eq(fixture.end, FIXTURE_NO_END);
		cr_assert_eq(fixture.controller_call->type, CONTROLLER_AUTO_CREATE);
		const struct create_topics_request *question = fixture.controller_call->request;
		cr_assert_eq(question->topics.count, 1);
		cr_expect_slice(question->topics.items[0].name, "new");
		struct create_topics_response *made = fixture.controller_call->response;
		struct create_topics_response_creatable_topic_result result =
		    create_topics_response_creatable_topic_result_defaults;
		result.name = slice_of_text("new");
		made->topics.items = &result;
		made->topics.count = 1;
		fixture_controller_answers();
		cr_assert_eq(answer()->topics.count, 2);
		cr_expect_slice(topic_at(1)->name, "new");
		cr_expect_eq(topic_at(1)->error_code, KAFKA_ERROR_LEADER_NOT_AVAILABLE);
		cr_expect_eq(topic_at(1)->partitions.count, 0);
	}
}

Test(metadata, does_not_make_a_topic_that_the_client_does_not_want_made)
{
	ask_for("new");
	body.allow_auto_topic_creation = false;
	for (int16_t version = 4; version <= LAST_VERSION; version++) {
		handle(version);
		cr_expect_eq(topic_at(0)->error_code, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	}
}

/* It may be there: librdkafka refuses all that waits for a topic that is not. */
Test(metadata, of_a_broker_that_no_controller_has_told_anything_denies_no_topic)
{
	fixture_publish(-1);
	ask_for("orders");
	for (int16_t version = 0; version <= LAST_VERSION; version++) {
		handle(version);
		cr_expect_eq(topic_at(0)->error_code, KAFKA_ERROR_LEADER_NOT_AVAILABLE);
	}
	fixture_configure("auto.create.topics.enable=false\n");
	handle(9);
	cr_expect_eq(topic_at(0)->error_code, KAFKA_ERROR_LEADER_NOT_AVAILABLE);
}

Test(metadata, does_not_make_a_topic_where_the_operator_forbids_it)
{
	fixture_configure("auto.create.topics.enable=false\n");
	ask_for("new");
	ask_for("__consumer_offsets");
	handle(9);
	cr_expect_eq(topic_at(0)->error_code, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_expect_eq(topic_at(1)->error_code, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_expect(topic_at(1)->is_internal);
}

Test(metadata, refuses_bad_names_with_and_without_creation)
{
	ask_for("a/b");
	ask_for("");
	handle(4);
	cr_expect_eq(topic_at(0)->error_code, KAFKA_ERROR_INVALID_TOPIC_EXCEPTION);
	cr_expect_eq(topic_at(1)->error_code, KAFKA_ERROR_INVALID_TOPIC_EXCEPTION);
	body.allow_auto_topic_creation = false;
	handle(4);
	cr_expect_eq(topic_at(0)->error_code, KAFKA_ERROR_INVALID_TOPIC_EXCEPTION);
}

Test(metadata, version_12_finds_topics_by_their_ids)
{
	three_brokers();
	ask_for_id("orders");
	ask_for_id("nothing");
	ask_for_id("orders");
	ask_for("left-out");
	handle(12);
	cr_assert_eq(answer()->topics.count, 2);
	cr_expect_eq(topic_at(0)->error_code, KAFKA_ERROR_UNKNOWN_TOPIC_ID);
	cr_expect_slice(topic_at(0)->name, NULL);
	cr_expect(uuid_equal(topic_at(0)->topic_id, fixture_topic_id("nothing")));
	cr_expect_slice(topic_at(1)->name, "orders");
	cr_expect_null(fixture.controller_call);
}

Test(metadata, versions_10_and_11_take_no_ids)
{
	ask_for_id("orders");
	for (int16_t version = 10; version <= 11; version++) {
		handle(version);
		cr_assert_eq(answer()->topics.count, 1);
		cr_expect_eq(topic_at(0)->error_code, KAFKA_ERROR_INVALID_REQUEST);
		cr_expect_slice(topic_at(0)->name, "");
		cr_expect(uuid_equal(topic_at(0)->topic_id, fixture_topic_id("orders")));
		cr_expect_eq(answer()->brokers.count, 0);
	}
}

Test(metadata, a_topic_without_name_and_id_is_nothing_that_can_be_answered)
{
	ask_for(NULL);
	handle(12);
	cr_expect_eq(topic_at(0)->error_code, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	cr_expect_slice(topic_at(0)->name, "");
}

Test(metadata, tells_what_the_client_may_do_when_it_is_asked)
{
	three_brokers();
	ask_for("orders");
	body.include_topic_authorized_operations = true;
	body.include_cluster_authorized_operations = true;
	for (int16_t version = 8; version <= 10; version++) {
		handle(version);
		cr_expect_eq(topic_at(0)->topic_authorized_operations, 3576);
		cr_expect_eq(answer()->cluster_authorized_operations, 8096);
	}
	body.include_cluster_authorized_operations = false;
	handle(12);
	cr_expect_eq(topic_at(0)->topic_authorized_operations, OPERATIONS_OF_TOPIC);
	body.include_topic_authorized_operations = false;
	handle(12);
	cr_expect_eq(topic_at(0)->topic_authorized_operations, INT32_MIN);
}

/* ------------------------------------------------------- leaders in doubt */

static void
lose(int32_t broker)
{
	lost_leaders_note(&fixture.lost_leaders, broker, clock_monotonic_us(fixture.world.clock));
}

/* Partition 0 of "orders" has another leader. */
static void
elect(int32_t leader)
{
	static const int32_t replicas[] = { 1, 2, 3, -1 };

	fixture_add_partition("orders", 0, leader, replicas, replicas, NULL);
	for (int i = 1; i < 4; i++)
		fixture_add_partition("orders", i, 3, replicas, replicas, NULL);
	fixture_publish(2);
	loop_enter(&fixture.data.loop);
	leader_waits_look(&fixture.leader_waits);
	loop_leave(&fixture.data.loop);
}

static void
expect_wait(int16_t version)
{
	three_brokers();
	lose(1);
	handle(version);
	cr_assert_eq(fixture.end, FIXTURE_NO_END);
	elect(2);
	cr_assert_eq(partition_at(0)->leader_id, 2);
}

Test(metadata, waits_for_the_election_when_a_leader_was_just_lost)
{
	ask_for("orders");
	expect_wait(1);
}

Test(metadata, by_id_waits_for_the_election_too)
{
	ask_for_id("orders");
	expect_wait(12);
}

Test(metadata, of_all_waits_for_the_election_too)
{
	expect_wait(0);
}

Test(metadata, of_all_in_newer_versions_waits_for_the_election_too)
{
	body.topics.items = NULL;
	body.topics.count = -1;
	expect_wait(9);
}

Test(metadata, waits_on_when_the_news_is_another)
{
	three_brokers();
	ask_for("orders");
	lose(1);
	handle(12);
	fixture_pass_ms(200);
	elect(1);
	cr_assert_eq(fixture.end, FIXTURE_NO_END);
	fixture_pass_ms(49);
	cr_assert_eq(fixture.end, FIXTURE_NO_END);
	fixture_pass_ms(1);
	cr_assert_eq(partition_at(0)->leader_id, 1);
}

Test(metadata, waits_while_nobody_leads_instead_of_who_was_lost)
{
	three_brokers();
	ask_for("orders");
	lose(1);
	handle(12);
	elect(-1);
	cr_assert_eq(fixture.end, FIXTURE_NO_END);
	elect(4); /* who is not there */
	cr_assert_eq(fixture.end, FIXTURE_NO_END);
	elect(2);
	cr_assert_eq(partition_at(0)->leader_id, 2);
}

Test(metadata, does_not_wait_for_those_who_lead_nothing_of_it)
{
	three_brokers();
	ask_for("orders");
	ask_for("nothing");
	body.allow_auto_topic_creation = false;
	lose(7);
	handle(12);
	cr_assert_eq(topic_at(0)->partitions.count, 4);
	lose(1);
	body.topics.count = 0; /* the brokers alone */
	handle(12);
	cr_assert_eq(answer()->brokers.count, 2);
}
