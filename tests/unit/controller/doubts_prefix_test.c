#include "controller/doubts_prefix.h"

#include <criterion/criterion.h>

#include "model.h"
#include "wire/kafka_error.h"

static struct model it;
static struct context_partition *partition;
static struct doubts doubts;
static struct doubt *doubt;
static struct arena arena;

static void
says(int32_t broker, int32_t last_epoch, int64_t end_offset)
{
	(void)doubt_asks(doubt, broker, broker * 100);
	doubt_answered(doubt, broker, broker * 100, &(struct doubt_end){ last_epoch, end_offset });
}

/* Of 2, 3 and 1 only 2 is in sync, and 1 has more. */
static void
set_up(void)
{
	static const uint64_t seed[2] = { 3, 4 };

	arena_init(&arena, SIZE_MAX);
	model_init(&it);
	for (int32_t id = 1; id <= 3; id++)
		model_broker(&it, id, NULL);
	(void)model_led(model_topic(&it, "a", "2,3,1"), 0, 2, "2");
	partition = model_led(model_topic(&it, "t", "2,3,1"), 0, 2, "2");
	doubts_init(&doubts, seed);
	doubts_add(&doubts, partition);
	doubt = doubts_find(&doubts, slice_of_text("t"), 0);
	says(1, 7, 704);
	says(2, 5, 712);
	says(3, 5, 600);
}

static void
tear_down(void)
{
	doubts_fini(&doubts);
	model_fini(&it);
	arena_fini(&arena);
}

TestSuite(doubts_prefix, .init = set_up, .fini = tear_down);

static const struct fetch_request *request;

static const struct fetch_request *
ask(int32_t broker)
{
	return request = doubts_prefix_request(&doubts, &it.context, broker, &arena);
}

static void
answer(const char *name, int16_t code, int32_t diverging_epoch)
{
	struct fetch_response_partition_data data = fetch_response_partition_data_defaults;
	struct fetch_response_fetchable_topic_response topic =
	    fetch_response_fetchable_topic_response_defaults;
	struct fetch_response response = fetch_response_defaults;

	data.error_code = code;
	data.diverging_epoch.epoch = diverging_epoch;
	topic.topic = slice_of_text(name);
	topic.partitions.items = &data;
	topic.partitions.count = 1;
	response.responses.items = &topic;
	response.responses.count = 1;
	doubts_prefix_take(&doubts, 1, 100, request, &response);
}

static int32_t
winner(void)
{
	return doubts_winner(&doubts, &it.context, partition, true);
}

Test(doubts_prefix, is_asked_for_from_where_the_one_in_sync_ends)
{
	const struct fetch_request_fetch_partition *asked;

	(void)ask(1);
	cr_assert_eq(request->topics.count, 1);
	cr_assert(slice_equal(request->topics.items[0].topic, slice_of_text("t")));
	cr_assert_eq(request->topics.items[0].partitions.count, 1);
	asked = request->topics.items[0].partitions.items;
	cr_expect_eq(asked->partition, 0);
	cr_expect_eq(asked->fetch_offset, 712);
	cr_expect_eq(asked->last_fetched_epoch, 5);
	cr_expect_eq(asked->current_leader_epoch, -1);
	cr_expect_eq(asked->partition_max_bytes, 0, "nothing is read");
	cr_expect_eq(request->replica_id, -2, "of a tool: any replica answers");
	cr_expect_eq(request->max_wait_ms, 0);
	cr_expect_eq(request->session_epoch, -1, "without a session");
	cr_expect_eq(ask(1)->topics.count, 0, "once");
	cr_expect_eq(ask(2)->topics.count, 0);
	cr_expect_eq(ask(3)->topics.count, 0);
}

Test(doubts_prefix, of_a_log_that_parts_does_not_win)
{
	(void)ask(1);
	answer("a", KAFKA_ERROR_NONE, -1);
	cr_expect_eq(winner(), DOUBTS_NOBODY, "not of this one");
	doubts_forget_failures(&doubts);
	cr_expect_eq(ask(1)->topics.count, 1, "it is asked again");
	answer("t", KAFKA_ERROR_NONE, 5);
	cr_expect_eq(winner(), 2);
}

Test(doubts_prefix, of_a_log_that_does_not_part_wins)
{
	(void)ask(1);
	answer("t", KAFKA_ERROR_NONE, -1);
	cr_expect_eq(winner(), 1);
}

Test(doubts_prefix, of_a_log_that_begins_later_wins)
{
	(void)ask(1);
	answer("t", KAFKA_ERROR_OFFSET_OUT_OF_RANGE, -1);
	cr_expect_eq(winner(), 1);
}

Test(doubts_prefix, is_asked_for_again_after_an_error)
{
	(void)ask(1);
	answer("t", KAFKA_ERROR_KAFKA_STORAGE_ERROR, -1);
	cr_expect_eq(winner(), DOUBTS_NOBODY);
	cr_expect_eq(ask(1)->topics.count, 0, "not at once");
	doubts_forget_failures(&doubts);
	cr_expect_eq(ask(1)->topics.count, 1);
	doubts_prefix_take(&doubts, 1, 100, request, NULL);
	doubts_forget_failures(&doubts);
	cr_expect_eq(ask(1)->topics.count, 1);
	answer("t", KAFKA_ERROR_CORRUPT_MESSAGE, -1);
	cr_expect_eq(winner(), 1, "where they part is looked for before it is read");
}

/* As brokers answer: partitions of one topic that are asked for behind each other are one topic. */
Test(doubts_prefix, of_partitions_of_one_topic_come_together)
{
	struct fetch_response_partition_data data[2] = { fetch_response_partition_data_defaults,
		fetch_response_partition_data_defaults };
	struct fetch_response_fetchable_topic_response topic =
	    fetch_response_fetchable_topic_response_defaults;
	struct fetch_response response = fetch_response_defaults;
	struct context_topic *two = model_topic(&it, "v", "2,3,1; 2,3,1");

	for (int32_t i = 0; i < 2; i++) {
		partition = model_led(two, i, 2, "2");
		doubts_add(&doubts, partition);
		doubt = doubts_find(&doubts, slice_of_text("v"), i);
		says(1, 7, 704);
		says(2, 5, 712);
		says(3, 5, 712);
		data[i].partition_index = i;
	}
	cr_assert_eq(ask(1)->topics.count, 3);
	topic.topic = slice_of_text("v");
	topic.partitions.items = data;
	topic.partitions.count = 2;
	data[0].diverging_epoch.epoch = 5;
	response.responses.items = &topic;
	response.responses.count = 1;
	doubts_prefix_take(&doubts, 1, 100, request, &response);
	cr_expect_eq(winner(), 1);
	partition = context_partition_find(two, 0);
	cr_expect_eq(winner(), 2);
	doubts_forget_failures(&doubts);
	cr_expect_eq(ask(1)->topics.count, 1, "of t nothing was said");
}
