#include "log/time_index.h"

#include <assert.h>

#include "base/reader.h"

struct raw {
	int64_t timestamp_ms;
	int32_t offset; /* relative */
};

/* Before the first entry. */
static const struct raw none = { -1, 0 };

static struct raw
raw_decode(const uint8_t *bytes)
{
	struct reader reader;
	struct raw raw;

	reader_init(&reader, slice_of(bytes, TIME_INDEX_ENTRY_SIZE));
	raw.timestamp_ms = reader_int64(&reader);
	raw.offset = reader_int32(&reader);
	return raw;
}

struct time_entry
time_entry_decode(const uint8_t bytes[TIME_INDEX_ENTRY_SIZE], int64_t base_offset)
{
	struct raw raw = raw_decode(bytes);
	struct time_entry entry = { raw.timestamp_ms, 0 };

	if (__builtin_add_overflow(base_offset, raw.offset, &entry.offset))
		entry.offset = INT64_MAX;
	return entry;
}

void
time_entry_encode(struct time_entry entry, int64_t base_offset,
    uint8_t bytes[TIME_INDEX_ENTRY_SIZE])
{
	int64_t relative = entry.offset - base_offset;

	assert(relative >= 0 && relative <= INT32_MAX);
	store_int64(bytes, entry.timestamp_ms);
	store_int32(bytes + 8, (int32_t)relative);
}

static bool
follows(struct raw before, struct raw entry)
{
	return entry.timestamp_ms > before.timestamp_ms && entry.offset >= before.offset;
}

static enum error
read_raw(struct time_index *index, uint32_t at, struct raw *raw)
{
	uint8_t bytes[TIME_INDEX_ENTRY_SIZE];
	enum error error = index_file_read(&index->file, at, false, bytes);

	if (error == ERROR_NONE)
		*raw = raw_decode(bytes);
	return error;
}

/* How many entries from the first on ascend. */
static enum error
count_ascending(struct time_index *index, uint32_t *count)
{
	struct raw before = none, raw;
	uint32_t at = 0;

	for (; at < index->file.count; at++) {
		enum error error = read_raw(index, at, &raw);
		if (error != ERROR_NONE)
			return error;
		if (!follows(before, raw))
			break;
		before = raw;
	}
	/* Zeros alone look like one entry of 1970. */
	if (at == 1 && index->file.count > 1 && before.timestamp_ms == 0 && before.offset == 0)
		at = 0;
	*count = at;
	return ERROR_NONE;
}

static enum error
find_last(struct time_index *index)
{
	index->last = (struct time_entry){ none.timestamp_ms, index->base_offset };
	if (index->file.count == 0)
		return ERROR_NONE;
	return time_index_entry(index, index->file.count - 1, &index->last);
}

/* Two reads tell whether the end is sound; only where it is not all are read. */
static enum error
cut_padding(struct time_index *index)
{
	struct raw first, last;
	uint32_t count = index->file.count;

	if (count == 0)
		return ERROR_NONE;
	enum error error = read_raw(index, 0, &first);
	if (error == ERROR_NONE)
		error = read_raw(index, count - 1, &last);
	if (error != ERROR_NONE)
		return error;
	if (follows(none, first) && (count == 1 || follows(first, last)))
		return ERROR_NONE;
	error = count_ascending(index, &count);
	return error != ERROR_NONE ? error : index_file_cut(&index->file, count);
}

enum error
time_index_open(struct time_index *index, const struct index_place *place, const char *path,
    int64_t base_offset, int32_t max_bytes, enum index_file_mode mode)
{
	assert(base_offset >= 0 && max_bytes > 0);
	index->base_offset = base_offset;
	index->entries_max = (uint32_t)max_bytes / TIME_INDEX_ENTRY_SIZE;
	enum error error = index_file_open(&index->file, place, path, TIME_INDEX_ENTRY_SIZE, mode);
	if (error != ERROR_NONE)
		return error;
	error = cut_padding(index);
	if (error == ERROR_NONE)
		error = find_last(index);
	if (error != ERROR_NONE)
		time_index_close(index);
	return error;
}

void
time_index_close(struct time_index *index)
{
	index_file_close(&index->file);
}

enum error
time_index_maybe_append(struct time_index *index, int64_t timestamp_ms, int64_t offset,
    bool at_roll)
{
	struct time_entry entry = { timestamp_ms, offset };
	uint8_t bytes[TIME_INDEX_ENTRY_SIZE];

	if (timestamp_ms <= index->last.timestamp_ms || offset < index->last.offset)
		return ERROR_NONE;
	if (at_roll ? index->file.count >= index->entries_max : time_index_is_full(index))
		return ERROR_NONE;
	time_entry_encode(entry, index->base_offset, bytes);
	enum error error = index_file_append(&index->file, bytes);
	if (error == ERROR_NONE)
		index->last = entry;
	return error;
}

static bool
timestamp_is_at_most(const uint8_t *bytes, int64_t timestamp_ms)
{
	return raw_decode(bytes).timestamp_ms <= timestamp_ms;
}

static bool
offset_is_below(const uint8_t *bytes, int64_t relative)
{
	return raw_decode(bytes).offset < relative;
}

enum error
time_index_lookup(struct time_index *index, int64_t target_ms, bool resident_only,
    struct time_entry *entry)
{
	uint8_t bytes[TIME_INDEX_ENTRY_SIZE];
	uint32_t point = 0;

	*entry = (struct time_entry){ none.timestamp_ms, index->base_offset };
	if (index->file.count == 0)
		return ERROR_NONE;
	if (target_ms >= index->last.timestamp_ms) {
		*entry = index->last;
		return ERROR_NONE;
	}
	enum error error = index_file_partition(&index->file, timestamp_is_at_most, target_ms,
	    resident_only, &point);
	if (error != ERROR_NONE || point == 0)
		return error;
	error = index_file_read(&index->file, point - 1, resident_only, bytes);
	if (error == ERROR_NONE)
		*entry = time_entry_decode(bytes, index->base_offset);
	return error;
}

enum error
time_index_entry(struct time_index *index, uint32_t at, struct time_entry *entry)
{
	uint8_t bytes[TIME_INDEX_ENTRY_SIZE];
	enum error error = index_file_read(&index->file, at, false, bytes);

	if (error == ERROR_NONE)
		*entry = time_entry_decode(bytes, index->base_offset);
	return error;
}

enum error
time_index_truncate_to(struct time_index *index, int64_t offset)
{
	uint32_t point = 0;

	if (index->file.count > 0 && offset > index->last.offset)
		return ERROR_NONE;
	if (offset > index->base_offset) {
		enum error error = index_file_partition(&index->file, offset_is_below,
		    offset - index->base_offset, false, &point);
		if (error != ERROR_NONE)
			return error;
	}
	enum error error = index_file_cut(&index->file, point);
	return error != ERROR_NONE ? error : find_last(index);
}

enum error
time_index_clear(struct time_index *index)
{
	enum error error = index_file_cut(&index->file, 0);

	return error != ERROR_NONE ? error : find_last(index);
}

enum error
time_index_check(struct time_index *index)
{
	uint32_t ascending;
	enum error error = count_ascending(index, &ascending);

	if (error != ERROR_NONE)
		return error;
	return ascending == index->file.count ? ERROR_NONE : ERROR_CORRUPT;
}
