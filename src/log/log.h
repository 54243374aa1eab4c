/*
 * log/log.h: one partition's log: its segments, leader epochs and producer
 * state, and the offsets that bound it. Start reading here.
 *
 * Threads. A log belongs to its partition's actor. Three kinds of functions:
 *  - plain ones are called by the actor on a loop; they write to the page
 *    cache at most (log_append_*, log_roll, setters);
 *  - "exclusive" ones block and are called on a worker while the actor is
 *    busy and touches nothing (log_open, log_close, log_truncate_*);
 *  - jobs are made by the actor, run anywhere over pinned segments and bytes
 *    below the log end, which never change, and are handed back to the actor:
 *    log_read.h, log_flush.h, log_removal.h.
 *
 * Errors. Appends are NO_SPACE before they touch the dir's reserve (log_room.h).
 * NO_SPACE and TOO_MANY_FILES leave the log as it was before the call
 * and heal by themselves (F20). After IO from a write, a sync or a rename the
 * log is offline and so is its log dir (F21); every later call gives OFFLINE.
 * IO and CORRUPT from a read: damage (F15, F22). The log goes on; what is damaged is
 * neither cut nor served, and log_damage() tells of it.
 */
#ifndef KLAMM_LOG_LOG_H
#define KLAMM_LOG_LOG_H

#include "base/prng.h"
#include "base/uuid.h"
#include "log/file_cache.h"
#include "log/index_file.h"
#include "log/log_config.h"
#include "log/log_pulse.h"
#include "log/log_room.h"

struct log;
struct leader_epochs;
struct producer_state;

/* ------------------------------------------------------------ open, close */

struct log_open_options {
	struct file_cache *cache;
	const struct index_place *indexes;
	struct log_room *room;       /* of its dir; what does not fit is NO_SPACE. NULL: no limit */
	struct log_pulse *pulse;     /* of its dir; NULL: nobody counts */
	const uint64_t *hash_seed;   /* two numbers, of the producers' table */
	const char *path;            /* of the partition's directory, which exists */
	const struct log_config *config;
	struct prng *prng;           /* roll jitter */
	int64_t now_ms;              /* wall clock */
	int64_t recovery_point;      /* all below is on disk; 0 when unknown */
	/*
	 * The checkpoint was lost: gaps between segments are taken for compaction's,
	 * not for names that a power cut has lost.
	 */
	bool recovery_point_unknown;
	int64_t log_start_offset;    /* checkpointed; 0 when unknown */
	int64_t high_watermark;      /* checkpointed; 0 when unknown */
	bool clean_shutdown;         /* all was closed properly: nothing to recover */
	bool sync_first;             /* recovery syncs what it reads: a sync failed before (F21) */
	bool pages_survived;         /* no power was lost: what is bad and followed by good is damage */
	/*
	 * A klammd has had the dir before. It rolls at the log end, whatever its leader has
	 * compacted, and has no cleaner yet: gaps between segments are losses in a compacted
	 * topic too, once pages may be lost.
	 */
	bool rolls_without_gaps;
	/* Told of each segment that was recovered, of `total`; may be NULL. */
	void (*progress)(void *context, int done, int total);
	void *context;
};

/*
 * Exclusive. Loads what is there, recovers what a crash may have torn, makes
 * a first segment when there is none. A damaged log (F15) is opened too.
 */
NODISCARD enum error log_open(const struct log_open_options *options, struct log **log);
/*
 * Exclusive. Syncs everything, finishes indexes and takes a snapshot, so that
 * the next start is a clean one. The log is gone in any case; after an error
 * the log dir may not be marked as cleanly shut down.
 */
NODISCARD enum error log_close(struct log *log, int64_t now_ms);
/* Frees memory and descriptors and writes nothing; the log may be offline. */
void log_free(struct log *log);

/* ---------------------------------------------------------------- offsets */

int64_t log_start_offset(const struct log *log);
/* Of the next record. */
int64_t log_end_offset(const struct log *log);
int64_t log_high_watermark(const struct log *log);
/* min(high watermark, first unstable offset). */
int64_t log_last_stable_offset(const struct log *log);
/* Below it everything, indexes too, is on disk: what the checkpoint says. */
int64_t log_recovery_point(const struct log *log);
/* Below it all records are on disk (klamm.flush.before.ack). */
int64_t log_flushed_offset(const struct log *log);
/* Any thread: what checkpoints and DescribeLogDirs have to say of it, as of the last change. */
struct log_published {
	int64_t recovery_point;
	int64_t log_start_offset; /* -1: nothing to be said */
	int64_t high_watermark;
	int64_t end_offset;
	int64_t size;             /* bytes of all segments */
};
struct log_published log_published(struct log *log);
/* What log-start-offset-checkpoint has to hold, -1 when nothing (see storage.md 1). */
int64_t log_start_offset_to_checkpoint(const struct log *log);

/*
 * Moves within [log start, log end]; what lies outside is clipped. Never back:
 * a follower's truncation lowers it by itself.
 */
void log_set_high_watermark(struct log *log, int64_t offset);
/*
 * DeleteRecords, and what a leader tells its followers. OUT_OF_RANGE above the
 * high watermark; an offset at or below the present one is nothing to do.
 */
NODISCARD enum error log_advance_start_offset(struct log *log, int64_t offset);

/*
 * The first damage that is known, behind the log start: offsets [*from, *to) cannot be
 * served; false: none. A log that is opened knows what its recovery has seen; the rest
 * is found when it is read (damage_watch.h).
 */
bool log_damage(const struct log *log, int64_t *from, int64_t *to);
/* The last one ends behind the offset. */
bool log_has_damage_behind(const struct log *log, int64_t offset);
/* ERROR_NONE while the log serves; OFFLINE after a failed write. */
enum error log_state(const struct log *log);
/* Who has made it, and uses it alone so far, has synced its directory with all names. */
void log_folder_is_synced(struct log *log);
/* Any thread: the whole dir goes offline. */
void log_set_offline(struct log *log);

int64_t log_size(const struct log *log);
int log_segment_count(const struct log *log);
/* Of the active segment. */
int64_t log_active_base_offset(const struct log *log);
/* Borrowed, and valid until the folder is renamed. */
const char *log_path(const struct log *log);
/* Where who flushes it counts that; NULL: nowhere. */
struct log_pulse *log_pulse(const struct log *log);
const struct log_config *log_config(const struct log *log);
void log_set_config(struct log *log, const struct log_config *config);

const struct leader_epochs *log_leader_epochs(const struct log *log);
struct producer_state *log_producer_state(struct log *log);
/*
 * Blocks. Both logs end at the same offset, and nobody else has them: `log` knows then
 * what `from` knows of its producers, after a crash too. Where `from` has some of which
 * `log` has no record (retention has removed them) a new segment begins, with a synced
 * snapshot. NO_SPACE: may be tried again.
 */
NODISCARD enum error log_take_producers(struct log *log, const struct log *from, int64_t now_ms);
/* Becoming leader: an entry (epoch, log end offset) unless it is there. */
void log_assign_leader_epoch(struct log *log, int32_t leader_epoch);
/* Drops producer ids that are silent for too long. */
void log_expire_producers(struct log *log, int64_t now_ms);

/* -------------------------------------------------------------- appending */

/* Who wrote a record set: what of the producer's state is checked. */
enum log_append_origin { LOG_FROM_CLIENT, LOG_FROM_COORDINATOR, LOG_FROM_LEADER };

/* X(name, text): what became of a record set; api/ has Kafka's codes for them. */
#define LOG_APPEND_STATUS_TABLE(X) \
	X(DONE, "appended") \
	X(DUPLICATE, "appended before; base_offset is the old one") \
	X(STORAGE, "not written: see error") \
	X(TOO_LARGE, "larger than a segment") \
	X(MALFORMED, "not a run of whole v2 batches") \
	X(OUT_OF_ORDER_OFFSET, "offsets are not those that come next") \
	X(OUT_OF_ORDER_SEQUENCE, "sequence number out of order") \
	X(INVALID_PRODUCER_EPOCH, "producer epoch is older than the known one") \
	X(INVALID_TRANSACTION_STATE, "not fit for the producer's open transaction") \
	X(COORDINATOR_FENCED, "coordinator epoch is older than the known one")

#define LOG_APPEND_STATUS_MEMBER(name, text) LOG_APPEND_##name,
enum log_append_status { LOG_APPEND_STATUS_TABLE(LOG_APPEND_STATUS_MEMBER) };
#undef LOG_APPEND_STATUS_MEMBER

const char *log_append_status_text(enum log_append_status status);

/* One record set, e.g. a partition's part of a Produce request. */
struct log_append {
	uint8_t *bytes; /* whole batches; a leader writes offsets and epoch into them */
	size_t size;
	enum log_append_origin origin;
	/* Results. */
	enum log_append_status status;
	enum error error;        /* with LOG_APPEND_STORAGE */
	int64_t base_offset;
	int64_t last_offset;
	int64_t max_timestamp;   /* of the duplicate's original, when it is one */
};

enum { LOG_APPEND_GATHER = 64 }; /* record sets in one write */

/*
 * Appends record sets in order, as many as possible with one write. Batches
 * are v2 and were validated (wire/); each gets the next offsets and the leader
 * epoch. A set that is refused does not keep the next ones from being
 * appended; after a failed write all the rest is LOG_APPEND_STORAGE, nothing
 * of the failed write is in the log, and the error is returned too.
 */
NODISCARD enum error log_append_as_leader(struct log *log, struct log_append *appends, int count,
    int32_t leader_epoch, int64_t now_ms);
/*
 * Appends a set as fetched: offsets and epochs are the leader's, formats may
 * be old, a partial batch at the end is left out, checksums are checked.
 */
NODISCARD enum error log_append_as_follower(struct log *log, struct log_append *append,
    int64_t now_ms);

/*
 * Begins a new segment at the log end, whatever its age; nothing when the
 * active one is empty. The old one should be flushed soon.
 */
NODISCARD enum error log_roll(struct log *log, int64_t now_ms);

/* ------------------------------------------------------------- truncating */

/*
 * The first step of a truncation to `offset`, after which the recovery-point
 * checkpoint is written: the recovery point falls to where the segment begins
 * that will be cut, as not all is on disk that will be appended there.
 */
void log_lower_recovery_point(struct log *log, int64_t offset);
/*
 * The same of the high watermark and its checkpoint: what is appended later at offsets
 * below an older one would else count as known to all in sync, after a kill.
 */
void log_lower_high_watermark(struct log *log, int64_t offset);
/*
 * Exclusive. Cuts everything from `offset` on (a batch that holds it goes
 * too), and in any case epochs that begin at the end, without a record
 * (KIP-279). log_lower_recovery_point() was called and the checkpoint written
 * before, else what a power cut does to later appends could go unnoticed. Where the
 * log start has fallen with it, its checkpoint says so before anything is appended:
 * else a kill would hide that.
 */
NODISCARD enum error log_truncate_to(struct log *log, int64_t offset, int64_t now_ms);
/* Exclusive. Deletes everything; the log is empty at `offset`. Checkpoint as above. */
NODISCARD enum error log_truncate_fully_and_start_at(struct log *log, int64_t offset,
    int64_t now_ms);

/* --------------------------------------------------------------- deleting */

/*
 * Exclusive. The partition's folder gets another name (NAME.HEX-delete, or
 * from -future to the real one); open readers go on. The parent directory is
 * synced by the caller.
 */
NODISCARD enum error log_rename(struct log *log, const char *path);

#endif
