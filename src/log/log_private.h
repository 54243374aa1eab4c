/*
 * log/log_private.h: what the files that make up a log share: log.c (life,
 * offsets), log_load.c and log_load_names.c (start), log_recovery.c,
 * log_append.c, log_roll.c, log_read.c, log_lookup.c, log_flush.c,
 * log_removal.c (retention too), log_truncate.c.
 */
#ifndef KLAMM_LOG_LOG_PRIVATE_H
#define KLAMM_LOG_LOG_PRIVATE_H

#include <stdatomic.h>

#include "log/leader_epochs.h"
#include "log/log.h"
#include "log/producer_state.h"
#include "log/segment.h"

struct log {
	struct file_cache *cache;
	const struct index_place *indexes;
	struct log_room *room;     /* NULL: no limit */
	struct log_pulse *pulse;   /* NULL: nobody counts */
	char *path;
	struct log_config config;
	struct prng prng;          /* roll jitter */
	struct segment **segments; /* by base offset; the last one is active */
	int count;
	int capacity;
	int64_t start_offset;
	int64_t end_offset;
	int64_t high_watermark;
	int64_t recovery_point;
	int64_t flushed_offset;    /* >= recovery point */
	int64_t flushed_ms;        /* when the last flush ended, or the log was opened */
	_Atomic(enum error) state; /* ERROR_NONE, ERROR_OFFLINE */
	bool is_damaged;           /* a segment has damages, maybe below the log start alone */
	int jobs;                  /* made and not handed back */
	bool is_removing;          /* names of segments that have left it are about to change */
	bool epochs_unwritten;     /* leader-epoch-checkpoint is older than `epochs` */
	bool folder_unsynced;      /* files were made, renamed or removed */
	/* Removals that have failed, and those of them that a sync of the directory came after. */
	int removals_failed, removals_synced;
	/* For checkpoints and DescribeLogDirs, which another thread makes. */
	_Atomic(int64_t) published_recovery_point;
	_Atomic(int64_t) published_start_offset;
	_Atomic(int64_t) published_high_watermark;
	_Atomic(int64_t) published_end_offset;
	_Atomic(int64_t) published_size;
	struct leader_epochs epochs;
	struct producer_state producers;
};

static inline struct segment *
log_active(const struct log *log)
{
	return log->segments[log->count - 1];
}

static inline struct segment_place
log_place(const struct log *log)
{
	return (struct segment_place){ log->cache, log->indexes, log->path };
}

/* "PATH/NAME" with LOG_PATH_SIZE bytes. */
NODISCARD enum error log_file_path(const struct log *log, char *into, const char *name);
/* Takes the segment over, at the end. */
void log_add_segment(struct log *log, struct segment *segment);
/* Releases and forgets `count` segments from number `at` on. */
void log_drop_segments(struct log *log, int at, int count);
/* The last segment with a base offset <= `offset`; the first one for lower offsets. */
int log_segment_number(const struct log *log, int64_t offset);
/* No record of the segment has this offset, or a higher one. */
int64_t log_segment_end(const struct log *log, int number);
/* Some damage may be gone: with the last one nobody looks for any more. */
void log_damage_gone(struct log *log);
/* After a change of offsets that checkpoints tell, or of segments. */
void log_publish(struct log *log);
/* After an append of so many bytes. */
void log_publish_growth(struct log *log, int64_t bytes);
void log_draw_jitter(struct log *log, struct segment *segment);
/*
 * What an error from a write, sync or rename means for the log: IO and other
 * errors that do not heal take it offline. Returns the error.
 */
enum error log_failed(struct log *log, enum error error);
/* An exclusive function: no job of this log may be out. */
void log_assert_exclusive(const struct log *log);

/* ------------------------------------------------------------- log_roll.c */

/* A new segment at `base_offset`, which is the log end; the old one is finished and sealed. */
NODISCARD enum error log_roll_at(struct log *log, int64_t base_offset, int64_t now_ms);
/* Not synced: it is a hint with a checksum, and what it lacks is replayed. */
NODISCARD enum error log_write_snapshot(struct log *log, int64_t offset);

/* -------------------------------------------------------- log_producers.c */

struct log_batch_effects {
	bool aborted; /* `transaction` belongs into the segment's transaction index */
	struct aborted_transaction transaction;
};

/*
 * Fills in what producer_state has to know of a batch; false for one that it
 * need not know. ERROR_MALFORMED: a control batch that is not one.
 */
NODISCARD enum error log_producer_append_of(const struct scanned_batch *batch, struct slice bytes,
    enum log_append_origin origin, struct producer_append *append, bool *relevant);
/* Replays a batch that is in the log; markers of aborts tell their transaction. */
NODISCARD enum error log_replay_batch(struct log *log, const struct scanned_batch *batch,
    struct slice bytes, struct log_batch_effects *effects);
/*
 * Blocks. Producer state as of `offset`: from the newest snapshot that is not
 * later, and the batches from there on. `offset` is a segment's base offset
 * or the log end.
 */
NODISCARD enum error log_rebuild_producers(struct log *log, int64_t offset, int64_t now_ms);
/*
 * Blocks. All batches below `offset`, a segment's base, were replayed: of those that its
 * snapshot knows beside them nothing is left in the log, or it is damaged.
 */
NODISCARD enum error log_add_removed_producers(struct log *log, int64_t offset, int64_t now_ms);
/* Removes snapshots whose offset is in [from, to). */
NODISCARD enum error log_remove_snapshots(struct log *log, int64_t from, int64_t to);

/*
 * Blocks. After a crash: keeps sound ones of segments' base offsets and of the
 * log end, so that a second recovery finds nothing to do.
 */
NODISCARD enum error log_check_snapshots(struct log *log, int64_t now_ms);

/* -------------------------------------------------- log_load_names.c, ... */

struct log_listing {
	int64_t *bases; /* of .log files, ascending */
	int count;
};

void log_listing_fini(struct log_listing *listing);
/* Finishes what a crash interrupted (.deleted, .cleaned, .swap), then lists. */
NODISCARD enum error log_load_names(struct log *log, struct log_listing *listing);

struct log_recovery_plan {
	int first;       /* segments from this number on are recovered */
	const bool *needs; /* and those that say so, by number */
	bool sync_first;
	bool pages_survived;
	bool gaps_are_losses;
	int64_t now_ms;
	void (*progress)(void *context, int done, int total);
	void *context;
};

/* Blocks. leader-epoch-checkpoint, synced, when it is older than the epochs. */
NODISCARD enum error log_write_epochs(struct log *log);
/* Blocks. Removes everything; the log begins anew at the offset. */
NODISCARD enum error log_start_empty(struct log *log, int64_t offset, int64_t now_ms);
NODISCARD enum error log_recover(struct log *log, const struct log_recovery_plan *plan);

#endif
