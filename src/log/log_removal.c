#include "log/log_removal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/log_file_name.h"
#include "log/log_private.h"
#include "log/whole_file.h"

/* The offset at which the next segment begins; for the last one the log end. */
static int64_t
end_of(const struct log *log, int number)
{
	return number + 1 < log->count ? log->segments[number + 1]->base_offset :
	    log->end_offset;
}

/* Nothing that is not committed is deleted, nor an empty last segment. */
static bool
may_go(const struct log *log, int number)
{
	bool is_empty_last = number + 1 == log->count && log->segments[number]->size == 0;

	return !is_empty_last && end_of(log, number) <= log->high_watermark;
}

static bool
is_expired(const struct log *log, const struct segment *segment, int64_t now_ms)
{
	int64_t newest = segment_largest_timestamp(segment);

	/* A time to come never expires, and must not overflow either. */
	return log->config.retention_ms >= 0 && newest <= now_ms &&
	    now_ms - newest > log->config.retention_ms;
}

int
log_retention(const struct log *log, int64_t aged_ms, struct log_retention *retention)
{
	int64_t over = 0;
	int count = 0;

	*retention = (struct log_retention){ 0 };
	if (log->state != ERROR_NONE || log->is_removing)
		return 0;
	if (log->config.retention_bytes >= 0)
		over = log_size(log) - log->config.retention_bytes;
	for (; count < log->count && may_go(log, count); count++) {
		const struct segment *segment = log->segments[count];
		struct log_retention before = *retention;

		if (count + 1 < log->count && end_of(log, count) <= log->start_offset)
			retention->by_start++;
		else if (!log->config.cleanup_delete || log->config.cleanup_compact)
			break; /* `compact,delete` too, until there is a cleaner */
		else if (is_expired(log, segment, aged_ms))
			retention->by_time++;
		else if (log->config.retention_bytes >= 0 && over - segment->size >= 0)
			retention->by_size++;
		else
			break;
		if (end_of(log, count) > log->recovery_point) {
			*retention = before;
			retention->waits_for_flush = true;
			break;
		}
		over -= segment->size;
	}
	return count;
}

/* Segments that leave the log are held by the job alone. */
static void
move_to_job(struct log *log, struct log_removal *removal, int count)
{
	removal->segments = memory_array((size_t)count, sizeof(removal->segments[0]));
	for (int i = 0; i < count; i++)
		removal->segments[i] = segment_hold(log->segments[i]);
	removal->count = count;
	log->is_removing = true;
	log_drop_segments(log, 0, count);
}

/* Those whose names did not change are the log's again until the next removal, below its start. */
static void
take_back(struct log *log, struct log_removal *removal)
{
	int count = removal->count - removal->gone;

	for (int i = 0; i < count; i++)
		log_add_segment(log, removal->segments[removal->gone + i]);
	memmove(log->segments + count, log->segments,
	    (size_t)(log->count - count) * sizeof(struct segment *));
	memcpy(log->segments, removal->segments + removal->gone,
	    (size_t)count * sizeof(struct segment *));
	removal->count = removal->gone;
	log_publish(log);
}

enum error
log_removal_prepare(struct log *log, struct log_removal *removal, int64_t aged_ms, int64_t now_ms)
{
	*removal = (struct log_removal){ .disk = log->cache->disk };
	int count = log_retention(log, aged_ms, &removal->retention);

	if (count == log->count) {
		enum error error = log_roll_at(log, log->end_offset, now_ms);
		if (error != ERROR_NONE)
			return error;
	}
	removal->path = memory_text(log->path, strlen(log->path));
	removal->due_ms = now_ms + log->config.file_delete_delay_ms;
	log->jobs++;
	if (count > 0)
		move_to_job(log, removal, count);
	int64_t base = log->segments[0]->base_offset;
	if (log->start_offset < base) {
		log->start_offset = base;
		log->epochs_unwritten |= leader_epochs_truncate_from_start(&log->epochs, base);
		producer_state_log_start_moved(&log->producers, base);
	}
	removal->base_offset = base;
	removal->start_offset = log->start_offset;
	log_publish(log);
	return ERROR_NONE;
}

static enum error
rename_snapshot(const struct log_removal *removal, int64_t offset)
{
	char from[LOG_PATH_SIZE], to[LOG_PATH_SIZE];
	enum error error = segment_path(from, removal->path, offset, ".snapshot");

	if (error == ERROR_NONE)
		error = segment_path(to, removal->path, offset, ".snapshot.deleted");
	if (error == ERROR_NONE)
		error = disk_rename(removal->disk, from, to);
	return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
}

static enum error
unlink_snapshot(const struct log_removal *removal, int64_t offset)
{
	char path[LOG_PATH_SIZE];
	enum error error = segment_path(path, removal->path, offset, ".snapshot.deleted");

	if (error == ERROR_NONE)
		error = disk_unlink(removal->disk, path);
	return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
}

struct lowest {
	int64_t from;
	int64_t offset; /* INT64_MAX: none yet */
};

static void
look_at_name(void *context, const char *text)
{
	struct lowest *lowest = context;
	struct log_file_name name;

	if (log_file_name_parse(slice_of_text(text), &name) && name.type == LOG_FILE_SNAPSHOT &&
	    name.state == LOG_FILE_LIVE && name.offset >= lowest->from)
		lowest->offset = MIN(lowest->offset, name.offset);
}

static enum error
sync_file(struct disk *disk, const char *path)
{
	struct disk_file *file;
	enum error error = disk_open(disk, path, DISK_WRITE, &file);

	if (error != ERROR_NONE)
		return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
	error = disk_sync(file);
	enum error closed = disk_close(file);
	return error != ERROR_NONE ? error : closed;
}

/*
 * What the segments say of producers has to be on disk elsewhere before they
 * go: in the first snapshot that stays, behind which all can be replayed.
 */
static enum error
sync_snapshot(const struct log_removal *removal)
{
	struct lowest lowest = { removal->base_offset, INT64_MAX };
	char path[LOG_PATH_SIZE];
	enum error error = disk_list(removal->disk, removal->path, look_at_name, &lowest);

	if (error != ERROR_NONE || lowest.offset == INT64_MAX)
		return error;
	error = segment_path(path, removal->path, lowest.offset, ".snapshot");
	return error == ERROR_NONE ? sync_file(removal->disk, path) : error;
}

void
log_removal_rename(struct log_removal *removal)
{
	enum error error = removal->count > 0 ? sync_snapshot(removal) : ERROR_NONE;

	for (int i = 0; i < removal->count && error == ERROR_NONE; i++) {
		bool is_gone = false;

		/* Each is on disk before the next, the snapshot before all: a gap would be taken for a loss. */
		error = disk_sync_directory(removal->disk, removal->path);
		if (error == ERROR_NONE)
			error = segment_rename_deleted(removal->segments[i], removal->disk, &is_gone);
		removal->gone += is_gone;
		if (error == ERROR_NONE)
			error = rename_snapshot(removal, removal->segments[i]->base_offset);
	}
	/* The log start is not told to the checkpoint any more: it is where the first segment begins. */
	if (error == ERROR_NONE && removal->count > 0)
		error = disk_sync_directory(removal->disk, removal->path);
	removal->error = error;
}

enum error
log_removal_done(struct log *log, struct log_removal *removal)
{
	log->jobs--;
	if (removal->count > 0) {
		log->is_removing = false;
		log->folder_unsynced |= removal->error != ERROR_NONE;
		log->removals_failed += removal->error != ERROR_NONE;
		if (removal->error == ERROR_NONE)
			log->removals_synced = log->removals_failed;
		take_back(log, removal);
	}
	return log_failed(log, removal->error);
}

enum error
log_removal_unlink(struct log_removal *removal)
{
	enum error error = ERROR_NONE;

	for (int i = 0; i < removal->count && error == ERROR_NONE; i++) {
		error = segment_unlink(removal->segments[i], removal->disk, true);
		if (error == ERROR_NONE)
			error = unlink_snapshot(removal, removal->segments[i]->base_offset);
	}
	/* The directory may be on its way out itself. */
	return error == ERROR_NOT_FOUND || error == ERROR_NOT_DIRECTORY ? ERROR_NONE : error;
}

void
log_removal_fini(struct log_removal *removal)
{
	for (int i = 0; i < removal->count; i++)
		segment_release(removal->segments[i]);
	free(removal->segments);
	free(removal->path);
	*removal = (struct log_removal){ 0 };
}

/* ------------------------------------------------------ a whole partition */

struct entries {
	char **names;
	size_t count;
};

static void
add_entry(void *context, const char *name)
{
	struct entries *entries = context;

	entries->names = memory_resize(entries->names, (entries->count + 1) * sizeof(char *));
	entries->names[entries->count++] = memory_text(name, strlen(name));
}

static enum error
remove_entry(struct disk *disk, const char *path, const char *name)
{
	char entry[LOG_PATH_SIZE];

	if (snprintf(entry, sizeof(entry), "%s/%s", path, name) >= (int)sizeof(entry))
		return ERROR_NAME_TOO_LONG;
	enum error error = disk_unlink(disk, entry);
	return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
}

enum error
log_remove_directory(struct disk *disk, const char *path)
{
	struct entries entries = { 0 };
	enum error error = disk_list(disk, path, add_entry, &entries);

	for (size_t i = 0; i < entries.count; i++) {
		if (error == ERROR_NONE)
			error = remove_entry(disk, path, entries.names[i]);
		free(entries.names[i]);
	}
	free(entries.names);
	if (error == ERROR_NONE)
		error = disk_remove_directory(disk, path);
	if (error == ERROR_NOT_FOUND)
		return ERROR_NONE;
	return error != ERROR_NONE ? error : whole_file_sync_directory(disk, path);
}
