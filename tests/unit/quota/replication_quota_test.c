#include "quota/replication_quota.h"

#include <criterion/criterion.h>

enum { SECOND_US = 1000 * 1000 };

static struct replication_quota quota;

static void
setup(void)
{
	replication_quota_init(&quota, 11, 1);
}

static void
teardown(void)
{
	replication_quota_fini(&quota);
}

TestSuite(replication_quota, .init = setup, .fini = teardown);

Test(replication_quota, without_a_bound_is_never_exceeded)
{
	replication_quota_count(&quota, INT64_MAX, 0);
	cr_expect_not(replication_quota_is_exceeded(&quota, 0));
	replication_quota_set_bound(&quota, 5);
	replication_quota_set_bound(&quota, REPLICATION_QUOTA_NONE);
	cr_expect_not(replication_quota_is_exceeded(&quota, 0));
}

/* What was counted before counts when a bound comes. */
Test(replication_quota, is_exceeded_until_enough_time_has_passed)
{
	replication_quota_count(&quota, 10000, 0);
	replication_quota_set_bound(&quota, 2000);
	cr_expect(replication_quota_is_exceeded(&quota, 0));
	cr_expect(replication_quota_is_exceeded(&quota, 4900 * 1000));
	cr_expect_not(replication_quota_is_exceeded(&quota, 5 * SECOND_US));
	replication_quota_set_bound(&quota, 0);
	cr_expect(replication_quota_is_exceeded(&quota, 10 * SECOND_US));
	cr_expect_not(replication_quota_is_exceeded(&quota, 11 * SECOND_US), "as Kafka: one may go on");
}
