#include "fixture.h"

typedef struct find_coordinator_response_coordinator coordinator;

enum { FIRST_BATCH = 4, LAST_VERSION = 6 };

static struct find_coordinator_request body;

static void
setup(void)
{
	fixture_init();
	body = find_coordinator_request_defaults;
	fixture.group_partition = 1;
}

TestSuite(find_coordinator, .init = setup, .fini = fixture_fini);

static void
offsets_topic(int32_t leader)
{
	static const int32_t replicas[] = { 1, 2, -1 };

	fixture_add_broker(2, "PLAINTEXT", "two.example", 9093, NULL);
	fixture_add_broker(3, "INTERNAL", "three.example", 9094, NULL);
	fixture_add_partition("__consumer_offsets", 0, 1, replicas, replicas, NULL);
	fixture_add_partition("__consumer_offsets", 1, leader, replicas, replicas, NULL);
	fixture_publish(1);
}

static void
handle(int16_t version, int8_t type, const char *key)
{
	struct slice *keys = fixture_array(1, sizeof(*keys));

	keys[0] = slice_of_text(key);
	body.key_type = type;
	body.key = version < FIRST_BATCH ? keys[0] : slice_of("", 0);
	body.coordinator_keys.items = keys;
	body.coordinator_keys.count = version >= FIRST_BATCH ? 1 : 0;
	fixture_handle(api_find_coordinator, API_KEY_FIND_COORDINATOR, version, &body);
}

/* The one result, from where its version has it. */
static coordinator
found(void)
{
	const struct find_coordinator_response *response = fixture.answer;

	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	if (fixture.request.version >= FIRST_BATCH) {
		cr_assert_eq(response->coordinators.count, 1);
		return response->coordinators.items[0];
	}
	return (coordinator){ .error_code = response->error_code, .node_id = response->node_id,
		.host = response->host, .port = response->port,
		.error_message = response->error_message };
}

static void
expect_nobody(int16_t code)
{
	cr_expect_eq(found().error_code, code);
	cr_expect_eq(found().node_id, -1);
	cr_expect_slice(found().host, "");
	cr_expect_eq(found().port, -1);
}

Test(find_coordinator, of_a_group_is_the_leader_of_its_partition)
{
	offsets_topic(2);
	for (int16_t version = 0; version <= LAST_VERSION; version++) {
		handle(version, 0, "g");
		cr_expect_eq(found().error_code, KAFKA_ERROR_NONE);
		cr_expect_eq(found().node_id, 2);
		cr_expect_slice(found().host, "two.example");
		cr_expect_eq(found().port, 9093);
		if (version >= 1 && version < FIRST_BATCH)
			cr_expect_slice(found().error_message, NULL);
		if (version >= FIRST_BATCH)
			cr_expect_slice(found().key, "g");
	}
}

Test(find_coordinator, is_not_available_without_a_leader_that_the_client_can_reach)
{
	static const int32_t leaders[] = { -1, 3, 4 };

	for (size_t i = 0; i < ARRAY_LENGTH(leaders); i++) {
		offsets_topic(leaders[i]);
		for (int16_t version = 0; version <= LAST_VERSION; version++) {
			handle(version, 0, "g");
			expect_nobody(KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
		}
		fixture_fini();
		setup();
	}
}

Test(find_coordinator, is_not_available_before_the_count_of_partitions_is_known)
{
	offsets_topic(2);
	fixture.group_partition = -1;
	handle(4, 0, "g");
	expect_nobody(KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	fixture.group_partition = 2;
	handle(4, 0, "g");
	expect_nobody(KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
}

Test(find_coordinator, makes_the_topic_and_has_the_client_come_again)
{
	for (int16_t version = 0; version <= LAST_VERSION; version++) {
		handle(version, 0, "g");
		cr_assert_eq(fixture.end, FIXTURE_NO_END);
		cr_assert_eq(fixture.controller_call->type, CONTROLLER_AUTO_CREATE);
		const struct create_topics_request *question = fixture.controller_call->request;
		cr_assert_eq(question->topics.count, 1);
		cr_expect_slice(question->topics.items[0].name, "__consumer_offsets");
		fixture_controller_answers();
		expect_nobody(KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	}
}

Test(find_coordinator, of_a_transaction_is_refused_for_good)
{
	for (int16_t version = 1; version <= LAST_VERSION; version++) {
		handle(version, 1, "t");
		expect_nobody(KAFKA_ERROR_INVALID_REQUEST);
		cr_expect_gt(found().error_message.size, 0);
	}
	cr_expect_null(fixture.controller_call);
}

Test(find_coordinator, of_a_share_group_is_never_available)
{
	for (int16_t version = 1; version <= LAST_VERSION; version++) {
		handle(version, 2, "s");
		expect_nobody(version < 6 ? KAFKA_ERROR_INVALID_REQUEST :
		                            KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	}
}

Test(find_coordinator, of_an_unknown_kind_is_an_invalid_request)
{
	for (int16_t version = 1; version <= LAST_VERSION; version++) {
		handle(version, 3, "x");
		expect_nobody(KAFKA_ERROR_INVALID_REQUEST);
		handle(version, -1, "x");
		expect_nobody(KAFKA_ERROR_INVALID_REQUEST);
	}
}

Test(find_coordinator, no_keys_have_no_answer_and_make_nothing)
{
	body.coordinator_keys.count = 0;
	fixture_handle(api_find_coordinator, API_KEY_FIND_COORDINATOR, 4, &body);
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	cr_expect_eq(
	    ((const struct find_coordinator_response *)fixture.answer)->coordinators.count, 0);
}
