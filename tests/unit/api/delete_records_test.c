#include "replicas.h"

typedef struct delete_records_request_delete_records_topic asked_topic;
typedef struct delete_records_request_delete_records_partition asked_partition;
typedef struct delete_records_response_delete_records_partition_result told_partition;

enum { LAST_VERSION = 2, TOPICS_MAX = 4, PARTITIONS_MAX = 4 };

static struct delete_records_request body;

static void
setup(void)
{
	fixture_init();
	body = delete_records_request_defaults;
	body.topics.items = fixture_array(TOPICS_MAX, sizeof(*body.topics.items));
	body.topics.count = 0;
	body.timeout_ms = 1000;
	replicas_host("t", 4, "");
	replicas_host("__consumer_offsets", 1, "");
	fixture_publish(1);
}

TestSuite(delete_records, .init = setup, .fini = fixture_fini);

/* Each in a topic of its own. */
static void
add(const char *name, int32_t index, int64_t offset)
{
	asked_topic *topic = &body.topics.items[body.topics.count++];

	*topic = delete_records_request_delete_records_topic_defaults;
	topic->name = fixture_text(name);
	topic->partitions.items = fixture_array(1, sizeof(*topic->partitions.items));
	topic->partitions.items[0] = (asked_partition){ .partition_index = index, .offset = offset };
	topic->partitions.count = 1;
}

static void
handle(int16_t version)
{
	fixture_handle(api_delete_records, API_KEY_DELETE_RECORDS, version, &body);
}

static void
expect(int32_t topic, enum kafka_error code, int64_t low_watermark)
{
	const struct delete_records_response *response = fixture.answer;
	const told_partition *told;

	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	cr_assert_eq(response->topics.count, body.topics.count);
	cr_assert_eq(response->topics.items[topic].partitions.count, 1);
	cr_expect(slice_equal(response->topics.items[topic].name, body.topics.items[topic].name));
	told = &response->topics.items[topic].partitions.items[0];
	cr_expect_eq(told->partition_index,
	    body.topics.items[topic].partitions.items[0].partition_index);
	cr_expect_eq(told->error_code, code, "%d", told->error_code);
	cr_expect_eq(told->low_watermark, low_watermark);
}

static void
answer(int at, enum partition_status status, int64_t low_watermark)
{
	shelf.deletions[at]->low_watermark = low_watermark;
	replicas_answer(&shelf.deletions[at]->operation, status);
}

Test(delete_records, are_asked_of_all_partitions_at_once)
{
	add("t", 1, 5);
	add("t", 2, -1);
	for (int16_t version = 0; version <= LAST_VERSION; version++) {
		shelf.deletion_count = 0;
		handle(version);
		cr_assert_eq(shelf.deletion_count, 2);
		cr_assert_eq(shelf.deletions[0]->offset, 5);
		cr_assert_eq(shelf.deletions[1]->offset, PARTITION_HIGH_WATERMARK);
		answer(1, PARTITION_OFFSET_OUT_OF_RANGE, -1);
		cr_assert_eq(fixture.end, FIXTURE_NO_END);
		answer(0, PARTITION_OK, 5);
		expect(0, KAFKA_ERROR_NONE, 5);
		expect(1, KAFKA_ERROR_OFFSET_OUT_OF_RANGE, -1);
	}
}

Test(delete_records, of_what_is_not_there_or_not_the_clients_are_refused)
{
	add("t", 9, 5);
	add("nobody", 0, 5);
	add("__consumer_offsets", 0, 5);
	add("__consumer_offsets", 7, 5);
	handle(2);
	expect(0, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION, -1);
	expect(1, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION, -1);
	expect(2, KAFKA_ERROR_INVALID_TOPIC_EXCEPTION, -1);
	expect(3, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION, -1);
	cr_assert_eq(shelf.deletion_count, 0);
}

Test(delete_records, are_given_up_when_the_time_is_over)
{
	add("t", 1, 5);
	add("t", 2, 5);
	handle(2);
	answer(0, PARTITION_OK, 5);
	fixture_pass_ms(999);
	cr_assert_eq(shelf.cancels, 0);
	fixture_pass_ms(2);
	cr_assert_eq(shelf.cancels, 1, "the one that is still out");
	answer(1, PARTITION_TIMED_OUT, 3);
	expect(0, KAFKA_ERROR_NONE, 5);
	expect(1, KAFKA_ERROR_REQUEST_TIMED_OUT, 3);
}

Test(delete_records, of_nothing_are_answered_with_nothing)
{
	handle(0);
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
}
