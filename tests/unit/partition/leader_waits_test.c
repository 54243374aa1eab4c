/* Followers that wait for this broker's disk (F23). */
#include <criterion/criterion.h>

#include "partition/leader.h"
#include "wire/kafka_error.h"

enum { LAG_US = 30 * 1000 * 1000, START_US = 1000 * 1000 };

static struct leader leader;

/* With follower 2 in the ISR, which has nothing yet. */
static void
set_up(void)
{
	static const int32_t ids[] = { 1, 2 };
	struct leader_change change = { .leader = 1, .leader_epoch = 0, .replicas = ids,
		.replica_count = 2, .isr = ids, .isr_count = 2 };

	leader_init(&leader, 1, LAG_US, NULL);
	leader_apply(&leader, &change, 5, START_US);
}

static void
tear_down(void)
{
	leader_fini(&leader);
}

TestSuite(leader_waits, .init = set_up, .fini = tear_down);

/* F23: as long as it waits for this broker's disk it is not the follower that is slow. */
Test(leader_waits, who_waits_for_the_disk_does_not_lag)
{
	int64_t now_us = START_US + LAG_US - 10;

	leader_follower_waits(&leader, 2, now_us);
	now_us += 5 * (int64_t)LAG_US;
	cr_expect_not(leader_shrink_isr(&leader, now_us));
	leader_follower_waits_no_longer(&leader, 2, now_us);
	cr_expect_not(leader_shrink_isr(&leader, now_us + 10), "it has the time that was left");
	cr_expect(leader_shrink_isr(&leader, now_us + 11));
}

Test(leader_waits, who_lagged_before_it_waited_lags_still)
{
	leader_follower_waits(&leader, 2, START_US + LAG_US + 1);
	cr_expect(leader_shrink_isr(&leader, START_US + LAG_US + 2));
}

Test(leader_waits, who_is_unknown_or_does_not_wait_waits_no_longer_without_harm)
{
	leader_follower_waits(&leader, 9, START_US);
	leader_follower_waits_no_longer(&leader, 9, START_US);
	leader_follower_waits_no_longer(&leader, 2, START_US + LAG_US);
	cr_expect(leader_shrink_isr(&leader, START_US + LAG_US + 1));
}

/* -------------------------------------------------- for who is to join the ISR */

/* Follower 2 has left the ISR; it has all 5 records, and two more come. */
static void
join_later(void)
{
	static const int32_t replicas[] = { 1, 2 };
	struct leader_change change = { .leader = 1, .leader_epoch = 1, .replicas = replicas,
		.replica_count = 2, .isr = replicas, .isr_count = 1 };

	leader_apply(&leader, &change, 5, START_US);
	cr_assert(leader_follower_fetched(&leader, 2, 40, 5, 5, START_US));
	leader_log_grew(&leader, 7, 7);
	cr_assert_eq(leader_high_watermark(&leader, 0, START_US), 5, "it is about to join");
}

static void
refuse(void)
{
	struct leader_isr_answer answer = { .code = KAFKA_ERROR_INELIGIBLE_REPLICA };

	cr_assert(leader_expand_isr(&leader, 2, 5));
	cr_assert_eq(leader_high_watermark(&leader, 0, START_US), 5);
	answer.proposal = leader.proposal;
	cr_assert_eq(leader_take_isr_answer(&leader, &answer), LEADER_ISR_REFUSED);
}

Test(leader_waits, nobody_waits_for_who_may_not_join)
{
	join_later();
	refuse();
	cr_assert_eq(leader_high_watermark(&leader, 0, START_US), 7);
}

Test(leader_waits, who_may_not_join_may_in_another_life)
{
	join_later();
	refuse();
	leader_follower_fetched(&leader, 2, 40, 5, 7, START_US);
	cr_assert_eq(leader_high_watermark(&leader, 0, START_US), 7);
	leader_follower_fetched(&leader, 2, 41, 7, 7, START_US);
	leader_log_grew(&leader, 9, 9);
	cr_assert_eq(leader_high_watermark(&leader, 0, START_US), 7);
}

Test(leader_waits, who_joins_after_a_refusal_is_waited_for)
{
	static const int32_t both[] = { 1, 2 };
	struct leader_isr_answer answer = { .leader = 1, .leader_epoch = 1, .partition_epoch = 1,
		.isr = both, .isr_count = 2 };

	join_later();
	refuse();
	cr_assert(leader_expand_isr(&leader, 2, 5));
	cr_assert_eq(leader_high_watermark(&leader, 0, START_US), 5, "the maximal ISR");
	answer.proposal = leader.proposal;
	cr_assert_eq(leader_take_isr_answer(&leader, &answer), LEADER_ISR_TAKEN);
	cr_assert_eq(leader_high_watermark(&leader, 0, START_US), 5);
	cr_assert_not(leader.others[0].is_ineligible);
}

Test(leader_waits, who_may_not_join_is_waited_for_again_after_a_look_at_the_isr)
{
	join_later();
	refuse();
	cr_assert_eq(leader_high_watermark(&leader, 0, START_US), 7);
	cr_assert_not(leader_shrink_isr(&leader, START_US));
	cr_assert_eq(leader_high_watermark(&leader, 0, START_US), 5);
}

/* I38: as long as who is in sync asks this leader, no other is his. */
Test(leader_waits, has_heard_from_all_in_sync_since)
{
	static const int32_t ids[] = { 1, 2, 3 };
	struct leader_change change = { .leader = 1, .leader_epoch = 1, .replicas = ids,
		.replica_count = 3, .isr = ids, .isr_count = 3 };
	struct live_brokers *live = live_brokers_new();

	cr_expect_eq(leader_heard_us(&leader), START_US, "from when on it leads");
	leader_apply(&leader, &change, 5, START_US);
	leader_follower_fetched(&leader, 2, 40, 0, 5, START_US + 10);
	cr_expect_eq(leader_heard_us(&leader), START_US, "not from 3");
	leader_follower_fetched(&leader, 3, 41, 0, 5, START_US + 20);
	cr_expect_eq(leader_heard_us(&leader), START_US + 10);
	live_brokers_set(live, ids, 2);
	leader.live = live;
	leader_follower_fetched(&leader, 2, 40, 0, 5, START_US + 30);
	cr_expect_eq(leader_heard_us(&leader), START_US + 30, "who is dead leads nothing");
	change.leader_epoch = 2;
	change.isr_count = 1;
	leader_apply(&leader, &change, 5, START_US + 40);
	cr_expect_eq(leader_heard_us(&leader), LEADER_ALWAYS, "alone in sync");
	leader.live = NULL;
	live_brokers_free(live);
}
