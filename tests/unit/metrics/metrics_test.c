#include "metrics/metrics.h"

#include <criterion/criterion.h>
#include <pthread.h>

#include "base/memory.h"

Test(metrics, cells_are_summed)
{
	struct metrics *metrics = metrics_new(3);

	for (int i = 0; i < 3; i++)
		metrics_count(metrics->cells[i], METRIC_BYTES_IN, (uint64_t)(i + 1));
	cr_expect_eq(metrics_counter(metrics, METRIC_BYTES_IN), 6);
	cr_expect_eq(metrics_counter(metrics, METRIC_BYTES_OUT), 0);
	metrics_free(metrics);
}

Test(metrics, without_a_cell_nothing_is_counted)
{
	metrics_count(NULL, METRIC_BYTES_IN, 1);
	metrics_move(NULL, METRIC_PURGATORY_FETCH, 1);
	metrics_time(NULL, METRIC_LEADER_ELECTION, 1);
	cr_expect_null(metrics_request_of(NULL, 0));
	metrics_free(NULL);
}

Test(metrics, a_level_falls_on_another_thread_than_it_rose)
{
	struct metrics *metrics = metrics_new(2);

	metrics_move(metrics->cells[0], METRIC_PURGATORY_FETCH, 5);
	metrics_move(metrics->cells[1], METRIC_PURGATORY_FETCH, -3);
	cr_expect_eq(metrics_level(metrics, METRIC_PURGATORY_FETCH), 2);
	metrics_move(metrics->cells[1], METRIC_PURGATORY_FETCH, -3);
	cr_expect_eq(metrics_level(metrics, METRIC_PURGATORY_FETCH), 0);
	metrics_free(metrics);
}

Test(metrics, times_of_all_cells_are_one_histogram)
{
	struct metrics *metrics = metrics_new(2);
	struct histogram_sum sum = { 0 };

	metrics_histogram(metrics, METRIC_LEADER_ELECTION, &sum);
	cr_expect_eq(sum.count, 0);
	metrics_time(metrics->cells[0], METRIC_LEADER_ELECTION, 4);
	metrics_time(metrics->cells[1], METRIC_LEADER_ELECTION, 4);
	metrics_histogram(metrics, METRIC_LEADER_ELECTION, &sum);
	cr_expect_eq(sum.count, 2);
	cr_expect_eq(sum.buckets[4], 2);
	cr_expect_eq(metrics_parts(metrics), 2);
	metrics_free(metrics);
}

Test(metrics, requests_are_summed_by_version_and_error)
{
	struct metrics *metrics = metrics_new(2);
	uint64_t versions[METRICS_VERSIONS] = { 0 }, errors[METRICS_ERRORS] = { 0 };
	struct histogram_sum *sums = memory_array(METRIC_REQUEST_HISTOGRAMS, sizeof(*sums));

	for (int i = 0; i < 2; i++) {
		struct metrics_request *request = metrics_request_of(metrics->cells[i], 1);

		metrics_request_version(request, 9);
		metrics_request_errors(request, 0, 2);
		metrics_request_errors(request, -1, 1);
		histogram_add(&request->histograms[METRIC_TOTAL_TIME], 5);
	}
	cr_expect_not(metrics_request_sum(metrics, 0, versions, errors, sums));
	cr_expect(metrics_request_sum(metrics, 1, versions, errors, sums));
	cr_expect_eq(versions[9], 2);
	cr_expect_eq(errors[0 - METRICS_ERROR_FIRST], 4);
	cr_expect_eq(errors[0], 2);
	cr_expect_eq(sums[METRIC_TOTAL_TIME].count, 2);
	free(sums);
	metrics_free(metrics);
}

Test(metrics, what_is_out_of_range_is_not_counted)
{
	struct metrics *metrics = metrics_new(1);
	struct metrics_request *request = metrics_request_of(metrics->cells[0], 1);
	uint64_t versions[METRICS_VERSIONS] = { 0 }, errors[METRICS_ERRORS] = { 0 };
	struct histogram_sum *sums = memory_array(METRIC_REQUEST_HISTOGRAMS, sizeof(*sums));

	cr_expect_null(metrics_request_of(metrics->cells[0], -1));
	cr_expect_null(metrics_request_of(metrics->cells[0], METRICS_REQUEST_KINDS));
	metrics_request_version(request, -1);
	metrics_request_version(request, METRICS_VERSIONS);
	metrics_request_errors(request, METRICS_ERROR_FIRST - 1, 1);
	metrics_request_errors(request, METRICS_ERRORS + METRICS_ERROR_FIRST, 1);
	cr_expect(metrics_request_sum(metrics, 1, versions, errors, sums));
	for (int i = 0; i < METRICS_VERSIONS; i++)
		cr_expect_eq(versions[i], 0);
	for (int i = 0; i < METRICS_ERRORS; i++)
		cr_expect_eq(errors[i], 0);
	free(sums);
	metrics_free(metrics);
}

/* ----------------------------------------------- beside a reader, under TSan too */

enum { ROUNDS = 20000 };

static void *
write_cell(void *cell)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct metrics_request *request = metrics_request_of(cell, i % 40);

		metrics_count(cell, METRIC_MESSAGES_IN, 1);
		metrics_move(cell, METRIC_PURGATORY_PRODUCE, i % 2 == 0 ? 1 : -1);
		metrics_time(cell, METRIC_ZOOKEEPER_LATENCY, i);
		metrics_request_version(request, i % 10);
		histogram_add(&request->histograms[METRIC_TOTAL_TIME], i);
	}
	return NULL;
}

Test(metrics, threads_count_while_another_reads)
{
	struct metrics *metrics = metrics_new(2);
	struct histogram_sum *sums = memory_array(METRIC_REQUEST_HISTOGRAMS, sizeof(*sums));
	struct histogram_sum sum = { 0 };
	uint64_t versions[METRICS_VERSIONS], errors[METRICS_ERRORS], before = 0;
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, write_cell, metrics->cells[i]), 0);
	for (int i = 0; i < 200; i++) {
		uint64_t now = metrics_counter(metrics, METRIC_MESSAGES_IN);

		cr_assert_geq(now, before);
		before = now;
		(void)metrics_request_sum(metrics, i % 40, versions, errors, sums);
		metrics_histogram(metrics, METRIC_ZOOKEEPER_LATENCY, &sum);
	}
	for (int i = 0; i < 2; i++)
		cr_assert_eq(pthread_join(threads[i], NULL), 0);
	sum = (struct histogram_sum){ 0 };
	metrics_histogram(metrics, METRIC_ZOOKEEPER_LATENCY, &sum);
	cr_expect_eq(sum.count, 2 * ROUNDS);
	cr_expect_eq(metrics_counter(metrics, METRIC_MESSAGES_IN), 2 * ROUNDS);
	cr_expect_eq(metrics_level(metrics, METRIC_PURGATORY_PRODUCE), 0);
	free(sums);
	metrics_free(metrics);
}
