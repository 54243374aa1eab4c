#include "config/throttled_replicas.h"

#include <criterion/criterion.h>

static struct throttled_replicas replicas;

static void
teardown(void)
{
	throttled_replicas_fini(&replicas);
}

TestSuite(throttled_replicas, .fini = teardown);

Test(throttled_replicas, of_nothing_are_none)
{
	throttled_replicas_read(&replicas, "");
	cr_expect_not(throttled_replicas_have(&replicas, 0, 1));
}

Test(throttled_replicas, of_a_star_are_all)
{
	throttled_replicas_read(&replicas, "*");
	cr_expect(throttled_replicas_have(&replicas, 0, 1));
	cr_expect(throttled_replicas_have(&replicas, 77, 9));
}

Test(throttled_replicas, are_found_in_any_order)
{
	throttled_replicas_read(&replicas, "10:3,0:2, 0:1 ,2:1");
	cr_expect_eq(replicas.count, 4);
	cr_expect(throttled_replicas_have(&replicas, 10, 3));
	cr_expect(throttled_replicas_have(&replicas, 0, 1));
	cr_expect(throttled_replicas_have(&replicas, 0, 2));
	cr_expect(throttled_replicas_have(&replicas, 2, 1));
	cr_expect_not(throttled_replicas_have(&replicas, 1, 0));
	cr_expect_not(throttled_replicas_have(&replicas, 2, 2));
	cr_expect_not(throttled_replicas_have(&replicas, 3, 10));
}
