/*
 * partition/disk_hang.h: whether the disk of a log dir hangs (F23): for so long something
 * was on its way there, and nothing has come to an end. The machine, looked at from time
 * to time; without clock.
 */
#ifndef KLAMM_PARTITION_DISK_HANG_H
#define KLAMM_PARTITION_DISK_HANG_H

#include <stdbool.h>
#include <stdint.h>

enum {
	/* Whoever looks later than that was kept from it: more of it says nothing of the disk. */
	DISK_HANG_LOOK_US = 2 * 1000 * 1000,
	/* A disk that has hung is well when it was quicker than the limit / 2 for as long as the limit. */
	DISK_HANG_QUICK = 2,
};

struct disk_hang {
	bool hangs;
	int64_t since_us;   /* when that was found */
	int64_t looked_us;  /* 0: never */
	uint64_t ended;     /* as last seen */
	bool was_wanted;    /* something was on its way then */
	int64_t stalled_us; /* nothing has ended for so long */
	int64_t quick_us;   /* as it hangs: so long it has not been stalled */
};

/*
 * What has begun and has ended so far (log/log_pulse.h), microseconds of a monotonic clock.
 * A limit of 0 or less: it never hangs. True: `hangs` is another one now.
 */
bool disk_hang_look(struct disk_hang *it, uint64_t begun, uint64_t ended, int64_t limit_us,
    int64_t now_us);

#endif
