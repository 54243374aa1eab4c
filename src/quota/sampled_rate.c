#include "quota/sampled_rate.h"

#include <assert.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/memory.h"

/* A window is one word, so that whoever begins it anew loses nothing of others. */
enum { SUM_BITS = 40, SECOND_US = 1000 * 1000 };
#define SUM_MAX ((UINT64_C(1) << SUM_BITS) - 1)

static uint64_t
tag_of(int64_t number)
{
	return (uint64_t)number << SUM_BITS >> SUM_BITS << SUM_BITS;
}

static _Atomic(uint64_t) *
window_at(const struct sampled_rate *rate, int64_t number)
{
	return &rate->windows[number % rate->count];
}

void
sampled_rate_init(struct sampled_rate *rate, int32_t windows, int64_t window_us)
{
	assert(windows > 0 && window_us > 0);
	rate->window_us = window_us;
	rate->count = windows;
	rate->windows = memory_array((size_t)windows, sizeof(rate->windows[0]));
	for (int32_t i = 0; i < windows; i++)
		atomic_init(&rate->windows[i], 0);
}

void
sampled_rate_fini(struct sampled_rate *rate)
{
	free(rate->windows);
	rate->windows = NULL;
}

/* Of an older window nothing is left; a sum stays at its largest value. */
static uint64_t
with(uint64_t word, uint64_t tag, uint64_t amount)
{
	uint64_t sum = (word & ~SUM_MAX) == tag ? word & SUM_MAX : 0;

	return tag | MIN(sum + amount, SUM_MAX);
}

void
sampled_rate_add(struct sampled_rate *rate, int64_t amount, int64_t now_us)
{
	int64_t number = now_us / rate->window_us;
	_Atomic(uint64_t) *window = window_at(rate, number);
	uint64_t old = atomic_load_explicit(window, memory_order_relaxed);
	uint64_t added = MIN((uint64_t)MAX(amount, 0), SUM_MAX);

	while (!atomic_compare_exchange_weak_explicit(window, &old,
	    with(old, tag_of(number), added), memory_order_relaxed, memory_order_relaxed))
		;
}

static uint64_t
sum_of(const struct sampled_rate *rate, int64_t number)
{
	uint64_t word = atomic_load_explicit(window_at(rate, number), memory_order_relaxed);

	return (word & ~SUM_MAX) == tag_of(number) ? word & SUM_MAX : 0;
}

bool
sampled_rate_exceeds(const struct sampled_rate *rate, int64_t per_second, int64_t now_us)
{
	int64_t newest = now_us / rate->window_us, oldest = newest, elapsed_us;
	double sum = 0;

	for (int64_t number = newest; number >= 0 && newest - number < rate->count; number--) {
		uint64_t found = sum_of(rate, number);

		if (found > 0)
			oldest = number;
		sum += (double)found;
	}
	elapsed_us = MAX(now_us - oldest * rate->window_us, rate->window_us);
	return sum * SECOND_US > (double)per_second * (double)elapsed_us;
}
