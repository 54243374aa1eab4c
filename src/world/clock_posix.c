#include "world/clock_posix.h"

#include <assert.h>
#include <time.h>

static struct timespec
read_clock(clockid_t which)
{
	struct timespec now;
	int result = clock_gettime(which, &now);

	assert(result == 0);
	return now;
}

static int64_t
monotonic_us(struct clock *clock)
{
	struct timespec now = read_clock(CLOCK_MONOTONIC);

	(void)clock;
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t
wall_ms(struct clock *clock)
{
	struct timespec now = read_clock(CLOCK_REALTIME);

	(void)clock;
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
clock_posix_init(struct clock *clock)
{
	*clock = (struct clock){ .monotonic_us = monotonic_us, .wall_ms = wall_ms };
}
