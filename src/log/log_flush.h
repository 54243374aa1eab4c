/*
 * log/log_flush.h: making a log durable, as a job (see log.h):
 *
 *	log_flush_prepare(log, flush, kind)   on the actor
 *	log_flush_run(flush)                  on a worker; syncs
 *	log_flush_done(log, flush, now_ms)    on the actor; offsets move
 *
 * Appends go on meanwhile. Whoever came between prepare and done needs another
 * flush: with one flush under way at a time that is group commit.
 */
#ifndef KLAMM_LOG_LOG_FLUSH_H
#define KLAMM_LOG_LOG_FLUSH_H

#include "log/log.h"

enum log_flush_kind {
	LOG_FLUSH_RECORDS, /* moves the flushed offset: all that acks need */
	LOG_FLUSH_ALL,     /* indexes and leader epochs too: moves the recovery point */
};

struct log_flush_part; /* one segment */

struct log_flush {
	enum log_flush_kind kind;
	enum error error;        /* of run */
	int64_t offset;          /* everything below it will be on disk */
	struct disk *disk;
	char *path;              /* NULL: the directory needs no sync */
	int removals_failed;     /* when the log was asked */
	struct leader_epochs *epochs; /* a copy to be written; NULL: none */
	struct log_flush_part *parts;
	int count;
};

/*
 * Does flush.messages or flush.ms ask for a flush; or an older segment for one of all, or
 * damage, which a power cut would else have taken for a torn tail at the next start (F15)?
 */
bool log_flush_is_due(const struct log *log, int64_t now_ms);
/* ERROR_OFFLINE, or what opening an index file gives; then there is no job. */
NODISCARD enum error log_flush_prepare(struct log *log, struct log_flush *flush,
    enum log_flush_kind kind);
/* Blocks. Touches no log. */
void log_flush_run(struct log_flush *flush);
/*
 * Returns flush->error. After a failed sync the log is offline: nothing since
 * the last good one is trusted (F21).
 */
NODISCARD enum error log_flush_done(struct log *log, struct log_flush *flush, int64_t now_ms);

/* All three at once, for workers that own the log, and for tests. */
NODISCARD enum error log_flush_now(struct log *log, enum log_flush_kind kind, int64_t now_ms);

#endif
