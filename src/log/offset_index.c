#include "log/offset_index.h"

#include <assert.h>

#include "base/reader.h"

struct raw {
	int32_t offset; /* relative */
	int32_t position;
};

static struct raw
raw_decode(const uint8_t *bytes)
{
	struct reader reader;
	struct raw raw;

	reader_init(&reader, slice_of(bytes, OFFSET_INDEX_ENTRY_SIZE));
	raw.offset = reader_int32(&reader);
	raw.position = reader_int32(&reader);
	return raw;
}

struct offset_entry
offset_entry_decode(const uint8_t bytes[OFFSET_INDEX_ENTRY_SIZE], int64_t base_offset)
{
	struct raw raw = raw_decode(bytes);
	struct offset_entry entry = { 0, raw.position };

	/* Not even a file name with an absurd base may overflow here. */
	if (__builtin_add_overflow(base_offset, raw.offset, &entry.offset))
		entry.offset = INT64_MAX;
	return entry;
}

void
offset_entry_encode(struct offset_entry entry, int64_t base_offset,
    uint8_t bytes[OFFSET_INDEX_ENTRY_SIZE])
{
	int64_t relative = entry.offset - base_offset;

	assert(relative >= 0 && relative <= INT32_MAX);
	assert(entry.position >= 0 && entry.position <= INT32_MAX);
	store_int32(bytes, (int32_t)relative);
	store_int32(bytes + 4, (int32_t)entry.position);
}

/* An entry always follows at least one append, so its position is not 0: zeros are no entry. */
static bool
follows(struct raw before, struct raw entry)
{
	return entry.offset > before.offset && entry.position > before.position;
}

static enum error
read_raw(struct offset_index *index, uint32_t at, struct raw *raw)
{
	uint8_t bytes[OFFSET_INDEX_ENTRY_SIZE];
	enum error error = index_file_read(&index->file, at, false, bytes);

	if (error == ERROR_NONE)
		*raw = raw_decode(bytes);
	return error;
}

/* How many entries from the first on ascend. */
static enum error
count_ascending(struct offset_index *index, uint32_t *count)
{
	struct raw before = { -1, 0 }, raw;
	uint32_t at = 0;

	for (; at < index->file.count; at++) {
		enum error error = read_raw(index, at, &raw);
		if (error != ERROR_NONE)
			return error;
		if (!follows(before, raw))
			break;
		before = raw;
	}
	*count = at;
	return ERROR_NONE;
}

static enum error
find_last(struct offset_index *index)
{
	index->last = (struct offset_entry){ index->base_offset, 0 };
	if (index->file.count == 0)
		return ERROR_NONE;
	return offset_index_entry(index, index->file.count - 1, &index->last);
}

/* Two reads tell whether the end is sound; only where it is not all are read. */
static enum error
cut_padding(struct offset_index *index)
{
	struct raw first, last, none = { -1, 0 };
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
offset_index_open(struct offset_index *index, const struct index_place *place, const char *path,
    int64_t base_offset, int32_t max_bytes, enum index_file_mode mode)
{
	assert(base_offset >= 0 && max_bytes > 0);
	index->base_offset = base_offset;
	index->entries_max = (uint32_t)max_bytes / OFFSET_INDEX_ENTRY_SIZE;
	enum error error = index_file_open(&index->file, place, path, OFFSET_INDEX_ENTRY_SIZE, mode);
	if (error != ERROR_NONE)
		return error;
	error = cut_padding(index);
	if (error == ERROR_NONE)
		error = find_last(index);
	if (error != ERROR_NONE)
		offset_index_close(index);
	return error;
}

void
offset_index_close(struct offset_index *index)
{
	index_file_close(&index->file);
}

/* The log is the truth: entries not below its end are damage, and go. */
static enum error
drop_contradicted(struct offset_index *index, int64_t offset, int64_t position)
{
	struct offset_entry entry;
	uint32_t count = index->file.count;

	for (; count > 0; count--) {
		enum error error = offset_index_entry(index, count - 1, &entry);
		if (error != ERROR_NONE)
			return error;
		if (entry.offset < offset && entry.position < position)
			break;
	}
	if (count == index->file.count)
		return ERROR_NONE;
	enum error error = index_file_cut(&index->file, count);
	return error != ERROR_NONE ? error : find_last(index);
}

enum error
offset_index_append(struct offset_index *index, int64_t offset, int64_t position)
{
	struct offset_entry entry = { offset, position };
	uint8_t bytes[OFFSET_INDEX_ENTRY_SIZE];

	assert(!offset_index_is_full(index));
	enum error error = drop_contradicted(index, offset, position);
	if (error != ERROR_NONE)
		return error;
	offset_entry_encode(entry, index->base_offset, bytes);
	error = index_file_append(&index->file, bytes);
	if (error == ERROR_NONE)
		index->last = entry;
	return error;
}

static bool
offset_is_at_most(const uint8_t *bytes, int64_t relative)
{
	return raw_decode(bytes).offset <= relative;
}

static bool
position_is_below(const uint8_t *bytes, int64_t position)
{
	return raw_decode(bytes).position < position;
}

enum error
offset_index_lookup(struct offset_index *index, int64_t target, bool resident_only,
    struct offset_entry *entry)
{
	uint8_t bytes[OFFSET_INDEX_ENTRY_SIZE];
	uint32_t point = 0;

	*entry = (struct offset_entry){ index->base_offset, 0 };
	if (target < index->base_offset || index->file.count == 0)
		return ERROR_NONE;
	if (target >= index->last.offset) {
		*entry = index->last;
		return ERROR_NONE;
	}
	enum error error = index_file_partition(&index->file, offset_is_at_most,
	    target - index->base_offset, resident_only, &point);
	if (error != ERROR_NONE || point == 0)
		return error;
	error = index_file_read(&index->file, point - 1, resident_only, bytes);
	if (error == ERROR_NONE)
		*entry = offset_entry_decode(bytes, index->base_offset);
	return error;
}

enum error
offset_index_lookup_position(struct offset_index *index, int64_t position, bool resident_only,
    bool *found, struct offset_entry *entry)
{
	uint8_t bytes[OFFSET_INDEX_ENTRY_SIZE];
	uint32_t point = 0;

	*found = false;
	if (index->file.count == 0 || index->last.position < position)
		return ERROR_NONE;
	enum error error = index_file_partition(&index->file, position_is_below, position,
	    resident_only, &point);
	if (error != ERROR_NONE || point == index->file.count)
		return error;
	error = index_file_read(&index->file, point, resident_only, bytes);
	if (error != ERROR_NONE)
		return error;
	*found = true;
	*entry = offset_entry_decode(bytes, index->base_offset);
	return ERROR_NONE;
}

enum error
offset_index_entry(struct offset_index *index, uint32_t at, struct offset_entry *entry)
{
	uint8_t bytes[OFFSET_INDEX_ENTRY_SIZE];
	enum error error = index_file_read(&index->file, at, false, bytes);

	if (error == ERROR_NONE)
		*entry = offset_entry_decode(bytes, index->base_offset);
	return error;
}

enum error
offset_index_truncate_to(struct offset_index *index, int64_t offset)
{
	uint32_t point = 0;

	if (index->file.count > 0 && offset > index->last.offset)
		return ERROR_NONE;
	if (offset > index->base_offset) {
		enum error error = index_file_partition(&index->file, offset_is_at_most,
		    offset - index->base_offset - 1, false, &point);
		if (error != ERROR_NONE)
			return error;
	}
	enum error error = index_file_cut(&index->file, point);
	return error != ERROR_NONE ? error : find_last(index);
}

enum error
offset_index_clear(struct offset_index *index)
{
	enum error error = index_file_cut(&index->file, 0);

	return error != ERROR_NONE ? error : find_last(index);
}

enum error
offset_index_check(struct offset_index *index, int64_t log_size)
{
	uint32_t ascending;
	enum error error = count_ascending(index, &ascending);

	if (error != ERROR_NONE)
		return error;
	if (ascending != index->file.count)
		return ERROR_CORRUPT;
	return ascending > 0 && index->last.position >= log_size ? ERROR_CORRUPT : ERROR_NONE;
}
