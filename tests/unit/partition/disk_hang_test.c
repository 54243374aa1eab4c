/* When the disk of a log dir hangs, and when it is well again (F23). */
#include "partition/disk_hang.h"

#include <criterion/criterion.h>

enum { LIMIT_US = 4 * 1000 * 1000, LOOK_US = 500 * 1000 };

static struct disk_hang hang;
static int64_t now_us;

static void
set_up(void)
{
	hang = (struct disk_hang){ 0 };
	now_us = 1000;
	cr_assert_not(disk_hang_look(&hang, 0, 0, LIMIT_US, now_us));
}

TestSuite(disk_hang, .init = set_up);

/* So many looks; how often it has changed its mind. */
static int
look(int times, uint64_t begun, uint64_t ended)
{
	int changes = 0;

	for (int i = 0; i < times; i++) {
		now_us += LOOK_US;
		changes += disk_hang_look(&hang, begun, ended, LIMIT_US, now_us);
	}
	return changes;
}

Test(disk_hang, of_which_nothing_is_wanted_does_not_hang)
{
	cr_expect_eq(look(1000, 7, 7), 0);
	cr_expect_not(hang.hangs);
}

Test(disk_hang, where_nothing_ends_for_the_limit_it_hangs)
{
	cr_expect_eq(look(8, 1, 0), 0, "the first look finds that something has begun, a moment ago perhaps");
	cr_expect_eq(look(1, 2, 0), 1);
	cr_expect(hang.hangs);
	cr_expect_eq(hang.since_us, now_us);
	cr_expect_eq(hang.stalled_us, LIMIT_US);
	cr_expect_eq(look(1000, 3, 0), 0, "in one stretch");
	cr_expect_neq(hang.since_us, now_us);
}

/* However much is on its way. */
Test(disk_hang, that_is_busy_does_not)
{
	for (uint64_t i = 0; i < 100; i++)
		cr_expect_eq(look(7, 100 + i, i), 0);
	cr_expect_not(hang.hangs);
}

Test(disk_hang, is_over_when_it_stays_quick_for_the_limit)
{
	cr_expect_eq(look(20, 2, 0), 1);
	cr_expect_eq(look(7, 2, 2), 0);
	cr_expect(hang.hangs);
	cr_expect_eq(look(1, 2, 2), 1);
	cr_expect_not(hang.hangs);
}

Test(disk_hang, goes_on_while_the_disk_is_slow)
{
	cr_expect_eq(look(20, 2, 0), 1);
	for (uint64_t i = 0; i < 100; i++)
		cr_expect_eq(look(5, 3 + i, 1 + i), 0, "2.5 s for each");
	cr_expect(hang.hangs);
	cr_expect_eq(look(10, 200, 200), 1);
}

/* Whoever looks may have begun it, each time right before. */
Test(disk_hang, is_over_where_each_look_finds_something_begun)
{
	uint64_t count = 2;

	cr_expect_eq(look(20, 2, 0), 1);
	for (int i = 0; i < 10; i++) {
		look(1, count, count);
		look(1, count + 1, count);
		count++;
	}
	cr_expect_not(hang.hangs);
}

/* The process was paused, or the control loop was. */
Test(disk_hang, is_not_found_by_who_did_not_look)
{
	cr_expect_eq(look(1, 1, 0), 0);
	now_us += 100 * (int64_t)LIMIT_US;
	cr_expect_eq(look(1, 1, 0), 0);
	cr_expect_eq(look(1, 1, 1), 0);
	cr_expect_not(hang.hangs);
}

Test(disk_hang, without_a_limit_there_is_none)
{
	for (int i = 0; i < 1000; i++) {
		now_us += LOOK_US;
		cr_expect_not(disk_hang_look(&hang, 1, 0, -1000, now_us));
	}
	cr_expect_not(hang.hangs);
}
