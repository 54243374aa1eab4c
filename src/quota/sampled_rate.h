/*
 * quota/sampled_rate.h: how much a second, over the newest windows: all that
 * was counted in them, divided by the time since the oldest of them began that
 * has something, one window at least (as SimpleRate of Kafka 3.9 does; here
 * windows begin at multiples of their size). Any thread may count and ask.
 */
#ifndef KLAMM_QUOTA_SAMPLED_RATE_H
#define KLAMM_QUOTA_SAMPLED_RATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct sampled_rate {
	int64_t window_us;
	int32_t count;              /* of windows, the one at hand among them */
	_Atomic(uint64_t) *windows; /* by number modulo count: what is low of its number, and its sum */
};

/* Both at least 1. */
void sampled_rate_init(struct sampled_rate *rate, int32_t windows, int64_t window_us);
void sampled_rate_fini(struct sampled_rate *rate);

/* `now_us` is monotonic and never negative. */
void sampled_rate_add(struct sampled_rate *rate, int64_t amount, int64_t now_us);
/* Whether it is above so much a second. */
bool sampled_rate_exceeds(const struct sampled_rate *rate, int64_t per_second, int64_t now_us);

#endif
