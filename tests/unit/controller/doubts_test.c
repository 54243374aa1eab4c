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
	doubt_answered(doubt, broker, broker * 100, &(struct doubt_end){ last_epoch, end_offset });
}

/* As the best one in sync has left, and it is asked whether. */
static void
has_all_of_it(int32_t broker, int64_t broker_epoch)
{
	struct doubt_end end;

	cr_assert(doubt_asks_prefix(doubt, &it.context, broker, &end));
	doubt_prefix_answered(doubt, broker, broker_epoch, &end, true);
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
	has_all_of_it(1, 100);
	cr_expect_eq(winner(), 1);
}

Test(doubts, of_one_epoch_the_longest_log_counts)
{
	says(1, 5, 12);
	says(2, 5, 10);
	says(3, 5, 11);
	has_all_of_it(3, 300);
	has_all_of_it(1, 100);
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
	doubt_answered(doubt, 1, 99, &(struct doubt_end){ 9, 99 });
	cr_expect_eq(winner(), DOUBTS_NOBODY, "an answer of another life is none");
	doubt_answered(doubt, 1, 100, &(struct doubt_end){ 4, 9 });
	cr_expect_eq(winner(), 2);
	doubt_answered(doubt, 1, 100, &(struct doubt_end){ 9, 99 });
	cr_expect_eq(winner(), 2, "once");
	it.context.brokers[0]->epoch = 101;
	cr_expect_eq(winner(), DOUBTS_NOBODY);
	cr_expect(doubt_asks(doubt, 1, 101));
	doubt_answered(doubt, 1, 101, &(struct doubt_end){ 7, 1 });
	has_all_of_it(1, 101);
	cr_expect_eq(winner(), 1);
}

Test(doubts, who_has_not_answered_is_asked_again)
{
	cr_expect(doubt_asks(doubt, 1, 100));
	doubt_not_answered(doubt, 1, 100);
	cr_expect_not(doubt_asks(doubt, 1, 100), "not at once");
	cr_expect(doubt_asks(doubt, 1, 101), "in another life");
	doubt_not_answered(doubt, 1, 101);
	doubts_forget_failures(&doubts);
	cr_expect(doubt_asks(doubt, 1, 100));
	doubt_answered(doubt, 1, 100, &(struct doubt_end){ 1, 1 });
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

/* ------------------------------------------------------- who is not in sync */

static struct doubt_end asked_end;

static bool
is_asked(int32_t broker)
{
	return doubt_asks_prefix(doubt, &it.context, broker, &asked_end);
}

/* Its newest records were never acknowledged, and it lacks some that were. */
Test(doubts, F19_who_is_not_in_sync_leads_only_with_all_that_one_in_sync_has)
{
	says(1, 7, 704);
	says(2, 5, 712);
	says(3, 5, 700);
	cr_expect_eq(winner(), DOUBTS_NOBODY, "it is to be asked");
	cr_expect_not(is_asked(2));
	cr_expect_not(is_asked(3), "it cannot be better");
	cr_assert(is_asked(1));
	cr_expect(asked_end.last_epoch == 5 && asked_end.end_offset == 712);
	cr_expect_not(is_asked(1), "once");
	cr_expect_eq(winner(), DOUBTS_NOBODY);
	doubt_prefix_answered(doubt, 1, 100, &asked_end, false);
	cr_expect_eq(winner(), 2);
	cr_expect_not(is_asked(1));
}

Test(doubts, who_is_not_in_sync_and_has_all_of_it_leads)
{
	says(1, 7, 720);
	says(2, 5, 712);
	says(3, 6, 730);
	has_all_of_it(1, 100);
	cr_assert(is_asked(3));
	doubt_prefix_answered(doubt, 3, 300, &asked_end, false);
	cr_expect_eq(winner(), 1);
}

Test(doubts, without_an_answer_of_that_who_is_in_sync_leads_where_nobody_is_waited_for)
{
	says(1, 7, 704);
	says(2, 5, 712);
	cr_expect_eq(doubts_winner(&doubts, &it.context, partition, false), 2);
	cr_assert(is_asked(1));
	doubt_prefix_not_answered(doubt, 1, 100, &asked_end);
	cr_expect_not(is_asked(1), "not at once");
	doubts_forget_failures(&doubts);
	cr_expect(is_asked(1), "again");
	doubt_prefix_answered(doubt, 1, 99, &asked_end, true);
	cr_expect_eq(doubts_winner(&doubts, &it.context, partition, false), 2, "of another life");
	doubt_prefix_answered(doubt, 1, 100, &asked_end, true);
	cr_expect_eq(doubts_winner(&doubts, &it.context, partition, false), 1);
}

Test(doubts, an_answer_of_another_end_is_none)
{
	says(1, 7, 704);
	says(2, 5, 712);
	says(3, 5, 700);
	cr_assert(is_asked(1));
	it.context.brokers[1]->epoch = 201;
	doubt_prefix_answered(doubt, 1, 100, &asked_end, true);
	(void)doubt_asks(doubt, 2, 201);
	doubt_answered(doubt, 2, 201, &(struct doubt_end){ 6, 700 });
	cr_expect_eq(winner(), DOUBTS_NOBODY);
	cr_assert(is_asked(1));
	cr_expect(asked_end.last_epoch == 6 && asked_end.end_offset == 700);
	doubt_prefix_answered(doubt, 1, 100, &asked_end, false);
	cr_expect_eq(winner(), 2);
}

Test(doubts, who_has_nothing_is_a_prefix_of_all)
{
	says(1, 7, 704);
	says(2, DOUBTS_NO_EPOCH, 0);
	says(3, 5, 712);
	cr_expect_not(is_asked(1));
	cr_expect_eq(winner(), 1);
}

/* They lie behind each other in the channel to one broker. */
Test(doubts, an_answer_to_an_earlier_question_is_none_to_a_later_one)
{
	struct doubt_end earlier;

	partition = model_led(model_topic(&it, "u", "2,3,1"), 0, 2, "2,3");
	doubts_add(&doubts, partition);
	doubt = doubts_find(&doubts, slice_of_text("u"), 0);
	says(1, 7, 704);
	says(2, 5, 700);
	cr_assert(doubt_asks_prefix(doubt, &it.context, 1, &earlier));
	doubt_prefix_not_answered(doubt, 1, 100, &earlier);
	says(3, 5, 712);
	cr_assert(is_asked(1));
	cr_assert_eq(asked_end.end_offset, 712);
	doubt_prefix_answered(doubt, 1, 100, &earlier, true);
	cr_expect_eq(winner(), DOUBTS_NOBODY);
	doubt_prefix_answered(doubt, 1, 100, &asked_end, false);
	cr_expect_eq(winner(), 3);
}

/* As of a follower whose log begins anew where its leader's does. */
Test(doubts, offsets_do_not_go_back_behind_one_in_sync_without_a_record)
{
	says(1, 7, 704);
	says(2, DOUBTS_NO_EPOCH, 712);
	says(3, 5, 712);
	cr_expect_not(is_asked(1));
	cr_expect_eq(winner(), 3);
}

static void
has_left(const char *isr, const char *eligible)
{
	struct payload_partition_state state = context_partition_payload(partition);

	state.isr = model_ids(&it, isr);
	state.eligible = model_ids(&it, eligible);
	context_partition_set_leadership(partition, &state, 4);
}

/* The controller took 3 out when its session had ended, and 2 has lost most of its log. */
Test(doubts, who_has_left_since_enough_were_in_sync_counts_for_one_in_sync)
{
	has_left("2", "3");
	says(1, 7, 704);
	says(2, 4, 500);
	says(3, 5, 712);
	cr_assert(is_asked(1));
	cr_expect(asked_end.last_epoch == 5 && asked_end.end_offset == 712);
	doubt_prefix_answered(doubt, 1, 100, &asked_end, false);
	cr_expect_eq(winner(), 3);
}

Test(doubts, of_equal_ones_who_is_in_the_isr_comes_before_who_has_left_it)
{
	has_left("3", "2");
	says(1, 5, 712);
	says(2, 5, 712);
	says(3, 5, 712);
	cr_expect_eq(winner(), 3);
}
