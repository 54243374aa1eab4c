/* What batches mean for the producers' state, and its snapshots. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/batch_check.h"
#include "log/log_file_name.h"
#include "log/log_private.h"
#include "log/producer_snapshot.h"
#include "wire/control_record.h"

static enum error
read_marker(struct slice bytes, struct producer_append *append, bool *relevant)
{
	struct batch_header header;
	struct record_iterator records;
	struct record record;
	struct control_record control;
	enum error error = batch_header_read(bytes, &header);

	if (error != ERROR_NONE)
		return error;
	record_iterator_init(&records, &header, batch_payload(&header, bytes));
	error = record_iterator_next(&records, &record);
	if (error == ERROR_NONE)
		error = control_record_read(&record, &control);
	if (error != ERROR_NONE)
		return ERROR_MALFORMED;
	*relevant = control.type == CONTROL_RECORD_ABORT || control.type == CONTROL_RECORD_COMMIT;
	append->type = control.type == CONTROL_RECORD_ABORT ? PRODUCER_ABORT_MARKER :
	    PRODUCER_COMMIT_MARKER;
	append->coordinator_epoch = control.coordinator_epoch;
	return ERROR_NONE;
}

static enum append_origin
producer_origin(enum log_append_origin origin)
{
	switch (origin) {
	case LOG_FROM_CLIENT:
		return APPEND_CLIENT;
	case LOG_FROM_COORDINATOR:
		return APPEND_COORDINATOR;
	default:
		return APPEND_REPLICATION;
	}
}

enum error
log_producer_append_of(const struct scanned_batch *batch, struct slice bytes,
    enum log_append_origin origin, struct producer_append *append, bool *relevant)
{
	*relevant = batch->producer_id > BATCH_NO_PRODUCER_ID;
	if (!*relevant)
		return ERROR_NONE;
	*append = (struct producer_append){
		.type = PRODUCER_DATA,
		.origin = producer_origin(origin),
		.producer_id = batch->producer_id,
		.epoch = batch->producer_epoch,
		.transactional = scanned_batch_has(batch, BATCH_TRANSACTIONAL),
		.first_sequence = batch->base_sequence,
		.last_sequence = batch->base_sequence < 0 ? BATCH_NO_SEQUENCE :
		    batch_sequence_after(batch->base_sequence,
			(int32_t)(batch->last_offset - batch->base_offset)),
		.first_offset = batch->base_offset,
		.last_offset = batch->last_offset,
		.timestamp_ms = batch->max_timestamp,
		.coordinator_epoch = COORDINATOR_EPOCH_NONE,
	};
	if (!scanned_batch_has(batch, BATCH_CONTROL))
		return ERROR_NONE;
	/* The cleaner leaves batches without records where a producer's last one was. */
	if (batch->count == 0) {
		*relevant = false;
		return ERROR_NONE;
	}
	return read_marker(bytes, append, relevant);
}

enum error
log_replay_batch(struct log *log, const struct scanned_batch *batch, struct slice bytes,
    struct log_batch_effects *effects)
{
	struct completed_transaction completed;
	struct producer_append append;
	bool relevant;
	enum error error = log_producer_append_of(batch, bytes, LOG_FROM_LEADER, &append, &relevant);

	effects->aborted = false;
	if (error != ERROR_NONE)
		return error;
	if (relevant && producer_state_apply(&log->producers, &append, &completed) &&
	    completed.aborted) {
		effects->aborted = true;
		effects->transaction = completed.transaction;
	}
	producer_state_set_end(&log->producers, batch->last_offset + 1);
	return ERROR_NONE;
}

/* -------------------------------------------------------------- snapshots */

enum error
log_write_snapshot(struct log *log, int64_t offset)
{
	char path[LOG_PATH_SIZE];
	struct buffer bytes;
	struct disk_file *file;
	size_t written;
	enum error error = segment_path(path, log->path, offset, ".snapshot");

	if (error == ERROR_NONE)
		error = disk_open(log->cache->disk, path,
		    DISK_WRITE | DISK_CREATE | DISK_TRUNCATE, &file);
	if (error != ERROR_NONE)
		return error;
	log->folder_unsynced = true;
	buffer_init(&bytes);
	producer_snapshot_format(&log->producers, &bytes);
	error = disk_write(file, bytes.bytes, bytes.size, 0, &written);
	buffer_fini(&bytes);
	enum error closed = disk_close(file);
	return error != ERROR_NONE ? error : closed;
}

struct snapshot_list {
	int64_t *offsets;
	size_t count;
	size_t capacity;
};

static void
list_snapshot(void *context, const char *text)
{
	struct snapshot_list *list = context;
	struct log_file_name name;

	if (!log_file_name_parse(slice_of_text(text), &name) ||
	    name.type != LOG_FILE_SNAPSHOT || name.state != LOG_FILE_LIVE)
		return;
	if (list->count == list->capacity) {
		list->capacity = MAX(2 * list->capacity, (size_t)8);
		list->offsets = memory_resize(list->offsets,
		    list->capacity * sizeof(list->offsets[0]));
	}
	list->offsets[list->count++] = name.offset;
}

static enum error
remove_snapshot(struct log *log, int64_t offset)
{
	char path[LOG_PATH_SIZE];
	enum error error = segment_path(path, log->path, offset, ".snapshot");

	if (error == ERROR_NONE)
		error = disk_unlink(log->cache->disk, path);
	return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
}

enum error
log_remove_snapshots(struct log *log, int64_t from, int64_t to)
{
	struct snapshot_list list = { 0 };
	enum error error = disk_list(log->cache->disk, log->path, list_snapshot, &list);

	for (size_t i = 0; i < list.count && error == ERROR_NONE; i++) {
		if (list.offsets[i] >= from && list.offsets[i] < to)
			error = remove_snapshot(log, list.offsets[i]);
	}
	free(list.offsets);
	return error;
}

static bool
is_damaged(enum error error)
{
	return error == ERROR_CORRUPT || error == ERROR_UNSUPPORTED || error == ERROR_TRUNCATED ||
	    error == ERROR_MALFORMED || error == ERROR_TOO_LARGE;
}

static enum error
read_snapshot(struct log *log, int64_t offset, struct producer_state *state, int64_t now_ms)
{
	char path[LOG_PATH_SIZE];
	enum error error = segment_path(path, log->path, offset, ".snapshot");

	return error != ERROR_NONE ? error : producer_snapshot_read(state, log->cache->disk, path,
	    now_ms, log->config.producer_id_expiration_ms);
}

static enum error
check_snapshot(struct log *log, int64_t offset, int64_t now_ms)
{
	static const uint64_t seed[2];
	struct producer_state state;
	int64_t base = log->segments[log_segment_number(log, offset)]->base_offset;

	if (offset != log->end_offset && offset != base)
		return remove_snapshot(log, offset);
	producer_state_init(&state, seed);
	enum error error = read_snapshot(log, offset, &state, now_ms);
	producer_state_fini(&state);
	return is_damaged(error) ? remove_snapshot(log, offset) : error;
}

enum error
log_check_snapshots(struct log *log, int64_t now_ms)
{
	struct snapshot_list list = { 0 };
	enum error error = disk_list(log->cache->disk, log->path, list_snapshot, &list);

	for (size_t i = 0; i < list.count && error == ERROR_NONE; i++)
		error = check_snapshot(log, list.offsets[i], now_ms);
	free(list.offsets);
	return error;
}

/*
 * The newest good one not after `offset`; damaged ones are removed (F16). That
 * of the first segment's base counts: it alone has producers whose records
 * were removed.
 */
static enum error
load_snapshot(struct log *log, int64_t offset, int64_t now_ms, int64_t *from)
{
	struct snapshot_list list = { 0 };
	int64_t first = log->count > 0 ? log->segments[0]->base_offset : log->start_offset;
	enum error error = disk_list(log->cache->disk, log->path, list_snapshot, &list);

	*from = log->start_offset;
	/* Names come in byte order, which is that of the offsets. */
	for (size_t i = list.count; i-- > 0 && error == ERROR_NONE;) {
		int64_t at = list.offsets[i];

		if (at > offset || at < first)
			continue;
		error = read_snapshot(log, at, &log->producers, now_ms);
		if (error == ERROR_NONE) {
			*from = at;
			break;
		}
		if (is_damaged(error))
			error = remove_snapshot(log, at);
	}
	free(list.offsets);
	return error;
}

/*
 * What an earlier process has written nobody may have looked at yet: a bit that has flipped
 * in a header could tell of a transaction, or of an epoch, that there never was (F15).
 */
static enum error
look_at_batch(const struct segment *segment, struct batch_scan *scan,
    const struct scanned_batch *batch, struct buffer *spill, bool *is_sound)
{
	enum error error = ERROR_NONE;

	if (batch->position < segment->unchecked_to &&
	    batch->position + batch->size > segment->unchecked_from)
		error = batch_check_sum(scan, batch, spill);
	*is_sound = error == ERROR_NONE;
	return error == ERROR_IO || is_damaged(error) ? ERROR_NONE : error;
}

static enum error
replay_segment(struct log *log, struct segment *segment, int64_t from, int64_t to)
{
	uint8_t window[BATCH_SCAN_WINDOW_BYTES];
	struct log_batch_effects effects;
	struct offset_entry entry;
	struct scanned_batch batch;
	struct batch_scan scan;
	struct disk_file *file;
	struct buffer spill;
	enum error error = offset_index_lookup(&segment->offset_index, from, false, &entry);

	if (error == ERROR_NONE)
		error = cached_file_pin(&segment->log, &file);
	if (error != ERROR_NONE)
		return error;
	buffer_init(&spill);
	batch_scan_init(&scan, file, entry.position, segment->size, false, window, sizeof(window));
	scan.damages = &segment->damages;
	error = batch_scan_find(&scan, from, &batch);
	while (error == ERROR_NONE && batch.base_offset < to) {
		struct slice bytes = slice_null();
		bool is_sound;

		error = look_at_batch(segment, &scan, &batch, &spill, &is_sound);
		if (error == ERROR_NONE && is_sound && scanned_batch_has(&batch, BATCH_CONTROL))
			error = batch_scan_bytes(&scan, &batch, &spill, &bytes);
		if (error == ERROR_NONE && is_sound)
			error = log_replay_batch(log, &batch, bytes, &effects);
		if (error == ERROR_NONE)
			error = batch_scan_next(&scan, &batch);
	}
	buffer_fini(&spill);
	cached_file_unpin(&segment->log, false);
	/* What is behind a damage that nobody knew of is missed; the log itself goes on (F15). */
	return error == ERROR_END_OF_STREAM || is_damaged(error) ? ERROR_NONE : error;
}

enum error
log_rebuild_producers(struct log *log, int64_t offset, int64_t now_ms)
{
	int64_t from;

	producer_state_reset(&log->producers, log->start_offset);
	enum error error = load_snapshot(log, offset, now_ms, &from);
	if (error != ERROR_NONE)
		return error;
	producer_state_set_end(&log->producers, from);
	for (int i = log_segment_number(log, from);
	     from < offset && i < log->count && error == ERROR_NONE; i++) {
		if (log->segments[i]->base_offset >= offset)
			break;
		error = replay_segment(log, log->segments[i], from, offset);
	}
	if (error == ERROR_NONE)
		producer_state_set_end(&log->producers, MAX(offset, from));
	return error;
}

enum error
log_add_removed_producers(struct log *log, int64_t offset, int64_t now_ms)
{
	static const uint64_t seed[2];
	struct producer_state state;
	enum error error;

	producer_state_init(&state, seed);
	error = read_snapshot(log, offset, &state, now_ms);
	if (error == ERROR_NONE)
		producer_state_add_unknown(&log->producers, &state);
	producer_state_fini(&state);
	return error == ERROR_NOT_FOUND || is_damaged(error) ? ERROR_NONE : error;
}

/* Where a recovery begins, or comes by: at a segment's base offset. */
static enum error
write_base_snapshot(struct log *log, const struct producer_state *state, int64_t now_ms)
{
	char path[LOG_PATH_SIZE];
	enum error error = log_roll(log, now_ms);

	if (error == ERROR_NONE)
		error = segment_path(path, log->path, log->end_offset, ".snapshot");
	if (error == ERROR_NONE)
		error = log_failed(log, producer_snapshot_write(state, log->cache->disk, path));
	return error;
}

enum error
log_take_producers(struct log *log, const struct log *from, int64_t now_ms)
{
	enum error error = ERROR_NONE;

	if (!producer_state_has_all_of(&log->producers, &from->producers))
		error = write_base_snapshot(log, &from->producers, now_ms);
	if (error == ERROR_NONE)
		producer_state_copy(&log->producers, &from->producers);
	return error;
}
