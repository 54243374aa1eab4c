/*
 * log/offset_index.h: `.index` of a segment: from an offset to the position
 * in the `.log` of the append whose last offset it is (storage format section
 * 4: int32 relative offset, int32 position; both ascend).
 *
 * Errors: those of the disk; ERROR_WOULD_BLOCK with `resident_only` when the
 * entry would have to be read from the disk (have a worker call again
 * without); ERROR_CORRUPT from the checks.
 */
#ifndef KLAMM_LOG_OFFSET_INDEX_H
#define KLAMM_LOG_OFFSET_INDEX_H

#include "log/index_file.h"

enum { OFFSET_INDEX_ENTRY_SIZE = 8 };

struct offset_entry {
	int64_t offset;
	int64_t position; /* of the first byte of the append, in the segment's .log */
};

struct offset_index {
	struct index_file file;
	int64_t base_offset;
	struct offset_entry last; /* (base_offset, 0) when empty */
	uint32_t entries_max;
};

/* The pure half: one entry's bytes. */
struct offset_entry offset_entry_decode(const uint8_t bytes[OFFSET_INDEX_ENTRY_SIZE],
    int64_t base_offset);
void offset_entry_encode(struct offset_entry entry, int64_t base_offset,
    uint8_t bytes[OFFSET_INDEX_ENTRY_SIZE]);

/*
 * `max_bytes` is segment.index.bytes. An existing file with zeros at its end,
 * as a Kafka that crashed leaves it, is cut after the last entry that
 * ascends.
 */
NODISCARD enum error offset_index_open(struct offset_index *index, const struct index_place *place,
    const char *path, int64_t base_offset, int32_t max_bytes, enum index_file_mode mode);
void offset_index_close(struct offset_index *index);

static inline uint32_t
offset_index_count(const struct offset_index *index)
{
	return index->file.count;
}

static inline bool
offset_index_is_full(const struct offset_index *index)
{
	return index->file.count >= index->entries_max;
}

/*
 * Not full; relative offset and position within [0, int32 max]: asserted.
 * Entries not below the new one in offset and position are damage (the file
 * said so, the log knows better) and are dropped.
 */
NODISCARD enum error offset_index_append(struct offset_index *index, int64_t offset,
    int64_t position);
/* The last entry with an offset <= `target`; (base offset, 0) when there is none. */
NODISCARD enum error offset_index_lookup(struct offset_index *index, int64_t target,
    bool resident_only, struct offset_entry *entry);
/*
 * The first entry whose position is at least `position`: an upper bound of
 * the offsets that a fetch up to there holds. `*found` false: none.
 */
NODISCARD enum error offset_index_lookup_position(struct offset_index *index, int64_t position,
    bool resident_only, bool *found, struct offset_entry *entry);
/* Entry number `at` < count, for tools and tests. */
NODISCARD enum error offset_index_entry(struct offset_index *index, uint32_t at,
    struct offset_entry *entry);

/* Drops entries with an offset >= `offset`. */
NODISCARD enum error offset_index_truncate_to(struct offset_index *index, int64_t offset);
/* Drops all, before a rebuild. */
NODISCARD enum error offset_index_clear(struct offset_index *index);
/* Reads all entries: they ascend, none is below the base or past `log_size`. */
NODISCARD enum error offset_index_check(struct offset_index *index, int64_t log_size);
/* seal, activate, sync, release, moved: see index_file.h, with &index->file. */

#endif
