#include "base/wall_watch.h"

#include <stdlib.h>

void
wall_watch_init(struct wall_watch *watch, int64_t wall_ms, int64_t monotonic_us)
{
	*watch = (struct wall_watch){ wall_ms, monotonic_us, monotonic_us };
}

int64_t
wall_watch_look(struct wall_watch *watch, int64_t wall_ms, int64_t monotonic_us)
{
	int64_t moved_ms = wall_ms - watch->wall_ms - (monotonic_us - watch->monotonic_us) / 1000;

	watch->wall_ms = wall_ms;
	watch->monotonic_us = monotonic_us;
	if (llabs(moved_ms) <= WALL_WATCH_JUMP_MS)
		return 0;
	watch->trusted_us = monotonic_us + (int64_t)WALL_WATCH_SETTLE_MS * 1000;
	return moved_ms;
}

bool
wall_watch_is_trusted(const struct wall_watch *watch)
{
	return watch->monotonic_us >= watch->trusted_us;
}
