#include "fixture.h"

typedef struct offset_commit_request_offset_commit_request_topic asked_topic;
typedef struct offset_commit_request_offset_commit_request_partition asked_partition;
typedef struct offset_commit_response_offset_commit_response_topic told_topic;

enum { FIRST_VERSION = 1, LAST_VERSION = 9, TOPICS_MAX = 4, PARTITIONS_MAX = 8 };

static struct offset_commit_request body;
static bool backwards; /* the coordinator's answer is */

static void
setup(void)
{
	fixture_init();
	backwards = false;
	body = offset_commit_request_defaults;
	body.group_id = slice_of_text("g");
	body.topics.items = fixture_array(TOPICS_MAX, sizeof(*body.topics.items));
	body.topics.count = 0;
	for (int32_t i = 0; i < 3; i++)
		fixture_add_partition("t", i, 1, NULL, NULL, NULL);
	fixture_publish(1);
}

TestSuite(offset_commit, .init = setup, .fini = fixture_fini);

static void
add_to(const char *name, int32_t index, int64_t offset)
{
	asked_topic *topic = body.topics.count == 0 ? NULL :
	    &body.topics.items[body.topics.count - 1];
	asked_partition *partition;

	if (topic == NULL || !slice_equal_text(topic->name, name)) {
		topic = &body.topics.items[body.topics.count++];
		*topic = offset_commit_request_offset_commit_request_topic_defaults;
		topic->name = fixture_text(name);
		topic->partitions.items =
		    fixture_array(PARTITIONS_MAX, sizeof(*topic->partitions.items));
		topic->partitions.count = 0;
	}
	partition = &topic->partitions.items[topic->partitions.count++];
	*partition = offset_commit_request_offset_commit_request_partition_defaults;
	partition->partition_index = index;
	partition->committed_offset = offset;
	partition->committed_metadata = slice_null();
}

static void
handle(int16_t version)
{
	fixture_handle(api_offset_commit, API_KEY_OFFSET_COMMIT, version, &body);
}

static const struct offset_commit_request *
question(void)
{
	cr_assert_not_null(fixture.group_call);
	return fixture.group_call->request;
}

/* The coordinator gives each partition of the question a code: 100 + its index. */
static void
answer_codes(void)
{
	const struct offset_commit_request *asked = question();
	struct offset_commit_response *response = fixture.group_call->response;

	response->topics.count = asked->topics.count;
	response->topics.items = fixture_array((size_t)MAX(asked->topics.count, 1),
	    sizeof(*response->topics.items));
	for (int32_t i = 0; i < asked->topics.count; i++) {
		told_topic *topic = &response->topics.items[backwards ?
		    asked->topics.count - 1 - i : i];
		int32_t count = asked->topics.items[i].partitions.count;

		topic->name = asked->topics.items[i].name;
		topic->partitions.count = count;
		topic->partitions.items =
		    fixture_array((size_t)count, sizeof(*topic->partitions.items));
		for (int32_t j = 0; j < count; j++) {
			int32_t index = asked->topics.items[i].partitions.items[j].partition_index;

			int32_t at = backwards ? count - 1 - j : j;

			topic->partitions.items[at].partition_index = index;
			topic->partitions.items[at].error_code = (int16_t)(100 + index);
		}
	}
	fixture_groups_answer();
}

static void
expect_code(int32_t topic, int32_t at, int32_t index, int16_t code)
{
	const struct offset_commit_response *response = fixture.answer;
	const told_topic *told;

	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	cr_assert_eq(response->throttle_time_ms, 0);
	cr_assert_lt(topic, response->topics.count);
	told = &response->topics.items[topic];
	cr_assert(slice_equal(told->name, body.topics.items[topic].name));
	cr_assert_lt(at, told->partitions.count);
	cr_assert_eq(told->partitions.items[at].partition_index, index);
	cr_assert_eq(told->partitions.items[at].error_code, code);
}

Test(offset_commit, asks_the_coordinator_and_tells_what_it_says)
{
	add_to("t", 2, 20);
	add_to("t", 0, 10);
	for (int16_t version = FIRST_VERSION; version <= LAST_VERSION; version++) {
		handle(version);
		cr_assert_eq(fixture.end, FIXTURE_NO_END);
		cr_assert_eq(fixture.group_call->version, version);
		cr_expect_slice(question()->group_id, "g");
		cr_assert_eq(question()->topics.items[0].partitions.count, 2);
		cr_assert_eq(question()->topics.items[0].partitions.items[0].committed_offset, 20);
		answer_codes();
		expect_code(0, 0, 2, 102);
		expect_code(0, 1, 0, 100);
	}
}

Test(offset_commit, keeps_what_does_not_exist_from_the_coordinator)
{
	add_to("unknown", 0, 1);
	add_to("t", 3, 1);
	add_to("t", 1, 1);
	add_to("t", -1, 1);
	add_to("gone", 1, 1);
	handle(9);
	cr_assert_eq(question()->topics.count, 1);
	cr_assert_eq(question()->topics.items[0].partitions.count, 1);
	cr_assert_eq(question()->topics.items[0].partitions.items[0].partition_index, 1);
	answer_codes();
	expect_code(0, 0, 0, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	expect_code(1, 0, 3, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	expect_code(1, 1, 1, 101);
	expect_code(1, 2, -1, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	expect_code(2, 0, 1, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
}

Test(offset_commit, asks_nobody_when_nothing_of_it_exists)
{
	add_to("unknown", 0, 1);
	add_to("t", 7, 1);
	handle(9);
	cr_assert_null(fixture.group_call);
	expect_code(0, 0, 0, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	expect_code(1, 0, 7, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
}

Test(offset_commit, of_a_topic_twice_has_both_in_the_answer)
{
	add_to("t", 0, 1);
	add_to("unknown", 0, 1);
	add_to("t", 1, 1);
	handle(9);
	cr_assert_eq(question()->topics.count, 2);
	answer_codes();
	expect_code(0, 0, 0, 100);
	expect_code(1, 0, 0, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	expect_code(2, 0, 1, 101);
}

Test(offset_commit, of_a_partition_twice_has_both_in_the_answer)
{
	add_to("t", 1, 1);
	add_to("t", 1, 2);
	handle(9);
	cr_assert_eq(question()->topics.items[0].partitions.count, 2);
	answer_codes();
	expect_code(0, 0, 1, 101);
	expect_code(0, 1, 1, 101);
}

Test(offset_commit, does_not_depend_on_the_order_of_what_it_is_told)
{
	fixture_add_partition("u", 5, 1, NULL, NULL, NULL);
	fixture_publish(1);
	backwards = true;
	add_to("t", 0, 1);
	add_to("t", 2, 1);
	add_to("t", 1, 1);
	add_to("u", 5, 1);
	handle(9);
	answer_codes();
	expect_code(0, 0, 0, 100);
	expect_code(0, 1, 2, 102);
	expect_code(0, 2, 1, 101);
	expect_code(1, 0, 5, 105);
}
