#include <criterion/criterion.h>

#include "api/follower_waits.h"

static struct follower_waits waits;
static struct follower_wait some[3];
static int hurried;

static void
count(struct follower_wait *wait)
{
	cr_assert_geq(wait - some, 0);
	hurried++;
}

static void
set_up(void)
{
	hurried = 0;
	follower_waits_init(&waits);
	for (int i = 0; i < 3; i++) {
		list_init(&some[i].link);
		some[i].hurry = count;
	}
}

TestSuite(follower_waits, .init = set_up);

Test(follower_waits, hurry_those_that_wait_once)
{
	follower_waits_add(&waits, &some[0]);
	follower_waits_add(&waits, &some[1]);
	follower_waits_add(&waits, &some[2]);
	follower_waits_remove(&some[1]);
	follower_waits_remove(&some[1]);
	follower_waits_hurry(&waits, 1000);
	cr_assert_eq(hurried, 2);
	follower_waits_hurry(&waits, 2000);
	cr_assert_eq(hurried, 2);
}

static void
wait_again(struct follower_wait *wait)
{
	count(wait);
	follower_waits_remove(&some[2]); /* one that is still to be hurried is answered */
	follower_waits_add(&waits, wait);
}

Test(follower_waits, may_come_and_go_meanwhile)
{
	some[0].hurry = wait_again;
	follower_waits_add(&waits, &some[0]);
	follower_waits_add(&waits, &some[1]);
	follower_waits_add(&waits, &some[2]);
	follower_waits_hurry(&waits, 1000);
	cr_assert_eq(hurried, 2);
	follower_waits_hurry(&waits, 2000);
	cr_assert_eq(hurried, 3);
}

Test(follower_waits, are_short_for_a_second)
{
	cr_assert_eq(follower_waits_deadline(&waits, 0, 500000), 500000);
	follower_waits_hurry(&waits, 1000);
	cr_assert_eq(follower_waits_deadline(&waits, 1000, 501000), 21000);
	cr_assert_eq(follower_waits_deadline(&waits, 1000, 11000), 11000);
	cr_assert_eq(follower_waits_deadline(&waits, 1000999, 9000000), 1020999);
	cr_assert_eq(follower_waits_deadline(&waits, 1001000, 9000000), 9000000);
}
