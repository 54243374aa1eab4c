/*
 * base/wall_watch.h: may the wall clock be trusted? What is removed by age is not, for a while after the wall clock
 * has moved against the monotonic one (F27): who set it wrongly has that time to set it right.
 */
#ifndef KLAMM_BASE_WALL_WATCH_H
#define KLAMM_BASE_WALL_WATCH_H

#include <stdbool.h>
#include <stdint.h>

enum {
	WALL_WATCH_JUMP_MS = 60 * 1000,        /* less is the work of NTP */
	WALL_WATCH_SETTLE_MS = 10 * 60 * 1000, /* no jump for so long: it is believed */
};

struct wall_watch {
	int64_t wall_ms, monotonic_us; /* at the last look */
	int64_t trusted_us;            /* monotonic: from when on it is believed */
};

/* At the first look it is believed, as there is nothing else. */
void wall_watch_init(struct wall_watch *watch, int64_t wall_ms, int64_t monotonic_us);
/* By how many ms it has jumped since the last look; 0: it has not. */
int64_t wall_watch_look(struct wall_watch *watch, int64_t wall_ms, int64_t monotonic_us);
/* As of the last look. */
bool wall_watch_is_trusted(const struct wall_watch *watch);

#endif
