#include "metrics/histogram.h"

#include <criterion/criterion.h>

#include "base/macros.h"
#include "base/memory.h"

static struct histogram histogram;

static struct histogram_sum
sum(void)
{
	struct histogram_sum now = { 0 };

	histogram_sum_add(&now, &histogram);
	return now;
}

Test(histogram, a_value_lies_in_a_bucket_that_is_near_it)
{
	for (int64_t value = 0; value < UINT32_MAX; value += value / 50 + 1) {
		int bucket = histogram_bucket(value);
		double stands_for = histogram_bucket_value(bucket);
		double off = stands_for - (double)value;

		cr_assert(bucket >= 0 && bucket < HISTOGRAM_BUCKETS);
		cr_assert(off <= 0.07 * (double)value && -off <= 0.07 * (double)value,
		    "%lld stands as %f", (long long)value, stands_for);
		cr_assert_geq(histogram_bucket(value + 1), bucket);
	}
}

Test(histogram, small_values_are_exact)
{
	for (int64_t value = 0; value < 16; value++)
		cr_expect_eq(histogram_bucket_value(histogram_bucket(value)), (double)value);
}

Test(histogram, what_is_out_of_range_counts_as_the_nearest_that_is_not)
{
	cr_expect_eq(histogram_bucket(-1), 0);
	cr_expect_eq(histogram_bucket(INT64_MIN), 0);
	cr_expect_eq(histogram_bucket(INT64_MAX), HISTOGRAM_BUCKETS - 1);
	cr_expect_eq(histogram_bucket(UINT32_MAX), HISTOGRAM_BUCKETS - 1);
}

Test(histogram, quantiles_are_those_of_what_was_added)
{
	struct histogram_window window = { 0 };
	struct histogram_sum now;

	for (int64_t value = 1; value <= 1000; value++)
		histogram_add(&histogram, value);
	now = sum();
	cr_expect_eq(now.count, 1000);
	cr_expect_float_eq(histogram_quantile(&window, &now, 500), 500, 35);
	cr_expect_float_eq(histogram_quantile(&window, &now, 990), 990, 70);
	cr_expect_float_eq(histogram_quantile(&window, &now, 999), 999, 70);
}

Test(histogram, one_value_is_every_quantile)
{
	struct histogram_window window = { 0 };
	struct histogram_sum now;

	histogram_add(&histogram, 7);
	now = sum();
	cr_expect_eq(histogram_quantile(&window, &now, 500), 7);
	cr_expect_eq(histogram_quantile(&window, &now, 999), 7);
}

Test(histogram, without_values_a_quantile_is_0)
{
	struct histogram_window window = { 0 };
	struct histogram_sum now = sum();

	cr_expect_eq(histogram_quantile(&window, &now, 990), 0);
}

Test(histogram, old_values_leave_the_window)
{
	struct histogram_window window = { 0 };
	struct histogram_sum now;
	int64_t now_ms = 0;

	for (int i = 0; i < 100; i++)
		histogram_add(&histogram, 15);
	for (int i = 0; i < 3; i++) {
		now_ms += HISTOGRAM_WINDOW_HALF_MS;
		histogram_add(&histogram, 3);
		now = sum();
		histogram_window_turn(&window, &now, now_ms);
	}
	now = sum();
	cr_expect_eq(histogram_quantile(&window, &now, 999), 3);
}

Test(histogram, values_stay_in_the_window_for_its_half_at_least)
{
	struct histogram_window window = { 0 };
	struct histogram_sum now;

	histogram_add(&histogram, 3);
	now = sum();
	histogram_window_turn(&window, &now, HISTOGRAM_WINDOW_HALF_MS);
	histogram_add(&histogram, 15);
	now = sum();
	histogram_window_turn(&window, &now, 2 * HISTOGRAM_WINDOW_HALF_MS - 1);
	cr_expect_eq(histogram_quantile(&window, &now, 500), 3);
	histogram_window_turn(&window, &now, 2 * HISTOGRAM_WINDOW_HALF_MS);
	cr_expect_eq(histogram_quantile(&window, &now, 500), 15);
}

Test(histogram, where_nothing_comes_the_last_values_stay)
{
	struct histogram_window window = { 0 };
	struct histogram_sum now;

	histogram_add(&histogram, 9);
	now = sum();
	for (int64_t turn = 1; turn < 10; turn++)
		histogram_window_turn(&window, &now, turn * HISTOGRAM_WINDOW_HALF_MS);
	cr_expect_eq(histogram_quantile(&window, &now, 500), 9);
}
