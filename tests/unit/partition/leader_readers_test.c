/* Who is in sync, and whom a consumer should read from. */
#include "partition/leader.h"

#include <criterion/criterion.h>

#include "base/macros.h"

enum { BROKER_EPOCH = 500 };

static struct leader leader;

static void
set_up(void)
{
	leader_init(&leader, 1, 1000, NULL);
}

static void
tear_down(void)
{
	leader_fini(&leader);
}

TestSuite(leader_readers, .init = set_up, .fini = tear_down);

/* Of replicas 1 to 3, the first `isr` in sync. */
static void
lead(size_t isr)
{
	static const int32_t replicas[] = { 1, 2, 3 };
	struct leader_change change = { .leader = 1, .leader_epoch = 1, .replicas = replicas,
		.replica_count = ARRAY_LENGTH(replicas), .isr = replicas, .isr_count = isr };

	leader_apply(&leader, &change, 0, 0);
	leader_log_grew(&leader, 10, 10);
}

static void
fetch(int32_t replica, int64_t offset)
{
	(void)leader_follower_fetched(&leader, replica, BROKER_EPOCH, offset, 10, 0);
}

Test(leader_readers, knows_who_is_in_sync)
{
	lead(2);
	cr_expect(leader_has_in_sync(&leader, 2));
	cr_expect_not(leader_has_in_sync(&leader, 3));
	cr_expect_not(leader_has_in_sync(&leader, 4));
}

Test(leader_readers, chooses_for_a_reader_who_is_in_sync_and_has_the_most)
{
	static const int32_t both[] = { 2, 3, 4 };

	lead(3);
	cr_expect_eq(leader_choose_reader(&leader, both, 3, 0), LEADER_NONE, "nobody has fetched");
	fetch(2, 8);
	fetch(3, 5);
	cr_expect_eq(leader_choose_reader(&leader, both, 3, 4), 2);
	cr_expect_eq(leader_choose_reader(&leader, both + 1, 2, 4), 3);
	cr_expect_eq(leader_choose_reader(&leader, both + 1, 2, 6), LEADER_NONE);
	leader_follower_starts(&leader, 2, 5);
	cr_expect_eq(leader_choose_reader(&leader, both, 3, 4), 3, "2 has removed it");
	fetch(3, 8);
	cr_expect_eq(leader_choose_reader(&leader, both, 3, 8), 3, "of equal ones the last");
	cr_expect_eq(leader_choose_reader(&leader, both, 0, 8), LEADER_NONE);
}

Test(leader_readers, low_watermark_is_the_lowest_log_start_of_those_alive)
{
	static const int32_t left[] = { 1, 2 };
	struct live_brokers *live = live_brokers_new();

	leader.live = live;
	live_brokers_set(live, (const int32_t[]){ 1, 2, 3 }, 3);
	lead(2);
	cr_expect_eq(leader_low_watermark(&leader, 7), -1, "nobody has said where it begins");
	leader_follower_starts(&leader, 2, 9);
	leader_follower_starts(&leader, 3, 4);
	cr_expect_eq(leader_low_watermark(&leader, 7), 4, "in sync or not");
	live_brokers_set(live, left, 2);
	cr_expect_eq(leader_low_watermark(&leader, 7), 7);
	leader.live = NULL;
	live_brokers_free(live);
}
