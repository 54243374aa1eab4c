#include "metrics/histogram.h"

#include "base/macros.h"

int
histogram_bucket(int64_t value)
{
	uint32_t bounded = (uint32_t)MIN(MAX(value, 0), (int64_t)UINT32_MAX);
	int power;

	if (bounded < 8)
		return (int)bounded;
	power = 31 - __builtin_clz(bounded); /* from 3 on */
	return 8 * (power - 2) + (int)(bounded >> (power - 3) & 7);
}

double
histogram_bucket_value(int bucket)
{
	int power = bucket / 8 + 2;
	double width;

	if (bucket < 16)
		return bucket; /* a bucket of one value */
	width = (double)(INT64_C(1) << (power - 3));
	return (8 + bucket % 8) * width + (width - 1) / 2;
}

void
histogram_add(struct histogram *histogram, int64_t value)
{
	_Atomic(uint64_t) *bucket = &histogram->buckets[histogram_bucket(value)];

	/* One writer: nothing is lost between the two. */
	atomic_store_explicit(bucket, atomic_load_explicit(bucket, memory_order_relaxed) + 1,
	    memory_order_relaxed);
}

void
histogram_sum_add(struct histogram_sum *sum, const struct histogram *histogram)
{
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		uint64_t count = atomic_load_explicit(&histogram->buckets[i], memory_order_relaxed);

		sum->buckets[i] += count;
		sum->count += count;
	}
}

void
histogram_window_turn(struct histogram_window *window, const struct histogram_sum *now,
    int64_t now_ms)
{
	if (now_ms - window->turned_ms < HISTOGRAM_WINDOW_HALF_MS ||
	    now->count == window->next.count)
		return;
	window->turned_ms = now_ms;
	window->from = window->next;
	window->next = *now;
}

double
histogram_quantile(const struct histogram_window *window, const struct histogram_sum *now,
    int per_mille)
{
	uint64_t count = now->count - window->from.count, seen = 0;
	uint64_t rank = (count * (uint64_t)per_mille + 999) / 1000;

	if (count == 0)
		return 0;
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += now->buckets[i] - window->from.buckets[i];
		if (seen >= rank && seen > 0)
			return histogram_bucket_value(i);
	}
	return 0;
}
