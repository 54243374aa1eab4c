/*
 * world/clock.h: the two clocks. Time-outs, lags and back-offs use the
 * monotonic one; record timestamps and retention the wall clock (F27).
 */
#ifndef KLAMM_WORLD_CLOCK_H
#define KLAMM_WORLD_CLOCK_H

#include <stdint.h>

struct clock {
	/* Microseconds since an arbitrary start; never goes back. */
	int64_t (*monotonic_us)(struct clock *clock);
	/* Milliseconds since 1970-01-01 UTC; an operator may move it. */
	int64_t (*wall_ms)(struct clock *clock);
};

static inline int64_t
clock_monotonic_us(struct clock *clock)
{
	return clock->monotonic_us(clock);
}

static inline int64_t
clock_wall_ms(struct clock *clock)
{
	return clock->wall_ms(clock);
}

#endif
