#include "api/list_offsets_before.h"

#include <stdlib.h>

#include "exchange.h"
#include "replicas.h"

typedef struct list_offsets_request_list_offsets_topic asked_topic;
typedef struct list_offsets_request_list_offsets_partition asked_partition;
typedef struct list_offsets_response_list_offsets_partition_response told_partition;

enum { TOPICS_MAX = 4, PARTITIONS_MAX = 8 };

static struct list_offsets_request body;

static void
setup(void)
{
	fixture_init();
	shelf.wall_ms = 7777;
	body = list_offsets_request_defaults;
	body.replica_id = -1;
	body.topics.items = fixture_array(TOPICS_MAX, sizeof(*body.topics.items));
	body.topics.count = 0;
	replicas_host("t", 4, "");
	fixture_publish(1);
}

TestSuite(list_offsets_before, .init = setup, .fini = fixture_fini);

static void
add_to(const char *name, int32_t index, int64_t timestamp, int32_t max)
{
	asked_topic *topic = body.topics.count == 0 ? NULL :
	    &body.topics.items[body.topics.count - 1];
	asked_partition *partition;

	if (topic == NULL || !slice_equal_text(topic->name, name)) {
		topic = &body.topics.items[body.topics.count++];
		*topic = list_offsets_request_list_offsets_topic_defaults;
		topic->name = fixture_text(name);
		topic->partitions.items =
		    fixture_array(PARTITIONS_MAX, sizeof(*topic->partitions.items));
		topic->partitions.count = 0;
	}
	partition = &topic->partitions.items[topic->partitions.count++];
	*partition = list_offsets_request_list_offsets_partition_defaults;
	partition->partition_index = index;
	partition->timestamp = timestamp;
	partition->max_num_offsets = max;
}

static void
handle(void)
{
	fixture_handle(api_list_offsets, API_KEY_LIST_OFFSETS, 0, &body);
}

static void
find(int at, int32_t count, int64_t first, int64_t second)
{
	struct partition_list_offsets *list = shelf.lists[at];

	cr_assert_lt(at, shelf.list_count);
	list->offsets = calloc(2, sizeof(*list->offsets));
	list->offsets[0] = first;
	list->offsets[1] = second;
	list->offset_count = count;
	replicas_answer(&list->operation, PARTITION_OK);
}

static const told_partition *
told(int32_t topic, int32_t at)
{
	const struct list_offsets_response *response = fixture.answer;

	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	cr_assert_lt(topic, response->topics.count);
	cr_assert_lt(at, response->topics.items[topic].partitions.count);
	return &response->topics.items[topic].partitions.items[at];
}

static void
expect_refused(int32_t topic, int32_t at, int16_t code)
{
	cr_assert_eq(told(topic, at)->error_code, code, "%d", told(topic, at)->error_code);
	cr_assert_eq(told(topic, at)->old_style_offsets.count, 0);
}

Test(list_offsets_before, asks_each_partition_for_so_many_offsets)
{
	add_to("t", 1, PARTITION_LATEST, 2);
	add_to("t", 3, 12345, 1);
	handle();
	cr_assert_eq(shelf.list_count, 2);
	cr_assert(shelf.lists[0]->before);
	cr_assert_eq(shelf.lists[0]->timestamp, PARTITION_LATEST);
	cr_assert_eq(shelf.lists[0]->max_offsets, 2);
	cr_assert_eq(shelf.lists[0]->now_ms, 7777);
	cr_assert_eq(shelf.lists[0]->current_leader_epoch, -1);
	cr_assert_eq(shelf.lists[0]->isolation, PARTITION_READ_UNCOMMITTED);
	cr_assert_eq(replicas_index_of(&shelf.lists[1]->operation), 3);
	find(1, 1, 9, 0);
	find(0, 2, 60, 54);
	cr_assert_eq(told(0, 0)->partition_index, 1);
	cr_assert_eq(told(0, 0)->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(told(0, 0)->old_style_offsets.count, 2);
	cr_assert_eq(told(0, 0)->old_style_offsets.items[0], 60);
	cr_assert_eq(told(0, 0)->old_style_offsets.items[1], 54);
	cr_assert_eq(told(0, 1)->old_style_offsets.count, 1);
	cr_assert_eq(told(0, 1)->old_style_offsets.items[0], 9);
}

Test(list_offsets_before, answers_as_kafka_did)
{
	replicas_host("plain", 1, "");
	exchange_ask("ListOffsets v0, latest, max 2", api_list_offsets);
	cr_assert_eq(shelf.lists[0]->max_offsets, 2);
	find(0, 2, 60, 54);
	exchange_expect_answer();
}

Test(list_offsets_before, shows_all_to_others_than_consumers)
{
	body.replica_id = -2;
	add_to("t", 1, PARTITION_LATEST, 2);
	handle();
	cr_assert_eq(shelf.lists[0]->isolation, PARTITION_READ_LOG_END);
	cr_assert(shelf.lists[0]->any_replica);
	find(0, 0, 0, 0);
	cr_assert_eq(told(0, 0)->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(told(0, 0)->old_style_offsets.count, 0);
}

Test(list_offsets_before, knows_latest_and_earliest_alone)
{
	for (int64_t timestamp = -5; timestamp < -2; timestamp++)
		add_to("t", 0, timestamp, 1);
	add_to("t", 0, PARTITION_EARLIEST, 1);
	add_to("t", 0, 0, 1);
	handle();
	cr_assert_eq(shelf.list_count, 2);
	find(0, 1, 0, 0);
	find(1, 0, 0, 0);
	for (int32_t i = 0; i < 3; i++)
		expect_refused(0, i, KAFKA_ERROR_UNSUPPORTED_VERSION);
	cr_assert_eq(told(0, 3)->old_style_offsets.count, 1);
}

Test(list_offsets_before, refuses_what_is_not_here_and_tells_the_rest)
{
	static const int32_t others[] = { 2, -1 };

	fixture_add_partition("elsewhere", 0, 2, others, others, NULL);
	fixture_publish(1);
	add_to("unknown", 0, PARTITION_LATEST, 1);
	add_to("elsewhere", 0, PARTITION_LATEST, 1);
	add_to("t", 4, PARTITION_LATEST, 1);
	add_to("t", 0, PARTITION_LATEST, -1);
	add_to("t", 2, PARTITION_LATEST, 1);
	handle();
	find(0, 1, 17, 0);
	expect_refused(0, 0, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	expect_refused(1, 0, KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER);
	expect_refused(2, 0, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	expect_refused(2, 1, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	cr_assert_eq(told(2, 2)->old_style_offsets.items[0], 17);
}

#define ROW(name, code) { PARTITION_##name, code },
static const struct {
	enum partition_status status;
	int16_t code;
} statuses[] = { PARTITION_STATUS_TABLE(ROW) };

Test(list_offsets_before, tells_errors_as_they_are)
{
	add_to("t", 0, PARTITION_LATEST, 1);
	for (size_t i = 1; i < ARRAY_LENGTH(statuses); i++) {
		handle();
		replicas_answer(&shelf.lists[i - 1]->operation, statuses[i].status);
		expect_refused(0, 0, statuses[i].code);
	}
}

Test(list_offsets_before, of_nothing_is_answered_with_nothing)
{
	handle();
	cr_assert_eq(((struct list_offsets_response *)fixture.answer)->topics.count, 0);
}

Test(list_offsets_before, of_more_than_memory_may_hold_closes_the_connection)
{
	fixture.arena_cap = 1500;
	for (int32_t i = 0; i < PARTITIONS_MAX; i++)
		add_to("t", i, PARTITION_LATEST, 1);
	handle();
	cr_assert_eq(fixture.end, FIXTURE_CLOSED);
}
