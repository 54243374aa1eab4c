#include "log/segment_recovery.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/batch_check.h"
#include "log/segment_private.h"

enum { RECOVERY_WINDOW_BYTES = 256 * 1024 };

/* Empty indexes; what was in them is a hint that may be wrong. */
static enum error
clear_indexes(struct segment *segment, const struct segment_place *place,
    const struct log_config *config)
{
	segment_close_indexes(segment);
	segment->active = true; /* so that they are made to be appended to */
	return segment_open_indexes(segment, place, config, INDEX_FILE_CREATE);
}

static bool
is_good(const struct segment *segment, const struct scanned_batch *batch, struct slice bytes)
{
	struct batch_cursor cursor;
	struct batch_view view;

	if (batch->base_offset < segment->next_offset ||
	    batch->last_offset - segment->base_offset > INT32_MAX)
		return false;
#ifdef CANARY_SKIP_CRC
	(void)bytes;
	(void)cursor;
	(void)view;
	return true;
#else
	batch_cursor_init(&cursor, bytes);
	return batch_cursor_next(&cursor, &view) == ERROR_NONE && batch_view_check_crc(&view);
#endif
}

/* A batch that ends the walk: what the bytes say, not what the disk says. */
static bool
is_bad_data(enum error error)
{
	return error == ERROR_TRUNCATED || error == ERROR_CORRUPT || error == ERROR_MALFORMED;
}

static enum error
take_batch(struct segment *segment, struct segment_recovery *recovery,
    const struct scanned_batch *batch, struct slice bytes)
{
	struct segment_set set = {
		.size = batch->size,
		.last_offset = batch->last_offset,
		.max_timestamp = batch->max_timestamp,
		.max_timestamp_offset = batch->last_offset,
	};
	bool indexed;
	enum error error = ERROR_NONE;

	error = segment_count_set(segment, recovery->config, &set, &indexed);
	if (error == ERROR_NONE && recovery->take != NULL)
		error = recovery->take(recovery->context, batch, bytes);
	return error;
}

/* Nothing sound follows what a crash has torn: only then it is cut. */
static bool
is_torn(const struct segment_recovery *recovery, const struct damage *damage, int64_t file_size)
{
	if (damage->offset < recovery->recovery_point)
		return false;
#ifdef CANARY_DAMAGE_IS_CUT
	return true;
#endif
	return !recovery->pages_survived ||
	    (damage->end_position == file_size && !recovery->is_followed);
}

/* False: the tail is torn. Else the damage is gone around. */
static bool
go_around(struct segment *segment, struct segment_recovery *recovery, struct batch_scan *scan)
{
	struct batch_check check = { scan->file, segment->base_offset, INT64_MAX, scan->end,
		&segment->damages };
	struct damage damage;

	batch_check_measure(&check, segment->size, &damage);
	damage.position = segment->size;
	damage.offset = segment->next_offset;
	if (is_torn(recovery, &damage, scan->end))
		return false;
	if (damage.end_position == scan->end)
		damage.end_offset = MAX(damage.offset, recovery->least_end);
	damages_add(&segment->damages, &damage);
	recovery->damaged = true;
	segment->size = scan->position = damage.end_position;
	segment->next_offset = damage.end_offset;
	return true;
}

/* Takes good batches; `*bad` when a torn one ended the walk. */
static enum error
walk(struct segment *segment, struct segment_recovery *recovery, struct batch_scan *scan,
    bool *bad)
{
	struct buffer spill;
	enum error error;

	buffer_init(&spill);
	*bad = false;
	for (;;) {
		struct scanned_batch batch;
		struct slice bytes;

		error = batch_scan_next(scan, &batch);
		if (error == ERROR_NONE)
			error = batch_scan_bytes(scan, &batch, &spill, &bytes);
		if (error == ERROR_NONE && !is_good(segment, &batch, bytes))
			error = ERROR_CORRUPT;
		if (is_bad_data(error) && go_around(segment, recovery, scan))
			continue;
		if (error != ERROR_NONE)
			break;
		error = take_batch(segment, recovery, &batch, bytes);
		if (error != ERROR_NONE)
			goto out; /* not the batch's fault */
	}
	*bad = is_bad_data(error);
	if (*bad || error == ERROR_END_OF_STREAM)
		error = ERROR_NONE;
out:
	buffer_fini(&spill);
	return error;
}

static enum error
cut_tail(struct segment *segment, struct segment_recovery *recovery, struct disk_file *file,
    int64_t file_size)
{
	recovery->cut_bytes = file_size - segment->size;
#ifdef CANARY_KEEP_TORN_TAIL
	(void)file;
	segment->size = file_size;
	return ERROR_NONE;
#else
	enum error error = disk_truncate(file, segment->size);
	/* What was cut must not come back with a power cut, below a new recovery point. */
	return error == ERROR_NONE ? disk_sync(file) : error;
#endif
}

/*
 * What a failed sync has lost is marked clean: another sync does not write it,
 * and the page cache goes on showing it (F21).
 */
static enum error
open_past_cache(struct segment *segment, struct disk_file *file, struct disk_file **source)
{
	enum error error = disk_sync(file);

	if (error != ERROR_NONE)
		return error;
	return disk_open(segment->cache->disk, segment->log.path, DISK_READ | DISK_DIRECT, source);
}

/*
 * What was found on the disk is what readers have to see: where the page cache
 * shows something else, it is written again.
 */
static enum error
mend_cache(struct segment *segment, struct disk_file *source, struct disk_file *file,
    uint8_t *window, size_t capacity, bool *wrote)
{
	uint8_t *cached = window + capacity / 2;
	enum error error = ERROR_NONE;
	size_t part, written;

	for (int64_t at = 0; at < segment->size && error == ERROR_NONE; at += (int64_t)part) {
		part = (size_t)MIN((int64_t)(capacity / 2), segment->size - at);
		error = disk_read_all(source, window, part, at);
		if (error == ERROR_NONE)
			error = disk_read_all(file, cached, part, at);
		if (error != ERROR_NONE || memcmp(window, cached, part) == 0)
			continue;
		*wrote = true;
		error = disk_write(file, window, part, at, &written);
	}
	return error;
}

static enum error
recover_records(struct segment *segment, struct segment_recovery *recovery,
    struct disk_file *file, bool *wrote)
{
	struct batch_scan scan;
	struct disk_file *source = file;
	int64_t file_size;
	bool bad;
	enum error error = disk_size(file, &file_size);

	if (error == ERROR_NONE && recovery->sync_first && file_size > 0)
		error = open_past_cache(segment, file, &source);
	if (error != ERROR_NONE)
		return error;
	segment->size = 0;
	segment->next_offset = segment->base_offset;
	segment->max_timestamp = BATCH_NO_TIMESTAMP;
	segment->max_timestamp_offset = segment->base_offset;
	segment->first_timestamp = BATCH_NO_TIMESTAMP;
	segment->bytes_since_index_entry = 0;
	segment->damages.count = 0;
	segment->unchecked_from = segment->unchecked_to = 0;

	size_t capacity = (size_t)MIN(file_size, RECOVERY_WINDOW_BYTES);
	capacity = MAX(capacity, (size_t)BATCH_HEADER_BYTES);
	uint8_t *window = memory_new(capacity);
	batch_scan_init(&scan, source, 0, file_size, false, window, capacity);
	error = walk(segment, recovery, &scan, &bad);
	if (error == ERROR_NONE && source != file)
		error = mend_cache(segment, source, file, window, capacity, wrote);
	free(window);
	if (source != file && disk_close(source) != ERROR_NONE && error == ERROR_NONE)
		error = ERROR_IO;
	if (error == ERROR_NONE && bad) {
		*wrote = true;
		error = cut_tail(segment, recovery, file, file_size);
	}
	return error;
}

enum error
segment_recover(struct segment *segment, const struct segment_place *place,
    struct segment_recovery *recovery)
{
	struct disk_file *file;
	bool wrote = false;
	enum error error = clear_indexes(segment, place, recovery->config);

	recovery->cut_bytes = 0;
	recovery->damaged = false;
	if (error == ERROR_NONE)
		error = cached_file_pin(&segment->log, &file);
	if (error != ERROR_NONE)
		return error;
	error = recover_records(segment, recovery, file, &wrote);
	/* What the crashed process wrote is unsynced as far as anybody knows. */
	cached_file_unpin(&segment->log, wrote || segment->size > 0);
	segment->bytes_since_index_entry = 0;
	segment_release_indexes(segment);
	return error;
}
