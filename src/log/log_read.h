/*
 * log/log_read.h: reading, as a job (see log.h):
 *
 *	log_read_prepare(log, read)        on the actor
 *	log_read_run(read, resident_only)  there, and when that would block again on
 *	                                   a worker without resident_only
 *	log_read_done(log, read)           on the actor
 *
 * The result is a slice: bytes of a segment's file, pinned until
 * log_slice_release(), even when the segment is deleted meanwhile. A truncation
 * waits for nobody: who sends a slice asks before each piece whether it is intact.
 */
#ifndef KLAMM_LOG_LOG_READ_H
#define KLAMM_LOG_LOG_READ_H

#include "log/damage_watch.h"
#include "log/log.h"

struct segment;
struct aborted_transaction;

struct log_slice {
	struct segment *segment; /* held; NULL: empty, nothing to release */
	struct disk_file *file;  /* pinned */
	int64_t position;
	int64_t size;
	unsigned cuts;           /* the segment's when the slice was made */
};

/* On any thread; harmless for an empty one. */
void log_slice_release(struct log_slice *slice);
/*
 * On any thread. False: its log was truncated below its end since it was made,
 * and other bytes may stand there now; the connection is to be reset.
 */
bool log_slice_is_intact(const struct log_slice *slice);

struct log_read {
	/* What is wanted. */
	int64_t offset;
	int64_t upper_bound;  /* high watermark, last stable offset, log end */
	int64_t max_bytes;
	/*
	 * The first batch even when it is larger; else nothing when it is. Only what
	 * follows it may be a part of a batch: consumers skip that, but take a first
	 * batch that is not whole for an error (KIP-74).
	 */
	bool at_least_one;
	bool looks;           /* at every checksum: somebody may not have liked these bytes */
	/* The way there. */
	struct segment *segment;
	int64_t limit;        /* bytes of whole batches in the segment at prepare */
	int64_t floor;        /* where to look from; -1: to be looked up */
	int64_t bound_floor;  /* the same for upper_bound; -2: behind the segment */
	struct damage_watch watch;
	/* The result. */
	struct log_slice slice;
	int64_t slice_offset; /* first offset of the slice's first batch */
	/*
	 * CORRUPT: offsets up to here are damaged. Else NONE, or that the job has found a
	 * damage: CORRUPT, or IO where the disk cannot read it (F22).
	 */
	int64_t damage_end;
	enum error news;
};

/*
 * OUT_OF_RANGE below the log start or above the log end; OFFLINE as the log's state;
 * CORRUPT: the offset is known to be damaged. `offset` at or above the bound gives an
 * empty slice.
 */
NODISCARD enum error log_read_prepare(struct log *log, struct log_read *read);
/*
 * WOULD_BLOCK with resident_only. END_OF_STREAM: nothing from the offset on in
 * this segment (compaction left a gap). NOT_FOUND: deleted meanwhile. CORRUPT: what is
 * at the offset is damaged, or cannot be read (F15, F22). A slice ends before damage.
 */
NODISCARD enum error log_read_run(struct log_read *read, bool resident_only);
/*
 * The job ends; a slice in read->slice is the caller's from here on, and read->news say
 * whether the log has got a damage that nobody knew of.
 */
void log_read_done(struct log *log, struct log_read *read);

/*
 * All of it, going on to the next segment where one has nothing. WOULD_BLOCK
 * only with resident_only.
 */
NODISCARD enum error log_read(struct log *log, struct log_read *read, bool resident_only);

/*
 * Aborted transactions with records in [offset, upper_bound). On the actor, or
 * with the log exclusive; WOULD_BLOCK only with resident_only, then begin again.
 */
NODISCARD enum error log_collect_aborted(struct log *log, int64_t offset, int64_t upper_bound,
    bool resident_only, void (*add)(void *context, const struct aborted_transaction *transaction),
    void *context);

#endif
