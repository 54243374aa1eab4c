#include "partition/leader.h"

#include <criterion/criterion.h>

static struct leader leader;

static void
set_up(void)
{
	leader_init(&leader, 1);
}

static void
tear_down(void)
{
	leader_fini(&leader);
}

TestSuite(leader, .init = set_up, .fini = tear_down);

static void
lead(int32_t epoch, size_t replicas, size_t isr, int64_t log_end_offset)
{
	static const int32_t ids[] = { 1, 2, 3 };
	struct leader_change change = { .leader = 1, .leader_epoch = epoch, .replicas = ids,
		.replica_count = replicas, .isr = ids, .isr_count = isr };

	leader_apply(&leader, &change, log_end_offset);
}

Test(leader, alone_has_its_high_watermark_at_its_log_end)
{
	lead(0, 1, 1, 0);
	leader_log_grew(&leader, 10);
	cr_expect_eq(leader_high_watermark(&leader, 0), 10);
}

Test(leader, high_watermark_waits_for_the_slowest_in_sync)
{
	lead(0, 3, 3, 0);
	leader_log_grew(&leader, 10);
	cr_expect_eq(leader_high_watermark(&leader, 0), 0, "nobody has fetched yet");
	cr_expect(leader_follower_fetched(&leader, 2, 8));
	cr_expect_eq(leader_high_watermark(&leader, 0), 0);
	cr_expect(leader_follower_fetched(&leader, 3, 5));
	cr_expect_eq(leader_high_watermark(&leader, 0), 5);
}

Test(leader, high_watermark_does_not_wait_for_who_is_not_in_sync)
{
	lead(0, 3, 2, 0);
	leader_log_grew(&leader, 10);
	cr_expect(leader_follower_fetched(&leader, 2, 10));
	cr_expect_eq(leader_high_watermark(&leader, 0), 10);
}

Test(leader, high_watermark_never_moves_back)
{
	lead(0, 1, 1, 0);
	leader_log_grew(&leader, 3);
	cr_expect_eq(leader_high_watermark(&leader, 7), 7);
}

Test(leader, high_watermark_stays_while_the_isr_is_too_small)
{
	lead(0, 3, 1, 0);
	leader_set_min_insync_replicas(&leader, 2);
	leader_log_grew(&leader, 10);
	cr_expect_not(leader_has_enough_insync_replicas(&leader));
	cr_expect_eq(leader_high_watermark(&leader, 4), 4);
}

Test(leader, min_insync_replicas_is_no_more_than_the_replicas)
{
	lead(0, 1, 1, 0);
	leader_set_min_insync_replicas(&leader, 3);
	cr_expect_eq(leader_effective_min_insync_replicas(&leader), 1);
	cr_expect(leader_has_enough_insync_replicas(&leader));
}

Test(leader, a_new_epoch_knows_no_end_offset_of_followers)
{
	lead(0, 2, 2, 0);
	leader_log_grew(&leader, 10);
	cr_expect(leader_follower_fetched(&leader, 2, 10));
	lead(1, 2, 2, 10);
	leader_log_grew(&leader, 12);
	cr_expect_eq(leader.epoch_start_offset, 10);
	cr_expect_eq(leader_high_watermark(&leader, 10), 10);
	cr_expect_eq(leader_high_watermark(&leader, 3), 3);
}

Test(leader, a_broker_that_is_not_assigned_is_no_follower)
{
	lead(0, 2, 2, 0);
	cr_expect_not(leader_follower_fetched(&leader, 9, 5));
}

Test(leader, who_does_not_lead_moves_no_high_watermark)
{
	struct leader_change change = { .leader = 2, .leader_epoch = 0 };

	leader_apply(&leader, &change, 0);
	cr_expect_not(leader_is_here(&leader));
	leader_log_grew(&leader, 10);
	cr_expect_eq(leader_high_watermark(&leader, 1), 1);
}
