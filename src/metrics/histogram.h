/*
 * metrics/histogram.h: how large values were, in buckets of bounded number:
 * eight for each power of two, so that a quantile is off by at most 7 %. One
 * thread writes a histogram, any thread reads it meanwhile.
 *
 * Kafka's exporter shows quantiles of about the last five minutes. The reader
 * has them by a window: it keeps what the buckets were some minutes ago, and
 * looks at what has come since. Where nothing has come, the window stays.
 */
#ifndef KLAMM_METRICS_HISTOGRAM_H
#define KLAMM_METRICS_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

enum {
	HISTOGRAM_BUCKETS = 8 + 8 * 29, /* 0 to 2^32 - 1; what is larger counts as that */
	HISTOGRAM_WINDOW_HALF_MS = 150 * 1000,
};

struct histogram {
	_Atomic(uint64_t) buckets[HISTOGRAM_BUCKETS];
};

/* What several histograms have together, at one moment. */
struct histogram_sum {
	uint64_t count;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* Zeroed memory is a window that begins at the process's start. The reader's alone. */
struct histogram_window {
	struct histogram_sum from, next; /* the window's begin, and that of the one after it */
	int64_t turned_ms;
};

/* Its writer's thread; a negative value counts as 0. */
void histogram_add(struct histogram *histogram, int64_t value);
/* Any thread. */
void histogram_sum_add(struct histogram_sum *sum, const struct histogram *histogram);
/* After the window was looked at: it goes on when its half is over. */
void histogram_window_turn(struct histogram_window *window, const struct histogram_sum *now,
    int64_t now_ms);
/* The value that `per_mille` of those in the window do not pass; 0 when there are none. */
double histogram_quantile(const struct histogram_window *window, const struct histogram_sum *now,
    int per_mille);

/* For tests: where a value lies, and what the bucket stands for (its middle). */
int histogram_bucket(int64_t value);
double histogram_bucket_value(int bucket);

#endif
