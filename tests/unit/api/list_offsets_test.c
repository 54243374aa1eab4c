#include "replicas.h"

typedef struct list_offsets_request_list_offsets_topic asked_topic;
typedef struct list_offsets_request_list_offsets_partition asked_partition;
typedef struct list_offsets_response_list_offsets_partition_response told_partition;

enum { LAST_VERSION = 9, TOPICS_MAX = 4, PARTITIONS_MAX = 8 };

static struct list_offsets_request body;

static void
setup(void)
{
	fixture_init();
	body = list_offsets_request_defaults;
	body.replica_id = -1;
	body.topics.items = fixture_array(TOPICS_MAX, sizeof(*body.topics.items));
	body.topics.count = 0;
	replicas_host("t", 4, "");
	fixture_publish(1);
}

TestSuite(list_offsets, .init = setup, .fini = fixture_fini);

static asked_partition *
add_to(const char *name, int32_t index, int64_t timestamp)
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
	return partition;
}

static asked_partition *
add(int32_t index, int64_t timestamp)
{
	return add_to("t", index, timestamp);
}

static void
handle(int16_t version)
{
	fixture_handle(api_list_offsets, API_KEY_LIST_OFFSETS, version, &body);
}

static const told_partition *
told_of(int32_t topic, int32_t at)
{
	const struct list_offsets_response *response = fixture.answer;

	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	cr_assert_eq(response->throttle_time_ms, 0);
	cr_assert_lt(topic, response->topics.count);
	cr_assert_lt(at, response->topics.items[topic].partitions.count);
	return &response->topics.items[topic].partitions.items[at];
}

static const told_partition *
told(int32_t at)
{
	return told_of(0, at);
}

static struct partition_list_offsets *
list(int at)
{
	cr_assert_lt(at, shelf.list_count);
	return shelf.lists[at];
}

static void
find(int at, int64_t offset, int64_t timestamp)
{
	list(at)->found_offset = offset;
	list(at)->found_timestamp = timestamp;
	list(at)->found_leader_epoch = 6;
	replicas_answer(&list(at)->operation, PARTITION_OK);
}

static void
expect_refused(int16_t version, int32_t topic, int32_t at, int16_t code)
{
	cr_assert_eq(told_of(topic, at)->error_code, code, "version %d: %d", version,
	    told_of(topic, at)->error_code);
	cr_assert_eq(told_of(topic, at)->offset, -1);
	cr_assert_eq(told_of(topic, at)->timestamp, -1);
	cr_assert_eq(told_of(topic, at)->leader_epoch, -1);
}

/* ---------------------------------------------------------------- answers */

Test(list_offsets, tells_what_each_partition_has_found)
{
	add(3, 12345);
	add(1, PARTITION_LATEST);
	for (int16_t version = 1; version <= LAST_VERSION; version++) {
		int at = shelf.list_count;

		handle(version);
		cr_assert_eq(shelf.list_count, at + 2, "all at once");
		cr_assert_eq(replicas_index_of(&list(at)->operation), 3);
		cr_assert_eq(list(at)->timestamp, 12345);
		cr_assert_eq(list(at + 1)->timestamp, PARTITION_LATEST);
		find(at + 1, 99, -1);
		cr_assert_eq(fixture.end, FIXTURE_NO_END);
		find(at, 50, 12350);
		cr_assert_eq(told(0)->partition_index, 3);
		cr_assert_eq(told(0)->error_code, KAFKA_ERROR_NONE);
		cr_assert_eq(told(0)->offset, 50);
		cr_assert_eq(told(0)->timestamp, 12350);
		cr_assert_eq(told(0)->leader_epoch, version >= 4 ? 6 : -1);
		cr_assert_eq(told(1)->offset, 99);
		cr_assert_eq(told(1)->timestamp, -1);
	}
}

Test(list_offsets, tells_that_there_is_no_such_record)
{
	add(0, 12345);
	handle(7);
	replicas_answer(&list(0)->operation, PARTITION_OK);
	cr_assert_eq(told(0)->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(told(0)->offset, -1);
	cr_assert_eq(told(0)->timestamp, -1);
}

Test(list_offsets, of_nothing_is_answered_with_nothing)
{
	for (int16_t version = 1; version <= LAST_VERSION; version++) {
		handle(version);
		cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
		cr_assert_eq(((struct list_offsets_response *)fixture.answer)->topics.count, 0);
	}
}

static bool
find_at_once(struct partition_list_offsets *it)
{
	it->found_offset = 5;
	replicas_answer_inside(&it->operation, PARTITION_OK);
	return true;
}

Test(list_offsets, answers_once_when_partitions_answer_at_once)
{
	shelf.list = find_at_once;
	add(0, PARTITION_EARLIEST);
	add(1, PARTITION_EARLIEST);
	handle(9);
	cr_assert_eq(told(0)->offset, 5);
	cr_assert_eq(told(1)->offset, 5);
}

/* -------------------------------------------------------------- isolation */

static void
expect_isolation(int16_t version, int32_t replica, int8_t level, enum partition_isolation isolation)
{
	int at = shelf.list_count;

	body.topics.count = 0;
	body.replica_id = replica;
	body.isolation_level = level;
	add(0, PARTITION_LATEST);
	handle(version);
	cr_assert_eq(list(at)->isolation, isolation);
	cr_assert_eq(list(at)->any_replica, replica == -2);
	find(at, 1, -1);
}

Test(list_offsets, looks_as_far_as_the_client_may_see)
{
	expect_isolation(1, -1, 0, PARTITION_READ_UNCOMMITTED);
	expect_isolation(9, -1, 0, PARTITION_READ_UNCOMMITTED);
	expect_isolation(2, -1, 1, PARTITION_READ_COMMITTED);
	expect_isolation(9, -1, 1, PARTITION_READ_COMMITTED);
	expect_isolation(9, -2, 0, PARTITION_READ_LOG_END);
	expect_isolation(9, 3, 1, PARTITION_READ_LOG_END);
}

Test(list_offsets, checks_the_leader_epoch_that_the_client_knows)
{
	add(0, PARTITION_LATEST)->current_leader_epoch = 8;
	handle(9);
	cr_assert_eq(list(0)->current_leader_epoch, 8);
	find(0, 1, 1);
	body.topics.count = 0;
	add(0, PARTITION_LATEST);
	handle(3);
	cr_assert_eq(list(1)->current_leader_epoch, -1);
	find(1, 1, 1);
}

/* ------------------------------------------------------------------ errors */

Test(list_offsets, knows_the_special_timestamps_of_its_version)
{
	static const struct {
		int64_t timestamp;
		int16_t first_version;
	} rows[] = {
		{ PARTITION_LATEST, 1 }, { PARTITION_EARLIEST, 1 }, { PARTITION_MAX_TIMESTAMP, 7 },
		{ PARTITION_EARLIEST_LOCAL, 8 }, { PARTITION_LATEST_TIERED, 9 },
		{ -6, LAST_VERSION + 1 }, { INT64_MIN, LAST_VERSION + 1 }, { 0, 1 },
		{ INT64_MAX, 1 },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		shelf.list_count = 0;
		for (int16_t version = 1; version <= LAST_VERSION; version++) {
			int at = shelf.list_count;

			body.topics.count = 0;
			add(0, rows[i].timestamp);
			handle(version);
			if (version < rows[i].first_version) {
				expect_refused(version, 0, 0, KAFKA_ERROR_UNSUPPORTED_VERSION);
				continue;
			}
			cr_assert_eq(list(at)->timestamp, rows[i].timestamp);
			find(at, 1, 1);
		}
	}
}

#define ROW(name, code) { PARTITION_##name, code },
static const struct {
	enum partition_status status;
	int16_t code;
} statuses[] = { PARTITION_STATUS_TABLE(ROW) };

Test(list_offsets, tells_errors_in_every_version)
{
	add(0, PARTITION_LATEST);
	for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++) {
		if (statuses[i].status == PARTITION_OK)
			continue;
		shelf.list_count = 0;
		for (int16_t version = 1; version <= LAST_VERSION; version++) {
			int16_t code = statuses[i].code;

			handle(version);
			replicas_answer(&list(version - 1)->operation, statuses[i].status);
			if (code == KAFKA_ERROR_OFFSET_NOT_AVAILABLE && version <= 4)
				code = KAFKA_ERROR_LEADER_NOT_AVAILABLE;
			expect_refused(version, 0, 0, code);
		}
	}
}

Test(list_offsets, of_what_is_not_here_is_refused_and_the_rest_told)
{
	static const int32_t others[] = { 2, -1 };

	fixture_add_partition("elsewhere", 0, 2, others, others, NULL);
	fixture_publish(1);
	add_to("unknown", 0, PARTITION_LATEST);
	add_to("elsewhere", 0, PARTITION_LATEST);
	add(4, PARTITION_LATEST);
	add(-1, PARTITION_LATEST);
	add(2, PARTITION_LATEST);
	handle(9);
	find(0, 17, -1);
	expect_refused(9, 0, 0, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	expect_refused(9, 1, 0, KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER);
	expect_refused(9, 2, 0, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	expect_refused(9, 2, 1, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_assert_eq(told_of(2, 2)->offset, 17);
}

Test(list_offsets, of_a_partition_twice_is_refused_for_that_partition)
{
	add(1, PARTITION_LATEST);
	add(2, PARTITION_LATEST);
	add(1, PARTITION_EARLIEST);
	handle(9);
	cr_assert_eq(shelf.list_count, 1);
	find(0, 7, -1);
	expect_refused(9, 0, 0, KAFKA_ERROR_INVALID_REQUEST);
	cr_assert_eq(told(1)->offset, 7);
	expect_refused(9, 0, 2, KAFKA_ERROR_INVALID_REQUEST);
}

Test(list_offsets, of_a_partition_twice_is_refused_also_when_its_topic_comes_twice)
{
	replicas_host("u", 2, "");
	add_to("t", 1, PARTITION_LATEST);
	add_to("u", 1, PARTITION_LATEST);
	add_to("t", 0, PARTITION_LATEST);
	add_to("t", 1, PARTITION_LATEST);
	handle(9);
	cr_assert_eq(shelf.list_count, 2);
	find(0, 7, -1);
	find(1, 8, -1);
	expect_refused(9, 0, 0, KAFKA_ERROR_INVALID_REQUEST);
	cr_assert_eq(told_of(1, 0)->offset, 7);
	cr_assert_eq(told_of(2, 0)->offset, 8);
	expect_refused(9, 2, 1, KAFKA_ERROR_INVALID_REQUEST);
}

Test(list_offsets, of_more_partitions_than_memory_may_hold_closes_the_connection)
{
	fixture.arena_cap = 1500;
	for (int32_t i = 0; i < PARTITIONS_MAX; i++)
		add(i, PARTITION_LATEST);
	handle(9);
	cr_assert_eq(fixture.end, FIXTURE_CLOSED);
	cr_assert_eq(shelf.list_count, 0);
}
