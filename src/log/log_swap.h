/*
 * log/log_swap.h: a replica that was copied to another log dir (-future) takes
 * the place of the one it was copied from. On the owner's thread (log_dirs.h)
 * unless it says so.
 *
 *	log_swap_prepare     what the checkpoints of the new dir will have to say
 *	log_swap_announce    worker: they are written, and a mark (move_mark.h) into
 *	                     the copy
 *	log_swap_announced
 *	log_swap_run         worker, with both logs alone: copies what is missing yet,
 *	                     syncs, renames the copy, syncs, renames the old one
 *	                     to -delete, syncs
 *	log_swap_done        the partition is where it is now
 *
 * A crash leaves, in this order: the old one and the copy; both under the
 * partition's name, of which the start takes the marked one (log_dirs_list); the
 * new one alone. Nothing is appended between the first rename and the last sync.
 */
#ifndef KLAMM_LOG_LOG_SWAP_H
#define KLAMM_LOG_LOG_SWAP_H

#include "log/log_dirs.h"
#include "log/log_read.h"

struct log_swap {
	struct disk *disk;
	struct log_partition *current, *future;
	struct log_dir *from, *to;
	struct log *old, *new;
	char *plain, *deleted;       /* paths: of the new one and of the old one, afterwards */
	int64_t now_ms;
	int64_t deleted_due_ms;
	int32_t leader_epoch;        /* as which this broker leads; -1: it does not */
	struct log_checkpoint_job checkpoints[LOG_DIR_CHECKPOINT_COUNT];
	bool tells_doubt;            /* of the partition, to the new dir */
	struct log_shrunk_job doubt;
	int64_t number;              /* of the new one's mark */
	bool was_marked;             /* the old one, for one that may be away */
	/* The result. */
	bool renamed;                /* the partition is in `to`, whatever the errors */
	enum error error;            /* of `to`, or of reading the old one: `reading` */
	enum error from_error;       /* of `from`, where the partition was */
	bool reading;
};

/* OK until it says otherwise; NAME_TOO_LONG stands in `error`. */
void log_swap_prepare(struct log_dirs *dirs, struct log_partition *current,
    struct log_partition *future, int64_t now_ms, struct log_swap *swap);
void log_swap_announce(struct log_swap *swap);
/* After an error (NO_SPACE and TOO_MANY_FILES heal) there is nothing more to do but log_swap_fini. */
NODISCARD enum error log_swap_announced(struct log_swap *swap);
void log_swap_run(struct log_swap *swap);
/*
 * Renamed: `future` is the partition now, `current` is freed; the caller frees the
 * log `old` on a worker. Dirs that have failed are offline.
 */
void log_swap_done(struct log_dirs *dirs, struct log_swap *swap);
void log_swap_fini(struct log_swap *swap);

/* Whether all of `copy` is in `log`, too, by their leader epochs, and it lacks none of its beginning. */
bool log_is_prefix(const struct log *copy, const struct log *log);
/*
 * Blocks. Appends what a read of another replica on this broker gave, and lets
 * go of nothing. `buffer` is used and grows.
 */
NODISCARD enum error log_copy_slice(struct log *into, const struct log_slice *slice,
    struct buffer *buffer, int64_t now_ms);

#endif
