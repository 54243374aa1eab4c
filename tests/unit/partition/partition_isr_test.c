#include <criterion/criterion.h>

#include "tests/unit/partition/yard.h"
#include "wire/kafka_error.h"

enum { LAG_US = 30 * 1000 * 1000 };

static struct yard yard;
static struct yard_fetch fetches[8];
static struct yard_append appends[4];

static void
set_up(void)
{
	yard_init(&yard);
	yard.max_lag_us = LAG_US;
	yard_open(&yard);
}

static void
tear_down(void)
{
	yard_fini(&yard);
}

TestSuite(partition_isr, .init = set_up, .fini = tear_down);

static void
produce(int records)
{
	cr_assert_geq(yard_produce(&yard, &(struct log_sample){ .records = records }), 0);
}

/* A follower's fetch that is answered at once. */
static void
follow(int32_t replica, int64_t offset)
{
	yard_prepare_follow(&yard, &fetches[0], replica, offset);
	yard_give_fetch(&fetches[0], 0);
	yard_run(&yard);
	cr_assert_eq(fetches[0].fetch.operation.status, PARTITION_OK);
	yard_forget_fetch(&fetches[0]);
}

Test(partition_isr, a_follower_that_has_all_is_proposed)
{
	yard_lead(&yard, 4, 3, 2);
	produce(3);
	follow(3, 2);
	cr_expect_eq(yard_wanted_isr(&yard), 123, "the high watermark is 0 still");
	cr_expect_eq(yard.isr_change->isr[2].broker_epoch, 500);
	cr_expect_eq(yard.isr_change->leader_epoch, 4);
	yard_answer_isr(&yard, KAFKA_ERROR_NONE);
	cr_expect_eq(yard.partition->leader.isr_count, 3);
	cr_expect_eq(yard.partition->leader.partition_epoch, 1);
	cr_expect_eq(yard.isr_change_count, 1);
}

Test(partition_isr, a_follower_that_lags_is_not_proposed)
{
	yard_lead(&yard, 4, 2, 1);
	produce(3);
	follow(2, 2);
	cr_expect_eq(yard_wanted_isr(&yard), 0);
	follow(2, 3);
	cr_expect_eq(yard_wanted_isr(&yard), 12);
}

Test(partition_isr, who_lags_too_long_has_to_leave_and_the_rest_goes_on)
{
	yard_lead(&yard, 4, 2, 2);
	yard_append(&yard, &appends[0], 3, -1);
	yard_elapse(&yard, LAG_US / 2);
	yard_check_isr(&yard);
	cr_expect_eq(yard_wanted_isr(&yard), 0);
	yard_elapse(&yard, LAG_US);
	yard_check_isr(&yard);
	cr_expect_eq(yard_wanted_isr(&yard), 1);
	yard_check_isr(&yard);
	cr_expect_eq(yard.isr_change_count, 1, "one at a time");
	cr_expect_eq(appends[0].tally.answers, 0, "before the controller knows nothing is acknowledged");
	yard_answer_isr(&yard, KAFKA_ERROR_NONE);
	cr_expect_eq(appends[0].append.operation.status, PARTITION_OK);
	cr_expect_eq(log_high_watermark(yard.log), 3);
	yard_forget_append(&appends[0]);
}

Test(partition_isr, too_small_it_acknowledges_nothing)
{
	yard.config.min_insync_replicas = 2;
	yard_configure(&yard);
	yard_lead(&yard, 4, 2, 2);
	yard_append(&yard, &appends[0], 3, -1);
	yard_elapse(&yard, LAG_US + 1);
	yard_check_isr(&yard);
	yard_answer_isr(&yard, KAFKA_ERROR_NONE);
	cr_expect_eq(appends[0].tally.answers, 0);
	yard_append(&yard, &appends[1], 1, -1);
	cr_expect_eq(appends[1].append.operation.status, PARTITION_NOT_ENOUGH_REPLICAS);
	follow(2, 3);
	cr_expect_eq(yard_wanted_isr(&yard), 12);
	cr_expect_eq(appends[0].tally.answers, 0, "the ISR is too small until the controller agrees");
	yard_answer_isr(&yard, KAFKA_ERROR_NONE);
	cr_expect_eq(appends[0].append.operation.status, PARTITION_OK);
	yard_forget_append(&appends[0]);
	yard_forget_append(&appends[1]);
}

Test(partition_isr, what_is_refused_may_be_proposed_anew)
{
	yard_lead(&yard, 4, 2, 1);
	follow(2, 0);
	yard_answer_isr(&yard, KAFKA_ERROR_INELIGIBLE_REPLICA);
	cr_expect_eq(yard_wanted_isr(&yard), 0);
	cr_expect_eq(yard.partition->leader.isr_count, 1);
	follow(2, 0);
	cr_expect_eq(yard_wanted_isr(&yard), 12);
}

Test(partition_isr, what_did_not_arrive_is_asked_again)
{
	yard_lead(&yard, 4, 2, 1);
	follow(2, 0);
	yard_answer_isr(&yard, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	cr_expect_eq(yard_wanted_isr(&yard), 12);
	cr_expect_eq(yard.isr_change_count, 2);
	yard_answer_isr(&yard, KAFKA_ERROR_NONE);
	cr_expect_eq(yard.partition->leader.isr_count, 2);
}

Test(partition_isr, who_knows_less_than_the_controller_waits_for_it)
{
	yard_lead(&yard, 4, 2, 1);
	follow(2, 0);
	yard_answer_isr(&yard, KAFKA_ERROR_INVALID_UPDATE_VERSION);
	follow(2, 0);
	cr_expect_eq(yard_wanted_isr(&yard), 0);
	yard_lead(&yard, 5, 2, 1);
	follow(2, 0);
	cr_expect_eq(yard_wanted_isr(&yard), 12);
}

Test(partition_isr, an_answer_after_a_change_of_leadership_is_void)
{
	yard_lead(&yard, 4, 2, 1);
	follow(2, 0);
	yard_follow(&yard, 2, 5);
	yard_answer_isr(&yard, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	cr_expect_eq(yard_wanted_isr(&yard), 0);
	yard_check_isr(&yard);
	cr_expect_eq(yard.isr_change_count, 1);
}

Test(partition_isr, an_answer_after_the_log_is_gone_is_void)
{
	yard_lead(&yard, 4, 2, 1);
	follow(2, 0);
	yard_close(&yard);
	yard_open(&yard);
}

Test(partition_isr, is_not_asked_for_where_nobody_listens)
{
	yard_close(&yard);
	yard.refuses_isr_changes = true;
	yard_open(&yard);
	yard_lead(&yard, 4, 2, 1);
	follow(2, 0);
	cr_expect_eq(yard.isr_change_count, 0);
}

/* Who is waited for though it is not in the ISR may have died without a word. */
Test(partition_isr, a_check_lets_go_of_who_did_not_join_after_all)
{
	yard_lead(&yard, 4, 2, 1);
	follow(2, 0);
	yard_answer_isr(&yard, KAFKA_ERROR_OPERATION_NOT_ATTEMPTED);
	yard_append(&yard, &appends[0], 1, -1);
	cr_expect_eq(appends[0].tally.answers, 0);
	yard_elapse(&yard, LAG_US + 1);
	yard_check_isr(&yard);
	cr_expect_eq(appends[0].append.operation.status, PARTITION_OK);
	yard_forget_append(&appends[0]);
}

/* One that shuts down, or has come back with another broker epoch. */
Test(partition_isr, nobody_waits_for_who_may_not_join)
{
	yard_lead(&yard, 4, 2, 1);
	follow(2, 0);
	yard_append(&yard, &appends[0], 1, -1);
	cr_expect_eq(appends[0].tally.answers, 0, "it is in the maximal ISR");
	yard_answer_isr(&yard, KAFKA_ERROR_INELIGIBLE_REPLICA);
	cr_expect_eq(appends[0].append.operation.status, PARTITION_OK);
	yard_forget_append(&appends[0]);
}
