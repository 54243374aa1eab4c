/*
 * metrics/metrics.h: what the broker counts while it works. Each thread that
 * counts has a cell of its own, so that nobody waits and no cache line is
 * fought for; who wants to know sums the cells. A cell that is NULL counts
 * nothing: so it is where klamm.http.listener is not set.
 *
 * What is only looked up when somebody asks stands in a snapshot (snapshot.h).
 */
#ifndef KLAMM_METRICS_METRICS_H
#define KLAMM_METRICS_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "metrics/histogram.h"

enum metric_topic_counter {
#define METRIC_TOPIC_COUNTER(id, name, help) METRIC_##id,
#include "metrics/metrics.def"
	METRIC_TOPIC_COUNTERS
};

/* Those by topic first: they are counted for all topics together, too. */
enum metric_counter {
	METRIC_COUNTERS_BEGIN = METRIC_TOPIC_COUNTERS - 1,
#define METRIC_COUNTER(id, name, help) METRIC_##id,
#include "metrics/metrics.def"
	METRIC_COUNTERS
};

enum metric_level {
#define METRIC_LEVEL(id, name, labels, help) METRIC_##id,
#include "metrics/metrics.def"
	METRIC_LEVELS
};

enum metric_histogram {
#define METRIC_HISTOGRAM(id, name, help) METRIC_##id,
#include "metrics/metrics.def"
	METRIC_HISTOGRAMS
};

enum metric_request_histogram {
#define METRIC_REQUEST_HISTOGRAM(id, name, unit, help) METRIC_##id,
#include "metrics/metrics.def"
	METRIC_REQUEST_HISTOGRAMS
};

enum {
	METRICS_REQUEST_KINDS = 128,  /* API keys, and what their owner adds */
	METRICS_VERSIONS = 32,
	METRICS_ERROR_FIRST = -1,     /* Kafka's error codes */
	METRICS_ERRORS = 160,
};

/* Of one kind of request, on one thread. */
struct metrics_request {
	_Atomic(uint64_t) versions[METRICS_VERSIONS];
	_Atomic(uint64_t) errors[METRICS_ERRORS]; /* by code, from METRICS_ERROR_FIRST on */
	struct histogram histograms[METRIC_REQUEST_HISTOGRAMS];
};

/* One thread's; its own alone writes. What is seldom used is made at its first use. */
struct metrics_cell {
	_Atomic(uint64_t) counters[METRIC_COUNTERS];
	_Atomic(int64_t) levels[METRIC_LEVELS];
	_Atomic(struct histogram *) histograms[METRIC_HISTOGRAMS];
	_Atomic(struct metrics_request *) requests[METRICS_REQUEST_KINDS];
};

struct metrics {
	int cell_count;
	struct metrics_cell **cells; /* on memory of their own */
};

struct metrics *metrics_new(int cells);
/* Nobody counts any more. NULL is harmless. */
void metrics_free(struct metrics *metrics);

/* ------------------------------------------------- the cell's own thread */

/* One writer each: loads and stores suffice. */
static inline void
metrics_count(struct metrics_cell *cell, int counter, uint64_t more)
{
	if (cell == NULL)
		return;
	atomic_store_explicit(&cell->counters[counter],
	    atomic_load_explicit(&cell->counters[counter], memory_order_relaxed) + more,
	    memory_order_relaxed);
}

/* What one thread adds another may take away: the sum counts. */
static inline void
metrics_move(struct metrics_cell *cell, enum metric_level level, int64_t by)
{
	if (cell == NULL)
		return;
	atomic_store_explicit(&cell->levels[level],
	    atomic_load_explicit(&cell->levels[level], memory_order_relaxed) + by,
	    memory_order_relaxed);
}

/* In microseconds. */
void metrics_time(struct metrics_cell *cell, enum metric_histogram histogram, int64_t us);
/* NULL without a cell, and for a kind that is out of range. */
struct metrics_request *metrics_request_of(struct metrics_cell *cell, int kind);
/* The request has this version; an error code has been answered. Out of range: not counted. */
void metrics_request_version(struct metrics_request *request, int version);
void metrics_request_errors(struct metrics_request *request, int code, uint64_t count);

/* -------------------------------------------------------------- any thread */

/* Pieces of memory that the cells' threads have made at first uses; they go with `metrics`. */
size_t metrics_parts(const struct metrics *metrics);

uint64_t metrics_counter(const struct metrics *metrics, int counter);
int64_t metrics_level(const struct metrics *metrics, enum metric_level level);
void metrics_histogram(const struct metrics *metrics, enum metric_histogram histogram,
    struct histogram_sum *sum);
/* False: there was no such request yet. Added to what stands in the arguments. */
bool metrics_request_sum(const struct metrics *metrics, int kind,
    uint64_t versions[METRICS_VERSIONS], uint64_t errors[METRICS_ERRORS],
    struct histogram_sum histograms[METRIC_REQUEST_HISTOGRAMS]);

#endif
