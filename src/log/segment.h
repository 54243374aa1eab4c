/*
 * log/segment.h: one `.log` file with its three indexes. It is active (the
 * last of its log, appended to) or sealed. Counted: slices of it stay pinned
 * by connections after it was deleted.
 *
 * Threads: the log's owner for all but what says otherwise. Bytes below
 * `size` never change while somebody else holds the segment; the fields below
 * "sealed" are constant in a sealed one.
 */
#ifndef KLAMM_LOG_SEGMENT_H
#define KLAMM_LOG_SEGMENT_H

#include <stdatomic.h>

#include "log/batch_scan.h"
#include "log/file_cache.h"
#include "log/log_config.h"
#include "log/offset_index.h"
#include "log/time_index.h"
#include "log/transaction_index.h"

enum { SEGMENT_INDEX_FILES = 3 };

struct segment {
	_Atomic(unsigned) holders;
	struct file_cache *cache;
	struct cached_file log; /* any thread, see file_cache.h */
	bool active;
	bool index_reserved;    /* its index files may stay open */
	bool broken;            /* a failed append could not be taken back */
	/* Any thread: how often it was truncated, and the least that was left of it. */
	_Atomic(unsigned) cuts;
	_Atomic(int64_t) least_left;
	/* "sealed": constant from here on once the segment is. */
	int64_t base_offset;
	int64_t next_offset;          /* after its last batch; the base when empty */
	int64_t size;                 /* bytes of whole batches */
	int64_t max_timestamp;        /* -1: none */
	int64_t max_timestamp_offset; /* last offset of the first batch that has it */
	int64_t modified_ms;
	struct offset_index offset_index;
	struct time_index time_index;
	struct transaction_index transaction_index;
	/* The owner's, in a sealed one, too (damage_watch.h). */
	struct damages damages;
	int64_t unchecked_from;       /* bytes of an earlier process that nobody has looked at */
	int64_t unchecked_to;
	/* Of the active one. */
	int64_t first_timestamp;      /* max timestamp of the first batch; -1: none */
	int64_t created_ms;
	int64_t roll_jitter_ms;
	int64_t bytes_since_index_entry;
};

/* Where segments live; all borrowed. */
struct segment_place {
	struct file_cache *cache;
	const struct index_place *indexes;
	const char *path; /* the partition's directory */
};

/* Makes the files of an empty active segment; on an error none is left. */
NODISCARD enum error segment_create(const struct segment_place *place,
    const struct log_config *config, int64_t base_offset, int64_t now_ms,
    struct segment **segment);
enum segment_damage {
	SEGMENT_SOUND,
	SEGMENT_NEEDS_RECOVERY, /* an index is missing or cannot be right */
};
/*
 * Blocks. Opens existing files; next_offset and max_timestamp are read from
 * the last index entries on. `*damage` tells whether segment_recover (log
 * recovery) must go over it before it is used; next_offset is unset then.
 */
NODISCARD enum error segment_open(const struct segment_place *place,
    const struct log_config *config, int64_t base_offset, bool active,
    struct segment **segment, enum segment_damage *damage);

struct segment *segment_hold(struct segment *segment);
/* Any thread. The last one closes the files; nothing is written or synced. */
void segment_release(struct segment *segment);

/* ---------------------------------------------------------------- append */

/* One record set of an append. */
struct segment_set {
	int64_t size;
	int64_t last_offset;
	int64_t max_timestamp;        /* -1: none */
	int64_t max_timestamp_offset; /* last offset of the first batch that has it */
};

/*
 * Writes the parts, which are `count` sets one after another, with one call;
 * index entries as Kafka makes them: at most one a set, after
 * index.interval.bytes. On an error nothing of it is left, or the segment is
 * `broken`: what is on disk is not known.
 */
NODISCARD enum error segment_append(struct segment *segment, const struct log_config *config,
    const struct iovec *parts, int part_count, const struct segment_set *sets, int count);
/* Has the indexes room for that many more sets, and int32 for offsets and positions? */
bool segment_fits(const struct segment *segment, const struct log_config *config, int64_t size,
    int64_t last_offset, int sets);
/* Old enough to be rolled before a batch with this largest timestamp (-1: none)? */
bool segment_is_old(const struct segment *segment, const struct log_config *config,
    int64_t max_timestamp, int64_t now_ms);

/* ----------------------------------------------------- the end of its days */

/* Forces the last time entry; may be called again after an error. */
NODISCARD enum error segment_finish(struct segment *segment, const struct log_config *config);
/* After finish, when a newer segment is there: index memory goes. */
NODISCARD enum error segment_seal(struct segment *segment);
/* Exclusive. The last segment again after a truncation. */
NODISCARD enum error segment_activate(struct segment *segment);
/* Exclusive. Keeps the batches whose last offset is below `offset`, and what is damaged up to it. */
NODISCARD enum error segment_truncate_to(struct segment *segment, int64_t offset);
/* Blocks: records and indexes. */
NODISCARD enum error segment_sync(struct segment *segment);
/* Blocks. Renames all files to `.deleted`; `is_gone`: its records were, also when others failed. */
NODISCARD enum error segment_rename_deleted(struct segment *segment, struct disk *disk,
    bool *is_gone);
/* Blocks. Removes those so renamed (or not). */
NODISCARD enum error segment_unlink(struct segment *segment, struct disk *disk, bool renamed);
/* The partition's directory has another name now. */
void segment_moved(struct segment *segment, const char *path);
/* Closes index files that were kept open. */
void segment_release_indexes(struct segment *segment);

/* --------------------------------------------------------------- look-ups */

/*
 * Largest of its records' timestamps; the file's time of change for segments
 * without any.
 */
int64_t segment_largest_timestamp(const struct segment *segment);

/* "PATH/00000000000000000042.log"; LOG_PATH_SIZE bytes. ERROR_NAME_TOO_LONG. */
NODISCARD enum error segment_path(char *into, const char *path, int64_t base_offset,
    const char *suffix);

#endif
