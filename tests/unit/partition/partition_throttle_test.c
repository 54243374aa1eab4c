/* What a leader sends of throttled replicas (KIP-73). */
#include <criterion/criterion.h>

#include "tests/unit/partition/yard.h"

enum { BOUND = 10 /* bytes a second: less than a batch */ };

static struct yard yard;
static struct yard_fetch fetches[4];

static void
set_up(void)
{
	yard_init(&yard);
	yard.is_throttled = true;
	yard_open(&yard);
	yard_lead(&yard, 7, 3, 2);
	replication_quota_set_bound(&yard.quotas.leader, BOUND);
	cr_assert_geq(yard_produce(&yard, &(struct log_sample){ .records = 2 }), 0);
}

static void
tear_down(void)
{
	yard_fini(&yard);
}

TestSuite(partition_throttle, .init = set_up, .fini = tear_down);

/* Of replica 2, which is in sync, or 3, which is not. */
static void
follow(int number, int32_t replica, bool waits)
{
	yard_prepare_follow(&yard, &fetches[number], replica, 0);
	fetches[number].fetch.wait = waits;
	yard_give_fetch(&fetches[number], 0);
	yard_run(&yard);
}

/* The answer goes out, and counts. */
static void
send(int number)
{
	yard_enter(&yard, 0);
	partition_sent(yard.partition, &fetches[number].fetch);
	yard_leave(&yard);
	yard_forget_fetch(&fetches[number]);
}

static bool
is_full(void)
{
	return replication_quota_is_exceeded(&yard.quotas.leader, 
	    clock_monotonic_us(yard.process.world.clock));
}

Test(partition_throttle, lets_go_on_until_the_rate_is_exceeded)
{
	follow(0, 3, false);
	cr_expect_eq(yard_count(&fetches[0], 0), 2);
	cr_expect_not(is_full());
	send(0);
	cr_expect(is_full());
	follow(1, 3, false);
	cr_expect_eq(fetches[1].fetch.operation.status, PARTITION_OK);
	cr_expect_null(fetches[1].fetch.slice.segment);
	cr_expect_eq(fetches[1].fetch.high_watermark, 0, "it is told all but records");
	yard_elapse(&yard, 12 * INT64_C(1000000));
	follow(2, 3, false);
	cr_expect_eq(yard_count(&fetches[2], 0), 2);
	yard_forget_fetch(&fetches[2]);
}

Test(partition_throttle, never_holds_back_who_is_in_sync_but_counts_it)
{
	follow(0, 2, false);
	send(0);
	cr_expect(is_full());
	follow(1, 2, false);
	cr_expect_eq(yard_count(&fetches[1], 0), 2);
	yard_forget_fetch(&fetches[1]);
}

Test(partition_throttle, lets_who_is_held_back_wait_through_appends)
{
	follow(0, 3, false);
	send(0);
	follow(1, 3, true);
	cr_expect_eq(fetches[1].tally.answers, 0);
	cr_assert_geq(yard_produce(&yard, &(struct log_sample){ .records = 1 }), 0);
	cr_expect_eq(fetches[1].tally.answers, 0, "there were records before");
	yard_cancel(&fetches[1].tally, &fetches[1].fetch.operation);
	yard_run(&yard);
	cr_expect_eq(fetches[1].tally.answers, 1);
	cr_expect_null(fetches[1].fetch.slice.segment);
}

Test(partition_throttle, of_consumers_counts_nothing)
{
	yard_follower_has(&yard, 2, 2);
	yard_fetch(&yard, &fetches[0], 0);
	cr_expect_eq(yard_count(&fetches[0], 0), 2);
	cr_expect_not(fetches[0].fetch.is_throttled);
	send(0);
	cr_expect_not(is_full());
}

Test(partition_throttle, ends_with_the_topics_settings)
{
	follow(0, 3, false);
	send(0);
	yard.is_throttled = false;
	yard_configure(&yard);
	follow(1, 3, false);
	cr_expect_eq(yard_count(&fetches[1], 0), 2);
	yard_forget_fetch(&fetches[1]);
	yard.is_throttled = true;
	yard_configure(&yard);
	follow(2, 3, false);
	cr_expect_null(fetches[2].fetch.slice.segment);
}
