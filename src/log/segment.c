#include "log/segment.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/batch_check.h"
#include "log/log_file_name.h"
#include "log/segment_private.h"

enum error
segment_path(char *into, const char *path, int64_t base_offset, const char *suffix)
{
	int length = snprintf(into, LOG_PATH_SIZE, "%s/%020lld%s", path, (long long)base_offset,
	    suffix);

	return length < LOG_PATH_SIZE ? ERROR_NONE : ERROR_NAME_TOO_LONG;
}

static struct segment *
segment_new(const struct segment_place *place, int64_t base_offset, bool active,
    const char *log_path)
{
	struct segment *segment = memory_new(sizeof(*segment));

	atomic_init(&segment->holders, 1);
	atomic_init(&segment->cuts, 0);
	atomic_init(&segment->least_left, INT64_MAX);
	segment->cache = place->cache;
	segment->active = active;
	segment->base_offset = base_offset;
	segment->next_offset = base_offset;
	segment->max_timestamp = BATCH_NO_TIMESTAMP;
	segment->max_timestamp_offset = base_offset;
	segment->first_timestamp = BATCH_NO_TIMESTAMP;
	cached_file_init(&segment->log, place->cache, log_path);
	return segment;
}

struct segment *
segment_hold(struct segment *segment)
{
	atomic_fetch_add_explicit(&segment->holders, 1, memory_order_relaxed);
	return segment;
}

void
segment_release(struct segment *segment)
{
	if (segment == NULL)
		return;
	unsigned before = atomic_fetch_sub_explicit(&segment->holders, 1, memory_order_acq_rel);
	assert(before > 0);
	if (before > 1)
		return;
	segment_close_indexes(segment);
	cached_file_fini(&segment->log);
	free(segment);
}

void
segment_close_indexes(struct segment *segment)
{
	offset_index_close(&segment->offset_index);
	time_index_close(&segment->time_index);
	transaction_index_close(&segment->transaction_index);
	segment_give_index_places_back(segment);
}

void
segment_give_index_places_back(struct segment *segment)
{
	if (!segment->index_reserved)
		return;
	segment->index_reserved = false;
	file_cache_give_back(segment->cache, SEGMENT_INDEX_FILES);
}

enum error
segment_open_indexes(struct segment *segment, const struct segment_place *place,
    const struct log_config *config, enum index_file_mode mode)
{
	char path[LOG_PATH_SIZE];
	int64_t base = segment->base_offset;
	enum error error = segment_path(path, place->path, base, ".index");

	if (error == ERROR_NONE)
		error = offset_index_open(&segment->offset_index, place->indexes, path, base,
		    config->segment_index_bytes, mode);
	if (error != ERROR_NONE)
		return error;
	error = segment_path(path, place->path, base, ".timeindex");
	if (error == ERROR_NONE) {
		error = time_index_open(&segment->time_index, place->indexes, path, base,
		    config->segment_index_bytes, mode);
		/* Kafka, too, makes a missing one anew without reading the segment. */
		if (error == ERROR_NOT_FOUND)
			error = time_index_open(&segment->time_index, place->indexes, path, base,
			    config->segment_index_bytes, INDEX_FILE_CREATE);
		if (error == ERROR_NONE && !segment->active && segment->time_index.file.active)
			error = index_file_seal(&segment->time_index.file);
	}
	if (error != ERROR_NONE)
		return error;
	error = segment_path(path, place->path, base, ".txnindex");
	if (error == ERROR_NONE)
		error = transaction_index_open(&segment->transaction_index, place->indexes, path,
		    mode);
	return error;
}

/* What a creation that failed has left; what cannot be removed is overwritten next time. */
static void
remove_leftovers(const struct segment_place *place, int64_t base_offset)
{
	static const char *const suffixes[] = { ".log", ".index", ".timeindex" };
	char path[LOG_PATH_SIZE];

	for (size_t i = 0; i < ARRAY_LENGTH(suffixes); i++) {
		enum error error = segment_path(path, place->path, base_offset, suffixes[i]);
		if (error == ERROR_NONE)
			error = disk_unlink(place->cache->disk, path);
		if (error != ERROR_NONE && error != ERROR_NOT_FOUND)
			return;
	}
}

static enum error
create_log_file(struct segment *segment, const struct log_config *config)
{
	struct disk_file *file;
	enum error error = cached_file_create(&segment->log, &file);

	if (error != ERROR_NONE)
		return error;
	if (config->preallocate)
		error = disk_allocate(file, 0, config->segment_bytes);
	cached_file_unpin(&segment->log, config->preallocate);
	return error;
}

enum error
segment_create(const struct segment_place *place, const struct log_config *config,
    int64_t base_offset, int64_t now_ms, struct segment **created)
{
	char path[LOG_PATH_SIZE];
	enum error error = segment_path(path, place->path, base_offset, ".log");

	if (error != ERROR_NONE)
		return error;
	struct segment *segment = segment_new(place, base_offset, true, path);
	segment->created_ms = now_ms;
	segment->modified_ms = now_ms;
	/* Indexes first: a .log without .index would be recovered. */
	error = segment_open_indexes(segment, place, config, INDEX_FILE_CREATE);
	segment_release_indexes(segment);
	if (error == ERROR_NONE)
		error = create_log_file(segment, config);
	if (error != ERROR_NONE) {
		segment_release(segment);
		remove_leftovers(place, base_offset);
		return error;
	}
	*created = segment;
	return ERROR_NONE;
}

/* Reads from the last index entry on: where the segment ends, and its largest timestamp. */
enum error
segment_read_tail(struct segment *segment)
{
	uint8_t window[BATCH_SCAN_WINDOW_BYTES];
	struct scanned_batch batch;
	struct batch_scan scan;
	struct disk_file *file;

	segment->max_timestamp = segment->time_index.last.timestamp_ms;
	segment->max_timestamp_offset = segment->time_index.last.offset;
	if (segment->size == 0)
		return ERROR_NONE;
	enum error error = cached_file_pin(&segment->log, &file);
	if (error != ERROR_NONE)
		return error;
	batch_scan_init(&scan, file, 0, segment->size, false, window, sizeof(window));
	scan.damages = &segment->damages;
	error = batch_scan_next(&scan, &batch);
	if (error == ERROR_NONE) {
		segment->first_timestamp = batch.max_timestamp;
		scan.position = segment->offset_index.last.position;
	}
	while (error == ERROR_NONE && (error = batch_scan_next(&scan, &batch)) == ERROR_NONE) {
		segment->next_offset = MAX(segment->next_offset, batch.last_offset + 1);
		if (batch.max_timestamp > segment->max_timestamp) {
			segment->max_timestamp = batch.max_timestamp;
			segment->max_timestamp_offset = batch.last_offset;
		}
	}
	cached_file_unpin(&segment->log, false);
	/* Offsets that are damaged are nobody else's, though no batch tells of them. */
	for (int i = 0; i < segment->damages.count; i++)
		segment->next_offset = MAX(segment->next_offset, segment->damages.items[i].end_offset);
	return error == ERROR_END_OF_STREAM ? ERROR_NONE : error;
}

static enum error
read_status(struct segment *segment)
{
	struct disk_status status;
	enum error error = disk_status(segment->cache->disk, segment->log.path, &status);

	if (error != ERROR_NONE)
		return error;
	if (status.type != DISK_FILE)
		return ERROR_IS_DIRECTORY;
	segment->size = status.size;
	segment->unchecked_to = status.size;
	segment->modified_ms = status.modified_ms;
	segment->created_ms = status.modified_ms;
	return ERROR_NONE;
}

/* Do the last entries fit the file that they belong to? */
static bool
indexes_fit(const struct segment *segment)
{
	const struct offset_entry *offset = &segment->offset_index.last;
	const struct time_entry *time = &segment->time_index.last;

	if (offset_index_count(&segment->offset_index) > 0 &&
	    (offset->position >= segment->size || offset->offset < segment->base_offset))
		return false;
	return time->offset >= segment->base_offset;
}

/* What is behind the last index entry says where the log ends: it has to be sound (F15). */
static enum error
check_tail(struct segment *segment)
{
	struct batch_check check = { NULL, segment->base_offset, INT64_MAX, segment->size,
		&segment->damages };
	int64_t bad;

	if (segment->size == 0)
		return ERROR_NONE;
	enum error error = cached_file_pin(&segment->log, &check.file);
	if (error != ERROR_NONE)
		return error;
	error = batch_check_run(&check, segment->offset_index.last.position, segment->size, &bad);
	cached_file_unpin(&segment->log, false);
	return error;
}

enum error
segment_open(const struct segment_place *place, const struct log_config *config,
    int64_t base_offset, bool active, struct segment **opened, enum segment_damage *damage)
{
	char path[LOG_PATH_SIZE];
	enum error error = segment_path(path, place->path, base_offset, ".log");

	if (error != ERROR_NONE)
		return error;
	struct segment *segment = segment_new(place, base_offset, active, path);
	*damage = SEGMENT_SOUND;
	error = read_status(segment);
	if (error == ERROR_NONE)
		error = segment_open_indexes(segment, place, config,
		    active ? INDEX_FILE_ACTIVE : INDEX_FILE_SEALED);
	if (error == ERROR_NONE && indexes_fit(segment))
		error = segment_read_tail(segment);
	else if (error == ERROR_NONE)
		error = ERROR_CORRUPT;
	if (error == ERROR_NONE && active)
		error = check_tail(segment);
	if (error == ERROR_NOT_FOUND || error == ERROR_CORRUPT || error == ERROR_TRUNCATED ||
	    error == ERROR_MALFORMED || error == ERROR_UNSUPPORTED) {
		*damage = SEGMENT_NEEDS_RECOVERY;
		error = ERROR_NONE;
	}
	if (error != ERROR_NONE) {
		segment_release(segment);
		return error;
	}
	segment_release_indexes(segment);
	*opened = segment;
	return ERROR_NONE;
}

void
segment_release_indexes(struct segment *segment)
{
	index_file_release(&segment->offset_index.file);
	index_file_release(&segment->time_index.file);
	index_file_release(&segment->transaction_index.file);
	segment_give_index_places_back(segment);
}

int64_t
segment_largest_timestamp(const struct segment *segment)
{
	return segment->max_timestamp >= 0 ? segment->max_timestamp : segment->modified_ms;
}
