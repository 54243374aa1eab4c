/* Followers that wait for this broker's disk (F23). */
#include <criterion/criterion.h>

#include "partition/leader.h"

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
