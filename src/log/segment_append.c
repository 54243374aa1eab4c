/* Growing a segment, and the end of its days. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "log/segment_private.h"

/* What an append that fails has to bring back. */
struct segment_mark {
	int64_t next_offset;
	int64_t size;
	int64_t max_timestamp;
	int64_t max_timestamp_offset;
	int64_t first_timestamp;
	int64_t bytes_since_index_entry;
	bool indexed; /* an entry may have been written */
};

static struct segment_mark
mark(const struct segment *segment)
{
	return (struct segment_mark){
		.next_offset = segment->next_offset,
		.size = segment->size,
		.max_timestamp = segment->max_timestamp,
		.max_timestamp_offset = segment->max_timestamp_offset,
		.first_timestamp = segment->first_timestamp,
		.bytes_since_index_entry = segment->bytes_since_index_entry,
	};
}

/* Takes an append back; when that fails, too, nobody may trust the segment's end. */
static void
take_back(struct segment *segment, struct disk_file *file, const struct segment_mark *mark)
{
	segment->next_offset = mark->next_offset;
	segment->size = mark->size;
	segment->max_timestamp = mark->max_timestamp;
	segment->max_timestamp_offset = mark->max_timestamp_offset;
	segment->first_timestamp = mark->first_timestamp;
	segment->bytes_since_index_entry = mark->bytes_since_index_entry;

	enum error error = disk_truncate(file, mark->size);
	if (error == ERROR_NONE && mark->indexed)
		error = offset_index_truncate_to(&segment->offset_index, mark->next_offset);
	if (error == ERROR_NONE && mark->indexed)
		error = time_index_truncate_to(&segment->time_index, mark->next_offset);
	segment->broken |= error != ERROR_NONE;
}

enum error
segment_count_set(struct segment *segment, const struct log_config *config,
    const struct segment_set *set, bool *indexed)
{
	enum error error = ERROR_NONE;

	if (set->max_timestamp > segment->max_timestamp) {
		segment->max_timestamp = set->max_timestamp;
		segment->max_timestamp_offset = set->max_timestamp_offset;
	}
	if (segment->size == 0)
		segment->first_timestamp = set->max_timestamp;
	/* Without an entry look-ups scan on from the last one. */
	if (segment->bytes_since_index_entry > config->index_interval_bytes &&
	    !offset_index_is_full(&segment->offset_index)) {
		*indexed = true;
		error = offset_index_append(&segment->offset_index, set->last_offset,
		    segment->size);
		if (error == ERROR_NONE)
			error = time_index_maybe_append(&segment->time_index,
			    segment->max_timestamp, segment->max_timestamp_offset, false);
		segment->bytes_since_index_entry = 0;
	}
	segment->bytes_since_index_entry += set->size;
	segment->size += set->size;
	segment->next_offset = set->last_offset + 1;
	return error;
}

/* Index files stay open as long as descriptors are plentiful. */
static void
settle_indexes(struct segment *segment)
{
	if (segment->index_reserved)
		return;
	segment->index_reserved = file_cache_reserve(segment->cache, SEGMENT_INDEX_FILES);
	if (!segment->index_reserved)
		segment_release_indexes(segment);
}

enum error
segment_append(struct segment *segment, const struct log_config *config,
    const struct iovec *parts, int part_count, const struct segment_set *sets, int count)
{
	struct segment_mark before = mark(segment);
	struct disk_file *file;
	size_t written;
	enum error error;

	assert(segment->active && !segment->broken);
	error = cached_file_pin(&segment->log, &file);
	if (error != ERROR_NONE)
		return error;
	error = disk_write_parts(file, parts, part_count, segment->size, &written);
	for (int i = 0; i < count && error == ERROR_NONE; i++)
		error = segment_count_set(segment, config, &sets[i], &before.indexed);
	if (error != ERROR_NONE)
		take_back(segment, file, &before);
	cached_file_unpin(&segment->log, true);
	if (before.indexed)
		settle_indexes(segment);
	return error;
}

bool
segment_fits(const struct segment *segment, const struct log_config *config, int64_t size,
    int64_t last_offset, int sets)
{
	const struct index_file *offsets = &segment->offset_index.file;
	const struct index_file *times = &segment->time_index.file;

	if (segment->size > config->segment_bytes - size && (segment->size > 0 || sets > 1))
		return false;
	if (segment->size > INT32_MAX - size || last_offset - segment->base_offset > INT32_MAX)
		return false;
	return segment->size == 0 ||
	    (offsets->count + (uint32_t)sets <= segment->offset_index.entries_max &&
		times->count + (uint32_t)sets + 1 <= segment->time_index.entries_max);
}

bool
segment_is_old(const struct segment *segment, const struct log_config *config,
    int64_t max_timestamp, int64_t now_ms)
{
	int64_t age_ms;

	if (segment->size == 0)
		return false;
	if (segment->first_timestamp >= 0 && max_timestamp >= 0)
		age_ms = max_timestamp - segment->first_timestamp;
	else
		age_ms = now_ms - segment->created_ms;
	return age_ms > log_config_roll_ms(config) - segment->roll_jitter_ms;
}

enum error
segment_finish(struct segment *segment, const struct log_config *config)
{
	struct disk_file *file;
	enum error error = ERROR_NONE;

	if (segment->max_timestamp >= 0)
		error = time_index_maybe_append(&segment->time_index, segment->max_timestamp,
		    segment->max_timestamp_offset, true);
	if (error != ERROR_NONE || !config->preallocate)
		return error;
	error = cached_file_pin(&segment->log, &file);
	if (error != ERROR_NONE)
		return error;
	error = disk_truncate(file, segment->size);
	cached_file_unpin(&segment->log, true);
	return error;
}

enum error
segment_seal(struct segment *segment)
{
	enum error error = index_file_seal(&segment->offset_index.file);

	if (error == ERROR_NONE)
		error = index_file_seal(&segment->time_index.file);
	if (error == ERROR_NONE)
		error = index_file_seal(&segment->transaction_index.file);
	segment->active = false;
	segment_release_indexes(segment);
	return error;
}

enum error
segment_activate(struct segment *segment)
{
	enum error error = index_file_activate(&segment->offset_index.file);

	if (error == ERROR_NONE)
		error = index_file_activate(&segment->time_index.file);
	if (error == ERROR_NONE)
		error = index_file_activate(&segment->transaction_index.file);
	segment->active = error == ERROR_NONE;
	return error;
}

/* From where on bytes go, and offsets. */
struct cut {
	int64_t position;
	int64_t offset;
};

/*
 * The first byte of the batch that holds `offset` or comes after it. Damage that the cut falls into
 * goes as a whole: what it hides may be sound to the next start, behind the cut, too.
 */
static enum error
find_cut(struct segment *segment, struct disk_file *file, int64_t offset, struct cut *cut)
{
	uint8_t window[BATCH_SCAN_WINDOW_BYTES];
	struct offset_entry entry;
	struct scanned_batch batch;
	struct batch_scan scan;
	enum error error = offset_index_lookup(&segment->offset_index, offset, false, &entry);

	if (error != ERROR_NONE)
		return error;
	batch_scan_init(&scan, file, entry.position, segment->size, false, window, sizeof(window));
	scan.damages = &segment->damages;
	error = batch_scan_find(&scan, offset, &batch);
	cut->position = error == ERROR_NONE ? batch.position : scan.position;
	cut->offset = offset;
	for (int i = 0; i < segment->damages.count; i++) {
		const struct damage *damage = &segment->damages.items[i];

		if (damage->end_offset <= offset)
			continue;
		cut->position = MIN(cut->position, damage->position);
		cut->offset = MIN(cut->offset, damage->offset);
	}
	return error == ERROR_END_OF_STREAM ? ERROR_NONE : error;
}

/* Before the bytes change: who has slices of them sees it. */
static void
tell_cut(struct segment *segment, int64_t position)
{
	if (position < atomic_load_explicit(&segment->least_left, memory_order_relaxed))
		atomic_store_explicit(&segment->least_left, position, memory_order_relaxed);
	atomic_fetch_add_explicit(&segment->cuts, 1, memory_order_release);
}

enum error
segment_truncate_to(struct segment *segment, int64_t offset)
{
	struct disk_file *file;
	struct cut cut;
	enum error error = cached_file_pin(&segment->log, &file);

	if (error != ERROR_NONE)
		return error;
	error = find_cut(segment, file, offset, &cut);
	if (error == ERROR_NONE) {
		tell_cut(segment, cut.position);
		error = disk_truncate(file, cut.position);
	}
	cached_file_unpin(&segment->log, true);
	if (error != ERROR_NONE)
		return error;
	segment->size = cut.position;
	segment->next_offset = segment->base_offset;
	damages_cut(&segment->damages, cut.position, cut.offset);
	segment->unchecked_to = MIN(segment->unchecked_to, cut.position);
	segment->bytes_since_index_entry = 0;
	segment->first_timestamp = BATCH_NO_TIMESTAMP;
	/* An entry may name a batch that ends before the cut, but not one behind it. */
	error = offset_index_truncate_to(&segment->offset_index, cut.offset);
	if (error == ERROR_NONE)
		error = time_index_truncate_to(&segment->time_index, cut.offset);
	if (error == ERROR_NONE)
		error = transaction_index_truncate_to(&segment->transaction_index, cut.offset);
	if (error == ERROR_NONE)
		error = segment_read_tail(segment);
	segment_release_indexes(segment);
	return error;
}

enum error
segment_sync(struct segment *segment)
{
	enum error error = cached_file_sync(&segment->log);

	if (error == ERROR_NONE)
		error = index_file_sync(&segment->offset_index.file);
	if (error == ERROR_NONE)
		error = index_file_sync(&segment->time_index.file);
	if (error == ERROR_NONE)
		error = index_file_sync(&segment->transaction_index.file);
	return error;
}
