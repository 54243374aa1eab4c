#include "exchange.h"
#include "replicas.h"

typedef struct offset_for_leader_epoch_request_offset_for_leader_topic asked_topic;
typedef struct offset_for_leader_epoch_request_offset_for_leader_partition asked_partition;
typedef struct offset_for_leader_epoch_response_epoch_end_offset told_partition;

enum { LAST_VERSION = 4, TOPICS_MAX = 4, PARTITIONS_MAX = 8 };

static struct offset_for_leader_epoch_request body;

static void
setup(void)
{
	fixture_init();
	body = offset_for_leader_epoch_request_defaults;
	body.topics.items = fixture_array(TOPICS_MAX, sizeof(*body.topics.items));
	body.topics.count = 0;
	replicas_host("t", 4, "");
	fixture_publish(1);
}

TestSuite(offset_for_leader_epoch, .init = setup, .fini = fixture_fini);

static asked_partition *
add_to(const char *name, int32_t index, int32_t leader_epoch)
{
	asked_topic *topic = body.topics.count == 0 ? NULL :
	    &body.topics.items[body.topics.count - 1];
	asked_partition *partition;

	if (topic == NULL || !slice_equal_text(topic->topic, name)) {
		topic = &body.topics.items[body.topics.count++];
		*topic = offset_for_leader_epoch_request_offset_for_leader_topic_defaults;
		topic->topic = fixture_text(name);
		topic->partitions.items =
		    fixture_array(PARTITIONS_MAX, sizeof(*topic->partitions.items));
		topic->partitions.count = 0;
	}
	partition = &topic->partitions.items[topic->partitions.count++];
	*partition = offset_for_leader_epoch_request_offset_for_leader_partition_defaults;
	partition->partition = index;
	partition->leader_epoch = leader_epoch;
	return partition;
}

static void
handle(int16_t version)
{
	fixture_handle(api_offset_for_leader_epoch, API_KEY_OFFSET_FOR_LEADER_EPOCH, version, &body);
}

static const told_partition *
told(int32_t topic, int32_t at)
{
	const struct offset_for_leader_epoch_response *response = fixture.answer;

	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	cr_assert_lt(topic, response->topics.count);
	cr_assert_lt(at, response->topics.items[topic].partitions.count);
	return &response->topics.items[topic].partitions.items[at];
}

static void
find(int at, int32_t epoch, int64_t end_offset)
{
	cr_assert_lt(at, shelf.end_count);
	shelf.ends[at]->found_epoch = epoch;
	shelf.ends[at]->found_end_offset = end_offset;
	replicas_answer(&shelf.ends[at]->operation, PARTITION_OK);
}

Test(offset_for_leader_epoch, asks_all_partitions_at_once)
{
	add_to("t", 1, 5);
	add_to("t", 0, 7)->current_leader_epoch = 9;
	handle(LAST_VERSION);
	cr_assert_eq(shelf.end_count, 2);
	cr_expect_eq(replicas_index_of(&shelf.ends[0]->operation), 1);
	cr_expect_eq(shelf.ends[0]->leader_epoch, 5);
	cr_expect_eq(shelf.ends[0]->current_leader_epoch, -1);
	cr_expect_eq(shelf.ends[1]->current_leader_epoch, 9);
	find(1, 6, 200);
	cr_expect_eq(fixture.end, FIXTURE_NO_END);
	find(0, 5, 100);
	cr_expect_eq(told(0, 0)->partition, 1);
	cr_expect_eq(told(0, 0)->leader_epoch, 5);
	cr_expect_eq(told(0, 0)->end_offset, 100);
	cr_expect_eq(told(0, 1)->leader_epoch, 6);
	cr_expect_eq(told(0, 1)->end_offset, 200);
}

Test(offset_for_leader_epoch, answers_in_every_version)
{
	add_to("t", 1, 5);
	for (int16_t version = 0; version <= LAST_VERSION; version++) {
		handle(version);
		find(version, 5, 100);
		cr_expect_eq(told(0, 0)->error_code, KAFKA_ERROR_NONE);
		cr_expect_eq(told(0, 0)->leader_epoch, version >= 1 ? 5 : -1);
		cr_expect_eq(told(0, 0)->end_offset, 100);
	}
}

Test(offset_for_leader_epoch, tells_what_is_wrong_with_each)
{
	fixture_add_partition("far", 0, 2, NULL, NULL, NULL);
	fixture_publish(1);
	add_to("t", 0, 1);
	add_to("t", 1, 1);
	add_to("t", 9, 1);
	add_to("far", 0, 1);
	add_to("none", 0, 1);
	handle(LAST_VERSION);
	replicas_answer(&shelf.ends[0]->operation, PARTITION_FENCED_LEADER_EPOCH);
	replicas_answer(&shelf.ends[1]->operation, PARTITION_NOT_LEADER);
	cr_expect_eq(told(0, 0)->error_code, KAFKA_ERROR_FENCED_LEADER_EPOCH);
	cr_expect_eq(told(0, 0)->end_offset, -1);
	cr_expect_eq(told(0, 0)->leader_epoch, -1);
	cr_expect_eq(told(0, 1)->error_code, KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER);
	cr_expect_eq(told(0, 2)->error_code, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_expect_eq(told(1, 0)->error_code, KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER);
	cr_expect_eq(told(2, 0)->error_code, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
}

Test(offset_for_leader_epoch, of_nothing_is_answered_at_once)
{
	for (int16_t version = 0; version <= LAST_VERSION; version++) {
		handle(version);
		cr_expect_eq(fixture.end, FIXTURE_ANSWERED);
	}
}

Test(offset_for_leader_epoch, of_more_partitions_than_memory_may_hold_closes_the_connection)
{
	fixture.arena_cap = 1500;
	for (int32_t i = 0; i < PARTITIONS_MAX; i++)
		add_to("t", i, 1);
	handle(LAST_VERSION);
	cr_expect_eq(fixture.end, FIXTURE_CLOSED);
	cr_expect_eq(shelf.end_count, 0);
}

Test(offset_for_leader_epoch, is_answered_as_kafka_does)
{
	replicas_host("idem", 1, "");
	exchange_ask("OffsetForLeaderEpoch v3", api_offset_for_leader_epoch);
	cr_expect_eq(shelf.ends[0]->leader_epoch, 0);
	find(0, 0, 14);
	exchange_expect_answer();
}
