/*
 * log/segment_recovery.h: goes over a segment's records after a crash: checks
 * every batch, cuts what a crash has torn, and makes the indexes anew. Blocks.
 */
#ifndef KLAMM_LOG_SEGMENT_RECOVERY_H
#define KLAMM_LOG_SEGMENT_RECOVERY_H

#include "log/segment.h"

struct segment_recovery {
	const struct log_config *config;
	/*
	 * Records below it were on disk once: a bad batch there is damage and is
	 * left as it is (F15); behind it, it is a torn tail and is cut (F14).
	 */
	int64_t recovery_point;
	/* No page was lost since: a bad batch that a sound one follows is damage, wherever. */
	bool pages_survived;
	bool is_followed; /* by another segment */
	/* Where the segment ends at least, when nothing sound follows what is damaged. */
	int64_t least_end;
	bool sync_first; /* the page cache may hold what the disk lost (F21) */
	/*
	 * Called for each good batch, in order. An error ends the recovery. NULL
	 * `take` is allowed.
	 */
	enum error (*take)(void *context, const struct scanned_batch *batch, struct slice bytes);
	void *context;
	/* Results. */
	int64_t cut_bytes; /* torn and removed */
	bool damaged;      /* segment->damages tells where */
};

/*
 * Afterwards the segment's fields and indexes fit its records, and it is
 * active: if another one follows, the caller finishes and seals it. Of a damaged
 * one the sound batches behind the damage count, too.
 */
NODISCARD enum error segment_recover(struct segment *segment, const struct segment_place *place,
    struct segment_recovery *recovery);

#endif
