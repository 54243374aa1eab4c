/*
 * partition/fetcher_rate.h: how often something has happened, and how often a
 * second of late: in the half minute that has ended, or in the one at hand when
 * it has lasted longer than that, for then nothing happens. One thread adds,
 * any thread reads. Private.
 */
#ifndef KLAMM_PARTITION_FETCHER_RATE_H
#define KLAMM_PARTITION_FETCHER_RATE_H

#include <stdatomic.h>
#include <stdint.h>

struct fetcher_rate {
	_Atomic(uint64_t) count;
	_Atomic(int64_t) begun_us;       /* the half minute at hand; monotonic */
	_Atomic(uint64_t) count_then;
	_Atomic(uint64_t) last_per_1000s; /* of the one before */
};

void fetcher_rate_init(struct fetcher_rate *rate, int64_t now_us);
void fetcher_rate_add(struct fetcher_rate *rate, int64_t now_us);
uint64_t fetcher_rate_count(const struct fetcher_rate *rate);
double fetcher_rate_per_second(const struct fetcher_rate *rate, int64_t now_us);

#endif
