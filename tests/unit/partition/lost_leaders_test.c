#include <criterion/criterion.h>

#include "partition/lost_leaders.h"

static struct lost_leaders lost;

static void
set_up(void)
{
	lost_leaders_init(&lost);
}

TestSuite(lost_leaders, .init = set_up);

Test(lost_leaders, are_in_doubt_for_a_while)
{
	cr_assert_not(lost_leaders_are_any(&lost, 0));
	lost_leaders_note(&lost, 7, 1000000);
	cr_assert_eq(lost_leaders_doubt_ms(&lost, 7, 1000000), 250);
	cr_assert_eq(lost_leaders_doubt_ms(&lost, 7, 1100000), 150);
	cr_assert(lost_leaders_are_any(&lost, 1100000));
	cr_assert_eq(lost_leaders_doubt_ms(&lost, 7, 1249000), 1);
	cr_assert_eq(lost_leaders_doubt_ms(&lost, 7, 1250000), 0);
	cr_assert_not(lost_leaders_are_any(&lost, 1250000));
}

Test(lost_leaders, are_told_apart)
{
	lost_leaders_note(&lost, 7, 0);
	lost_leaders_note(&lost, 8, 100000);
	cr_assert_eq(lost_leaders_doubt_ms(&lost, 7, 100000), 150);
	cr_assert_eq(lost_leaders_doubt_ms(&lost, 8, 100000), 250);
	cr_assert_eq(lost_leaders_doubt_ms(&lost, 9, 100000), 0);
	lost_leaders_note(&lost, 23, 100000); /* has the place of 7 */
	cr_assert_eq(lost_leaders_doubt_ms(&lost, 7, 100000), 0);
	cr_assert_eq(lost_leaders_doubt_ms(&lost, 23, 100000), 250);
}

Test(lost_leaders, of_no_broker_are_none)
{
	lost_leaders_note(&lost, -1, 0);
	cr_assert_not(lost_leaders_are_any(&lost, 0));
	cr_assert_eq(lost_leaders_doubt_ms(&lost, -1, 0), 0);
}

Test(lost_leaders, outlive_milliseconds_that_begin_anew)
{
	int64_t turn_us = (INT64_C(1) << 32) * 1000;

	lost_leaders_note(&lost, 0, turn_us - 100000);
	cr_assert_eq(lost_leaders_doubt_ms(&lost, 0, turn_us - 50000), 200);
	cr_assert_eq(lost_leaders_doubt_ms(&lost, 0, turn_us), 150);
	cr_assert_eq(lost_leaders_doubt_ms(&lost, 0, turn_us + 200000), 0);
}
