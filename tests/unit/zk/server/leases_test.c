#include <criterion/criterion.h>

#include "zk/server/leases.h"

enum { TICK_MS = 2000 };

static struct leases *leases;

static void
set_up(void)
{
	static const uint64_t seed[2] = { 1, 2 };

	leases = leases_new(seed, TICK_MS);
}

static void
tear_down(void)
{
	leases_free(leases);
}

TestSuite(leases, .init = set_up, .fini = tear_down);

Test(leases, end_on_the_tick_after_the_timeout)
{
	leases_touch(leases, 1, 5000, 1000);
	cr_expect_eq(leases_take_ended(leases, 7999), 0);
	cr_expect_eq(leases_take_ended(leases, 8000), 1);
	cr_expect_eq(leases_take_ended(leases, 8000), 0);
}

Test(leases, never_end_before_the_timeout)
{
	for (int64_t now_ms = 0; now_ms < 2 * TICK_MS; now_ms += 7) {
		leases_touch(leases, 1, 4000, now_ms);
		cr_expect_eq(leases_take_ended(leases, now_ms + 4000), 0);
		cr_expect_eq(leases_take_ended(leases, now_ms + 4000 + TICK_MS), 1);
	}
}

Test(leases, are_longer_with_each_touch)
{
	leases_touch(leases, 1, 4000, 0);
	leases_touch(leases, 1, 4000, 5000);
	cr_expect_eq(leases_count(leases), 1);
	cr_expect_eq(leases_take_ended(leases, 8000), 0);
	cr_expect_eq(leases_take_ended(leases, 10000), 1);
}

Test(leases, that_end_together_come_in_the_order_they_began)
{
	for (int64_t session = 1; session <= 3; session++)
		leases_touch(leases, 10 - session, 4000, session);
	cr_expect_eq(leases_take_ended(leases, 6000), 9);
	cr_expect_eq(leases_take_ended(leases, 6000), 8);
	cr_expect_eq(leases_take_ended(leases, 6000), 7);
	cr_expect_eq(leases_count(leases), 0);
}

Test(leases, of_ended_sessions_are_dropped)
{
	leases_touch(leases, 1, 4000, 0);
	leases_drop(leases, 1);
	leases_drop(leases, 1);
	cr_expect_eq(leases_take_ended(leases, INT64_MAX), 0);
}

Test(leases, are_prolonged_by_what_nobody_could_hear)
{
	leases_touch(leases, 1, 4000, 0);
	leases_prolong(leases, 60000);
	cr_expect_eq(leases_take_ended(leases, 65999), 0);
	cr_expect_eq(leases_take_ended(leases, 66000), 1);
}
