/*
 * log/time_index.h: `.timeindex` of a segment: from a timestamp to the last
 * offset of the batch that had it as the largest so far (int64 timestamp in
 * ms, int32 relative offset; timestamps ascend strictly, offsets do not fall).
 * Errors as in offset_index.h.
 */
#ifndef KLAMM_LOG_TIME_INDEX_H
#define KLAMM_LOG_TIME_INDEX_H

#include "log/index_file.h"

enum { TIME_INDEX_ENTRY_SIZE = 12 };

struct time_entry {
	int64_t timestamp_ms;
	int64_t offset;
};

struct time_index {
	struct index_file file;
	int64_t base_offset;
	struct time_entry last; /* (-1, base_offset) when empty */
	uint32_t entries_max;
};

struct time_entry time_entry_decode(const uint8_t bytes[TIME_INDEX_ENTRY_SIZE],
    int64_t base_offset);
void time_entry_encode(struct time_entry entry, int64_t base_offset,
    uint8_t bytes[TIME_INDEX_ENTRY_SIZE]);

/* As offset_index_open. */
NODISCARD enum error time_index_open(struct time_index *index, const struct index_place *place,
    const char *path, int64_t base_offset, int32_t max_bytes, enum index_file_mode mode);
void time_index_close(struct time_index *index);

static inline uint32_t
time_index_count(const struct time_index *index)
{
	return index->file.count;
}

/* One slot is kept for the entry that is forced at the roll. */
static inline bool
time_index_is_full(const struct time_index *index)
{
	return index->file.count + 1 >= index->entries_max;
}

/*
 * Adds an entry if the timestamp is larger than the last one's; a timestamp
 * not larger is no error and adds nothing. Nor does a full index take one,
 * unless `at_roll` (the forced entry). Offset within [base, base + int32 max]:
 * asserted. An offset below the last entry's adds nothing either.
 */
NODISCARD enum error time_index_maybe_append(struct time_index *index, int64_t timestamp_ms,
    int64_t offset, bool at_roll);
/* The last entry with a timestamp <= the target; (-1, base offset) when there is none. */
NODISCARD enum error time_index_lookup(struct time_index *index, int64_t target_ms,
    bool resident_only, struct time_entry *entry);
/* Entry number `at` < count, for tools and tests. */
NODISCARD enum error time_index_entry(struct time_index *index, uint32_t at,
    struct time_entry *entry);

/* Drops entries with an offset >= `offset`. */
NODISCARD enum error time_index_truncate_to(struct time_index *index, int64_t offset);
NODISCARD enum error time_index_clear(struct time_index *index);
/* Reads all entries: timestamps ascend, offsets do not fall nor lie below the base. */
NODISCARD enum error time_index_check(struct time_index *index);

#endif
