#include "api/old_offsets.h"

#include "exchange.h"

typedef struct offset_commit_request_offset_commit_request_topic committed_topic;
typedef struct offset_commit_request_offset_commit_request_partition committed_partition;
typedef struct offset_fetch_request_offset_fetch_request_topic wanted_topic;

enum { TOPICS_MAX = 4, PARTITIONS_MAX = 8 };

static struct offset_commit_request commit;
static struct offset_fetch_request fetch;
static struct consumer_offset_call *call; /* what was asked and not answered */

/* Instead of src/cluster's. */
void
consumer_offsets_ask(struct consumer_offsets *offsets, struct consumer_offset_call *asked)
{
	cr_assert_eq(offsets, fixture.services.consumer_offsets);
	cr_assert_eq(asked->loop, &fixture.data.loop);
	cr_assert_null(call, "one after the other");
	call = asked;
}

static void
setup(void)
{
	fixture_init();
	fixture.services.consumer_offsets = fixture_array(1, 1);
	commit = offset_commit_request_defaults;
	commit.group_id = slice_of_text("g");
	commit.topics.items = fixture_array(TOPICS_MAX, sizeof(*commit.topics.items));
	commit.topics.count = 0;
	fetch = offset_fetch_request_defaults;
	fetch.group_id = slice_of_text("g");
	fetch.topics.items = fixture_array(TOPICS_MAX, sizeof(*fetch.topics.items));
	fetch.topics.count = 0;
	for (int32_t i = 0; i < 3; i++)
		fixture_add_partition("t", i, 1, NULL, NULL, NULL);
	fixture_publish(1);
	call = NULL;
}

TestSuite(old_offsets, .init = setup, .fini = fixture_fini);

static void
add_commit(const char *name, int32_t index, int64_t offset, const char *metadata)
{
	committed_topic *topic = &commit.topics.items[commit.topics.count++];

	*topic = offset_commit_request_offset_commit_request_topic_defaults;
	topic->name = fixture_text(name);
	topic->partitions.items = fixture_array(1, sizeof(*topic->partitions.items));
	topic->partitions.count = 1;
	topic->partitions.items[0] = offset_commit_request_offset_commit_request_partition_defaults;
	topic->partitions.items[0].partition_index = index;
	topic->partitions.items[0].committed_offset = offset;
	topic->partitions.items[0].committed_metadata = slice_of_text(metadata);
}

static void
add_fetch(const char *name, int32_t first, int32_t count)
{
	wanted_topic *topic = &fetch.topics.items[fetch.topics.count++];

	*topic = offset_fetch_request_offset_fetch_request_topic_defaults;
	topic->name = fixture_text(name);
	topic->partition_indexes.items = fixture_array((size_t)count, sizeof(int32_t));
	topic->partition_indexes.count = count;
	for (int32_t i = 0; i < count; i++)
		topic->partition_indexes.items[i] = first + i;
}

static struct consumer_offset_call *
expect_call(bool commits, const char *topic, int32_t partition)
{
	cr_assert_not_null(call);
	cr_assert_eq(fixture.end, FIXTURE_NO_END);
	cr_assert_eq(call->commits, commits);
	cr_expect_slice(call->group, "g");
	cr_expect_slice(call->topic, topic);
	cr_assert_eq(call->partition, partition);
	return call;
}

static void
answer(bool failed, bool found, int64_t offset)
{
	struct consumer_offset_call *answered = call;

	call = NULL;
	answered->failed = failed;
	answered->found = found;
	if (!answered->commits)
		answered->offset = offset;
	loop_enter(&fixture.data.loop);
	answered->done(answered);
	loop_leave(&fixture.data.loop);
}

/* ------------------------------------------------------------------ commit */

static void
expect_committed(int32_t at, int16_t code)
{
	const struct offset_commit_response *response = fixture.answer;

	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	cr_assert_eq(response->topics.count, commit.topics.count);
	cr_assert(slice_equal(response->topics.items[at].name, commit.topics.items[at].name));
	cr_assert_eq(response->topics.items[at].partitions.count, 1);
	cr_assert_eq(response->topics.items[at].partitions.items[0].partition_index,
	    commit.topics.items[at].partitions.items[0].partition_index);
	cr_assert_eq(response->topics.items[at].partitions.items[0].error_code, code);
}

static void
handle_commit(void)
{
	fixture_handle(api_offset_commit, API_KEY_OFFSET_COMMIT, 0, &commit);
}

Test(old_offsets, are_committed_one_after_the_other)
{
	add_commit("t", 2, 20, NULL);
	add_commit("t", 0, 10, "metadata is not kept");
	handle_commit();
	cr_assert_eq(expect_call(true, "t", 2)->offset, 20);
	answer(false, false, 0);
	cr_assert_eq(expect_call(true, "t", 0)->offset, 10);
	answer(false, false, 0);
	expect_committed(0, KAFKA_ERROR_NONE);
	expect_committed(1, KAFKA_ERROR_NONE);
	cr_assert_null(fixture.group_call, "no coordinator hears of it");
}

Test(old_offsets, of_what_does_not_exist_are_not_committed)
{
	add_commit("unknown", 0, 1, NULL);
	add_commit("t", 3, 1, NULL);
	add_commit("t", 1, 7, NULL);
	add_commit("t", -1, 1, NULL);
	handle_commit();
	expect_call(true, "t", 1);
	answer(false, false, 0);
	expect_committed(0, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	expect_committed(1, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	expect_committed(2, KAFKA_ERROR_NONE);
	expect_committed(3, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
}

Test(old_offsets, that_cannot_be_committed_are_told_so_alone)
{
	fixture_configure("offset.metadata.max.bytes=4");
	add_commit("t", 0, 1, "12345");
	add_commit("t", 1, 1, "1234");
	add_commit("t", 2, 1, "");
	handle_commit();
	expect_call(true, "t", 1);
	answer(true, false, 0);
	expect_call(true, "t", 2);
	answer(false, false, 0);
	expect_committed(0, KAFKA_ERROR_OFFSET_METADATA_TOO_LARGE);
	expect_committed(1, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	expect_committed(2, KAFKA_ERROR_NONE);
}

Test(old_offsets, of_nothing_are_committed_at_once)
{
	handle_commit();
	cr_assert_eq(((struct offset_commit_response *)fixture.answer)->topics.count, 0);
}

/* ------------------------------------------------------------------- fetch */

static void
expect_fetched(int32_t topic, int32_t at, int64_t offset, int16_t code)
{
	const struct offset_fetch_response *response = fixture.answer;
	const struct offset_fetch_response_offset_fetch_response_partition *told;

	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	cr_assert_eq(response->topics.count, fetch.topics.count);
	cr_assert(slice_equal(response->topics.items[topic].name, fetch.topics.items[topic].name));
	cr_assert_lt(at, response->topics.items[topic].partitions.count);
	told = &response->topics.items[topic].partitions.items[at];
	cr_assert_eq(told->partition_index, fetch.topics.items[topic].partition_indexes.items[at]);
	cr_assert_eq(told->committed_offset, offset);
	cr_assert_eq(told->error_code, code);
	cr_expect_slice(told->metadata, "");
}

static void
handle_fetch(void)
{
	fixture_handle(api_offset_fetch, API_KEY_OFFSET_FETCH, 0, &fetch);
}

Test(old_offsets, are_fetched_one_after_the_other)
{
	add_fetch("t", 0, 2);
	add_fetch("t", 2, 1);
	handle_fetch();
	expect_call(false, "t", 0);
	answer(false, true, 100);
	expect_call(false, "t", 1);
	answer(false, false, -1);
	expect_call(false, "t", 2);
	answer(false, true, 0);
	expect_fetched(0, 0, 100, KAFKA_ERROR_NONE);
	expect_fetched(0, 1, -1, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	expect_fetched(1, 0, 0, KAFKA_ERROR_NONE);
	cr_assert_null(fixture.group_call, "no coordinator hears of it");
}

Test(old_offsets, that_cannot_be_fetched_are_told_so_alone)
{
	add_fetch("unknown", 0, 2);
	add_fetch("t", 1, 3);
	handle_fetch();
	expect_call(false, "t", 1);
	answer(true, false, 5);
	expect_call(false, "t", 2);
	answer(false, true, 6);
	expect_fetched(0, 0, -1, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	expect_fetched(0, 1, -1, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	expect_fetched(1, 0, -1, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	expect_fetched(1, 1, 6, KAFKA_ERROR_NONE);
	expect_fetched(1, 2, -1, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
}

Test(old_offsets, of_nothing_are_fetched_at_once)
{
	handle_fetch();
	cr_assert_eq(((struct offset_fetch_response *)fixture.answer)->topics.count, 0);
}

Test(old_offsets, are_told_as_kafka_did)
{
	fixture_add_partition("plain", 0, 1, NULL, NULL, NULL);
	fixture_publish(1);
	exchange_ask("OffsetFetch v0 (ZooKeeper)", api_offset_fetch);
	cr_expect_slice(call->group, "zkgroup");
	cr_expect_slice(call->topic, "plain");
	answer(false, false, -1);
	exchange_expect_answer();
}
