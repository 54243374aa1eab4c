#include "partition/partition_figures.h"

#include <criterion/criterion.h>

#include "tests/unit/partition/yard.h"
#include "wire/kafka_error.h"

static struct yard yard;
static struct yard_append appends[2];
static struct yard_fetch fetch;

static void
set_up(void)
{
	yard_init(&yard);
	yard_open(&yard);
}

static void
tear_down(void)
{
	yard_fini(&yard);
}

TestSuite(partition_figures, .init = set_up, .fini = tear_down);

#define FIGURE(member) atomic_load(&yard.partition->figures->member)

static uint64_t
counter(enum metric_topic_counter which)
{
	uint64_t all = metrics_counter(yard.process.world.metrics, (int)which);

	cr_expect_eq(FIGURE(counters[which]), all, "of the only partition");
	return all;
}

static void
produce(int records)
{
	cr_assert_geq(yard_produce(&yard, &(struct log_sample){ .records = records }), 0);
}

Test(partition_figures, without_metrics_there_are_none)
{
	struct world world = { 0 };

	cr_expect_null(partition_figures_new(&world));
}

Test(partition_figures, who_leads_shows_its_isr_and_who_follows_does_not)
{
	cr_expect_eq(FIGURE(replica_count), 0);
	yard_lead(&yard, 4, 3, 2);
	cr_expect_eq(FIGURE(replica_count), 3);
	cr_expect_eq(FIGURE(isr_count), 2);
	cr_expect_eq(FIGURE(min_insync_replicas), 1);
	yard_follow(&yard, 2, 5);
	cr_expect_eq(FIGURE(replica_count), 0);
	cr_expect_eq(FIGURE(isr_count), 0);
	cr_expect_eq(FIGURE(lag), PARTITION_LAG_UNKNOWN);
}

Test(partition_figures, the_log_is_shown_as_it_grows)
{
	yard_lead(&yard, 4, 1, 1);
	produce(3);
	cr_expect_eq(FIGURE(log_end_offset), 3);
	cr_expect_eq(FIGURE(log_start_offset), 0);
	cr_expect_eq(FIGURE(log_size), log_size(yard.log));
	cr_expect_gt(FIGURE(log_size), 0);
	cr_expect_eq(FIGURE(segments), 1);
}

Test(partition_figures, what_is_appended_is_counted)
{
	yard_lead(&yard, 4, 1, 1);
	produce(3);
	produce(2);
	cr_expect_eq(counter(METRIC_MESSAGES_IN), 5);
	cr_expect_eq(counter(METRIC_TOTAL_PRODUCE), 2);
	cr_expect_eq(counter(METRIC_BYTES_IN), (uint64_t)log_size(yard.log));
	cr_expect_eq(counter(METRIC_FAILED_PRODUCE), 0);
}

Test(partition_figures, who_does_not_lead_counts_a_request_but_no_failure)
{
	yard_follow(&yard, 2, 4);
	cr_expect_lt(yard_produce(&yard, &(struct log_sample){ .records = 1 }), 0);
	cr_expect_eq(counter(METRIC_TOTAL_PRODUCE), 1);
	cr_expect_eq(counter(METRIC_FAILED_PRODUCE), 0);
	cr_expect_eq(counter(METRIC_MESSAGES_IN), 0);
}

Test(partition_figures, too_few_replicas_in_sync_are_a_failure)
{
	yard.config.min_insync_replicas = 2;
	yard_configure(&yard);
	yard_lead(&yard, 4, 3, 1);
	yard_append(&yard, &appends[0], 1, -1);
	cr_expect_eq(appends[0].append.operation.status, PARTITION_NOT_ENOUGH_REPLICAS);
	cr_expect_eq(counter(METRIC_FAILED_PRODUCE), 1);
	yard_forget_append(&appends[0]);
}

Test(partition_figures, records_that_the_api_refuses_are_counted_by_their_code)
{
	yard_enter(&yard, 0);
	partition_count_refused(yard.partition, KAFKA_ERROR_INVALID_TIMESTAMP);
	partition_count_refused(yard.partition, KAFKA_ERROR_CORRUPT_MESSAGE);
	yard_leave(&yard);
	cr_expect_eq(counter(METRIC_TOTAL_PRODUCE), 2);
	cr_expect_eq(counter(METRIC_FAILED_PRODUCE), 1);
}

Test(partition_figures, consumers_and_followers_are_counted_apart)
{
	uint64_t size;

	yard_lead(&yard, 4, 2, 1);
	produce(3);
	size = (uint64_t)log_size(yard.log);
	yard_prepare_follow(&yard, &fetch, 2, 0);
	yard_give_fetch(&fetch, 0);
	yard_run(&yard);
	yard_forget_fetch(&fetch);
	cr_expect_eq(metrics_counter(yard.process.world.metrics, METRIC_REPLICATION_BYTES_OUT),
	    size);
	cr_expect_eq(counter(METRIC_BYTES_OUT), 0);
	yard_fetch(&yard, &fetch, 0);
	yard_forget_fetch(&fetch);
	cr_expect_eq(counter(METRIC_BYTES_OUT), size);
	cr_expect_eq(counter(METRIC_TOTAL_FETCH), 2);
}

Test(partition_figures, what_waits_is_in_the_purgatory_until_it_is_answered)
{
	const struct metrics *metrics = yard.process.world.metrics;

	yard_lead(&yard, 4, 2, 2);
	yard_append(&yard, &appends[0], 1, -1);
	yard_wait_for(&yard, &fetch, 0);
	cr_expect_eq(metrics_level(metrics, METRIC_PURGATORY_PRODUCE), 1);
	cr_expect_eq(metrics_level(metrics, METRIC_PURGATORY_FETCH), 1);
	yard_follower_has(&yard, 2, 1);
	cr_expect_eq(metrics_level(metrics, METRIC_PURGATORY_PRODUCE), 0);
	cr_expect_eq(metrics_level(metrics, METRIC_PURGATORY_FETCH), 0);
	cr_expect_eq(fetch.tally.answers, 1);
	yard_forget_fetch(&fetch);
	yard_forget_append(&appends[0]);
}

Test(partition_figures, what_is_cancelled_leaves_the_purgatory)
{
	yard_lead(&yard, 4, 2, 2);
	yard_wait_for(&yard, &fetch, 0);
	yard_cancel(&fetch.tally, &fetch.fetch.operation);
	yard_run(&yard);
	cr_expect_eq(fetch.tally.answers, 1);
	cr_expect_eq(metrics_level(yard.process.world.metrics, METRIC_PURGATORY_FETCH), 0);
	yard_forget_fetch(&fetch);
}

/* ---------------------------------------------------------- changes of the ISR */

static uint64_t
of_isr(enum metric_counter which)
{
	return metrics_counter(yard.process.world.metrics, (int)which);
}

static void
expand(void)
{
	yard_prepare_follow(&yard, &fetch, 3, log_end_offset(yard.log));
	yard_give_fetch(&fetch, 0);
	yard_run(&yard);
	yard_forget_fetch(&fetch);
	cr_assert_eq(yard_wanted_isr(&yard), 123);
}

Test(partition_figures, an_isr_that_grows_is_counted_when_the_controller_has_done_it)
{
	yard_lead(&yard, 4, 3, 2);
	expand();
	cr_expect_eq(of_isr(METRIC_ISR_EXPANDS), 0);
	yard_answer_isr(&yard, KAFKA_ERROR_NONE);
	cr_expect_eq(of_isr(METRIC_ISR_EXPANDS), 1);
	cr_expect_eq(of_isr(METRIC_ISR_SHRINKS), 0);
	cr_expect_eq(of_isr(METRIC_FAILED_ISR_UPDATES), 0);
	cr_expect_eq(FIGURE(isr_count), 3);
}

Test(partition_figures, an_isr_that_shrinks_is_counted)
{
	yard_lead(&yard, 4, 2, 2);
	produce(1);
	yard_elapse(&yard, 60 * INT64_C(1000000));
	yard_check_isr(&yard);
	cr_assert_eq(yard_wanted_isr(&yard), 1);
	yard_answer_isr(&yard, KAFKA_ERROR_NONE);
	cr_expect_eq(of_isr(METRIC_ISR_SHRINKS), 1);
	cr_expect_eq(of_isr(METRIC_ISR_EXPANDS), 0);
	cr_expect_eq(FIGURE(isr_count), 1);
}

Test(partition_figures, an_isr_that_is_refused_is_a_failure)
{
	yard_lead(&yard, 4, 3, 2);
	expand();
	yard_answer_isr(&yard, KAFKA_ERROR_INELIGIBLE_REPLICA);
	cr_expect_eq(of_isr(METRIC_FAILED_ISR_UPDATES), 1);
	cr_expect_eq(of_isr(METRIC_ISR_EXPANDS), 0);
}
