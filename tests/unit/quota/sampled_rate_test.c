#include "quota/sampled_rate.h"

#include <criterion/criterion.h>

enum { SECOND_US = 1000 * 1000, WINDOWS = 4 };

static struct sampled_rate rate;

static void
setup(void)
{
	sampled_rate_init(&rate, WINDOWS, SECOND_US);
}

static void
teardown(void)
{
	sampled_rate_fini(&rate);
}

TestSuite(sampled_rate, .init = setup, .fini = teardown);

static int64_t
at(double seconds)
{
	return (int64_t)(seconds * SECOND_US);
}

Test(sampled_rate, of_nothing_exceeds_nothing)
{
	cr_expect_not(sampled_rate_exceeds(&rate, 0, 0));
	cr_expect_not(sampled_rate_exceeds(&rate, 0, at(1e6)));
}

Test(sampled_rate, of_one_window_is_what_was_counted_in_it)
{
	sampled_rate_add(&rate, 600, at(0.25));
	sampled_rate_add(&rate, 400, at(0.5));
	cr_expect(sampled_rate_exceeds(&rate, 999, at(0.5)), "a window is looked at as a whole");
	cr_expect_not(sampled_rate_exceeds(&rate, 1000, at(0.5)), "the bound itself is allowed");
	cr_expect(sampled_rate_exceeds(&rate, 0, at(0.5)));
}

Test(sampled_rate, falls_while_nothing_is_counted)
{
	sampled_rate_add(&rate, 1000, 0);
	cr_expect(sampled_rate_exceeds(&rate, 600, at(1.5)));
	cr_expect_not(sampled_rate_exceeds(&rate, 600, at(1.7)));
	cr_expect(sampled_rate_exceeds(&rate, 250, at(3.9)));
	cr_expect_not(sampled_rate_exceeds(&rate, 0, at(4.0)), "the window is forgotten");
}

Test(sampled_rate, counts_over_several_windows)
{
	for (int second = 0; second < 20; second++) {
		sampled_rate_add(&rate, 500, at(second));
		if (second < WINDOWS)
			continue;
		cr_expect(sampled_rate_exceeds(&rate, 660, at(second)), "4 windows in 3 s");
		cr_expect_not(sampled_rate_exceeds(&rate, 501, at(second + 0.999999)));
	}
}

Test(sampled_rate, a_window_of_long_ago_is_not_taken_for_a_new_one)
{
	sampled_rate_add(&rate, 1000, at(1));
	cr_expect_not(sampled_rate_exceeds(&rate, 0, at(1 + WINDOWS)));
	sampled_rate_add(&rate, 7, at(1 + WINDOWS));
	cr_expect_not(sampled_rate_exceeds(&rate, 7, at(1 + WINDOWS)));
}

Test(sampled_rate, stays_at_the_largest_sum_there_can_be)
{
	for (int i = 0; i < 3; i++)
		sampled_rate_add(&rate, INT64_MAX, 0);
	sampled_rate_add(&rate, -5, 0);
	cr_expect(sampled_rate_exceeds(&rate, (INT64_C(1) << 40) - 2, 0));
	cr_expect_not(sampled_rate_exceeds(&rate, INT64_C(1) << 40, 0));
}
