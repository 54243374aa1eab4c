/*
 * partition/shrunk_isr.h: the entry of a partition in klamm-shrunk-isr-checkpoint
 * (log/shrunk_isr_checkpoint.h): when it has to be there, where it says that the
 * log ends, and what may not happen while it is there (faults.md F17). Pure.
 *
 *     NONE --want--> SYNC --flushed--> WRITE --written--> NOTED --drop--> REMOVE --> NONE
 *
 * With an entry on disk, or on its way there or away, nothing behind its end
 * is acknowledged: so after a power cut a log that reaches its entry has all
 * that ever was.
 */
#ifndef KLAMM_PARTITION_SHRUNK_ISR_H
#define KLAMM_PARTITION_SHRUNK_ISR_H

#include <stdbool.h>
#include <stdint.h>

enum { SHRUNK_ISR_NONE = -1 }; /* of an end offset: there is no entry */

struct shrunk_isr_mark {
	int32_t leader_epoch;
	int64_t end_offset; /* or SHRUNK_ISR_NONE */
};

struct shrunk_isr {
	struct shrunk_isr_mark wanted;
	struct shrunk_isr_mark noted; /* on disk, as far as is known */
	struct shrunk_isr_mark out;   /* what is being written */
	bool is_out;
};

enum shrunk_isr_step {
	SHRUNK_ISR_REST,  /* nothing to do, or it is under way */
	SHRUNK_ISR_SYNC,  /* the log has to be synced up to `wanted.end_offset` */
	SHRUNK_ISR_WRITE, /* `wanted` is to be written: shrunk_isr_begin, later shrunk_isr_done */
};

/* With what stands in the file; NULL: nothing. */
void shrunk_isr_init(struct shrunk_isr *shrunk, const struct shrunk_isr_mark *noted);
/* The log is in another dir now: what is wanted is written there. */
void shrunk_isr_moved(struct shrunk_isr *shrunk);
/* The ISR is, or is about to be, too small. */
void shrunk_isr_want(struct shrunk_isr *shrunk, int32_t leader_epoch, int64_t end_offset);
/* The ISR is large enough again, or another broker leads. */
void shrunk_isr_drop(struct shrunk_isr *shrunk);
static inline bool
shrunk_isr_is_wanted(const struct shrunk_isr *shrunk)
{
	return shrunk->wanted.end_offset != SHRUNK_ISR_NONE;
}
/* Nobody knows what the log lacks: no end is behind what it had. */
static inline bool
shrunk_isr_is_doubt(const struct shrunk_isr *shrunk)
{
	return shrunk->wanted.end_offset == INT64_MAX;
}
/* What is wanted is on disk. */
bool shrunk_isr_is_settled(const struct shrunk_isr *shrunk);
/* There is, or may be, no entry on disk. */
bool shrunk_isr_is_clear(const struct shrunk_isr *shrunk);
/* Where the high watermark may get to; INT64_MAX: anywhere. */
int64_t shrunk_isr_limit(const struct shrunk_isr *shrunk);

/* `flushed_offset`: all below is on disk. */
enum shrunk_isr_step shrunk_isr_next(const struct shrunk_isr *shrunk, int64_t flushed_offset);
void shrunk_isr_begin(struct shrunk_isr *shrunk);
/* After a write that failed the old or the new entry is there. */
void shrunk_isr_done(struct shrunk_isr *shrunk, bool written);

#endif
