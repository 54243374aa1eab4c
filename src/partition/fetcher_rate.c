#include "partition/fetcher_rate.h"

#include "base/macros.h"

enum { WINDOW_US = 30 * 1000 * 1000 };

#define LOAD(member) atomic_load_explicit(&rate->member, memory_order_relaxed)
#define STORE(member, value) atomic_store_explicit(&rate->member, (value), memory_order_relaxed)

static uint64_t
per_1000s(uint64_t count, int64_t elapsed_us)
{
	return (uint64_t)((double)count * 1e9 / (double)MAX(elapsed_us, 1));
}

void
fetcher_rate_init(struct fetcher_rate *rate, int64_t now_us)
{
	STORE(begun_us, now_us);
}

void
fetcher_rate_add(struct fetcher_rate *rate, int64_t now_us)
{
	int64_t elapsed_us = now_us - LOAD(begun_us);

	STORE(count, LOAD(count) + 1);
	if (elapsed_us < WINDOW_US)
		return;
	STORE(last_per_1000s, per_1000s(LOAD(count) - LOAD(count_then), elapsed_us));
	STORE(count_then, LOAD(count));
	STORE(begun_us, now_us);
}

uint64_t
fetcher_rate_count(const struct fetcher_rate *rate)
{
	return LOAD(count);
}

double
fetcher_rate_per_second(const struct fetcher_rate *rate, int64_t now_us)
{
	int64_t elapsed_us = now_us - LOAD(begun_us);
	uint64_t last = LOAD(last_per_1000s);

	/* The first one, or one in which nothing comes to end it. */
	if (last == 0 || elapsed_us > WINDOW_US)
		last = per_1000s(LOAD(count) - LOAD(count_then), elapsed_us);
	return (double)last / 1000;
}
