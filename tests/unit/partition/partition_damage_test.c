/* What readers of a damaged log are answered (F15), and how a leader gets to know of it. */
#include <criterion/criterion.h>

#include "tests/unit/partition/yard.h"

static struct yard yard;
static struct yard_fetch fetch;

static void
set_up(void)
{
	yard_init(&yard);
	yard_open(&yard);
	yard_lead(&yard, 7, 2, 2);
	yard_fill(&yard, 3, 100);
}

static void
tear_down(void)
{
	yard_fini(&yard);
}

TestSuite(partition_damage, .init = set_up, .fini = tear_down);

/* Bytes of the second record, where they lie in the page cache, too. */
static void
damage(void)
{
	cr_assert_eq(sim_disk_flip(yard.disk, YARD_PATH "/00000000000000000000.log",
	    log_size(yard.log) / 3 + BATCH_HEADER_BYTES + 20, 1), ERROR_NONE);
}

static void
expect(enum partition_status status)
{
	cr_expect_eq(fetch.tally.answers, 1);
	cr_expect_eq(fetch.fetch.operation.status, status, "%d",
	    (int)fetch.fetch.operation.status);
	yard_forget_fetch(&fetch);
}

static void
follow(int64_t offset)
{
	yard_prepare_follow(&yard, &fetch, 2, offset);
	yard_give_fetch(&fetch, 0);
	yard_run(&yard);
}

/* It is all that a leader can know of what its page cache has made of its records. */
Test(partition_damage, is_looked_for_when_a_follower_asks_for_the_same_once_more)
{
	damage();
	follow(1);
	cr_expect_gt(fetch.fetch.slice.size, 0, "nobody looks at what this process has written");
	expect(PARTITION_OK);
	cr_expect_eq(yard.faults, 0);
	follow(1);
	cr_expect_eq(fetch.fetch.damage_end, 2);
	expect(PARTITION_STORAGE);
	cr_expect_eq(yard.faults, PARTITION_FAULT_DAMAGE);
	cr_expect(partition_is_damaged(yard.partition));
	cr_expect_eq(partition_in_sync(yard.partition), 2);
	follow(2);
	expect(PARTITION_OK);
}

Test(partition_damage, is_told_once)
{
	damage();
	for (int i = 0; i < 5; i++) {
		follow(1);
		yard_forget_fetch(&fetch);
	}
	cr_expect_eq(yard.fault_calls, 1);
}

Test(partition_damage, is_told_to_users_when_nobody_else_is_in_sync)
{
	damage();
	yard_lead(&yard, 8, 2, 1);
	follow(1);
	expect(PARTITION_OK);
	follow(1);
	expect(PARTITION_CORRUPT_MESSAGE);
	cr_expect_eq(partition_in_sync(yard.partition), 1);
	yard_fetch(&yard, &fetch, 1);
	expect(PARTITION_CORRUPT_MESSAGE);
	yard_fetch(&yard, &fetch, 0);
	cr_expect_eq(yard_count(&fetch, 0), 1, "what is before it");
	expect(PARTITION_OK);
	yard_fetch(&yard, &fetch, 2);
	cr_expect_eq(yard_count(&fetch, 2), 1, "what is behind it");
	expect(PARTITION_OK);
}

/* Which moves the recovery point: else a power cut would have it taken for a torn tail. */
Test(partition_damage, that_is_found_has_the_log_flushed)
{
	damage();
	cr_expect_eq(log_published(yard.log).recovery_point, 0);
	follow(1);
	yard_forget_fetch(&fetch);
	follow(1);
	expect(PARTITION_STORAGE);
	yard_run(&yard);
	cr_expect_eq(log_published(yard.log).recovery_point, 3);
}

/* As a controller asks it where logs part. */
Test(partition_damage, is_nothing_to_one_that_wants_no_bytes)
{
	damage();
	follow(1);
	yard_forget_fetch(&fetch);
	follow(1);
	yard_forget_fetch(&fetch);
	yard_follow(&yard, LEADER_NONE, 8);
	for (int64_t bytes = 0; bytes < 2; bytes++) {
		yard_prepare_fetch(&yard, &fetch, 1);
		fetch.fetch.isolation = PARTITION_READ_LOG_END;
		fetch.fetch.any_replica = true;
		fetch.fetch.current_leader_epoch = -1;
		fetch.fetch.last_fetched_epoch = 7;
		fetch.fetch.max_bytes = bytes;
		fetch.fetch.at_least_one = bytes > 0;
		yard_give_fetch(&fetch, 0);
		yard_run(&yard);
		expect(bytes > 0 ? PARTITION_STORAGE : PARTITION_OK);
	}
}
