#include "base/wall_watch.h"

#include <criterion/criterion.h>

enum { START_US = 5000 };
static const int64_t YEAR_MS = INT64_C(365) * 86400 * 1000, WALL_MS = INT64_C(1800000000000);

static struct wall_watch
watch_at_start(void)
{
	struct wall_watch watch;

	wall_watch_init(&watch, WALL_MS, START_US);
	return watch;
}

/* `passed_ms` after the start, with a wall clock that is `off_ms` ahead. */
static int64_t
look(struct wall_watch *watch, int64_t passed_ms, int64_t off_ms)
{
	return wall_watch_look(watch, WALL_MS + passed_ms + off_ms, START_US + passed_ms * 1000);
}

Test(wall_watch, a_clock_that_keeps_pace_is_trusted)
{
	struct wall_watch watch = watch_at_start();

	cr_expect(wall_watch_is_trusted(&watch));
	cr_expect_eq(look(&watch, YEAR_MS, 0), 0);
	cr_expect(wall_watch_is_trusted(&watch));
}

Test(wall_watch, it_may_be_set_a_little)
{
	struct wall_watch watch = watch_at_start();

	for (int i = 1; i < 100; i++)
		cr_expect_eq(look(&watch, i * 1000, i % 2 * WALL_WATCH_JUMP_MS), 0);
	cr_expect(wall_watch_is_trusted(&watch));
}

Test(wall_watch, F27_a_jump_is_believed_when_it_has_lasted)
{
	static const int64_t jumps_ms[] = { 3600 * 1000, -3600 * 1000, WALL_WATCH_JUMP_MS + 1 };

	for (size_t i = 0; i < sizeof(jumps_ms) / sizeof(jumps_ms[0]); i++) {
		struct wall_watch watch = watch_at_start();

		cr_expect_eq(look(&watch, 1000, jumps_ms[i]), jumps_ms[i]);
		cr_expect_not(wall_watch_is_trusted(&watch));
		cr_expect_eq(look(&watch, 1000 + WALL_WATCH_SETTLE_MS - 1, jumps_ms[i]), 0);
		cr_expect_not(wall_watch_is_trusted(&watch));
		cr_expect_eq(look(&watch, 1000 + WALL_WATCH_SETTLE_MS, jumps_ms[i]), 0);
		cr_expect(wall_watch_is_trusted(&watch));
	}
}

Test(wall_watch, F27_the_way_back_is_a_jump_as_well)
{
	struct wall_watch watch = watch_at_start();

	cr_expect_eq(look(&watch, 1000, YEAR_MS), YEAR_MS);
	cr_expect_eq(look(&watch, WALL_WATCH_SETTLE_MS, 0), -YEAR_MS);
	cr_expect_eq(look(&watch, WALL_WATCH_SETTLE_MS + 2000, 0), 0);
	cr_expect_not(wall_watch_is_trusted(&watch));
}
