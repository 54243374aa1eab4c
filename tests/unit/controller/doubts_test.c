#include "controller/doubts.h"

#include <criterion/criterion.h>

#include "model.h"

static struct model it;
static struct context_partition *partition;
static struct doubts doubts;
static struct doubt *doubt;

static void
set_up(void)
{
	static const uint64_t seed[2] = { 3, 4 };

	model_init(&it);
	for (int32_t id = 1; id <= 3; id++)
		model_broker(&it, id, NULL);
	partition = model_led(model_topic(&it, "t", "2,3,1"), 0, 2, "2");
	doubts_init(&doubts, seed);
	doubts_add(&doubts, partition);
	doubts_add(&doubts, partition);
	doubt = doubts_find(&doubts, slice_of_text("t"), 0);
}

static void
tear_down(void)
{
	doubts_fini(&doubts);
	model_fini(&it);
}

TestSuite(doubts, .init = set_up, .fini = tear_down);

/* Epochs of brokers are their ids times 100. */
static void
says(int32_t broker, int32_t last_epoch, int64_t end_offset)
{
	(void)doubt_asks(doubt, broker, broker * 100);
	doubt_answered(doubt, broker, broker * 100, last_epoch, end_offset);
}

static int32_t
winner(void)
{
	return doubts_winner(&doubts, &it.context, partition, true);
}

Test(doubts, are_there_once_until_they_end)
{
	cr_assert_eq(doubts.all.count, 1);
	cr_expect_null(doubts_find(&doubts, slice_of_text("t"), 1));
	doubts_end(&doubts, slice_of_text("u"), 0);
	doubts_end(&doubts, slice_of_text("t"), 0);
	cr_expect_eq(doubts.all.count, 0);
	cr_expect_eq(winner(), DOUBTS_NOBODY);
}

Test(doubts, wait_for_all_replicas)
{
	says(1, 5, 10);
	says(2, 5, 10);
	cr_expect_eq(winner(), DOUBTS_NOBODY);
	cr_expect_eq(doubts_winner(&doubts, &it.context, partition, false), 2, "of those that are in");
	says(3, 4, 99);
	cr_expect_eq(winner(), 2);
}

Test(doubts, the_last_epoch_counts_before_the_end)
{
	says(1, 6, 3);
	says(2, 5, 10);
	says(3, DOUBTS_NO_EPOCH, 0);
	cr_expect_eq(winner(), 1);
}

Test(doubts, of_one_epoch_the_longest_log_counts)
{
	says(1, 5, 12);
	says(2, 5, 10);
	says(3, 5, 11);
	cr_expect_eq(winner(), 1);
}

Test(doubts, of_equal_ones_who_is_in_sync_and_then_who_is_first)
{
	says(1, 5, 10);
	says(2, 5, 10);
	says(3, 5, 10);
	cr_expect_eq(winner(), 2);
	context_broker_remove(&it.context, 2);
	cr_expect_eq(doubts_winner(&doubts, &it.context, partition, false), 3);
}

Test(doubts, another_life_is_asked_again)
{
	cr_expect(doubt_asks(doubt, 1, 100));
	cr_expect_not(doubt_asks(doubt, 1, 100));
	says(2, 5, 10);
	says(3, 5, 10);
	doubt_answered(doubt, 1, 99, 9, 99);
	cr_expect_eq(winner(), DOUBTS_NOBODY, "an answer of another life is none");
	doubt_answered(doubt, 1, 100, 4, 9);
	cr_expect_eq(winner(), 2);
	doubt_answered(doubt, 1, 100, 9, 99);
	cr_expect_eq(winner(), 2, "once");
	it.context.brokers[0]->epoch = 101;
	cr_expect_eq(winner(), DOUBTS_NOBODY);
	cr_expect(doubt_asks(doubt, 1, 101));
	doubt_answered(doubt, 1, 101, 7, 1);
	cr_expect_eq(winner(), 1);
}

Test(doubts, who_has_not_answered_is_asked_again)
{
	cr_expect(doubt_asks(doubt, 1, 100));
	doubt_not_answered(doubt, 1, 100);
	cr_expect(doubt_asks(doubt, 1, 100));
	doubt_answered(doubt, 1, 100, 1, 1);
	doubt_not_answered(doubt, 1, 100);
	cr_expect_not(doubt_asks(doubt, 1, 100), "it has");
}

/* It has no log there, and the one on its disk may be the longest. */
Test(doubts, who_has_just_told_that_its_log_dir_is_offline_has_not_answered)
{
	says(1, DOUBTS_NO_EPOCH, 0);
	says(2, 5, 10);
	says(3, 4, 99);
	context_replica_find(partition, 1)->tells_offline = true;
	cr_expect_eq(winner(), DOUBTS_NOBODY);
	context_replica_find(partition, 1)->tells_offline = false;
	cr_expect_eq(winner(), 2);
}

Test(doubts, who_is_offline_is_nobody)
{
	says(1, 9, 99);
	says(2, 5, 10);
	says(3, 5, 10);
	context_replica_find(partition, 1)->dir_offline = true;
	cr_expect_eq(winner(), DOUBTS_NOBODY);
	cr_expect_eq(doubts_winner(&doubts, &it.context, partition, false), 2);
}
