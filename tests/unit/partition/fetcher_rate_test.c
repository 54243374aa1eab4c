#include "partition/fetcher_rate.h"

#include <criterion/criterion.h>

enum { SECOND_US = 1000000 };

static struct fetcher_rate rate;

Test(fetcher_rate, begins_with_what_there_is)
{
	fetcher_rate_init(&rate, 100);
	cr_expect_eq(fetcher_rate_per_second(&rate, 100), 0);
	for (int i = 0; i < 10; i++)
		fetcher_rate_add(&rate, 100 + SECOND_US);
	cr_expect_eq(fetcher_rate_count(&rate), 10);
	cr_expect_float_eq(fetcher_rate_per_second(&rate, 100 + 2 * SECOND_US), 5, 0.01);
}

Test(fetcher_rate, is_that_of_the_last_half_minute)
{
	fetcher_rate_init(&rate, 0);
	for (int64_t second = 1; second <= 30; second++)
		for (int i = 0; i < 4; i++)
			fetcher_rate_add(&rate, second * SECOND_US);
	cr_expect_float_eq(fetcher_rate_per_second(&rate, 31 * SECOND_US), 4, 0.2);
	cr_expect_eq(fetcher_rate_count(&rate), 120);
}

Test(fetcher_rate, falls_where_nothing_comes_any_more)
{
	fetcher_rate_init(&rate, 0);
	for (int64_t second = 1; second <= 30; second++)
		fetcher_rate_add(&rate, second * SECOND_US);
	cr_expect_float_eq(fetcher_rate_per_second(&rate, 59 * SECOND_US), 1, 0.1);
	cr_expect_eq(fetcher_rate_per_second(&rate, 61 * SECOND_US), 0);
	fetcher_rate_add(&rate, 62 * SECOND_US);
	cr_expect_lt(fetcher_rate_per_second(&rate, 63 * SECOND_US), 0.1);
}
