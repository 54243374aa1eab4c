#include "metrics/render.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "parse_page.h"

enum { PRODUCE, FETCH, FOLLOWER = 100, CONSUMER };

static const char *
request_name(int kind)
{
	switch (kind) {
	case PRODUCE:
		return "Produce";
	case FETCH:
		return "Fetch";
	case FOLLOWER:
		return "FetchFollower";
	case CONSUMER:
		return "FetchConsumer";
	default:
		return NULL;
	}
}

static const char *
error_name(int code)
{
	return code == 0 ? "NONE" : code == 7 ? "REQUEST_TIMED_OUT" : NULL;
}

static int
sum_of(int kind)
{
	return kind >= FOLLOWER ? FETCH : -1;
}

static const struct metrics_names names = { request_name, error_name, sum_of };

static struct metrics *metrics;
static struct metrics_view *view;
static struct snapshot snapshot;
static struct parsed_page page;

static void
begin(void)
{
	metrics = metrics_new(2);
	view = metrics_view_new(&names);
}

static void
render(int64_t now_ms)
{
	struct buffer buffer;

	parsed_page_fini(&page);
	buffer_init(&buffer);
	metrics_render(view, metrics, &snapshot, now_ms, &buffer);
	parse_page(&buffer, &page);
	buffer_fini(&buffer);
}

static void
end(void)
{
	parsed_page_fini(&page);
	snapshot_fini(&snapshot);
	metrics_view_free(view);
	metrics_free(metrics);
}

TestSuite(render, .init = begin, .fini = end);

/* tests/unit/metrics/promised: NAME TYPE, those that need a partition to be shown marked by `partition`. */
static void
expect_promised(FILE *file, size_t *count)
{
	char line[256], name[128], type[16], mark[16];

	while (fgets(line, sizeof(line), file) != NULL) {
		const struct parsed_family *family;
		int words = sscanf(line, "%127s %15s %15s", name, type, mark);

		if (line[0] == '#' || words < 2)
			continue;
		family = parsed_family_find(&page, name);
		cr_expect_not_null(family, "%s is promised, and not there", name);
		if (family != NULL)
			cr_expect_str_eq(family->type, type, "%s", name);
		++*count;
	}
}

Test(render, shows_what_is_promised_and_nothing_else)
{
	FILE *file = fopen(TESTS_DIR "/unit/metrics/promised", "r");
	size_t count = 0;

	cr_assert_not_null(file);
	snapshot_add_topic(&snapshot, slice_of_text("t"));
	snapshot_add_partition(&snapshot, 0);
	render(0);
	expect_promised(file, &count);
	fclose(file);
	cr_expect_eq(page.family_count, count, "%zu families, %zu promised", page.family_count,
	    count);
}

Test(render, a_counter_by_topic_is_there_for_all_and_for_each)
{
	struct snapshot_topic *topic = snapshot_add_topic(&snapshot, slice_of_text("a.b"));

	topic->counters[METRIC_BYTES_IN] = 7;
	metrics_count(metrics->cells[0], METRIC_BYTES_IN, 5);
	metrics_count(metrics->cells[1], METRIC_BYTES_IN, 4);
	render(0);
	cr_expect_eq(parsed_value(&page, "kafka_server_brokertopicmetrics_bytesin_total", ""), 9);
	cr_expect_eq(parsed_value(&page, "kafka_server_brokertopicmetrics_bytesin_total",
	    "topic=\"a.b\""), 7);
}

Test(render, partitions_have_their_labels_and_only_if_they_are_given)
{
	render(0);
	cr_expect_null(parsed_family_find(&page, "kafka_log_log_size"));
	snapshot_add_topic(&snapshot, slice_of_text("a"));
	snapshot_add_partition(&snapshot, 0)->gauges[METRIC_PARTITION_LOG_SIZE] = 11;
	snapshot_add_topic(&snapshot, slice_of_text("b"));
	snapshot_add_partition(&snapshot, 3)->gauges[METRIC_PARTITION_LOG_SIZE] = INT64_C(1) << 40;
	render(0);
	cr_expect_eq(parsed_value(&page, "kafka_log_log_size", "partition=\"0\",topic=\"a\""), 11);
	cr_expect_eq(parsed_value(&page, "kafka_log_log_size", "partition=\"3\",topic=\"b\""),
	    (double)(INT64_C(1) << 40));
}

Test(render, gauges_and_levels_have_their_fixed_labels)
{
	snapshot.gauges[METRIC_FETCHER_MAX_LAG] = 12;
	metrics_move(metrics->cells[0], METRIC_PURGATORY_FETCH, 3);
	render(0);
	cr_expect_eq(parsed_value(&page, "kafka_server_replicafetchermanager_maxlag",
	    "clientId=\"Replica\""), 12);
	cr_expect_eq(parsed_value(&page, "kafka_server_delayedoperationpurgatory_purgatorysize",
	    "delayedOperation=\"Fetch\""), 3);
	cr_expect_eq(parsed_value(&page, "kafka_server_delayedoperationpurgatory_purgatorysize",
	    "delayedOperation=\"Produce\""), 0);
}

Test(render, times_are_milliseconds_by_quantile)
{
	for (int i = 0; i < 100; i++)
		metrics_time(metrics->cells[i % 2], METRIC_ZOOKEEPER_LATENCY, 14);
	render(0);
	cr_expect_eq(parsed_value(&page,
	    "kafka_server_zookeeperclientmetrics_zookeeperrequestlatencyms_count", ""), 100);
	cr_expect_float_eq(parsed_value(&page,
	    "kafka_server_zookeeperclientmetrics_zookeeperrequestlatencyms",
	    "quantile=\"0.999\""), 0.014, 1e-9);
}

static void
count_request(int kind, int version, int code, int64_t us)
{
	struct metrics_request *request = metrics_request_of(metrics->cells[0], kind);

	metrics_request_version(request, version);
	metrics_request_errors(request, code, 1);
	histogram_add(&request->histograms[METRIC_TOTAL_TIME], us);
	histogram_add(&request->histograms[METRIC_REQUEST_BYTES], 12);
}

Test(render, requests_are_shown_by_kind_version_and_error)
{
	count_request(PRODUCE, 9, 0, 8);
	count_request(PRODUCE, 9, 7, 8);
	count_request(PRODUCE, 3, 0, 8);
	render(0);
	cr_expect_eq(parsed_value(&page, "kafka_network_requestmetrics_requests_total",
	    "request=\"Produce\",version=\"9\""), 2);
	cr_expect_eq(parsed_value(&page, "kafka_network_requestmetrics_errors_total",
	    "request=\"Produce\",error=\"REQUEST_TIMED_OUT\""), 1);
	cr_expect_eq(parsed_value(&page, "kafka_network_requestmetrics_totaltimems_count",
	    "request=\"Produce\""), 3);
	cr_expect_float_eq(parsed_value(&page, "kafka_network_requestmetrics_totaltimems",
	    "quantile=\"0.50\",request=\"Produce\""), 0.008, 1e-9);
	cr_expect_eq(parsed_value(&page, "kafka_network_requestmetrics_requestbytes",
	    "quantile=\"0.99\",request=\"Produce\""), 12);
	cr_expect_null(parsed_sample_find(&page, "kafka_network_requestmetrics_totaltimems_count",
	    "request=\"Fetch\""), "there was none");
}

Test(render, a_fetch_is_one_of_a_follower_or_a_consumer_and_both_are_fetches)
{
	count_request(FOLLOWER, 17, 0, 8);
	count_request(CONSUMER, 11, 0, 8);
	count_request(CONSUMER, 17, 0, 8);
	for (int i = 0; i < 2; i++) {
		render(i);
		cr_expect_eq(parsed_value(&page, "kafka_network_requestmetrics_totaltimems_count",
		    "request=\"Fetch\""), 3);
		cr_expect_eq(parsed_value(&page, "kafka_network_requestmetrics_totaltimems_count",
		    "request=\"FetchConsumer\""), 2);
		cr_expect_eq(parsed_value(&page, "kafka_network_requestmetrics_requests_total",
		    "request=\"Fetch\",version=\"17\""), 2);
	}
}

Test(render, quantiles_forget_what_was_long_ago)
{
	for (int i = 0; i < 1000; i++)
		count_request(PRODUCE, 9, 0, 15);
	for (int turn = 1; turn <= 3; turn++) {
		render(turn * HISTOGRAM_WINDOW_HALF_MS);
		count_request(PRODUCE, 9, 0, 2);
	}
	render(4 * HISTOGRAM_WINDOW_HALF_MS);
	cr_expect_float_eq(parsed_value(&page, "kafka_network_requestmetrics_totaltimems",
	    "quantile=\"0.999\",request=\"Produce\""), 0.002, 1e-9);
}

Test(render, series_have_labels_of_their_own)
{
	snapshot_add_sample(&snapshot, METRIC_SERIES_LOG_DIRECTORY_OFFLINE, 1);
	snapshot_add_label(&snapshot, "logDirectory", slice_of_text("/a \"b\""));
	render(0);
	cr_expect_eq(parsed_value(&page, "kafka_log_logmanager_logdirectoryoffline",
	    "logDirectory=\"/a \\\"b\\\"\""), 1);
}
