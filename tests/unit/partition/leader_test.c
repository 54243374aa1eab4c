#include "partition/leader.h"

#include <criterion/criterion.h>

#include "wire/kafka_error.h"

enum { LAG_US = 30 * 1000 * 1000, START_US = 1000 * 1000, EPOCH_2 = 700, EPOCH_3 = 701 };

static struct leader leader;
static struct live_brokers *live;

static void
set_up(void)
{
	static const int32_t ids[] = { 1, 2, 3 };

	live = live_brokers_new();
	live_brokers_set(live, ids, 3);
	leader_init(&leader, 1, LAG_US, live);
}

static void
tear_down(void)
{
	leader_fini(&leader);
	live_brokers_free(live);
}

TestSuite(leader, .init = set_up, .fini = tear_down);

static void
lead_at(int32_t epoch, size_t replicas, size_t isr, int64_t log_end_offset, int64_t now_us)
{
	static const int32_t ids[] = { 1, 2, 3 };
	struct leader_change change = { .leader = 1, .leader_epoch = epoch,
		.partition_epoch = 10 * epoch, .replicas = ids, .replica_count = replicas,
		.isr = ids, .isr_count = isr };

	leader_apply(&leader, &change, log_end_offset, now_us);
}

static void
lead(int32_t epoch, size_t replicas, size_t isr, int64_t log_end_offset)
{
	lead_at(epoch, replicas, isr, log_end_offset, START_US);
}

static void
grow(int64_t end_offset)
{
	leader_log_grew(&leader, end_offset, end_offset);
}

static bool
fetch_at(int32_t replica, int64_t offset, int64_t now_us)
{
	return leader_follower_fetched(&leader, replica, replica == 2 ? EPOCH_2 : EPOCH_3, offset,
	    leader.log_end_offset, now_us);
}

static void
fetch(int32_t replica, int64_t offset)
{
	(void)fetch_at(replica, offset, START_US);
}

static int64_t
high_watermark(int64_t before)
{
	return leader_high_watermark(&leader, before, START_US);
}

static void
expect_proposed(int count, int32_t second, int64_t second_epoch, int32_t third)
{
	struct leader_isr_member isr[3];

	cr_assert_eq(leader_proposed_isr(&leader, isr), count);
	cr_expect_eq(isr[0].replica, 1);
	cr_expect_eq(isr[0].broker_epoch, LEADER_BROKER_EPOCH_UNKNOWN);
	if (count > 1)
		cr_expect(isr[1].replica == second && isr[1].broker_epoch == second_epoch);
	if (count > 2)
		cr_expect_eq(isr[2].replica, third);
}

/* The answer of a controller that has done what it was asked for. */
static struct leader_isr_answer
agreement(int32_t partition_epoch, size_t isr_count)
{
	static const int32_t ids[] = { 1, 2, 3 };

	return (struct leader_isr_answer){ .proposal = leader.proposal, .leader = 1,
		.leader_epoch = leader.epoch, .partition_epoch = partition_epoch, .isr = ids,
		.isr_count = isr_count };
}

static enum leader_isr_outcome
refusal(int16_t code)
{
	return leader_take_isr_answer(&leader, &(struct leader_isr_answer){
		.proposal = leader.proposal, .code = code });
}

/* ------------------------------------------------------------- high watermark */

Test(leader, alone_has_its_high_watermark_at_its_log_end)
{
	lead(0, 1, 1, 0);
	grow(10);
	cr_expect_eq(high_watermark(0), 10);
}

Test(leader, high_watermark_waits_for_the_slowest_in_sync)
{
	lead(0, 3, 3, 0);
	grow(10);
	cr_expect_eq(high_watermark(0), 0, "nobody has fetched yet");
	fetch(2, 8);
	cr_expect_eq(high_watermark(0), 0);
	fetch(3, 5);
	cr_expect_eq(high_watermark(0), 5);
}

Test(leader, high_watermark_does_not_wait_for_who_is_not_in_sync)
{
	lead(0, 3, 2, 0);
	grow(10);
	fetch(2, 10);
	cr_expect_eq(high_watermark(0), 10);
}

Test(leader, high_watermark_waits_for_who_has_caught_up_and_is_about_to_join)
{
	lead(0, 3, 2, 0);
	grow(10);
	fetch(2, 10);
	fetch(3, 10);
	grow(20);
	fetch(2, 20);
	cr_expect_eq(high_watermark(10), 10);
	cr_expect_eq(leader_high_watermark(&leader, 10, START_US + LAG_US), 10);
	cr_expect_eq(leader_high_watermark(&leader, 10, START_US + LAG_US + 1), 20,
	    "it has fallen behind");
}

Test(leader, high_watermark_does_not_wait_for_the_dead_outside_the_isr)
{
	static const int32_t left[] = { 1, 2 };

	lead(0, 3, 2, 0);
	grow(10);
	fetch(3, 10);
	grow(20);
	fetch(2, 20);
	live_brokers_set(live, left, 2);
	cr_expect_eq(high_watermark(0), 20);
}

Test(leader, high_watermark_waits_for_the_dead_in_the_isr)
{
	static const int32_t left[] = { 1 };

	lead(0, 2, 2, 0);
	grow(10);
	live_brokers_set(live, left, 1);
	cr_expect_eq(high_watermark(4), 4);
}

Test(leader, high_watermark_never_moves_back)
{
	lead(0, 1, 1, 0);
	grow(3);
	cr_expect_eq(high_watermark(7), 7);
}

Test(leader, high_watermark_stays_while_the_isr_is_too_small)
{
	lead(0, 3, 1, 0);
	leader_set_min_insync_replicas(&leader, 2);
	grow(10);
	cr_expect_not(leader_has_enough_insync_replicas(&leader));
	cr_expect_not(leader_has_enough_acknowledgements(&leader));
	cr_expect_eq(high_watermark(4), 4);
}

Test(leader, counts_its_own_log_only_as_far_as_it_counts)
{
	lead(0, 2, 2, 0);
	leader_log_grew(&leader, 10, 6);
	fetch(2, 10);
	cr_expect_eq(high_watermark(0), 6);
}

Test(leader, min_insync_replicas_is_no_more_than_the_replicas)
{
	lead(0, 1, 1, 0);
	leader_set_min_insync_replicas(&leader, 3);
	cr_expect_eq(leader_effective_min_insync_replicas(&leader), 1);
	cr_expect(leader_has_enough_insync_replicas(&leader));
}

Test(leader, who_does_not_lead_moves_no_high_watermark)
{
	struct leader_change change = { .leader = 2, .leader_epoch = 0 };

	leader_apply(&leader, &change, 0, START_US);
	cr_expect_not(leader_is_here(&leader));
	grow(10);
	cr_expect_eq(high_watermark(1), 1);
}

/* --------------------------------------------------------------------- epochs */

Test(leader, one_that_stays_knows_how_far_its_followers_are)
{
	lead(0, 2, 2, 0);
	grow(10);
	fetch(2, 10);
	lead(1, 2, 2, 10);
	cr_expect_eq(leader.epoch_start_offset, 10);
	grow(12);
	cr_expect_eq(high_watermark(3), 10);
}

/* Another one may have led in between, and made them truncate. */
Test(leader, an_epoch_that_was_missed_forgets_how_far_the_followers_are)
{
	lead(0, 2, 2, 0);
	grow(10);
	fetch(2, 10);
	lead(2, 2, 2, 10);
	cr_expect_eq(leader.epoch_start_offset, 10);
	cr_expect_eq(high_watermark(3), 3);
}

Test(leader, one_that_comes_back_knows_nothing_of_its_followers)
{
	struct leader_change away = { .leader = 2, .leader_epoch = 1 };

	lead(0, 2, 2, 0);
	grow(10);
	fetch(2, 10);
	leader_apply(&leader, &away, 10, START_US);
	lead(2, 2, 2, 8);
	cr_expect_eq(leader.log_end_offset, 8, "it has truncated meanwhile");
	cr_expect_eq(high_watermark(3), 3);
}

Test(leader, members_of_the_isr_have_the_whole_lag_from_the_election_on)
{
	lead_at(0, 3, 2, 5, START_US);
	cr_expect_not(leader_shrink_isr(&leader, START_US + LAG_US));
	cr_expect(leader_shrink_isr(&leader, START_US + LAG_US + 1));
}

/* ------------------------------------------------------------------ followers */

Test(leader, a_broker_that_is_not_assigned_is_no_follower)
{
	lead(0, 2, 2, 0);
	cr_expect_eq(leader_follower_of(&leader, 9, 1), LEADER_FOLLOWER_FOREIGN);
	cr_expect_eq(leader_follower_of(&leader, 1, 1), LEADER_FOLLOWER_FOREIGN);
	cr_expect_eq(leader_follower_of(&leader, 2, 1), LEADER_FOLLOWER_KNOWN);
}

Test(leader, a_member_of_the_isr_that_is_not_assigned_counts_but_is_no_follower)
{
	lead(0, 2, 3, 0);
	grow(10);
	fetch(2, 10);
	cr_expect_eq(leader_follower_of(&leader, 3, 1), LEADER_FOLLOWER_FOREIGN);
	cr_expect_eq(high_watermark(0), 0);
}

/* F18: what an earlier life of the broker had says nothing about this one's log. */
Test(leader, another_broker_epoch_forgets_what_the_follower_had)
{
	lead(0, 2, 2, 0);
	grow(10);
	fetch(2, 10);
	cr_expect(leader_follower_fetched(&leader, 2, EPOCH_2 + 9, 0, 10, START_US + 5));
	cr_expect_eq(leader.others[0].end_offset, 0);
	cr_expect_eq(leader.others[0].broker_epoch, EPOCH_2 + 9);
	cr_expect(leader_shrink_isr(&leader, START_US + 6), "nor when it had caught up");
}

Test(leader, a_fetch_of_an_earlier_life_is_told_apart)
{
	lead(0, 2, 2, 0);
	fetch(2, 0);
	cr_expect_eq(leader_follower_of(&leader, 2, EPOCH_2 - 1), LEADER_FOLLOWER_EARLIER_LIFE);
	cr_expect_eq(leader_follower_of(&leader, 2, EPOCH_2), LEADER_FOLLOWER_KNOWN);
	cr_expect_eq(leader_follower_of(&leader, 2, LEADER_BROKER_EPOCH_UNKNOWN),
	    LEADER_FOLLOWER_KNOWN, "versions before 15 do not tell");
}

Test(leader, the_first_fetch_of_an_epoch_keeps_the_time_that_is_left)
{
	lead(0, 2, 2, 5);
	(void)fetch_at(2, 1, START_US + 1);
	cr_expect_not(leader_shrink_isr(&leader, START_US + LAG_US));
}

Test(leader, tells_whether_a_fetch_brings_news)
{
	lead(0, 2, 2, 0);
	grow(10);
	cr_expect(fetch_at(2, 4, START_US));
	cr_expect_not(fetch_at(2, 4, START_US));
	cr_expect(fetch_at(2, 3, START_US), "it has truncated");
}

/* --------------------------------------------------------------------- expand */

Test(leader, a_follower_joins_the_isr_at_the_high_watermark)
{
	lead(0, 3, 1, 0);
	grow(10);
	fetch(2, 9);
	cr_expect_not(leader_expand_isr(&leader, 2, 10));
	fetch(2, 10);
	cr_expect(leader_expand_isr(&leader, 2, 10));
	cr_expect_eq(leader.isr_state, LEADER_ISR_EXPANDS);
	expect_proposed(2, 2, EPOCH_2, 0);
}

/* KAFKA-7128: the high watermark of a new leader is behind what was acknowledged. */
Test(leader, kafka_7128_nobody_joins_the_isr_behind_the_start_of_the_epoch)
{
	lead(3, 2, 1, 10);
	fetch(2, 9);
	cr_expect_not(leader_expand_isr(&leader, 2, 5));
	fetch(2, 10);
	cr_expect(leader_expand_isr(&leader, 2, 5));
}

Test(leader, the_dead_do_not_join_the_isr)
{
	static const int32_t left[] = { 1, 3 };

	lead(0, 2, 1, 0);
	fetch(2, 0);
	live_brokers_set(live, left, 2);
	cr_expect_not(leader_expand_isr(&leader, 2, 0));
}

Test(leader, members_foreigners_and_the_unknown_do_not_join_the_isr)
{
	lead(0, 3, 2, 0);
	fetch(2, 0);
	cr_expect_not(leader_expand_isr(&leader, 2, 0), "it is in");
	cr_expect_not(leader_expand_isr(&leader, 3, 0), "it has not fetched");
	cr_expect_not(leader_expand_isr(&leader, 9, 0));
	cr_expect_not(leader_expand_isr(&leader, 1, 0));
}

Test(leader, who_does_not_lead_proposes_nothing)
{
	static const int32_t ids[] = { 1, 2 };
	struct leader_change away = { .leader = 2, .leader_epoch = 1, .replicas = ids,
		.replica_count = 2, .isr = ids, .isr_count = 2 };

	lead(0, 2, 1, 0);
	fetch(2, 0);
	leader_apply(&leader, &away, 0, START_US);
	cr_expect_not(leader_expand_isr(&leader, 2, 0));
	cr_expect_not(leader_shrink_isr(&leader, START_US + 2 * LAG_US));
}

Test(leader, one_change_is_in_flight_at_a_time)
{
	lead(0, 3, 1, 0);
	fetch(2, 0);
	fetch(3, 0);
	cr_expect(leader_expand_isr(&leader, 2, 0));
	cr_expect_not(leader_expand_isr(&leader, 3, 0));
	cr_expect_not(leader_expand_isr(&leader, 2, 0));
	cr_expect_not(leader_shrink_isr(&leader, START_US + 2 * LAG_US));
}

/* --------------------------------------------------------------------- shrink */

Test(leader, who_has_not_caught_up_for_the_lag_leaves_the_isr)
{
	lead(0, 3, 3, 0);
	grow(10);
	(void)fetch_at(2, 10, START_US + 7);
	(void)fetch_at(3, 10, START_US + 9);
	grow(20);
	cr_expect_not(leader_shrink_isr(&leader, START_US + LAG_US + 7));
	cr_expect(leader_shrink_isr(&leader, START_US + LAG_US + 8));
	cr_expect_eq(leader.isr_state, LEADER_ISR_SHRINKS);
	expect_proposed(2, 3, EPOCH_3, 0);
}

Test(leader, several_leave_the_isr_together)
{
	lead(0, 3, 3, 0);
	grow(20);
	cr_expect(leader_shrink_isr(&leader, START_US + LAG_US + 1));
	expect_proposed(1, 0, 0, 0);
}

Test(leader, who_has_all_stays_in_the_isr_without_fetching)
{
	lead(0, 2, 2, 0);
	grow(10);
	fetch(2, 10);
	cr_expect_not(leader_shrink_isr(&leader, START_US + 100 * (int64_t)LAG_US));
}

/* Under load nobody is ever at the log end, only at where it was at the fetch before. */
Test(leader, who_has_what_there_was_at_its_last_fetch_had_caught_up_then)
{
	int64_t now_us = START_US;

	lead(0, 2, 2, 0);
	for (int i = 1; i <= 10; i++) {
		grow(10 * i);
		now_us += LAG_US / 2;
		(void)fetch_at(2, 10 * (i - 1), now_us);
		cr_expect_not(leader_shrink_isr(&leader, now_us), "fetch %d", i);
	}
	now_us += LAG_US / 2;
	(void)fetch_at(2, 91, now_us);
	now_us += LAG_US / 2;
	(void)fetch_at(2, 92, now_us);
	cr_expect(leader_shrink_isr(&leader, now_us + 1), "it only crawls");
}

/* ------------------------------------------------------- a change in flight */

/* KIP-497: the next leader may be elected from the ISR before or after the change. */
Test(leader, kip_497_who_is_about_to_join_counts_already)
{
	lead(0, 2, 1, 0);
	grow(10);
	fetch(2, 10);
	cr_assert(leader_expand_isr(&leader, 2, 10));
	grow(20);
	cr_expect_eq(leader_high_watermark(&leader, 10, START_US + 9 * (int64_t)LAG_US), 10);
}

Test(leader, kip_497_who_is_about_to_leave_counts_still)
{
	lead(0, 2, 2, 0);
	grow(10);
	cr_assert(leader_shrink_isr(&leader, START_US + LAG_US + 1));
	cr_expect_eq(leader_high_watermark(&leader, 0, START_US + LAG_US + 1), 0);
	struct leader_isr_answer answer = agreement(5, 1);
	cr_expect_eq(leader_take_isr_answer(&leader, &answer), LEADER_ISR_TAKEN);
	cr_expect_eq(leader_high_watermark(&leader, 0, START_US + LAG_US + 1), 10);
}

/* 14154: what the leader has concluded may not be older than what the controller decides. */
Test(leader, kafka_14154_a_change_of_leadership_voids_the_change_in_flight)
{
	lead(0, 2, 1, 0);
	fetch(2, 0);
	cr_assert(leader_expand_isr(&leader, 2, 0));
	struct leader_isr_answer answer = agreement(5, 2);
	lead(1, 2, 1, 0);
	cr_expect_eq(leader.isr_state, LEADER_ISR_COMMITTED);
	cr_expect_eq(leader_take_isr_answer(&leader, &answer), LEADER_ISR_OUTDATED);
	cr_expect(leader_expand_isr(&leader, 2, 0));
	cr_expect_eq(leader_take_isr_answer(&leader, &answer), LEADER_ISR_OUTDATED);
	cr_expect_eq(leader.isr_count, 1);
	cr_expect_eq(leader.partition_epoch, 10);
}

Test(leader, an_agreement_makes_the_proposed_isr_the_committed_one)
{
	lead(0, 3, 1, 0);
	fetch(2, 0);
	fetch(3, 0);
	cr_assert(leader_expand_isr(&leader, 2, 0));
	struct leader_isr_answer answer = agreement(5, 2);
	cr_expect_eq(leader_take_isr_answer(&leader, &answer), LEADER_ISR_TAKEN);
	cr_expect_eq(leader.isr_state, LEADER_ISR_COMMITTED);
	cr_expect_eq(leader.isr_count, 2);
	cr_expect_eq(leader.partition_epoch, 5);
	cr_expect_eq(leader_take_isr_answer(&leader, &answer), LEADER_ISR_OUTDATED, "once");
	cr_assert(leader_expand_isr(&leader, 3, 0));
	expect_proposed(3, 2, EPOCH_2, 3);
}

/* As Kafka has it in its znodes. */
Test(leader, the_isr_keeps_its_order_and_who_joins_comes_last)
{
	static const int32_t replicas[] = { 1, 2, 3 }, isr[] = { 3, 1 }, grown[] = { 3, 1, 2 };
	struct leader_isr_member told[3];

	leader_apply(&leader, &(struct leader_change){ .leader = 1, .partition_epoch = 4,
		.replicas = replicas, .replica_count = 3, .isr = isr, .isr_count = 2 }, 0, START_US);
	fetch(2, 0);
	cr_assert(leader_expand_isr(&leader, 2, 0));
	cr_assert_eq(leader_proposed_isr(&leader, told), 3);
	cr_expect(told[0].replica == 3 && told[1].replica == 1 && told[2].replica == 2);
	cr_assert_eq(leader_take_isr_answer(&leader, &(struct leader_isr_answer){
		.proposal = leader.proposal, .leader = 1, .partition_epoch = 5, .isr = grown,
		.isr_count = 3 }), LEADER_ISR_TAKEN);
	(void)fetch_at(2, 0, START_US + 2 * LAG_US);
	cr_assert(leader_shrink_isr(&leader, START_US + 2 * LAG_US));
	cr_assert_eq(leader_proposed_isr(&leader, told), 2);
	cr_expect(told[0].replica == 1 && told[1].replica == 2);
}

Test(leader, an_agreement_of_the_same_partition_epoch_is_one_too)
{
	lead(1, 2, 1, 0);
	fetch(2, 0);
	cr_assert(leader_expand_isr(&leader, 2, 0));
	struct leader_isr_answer answer = agreement(9, 2);
	cr_expect_eq(leader_take_isr_answer(&leader, &answer), LEADER_ISR_AGAIN, "an older state");
	cr_expect_eq(leader.isr_state, LEADER_ISR_EXPANDS);
	answer = agreement(10, 2);
	cr_expect_eq(leader_take_isr_answer(&leader, &answer), LEADER_ISR_TAKEN);
}

Test(leader, an_agreement_to_something_else_waits_for_the_controller)
{
	static const int32_t foreign[] = { 1, 9 }, twice[] = { 1, 1 }, without[] = { 2, 3 };
	struct leader_isr_answer answers[6];

	lead(0, 2, 1, 0);
	fetch(2, 0);
	cr_assert(leader_expand_isr(&leader, 2, 0));
	for (int i = 0; i < 6; i++)
		answers[i] = agreement(5, 2);
	answers[0].isr = foreign;
	answers[1].isr = twice;
	answers[2].isr = without;
	answers[3].isr_count = 1;
	answers[4].leader = 2;
	answers[5].leader_epoch = 1;
	for (int i = 0; i < 6; i++)
		cr_expect_eq(leader_take_isr_answer(&leader, &answers[i]), LEADER_ISR_WAITS, "%d", i);
	cr_expect_eq(leader.isr_count, 1);
	cr_expect_eq(leader.isr_state, LEADER_ISR_EXPANDS, "the joiner still counts");
}

Test(leader, a_refusal_goes_back_to_the_committed_isr)
{
	static const int16_t codes[] = { KAFKA_ERROR_OPERATION_NOT_ATTEMPTED,
		KAFKA_ERROR_INELIGIBLE_REPLICA };

	lead(0, 2, 1, 0);
	fetch(2, 0);
	for (int i = 0; i < 2; i++) {
		cr_assert(leader_expand_isr(&leader, 2, 0));
		cr_expect_eq(refusal(codes[i]), LEADER_ISR_REFUSED);
		cr_expect_eq(leader.isr_state, LEADER_ISR_COMMITTED);
		cr_expect_eq(leader.isr_count, 1);
	}
	grow(7);
	cr_expect_eq(leader_high_watermark(&leader, 0, START_US + 2 * LAG_US), 7);
}

Test(leader, who_is_behind_the_controller_waits_for_it)
{
	static const int16_t codes[] = { KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION,
		KAFKA_ERROR_UNKNOWN_TOPIC_ID, KAFKA_ERROR_FENCED_LEADER_EPOCH,
		KAFKA_ERROR_INVALID_UPDATE_VERSION, KAFKA_ERROR_INVALID_REQUEST,
		KAFKA_ERROR_NEW_LEADER_ELECTED };

	lead(0, 2, 1, 0);
	fetch(2, 0);
	cr_assert(leader_expand_isr(&leader, 2, 0));
	for (int i = 0; i < 6; i++)
		cr_expect_eq(refusal(codes[i]), LEADER_ISR_WAITS, "%d", codes[i]);
	cr_expect_eq(leader.isr_state, LEADER_ISR_EXPANDS, "nobody knows what became of it");
	cr_expect_not(leader_expand_isr(&leader, 2, 0));
}

Test(leader, any_other_error_asks_again)
{
	static const int16_t codes[] = { KAFKA_ERROR_NOT_CONTROLLER, KAFKA_ERROR_UNKNOWN_SERVER_ERROR,
		KAFKA_ERROR_REQUEST_TIMED_OUT, 1234 };

	lead(0, 2, 1, 0);
	fetch(2, 0);
	cr_assert(leader_expand_isr(&leader, 2, 0));
	for (int i = 0; i < 4; i++)
		cr_expect_eq(refusal(codes[i]), LEADER_ISR_AGAIN, "%d", codes[i]);
	expect_proposed(2, 2, EPOCH_2, 0);
}

Test(leader, a_pending_joiner_counts_for_acknowledgements_but_not_before_appends)
{
	lead(0, 2, 1, 0);
	leader_set_min_insync_replicas(&leader, 2);
	fetch(2, 0);
	cr_assert(leader_expand_isr(&leader, 2, 0));
	cr_expect_not(leader_has_enough_insync_replicas(&leader));
	cr_expect(leader_has_enough_acknowledgements(&leader));
	grow(5);
	fetch(2, 5);
	cr_expect_eq(high_watermark(0), 0, "the committed ISR is too small");
}
