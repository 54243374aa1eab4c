#include "metrics/render.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "metrics/page.h"

/* Of one kind of request: its sums of this page, and its windows. */
struct kind {
	bool seen; /* in this page */
	uint64_t versions[METRICS_VERSIONS];
	uint64_t errors[METRICS_ERRORS];
	struct histogram_sum sums[METRIC_REQUEST_HISTOGRAMS];
	struct histogram_window windows[METRIC_REQUEST_HISTOGRAMS];
};

struct metrics_view {
	struct metrics_names names;
	struct histogram_window *windows[METRIC_HISTOGRAMS];
	struct kind *kinds[METRICS_REQUEST_KINDS];
};

struct render {
	struct metrics_view *view;
	const struct metrics *metrics;
	const struct snapshot *snapshot;
	int64_t now_ms;
	struct buffer *page;
	const char *family; /* the one whose samples are being written */
};

struct metrics_view *
metrics_view_new(const struct metrics_names *names)
{
	struct metrics_view *view = memory_new(sizeof(*view));

	view->names = *names;
	return view;
}

void
metrics_view_free(struct metrics_view *view)
{
	for (int i = 0; i < METRIC_HISTOGRAMS; i++)
		free(view->windows[i]);
	for (int i = 0; i < METRICS_REQUEST_KINDS; i++)
		free(view->kinds[i]);
	free(view);
}

/* Entries of the table that share a name follow each other, and are one family. */
static void
family(struct render *it, const char *name, const char *type, const char *help)
{
	if (it->family == NULL || strcmp(it->family, name) != 0)
		page_family(it->page, name, type, help);
	it->family = name;
}

static void
sample(struct render *it, const char *name, double value)
{
	page_sample(it->page, name, slice_null(), value);
}

static struct slice
snapshot_text(const struct snapshot *snapshot, size_t at, size_t size)
{
	return slice_of(snapshot->texts.bytes + at, size);
}

/* ---------------------------------------------------------- plain numbers */

static void
topic_counter(struct render *it, int counter, const char *name, const char *help)
{
	struct buffer labels;

	family(it, name, "counter", help);
	sample(it, name, (double)metrics_counter(it->metrics, counter));
	buffer_init(&labels);
	for (size_t i = 0; i < it->snapshot->topic_count; i++) {
		const struct snapshot_topic *topic = &it->snapshot->topics[i];

		buffer_clear(&labels);
		page_label(&labels, false, "topic",
		    snapshot_text(it->snapshot, topic->name_at, topic->name_size));
		page_sample(it->page, name, buffer_slice(&labels), (double)topic->counters[counter]);
	}
	buffer_fini(&labels);
}

static void
counter(struct render *it, int which, const char *name, const char *help)
{
	family(it, name, "counter", help);
	sample(it, name, (double)metrics_counter(it->metrics, which));
}

static void
level(struct render *it, enum metric_level which, const char *name, const char *labels,
    const char *help)
{
	family(it, name, "gauge", help);
	page_sample(it->page, name, slice_of_text(labels),
	    (double)metrics_level(it->metrics, which));
}

static void
gauge(struct render *it, enum metric_gauge which, const char *name, const char *labels,
    const char *help)
{
	family(it, name, "gauge", help);
	page_sample(it->page, name, slice_of_text(labels), it->snapshot->gauges[which]);
}

static void
partition_gauge(struct render *it, enum metric_partition_gauge which, const char *name,
    const char *help)
{
	const struct snapshot *snapshot = it->snapshot;
	const struct snapshot_partition *partition = snapshot->partitions;
	struct buffer labels;

	if (snapshot->partition_count == 0)
		return;
	family(it, name, "gauge", help);
	buffer_init(&labels);
	for (size_t i = 0; i < snapshot->topic_count; i++) {
		const struct snapshot_topic *topic = &snapshot->topics[i];

		for (size_t j = 0; j < topic->partition_count; j++, partition++) {
			char index[24];

			(void)snprintf(index, sizeof(index), "%" PRId32, partition->index);
			buffer_clear(&labels);
			page_label(&labels, false, "partition", slice_of_text(index));
			page_label(&labels, true, "topic",
			    snapshot_text(snapshot, topic->name_at, topic->name_size));
			page_sample(it->page, name, buffer_slice(&labels),
			    (double)partition->gauges[which]);
		}
	}
	buffer_fini(&labels);
}

/* -------------------------------------------------------------- histograms */

/* As the exporter shows Kafka's. */
static const struct {
	int per_mille;
	const char *label;
} quantiles[] = {
	{ 500, "0.50" }, { 750, "0.75" }, { 950, "0.95" }, { 980, "0.98" }, { 990, "0.99" },
	{ 999, "0.999" },
};

/* `scale`: what the page's unit has of the histogram's. */
static void
quantile_samples(struct render *it, const char *name, const char *request,
    struct histogram_window *window, const struct histogram_sum *sum, double scale)
{
	struct buffer labels;

	buffer_init(&labels);
	for (size_t i = 0; i < ARRAY_LENGTH(quantiles); i++) {
		buffer_clear(&labels);
		page_label(&labels, false, "quantile", slice_of_text(quantiles[i].label));
		if (request != NULL)
			page_label(&labels, true, "request", slice_of_text(request));
		page_sample(it->page, name, buffer_slice(&labels),
		    histogram_quantile(window, sum, quantiles[i].per_mille) / scale);
	}
	buffer_fini(&labels);
	histogram_window_turn(window, sum, it->now_ms);
}

static void
histogram(struct render *it, enum metric_histogram which, const char *name,
    const char *name_count, const char *help)
{
	struct histogram_window **window = &it->view->windows[which];
	struct histogram_sum *sum = memory_new(sizeof(*sum));

	if (*window == NULL)
		*window = memory_new(sizeof(**window));
	metrics_histogram(it->metrics, which, sum);
	family(it, name_count, "counter", help);
	sample(it, name_count, (double)sum->count);
	family(it, name, "gauge", help);
	quantile_samples(it, name, NULL, *window, sum, 1000);
	free(sum);
}

/* ---------------------------------------------------------------- requests */

static struct kind *
kind_at(struct render *it, int kind)
{
	if (it->view->kinds[kind] == NULL)
		it->view->kinds[kind] = memory_new(sizeof(*it->view->kinds[kind]));
	return it->view->kinds[kind];
}

static void
sum_kind(struct render *it, int into, int kind)
{
	struct kind *at = kind_at(it, into);

	if (!at->seen) {
		memset(at->versions, 0, sizeof(at->versions));
		memset(at->errors, 0, sizeof(at->errors));
		memset(at->sums, 0, sizeof(at->sums));
	}
	at->seen = metrics_request_sum(it->metrics, kind, at->versions, at->errors, at->sums) ||
	    at->seen;
}

/* Once for each page, before its requests are shown. */
static void
sum_kinds(struct render *it)
{
	for (int i = 0; i < METRICS_REQUEST_KINDS; i++)
		if (it->view->kinds[i] != NULL)
			it->view->kinds[i]->seen = false;
	for (int i = 0; i < METRICS_REQUEST_KINDS; i++) {
		int whole;

		if (it->view->names.request(i) == NULL)
			continue;
		sum_kind(it, i, i);
		whole = it->view->names.sum_of(i);
		if (whole >= 0)
			sum_kind(it, whole, i);
	}
}

/* The next kind of which there were requests, from `kind` on; -1: none. */
static int
next_kind(const struct render *it, int kind)
{
	for (; kind < METRICS_REQUEST_KINDS; kind++)
		if (it->view->kinds[kind] != NULL && it->view->kinds[kind]->seen)
			return kind;
	return -1;
}

static void
labelled_count(struct render *it, const char *name, const char *label, const char *value,
    int kind, uint64_t count)
{
	struct buffer labels;

	if (count == 0)
		return;
	buffer_init(&labels);
	page_label(&labels, false, "request", slice_of_text(it->view->names.request(kind)));
	page_label(&labels, true, label, slice_of_text(value));
	page_sample(it->page, name, buffer_slice(&labels), (double)count);
	buffer_fini(&labels);
}

static void
requests(struct render *it, const char *name)
{
	for (int i = next_kind(it, 0); i >= 0; i = next_kind(it, i + 1))
		for (int j = 0; j < METRICS_VERSIONS; j++) {
			char version[12];

			(void)snprintf(version, sizeof(version), "%d", j);
			labelled_count(it, name, "version", version, i,
			    it->view->kinds[i]->versions[j]);
		}
}

static void
errors(struct render *it, const char *name)
{
	for (int i = next_kind(it, 0); i >= 0; i = next_kind(it, i + 1))
		for (int j = 0; j < METRICS_ERRORS; j++) {
			const char *text = it->view->names.error(j + METRICS_ERROR_FIRST);

			if (text != NULL)
				labelled_count(it, name, "error", text, i,
				    it->view->kinds[i]->errors[j]);
		}
}

static void
request_histogram(struct render *it, enum metric_request_histogram which, const char *name,
    const char *name_count, double scale, const char *help)
{
	struct buffer labels;

	family(it, name_count, "counter", help);
	buffer_init(&labels);
	for (int i = next_kind(it, 0); i >= 0; i = next_kind(it, i + 1)) {
		buffer_clear(&labels);
		page_label(&labels, false, "request", slice_of_text(it->view->names.request(i)));
		page_sample(it->page, name_count, buffer_slice(&labels),
		    (double)it->view->kinds[i]->sums[which].count);
	}
	buffer_fini(&labels);
	family(it, name, "gauge", help);
	for (int i = next_kind(it, 0); i >= 0; i = next_kind(it, i + 1))
		quantile_samples(it, name, it->view->names.request(i),
		    &it->view->kinds[i]->windows[which], &it->view->kinds[i]->sums[which], scale);
}

/* ------------------------------------------------------------ the table */

static void
series(struct render *it, enum metric_series which, const char *name, const char *type,
    const char *help)
{
	const struct snapshot *snapshot = it->snapshot;

	family(it, name, type, help);
	if (which == METRIC_SERIES_REQUESTS)
		requests(it, name);
	else if (which == METRIC_SERIES_ERRORS)
		errors(it, name);
	for (size_t i = 0; i < snapshot->sample_count; i++) {
		const struct snapshot_sample *one = &snapshot->samples[i];

		if (one->series == which)
			page_sample(it->page, name,
			    snapshot_text(snapshot, one->labels_at, one->labels_size), one->value);
	}
}

enum { UNIT_MS = 1000, UNIT_BYTES = 1 };

void
metrics_render(struct metrics_view *view, const struct metrics *metrics,
    const struct snapshot *snapshot, int64_t now_ms, struct buffer *page)
{
	struct render render = { .view = view, .metrics = metrics, .snapshot = snapshot,
		.now_ms = now_ms, .page = page }, *it = &render;

	sum_kinds(it);
#define METRIC_COUNTER(id, name, help) counter(it, METRIC_##id, name, help);
#define METRIC_TOPIC_COUNTER(id, name, help) topic_counter(it, METRIC_##id, name, help);
#define METRIC_LEVEL(id, name, labels, help) level(it, METRIC_##id, name, labels, help);
#define METRIC_HISTOGRAM(id, name, help) histogram(it, METRIC_##id, name, name "_count", help);
#define METRIC_REQUEST_HISTOGRAM(id, name, unit, help) \
	request_histogram(it, METRIC_##id, name, name "_count", UNIT_##unit, help);
#define METRIC_GAUGE(id, name, labels, help) gauge(it, METRIC_##id, name, labels, help);
#define METRIC_PARTITION_GAUGE(id, name, help) \
	partition_gauge(it, METRIC_PARTITION_##id, name, help);
#define METRIC_SERIES(id, name, type, help) \
	series(it, METRIC_SERIES_##id, name, type, help);
#include "metrics/metrics.def"
}
