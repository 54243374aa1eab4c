#include "metrics/metrics.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/memory.h"

struct metrics *
metrics_new(int cells)
{
	struct metrics *it = memory_new(sizeof(*it));

	it->cell_count = cells;
	it->cells = memory_array((size_t)cells, sizeof(struct metrics_cell *));
	for (int i = 0; i < cells; i++)
		it->cells[i] = memory_new(sizeof(struct metrics_cell));
	return it;
}

void
metrics_free(struct metrics *it)
{
	if (it == NULL)
		return;
	for (int i = 0; i < it->cell_count; i++) {
		struct metrics_cell *cell = it->cells[i];

		for (int j = 0; j < METRIC_HISTOGRAMS; j++)
			free(atomic_load(&cell->histograms[j]));
		for (int j = 0; j < METRICS_REQUEST_KINDS; j++)
			free(atomic_load(&cell->requests[j]));
		free(cell);
	}
	free(it->cells);
	free(it);
}

/* ------------------------------------------------- the cell's own thread */

void
metrics_time(struct metrics_cell *cell, enum metric_histogram which, int64_t us)
{
	struct histogram *histogram;

	if (cell == NULL)
		return;
	histogram = atomic_load_explicit(&cell->histograms[which], memory_order_relaxed);
	if (histogram == NULL) {
		histogram = memory_new(sizeof(*histogram));
		/* A reader that sees it sees it zeroed. */
		atomic_store_explicit(&cell->histograms[which], histogram, memory_order_release);
	}
	histogram_add(histogram, us);
}

struct metrics_request *
metrics_request_of(struct metrics_cell *cell, int kind)
{
	struct metrics_request *request;

	if (cell == NULL || kind < 0 || kind >= METRICS_REQUEST_KINDS)
		return NULL;
	request = atomic_load_explicit(&cell->requests[kind], memory_order_relaxed);
	if (request == NULL) {
		request = memory_new(sizeof(*request));
		atomic_store_explicit(&cell->requests[kind], request, memory_order_release);
	}
	return request;
}

static void
add(_Atomic(uint64_t) *counter, uint64_t more)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
	    memory_order_relaxed);
}

void
metrics_request_version(struct metrics_request *request, int version)
{
	if (version >= 0 && version < METRICS_VERSIONS)
		add(&request->versions[version], 1);
}

void
metrics_request_errors(struct metrics_request *request, int code, uint64_t count)
{
	int index = code - METRICS_ERROR_FIRST;

	if (index >= 0 && index < METRICS_ERRORS)
		add(&request->errors[index], count);
}

/* -------------------------------------------------------------- any thread */

size_t
metrics_parts(const struct metrics *metrics)
{
	size_t count = 0;

	for (int i = 0; i < metrics->cell_count; i++) {
		struct metrics_cell *cell = metrics->cells[i];

		for (int j = 0; j < METRIC_HISTOGRAMS; j++)
			count += atomic_load_explicit(&cell->histograms[j], memory_order_relaxed) != NULL;
		for (int j = 0; j < METRICS_REQUEST_KINDS; j++)
			count += atomic_load_explicit(&cell->requests[j], memory_order_relaxed) != NULL;
	}
	return count;
}

uint64_t
metrics_counter(const struct metrics *metrics, int counter)
{
	uint64_t sum = 0;

	for (int i = 0; i < metrics->cell_count; i++)
		sum += atomic_load_explicit(&metrics->cells[i]->counters[counter],
		    memory_order_relaxed);
	return sum;
}

int64_t
metrics_level(const struct metrics *metrics, enum metric_level level)
{
	int64_t sum = 0;

	for (int i = 0; i < metrics->cell_count; i++)
		sum += atomic_load_explicit(&metrics->cells[i]->levels[level],
		    memory_order_relaxed);
	return MAX(sum, 0); /* threads are not read at one moment */
}

void
metrics_histogram(const struct metrics *metrics, enum metric_histogram which,
    struct histogram_sum *sum)
{
	for (int i = 0; i < metrics->cell_count; i++) {
		const struct histogram *histogram = atomic_load_explicit(
		    &metrics->cells[i]->histograms[which], memory_order_acquire);

		if (histogram != NULL)
			histogram_sum_add(sum, histogram);
	}
}

static void
add_request(const struct metrics_request *request, uint64_t versions[METRICS_VERSIONS],
    uint64_t errors[METRICS_ERRORS], struct histogram_sum histograms[METRIC_REQUEST_HISTOGRAMS])
{
	for (int i = 0; i < METRICS_VERSIONS; i++)
		versions[i] += atomic_load_explicit(&request->versions[i], memory_order_relaxed);
	for (int i = 0; i < METRICS_ERRORS; i++)
		errors[i] += atomic_load_explicit(&request->errors[i], memory_order_relaxed);
	for (int i = 0; i < METRIC_REQUEST_HISTOGRAMS; i++)
		histogram_sum_add(&histograms[i], &request->histograms[i]);
}

bool
metrics_request_sum(const struct metrics *metrics, int kind,
    uint64_t versions[METRICS_VERSIONS], uint64_t errors[METRICS_ERRORS],
    struct histogram_sum histograms[METRIC_REQUEST_HISTOGRAMS])
{
	bool found = false;

	for (int i = 0; i < metrics->cell_count; i++) {
		const struct metrics_request *request = atomic_load_explicit(
		    &metrics->cells[i]->requests[kind], memory_order_acquire);

		if (request == NULL)
			continue;
		found = true;
		add_request(request, versions, errors, histograms);
	}
	return found;
}
