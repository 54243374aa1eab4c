/*
 * log/log_removal.h: retention and the deletion of old segments, as a job (see
 * log.h):
 *
 *	log_removal_prepare(log, ...)   on the actor: log start moves, segments leave
 *	log_removal_rename(removal)     on a worker: files get the suffix .deleted
 *	log_removal_done(log, removal)  on the actor
 *	log_removal_unlink(removal)     on a worker, file.delete.delay.ms later
 *	log_removal_fini(removal)
 *
 * Slices that are being sent go on to the end.
 */
#ifndef KLAMM_LOG_LOG_REMOVAL_H
#define KLAMM_LOG_LOG_REMOVAL_H

#include "log/log.h"

/* Why segments go, for the log line. */
struct log_retention {
	int by_start; /* below the log start offset */
	int by_size;
	int by_time;
	bool waits_for_flush; /* more would go, had the log been flushed (LOG_FLUSH_ALL) */
};

struct log_removal {
	struct log_retention retention;
	int64_t start_offset;      /* of the log from now on */
	int64_t base_offset;       /* of the first segment that stays */
	int64_t due_ms;            /* wall clock: when the files may be removed */
	struct disk *disk;
	char *path;                /* the partition's directory, at prepare */
	struct segment **segments; /* held, oldest first */
	int count;
	int gone;                  /* of them, by rename: those after it go back into the log */
	enum error error;          /* of rename */
};

/*
 * Only flushed segments go: should a power cut bring one back, it is sound.
 *
 * How many of the oldest segments have to go (storage format section 7), and
 * why. Whether the wall clock may be trusted is the caller's business (F27): with
 * `aged_ms`, the time by which ages count, of INT64_MIN nothing is too old. None
 * before the removal before is done: of two at once the later one's names may
 * change first, and a crash would leave a gap.
 */
int log_retention(const struct log *log, int64_t aged_ms, struct log_retention *retention);
/*
 * Takes these segments out of the log; when all go a new one is begun first
 * (which may fail, then nothing has changed). count 0 is an empty job.
 */
NODISCARD enum error log_removal_prepare(struct log *log, struct log_removal *removal,
    int64_t aged_ms, int64_t now_ms);
/* Blocks. Oldest first, so that no crash leaves a gap; the error is kept, too. */
void log_removal_rename(struct log_removal *removal);
/*
 * Returns the error of rename; the log is offline when it does not heal. What
 * rename has left is in the log again, and goes with the next removal.
 */
NODISCARD enum error log_removal_done(struct log *log, struct log_removal *removal);
/* Blocks. The log may be gone, but not its directory's name; a missing file is no error. */
NODISCARD enum error log_removal_unlink(struct log_removal *removal);
void log_removal_fini(struct log_removal *removal);

/*
 * Blocks; on a worker. Removes a partition's directory (renamed to -delete and
 * closed) with all that is in it, and syncs its parent.
 */
NODISCARD enum error log_remove_directory(struct disk *disk, const char *path);

#endif
