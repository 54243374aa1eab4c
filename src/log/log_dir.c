#include "log/log_dir.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/boot_id_file.h"
#include "log/clean_shutdown_file.h"
#include "log/file_cache.h"
#include "log/whole_file.h"

#define LOCK_FILE ".lock"

static const char *const checkpoint_names[] = {
	RECOVERY_POINT_CHECKPOINT,
	LOG_START_CHECKPOINT,
	REPLICATION_CHECKPOINT,
};

void
log_dir_init(struct log_dir *dir, struct disk *disk, const char *path, const uint64_t seed[2])
{
	memset(dir, 0, sizeof(*dir));
	dir->disk = disk;
	dir->path = memory_text(path, strlen(path));
	meta_properties_init(&dir->meta);
	log_room_init(&dir->room);
	log_pulse_init(&dir->pulse);
	for (int i = 0; i < LOG_DIR_CHECKPOINT_COUNT; i++)
		offset_checkpoint_init(&dir->checkpoints[i], seed);
	shrunk_isr_checkpoint_init(&dir->shrunk_isrs, seed);
	failure_note_init(&dir->noted);
}

void
log_dir_fini(struct log_dir *dir)
{
	if (dir->lock != NULL)
		disk_unlock(dir->disk, dir->lock);
	for (int i = 0; i < LOG_DIR_CHECKPOINT_COUNT; i++)
		offset_checkpoint_fini(&dir->checkpoints[i]);
	shrunk_isr_checkpoint_fini(&dir->shrunk_isrs);
	failure_note_fini(&dir->noted);
	free(dir->path);
}

static void
complain(struct log_dir *dir, const char *format, va_list arguments)
{
	vsnprintf(dir->complaint, sizeof(dir->complaint), format, arguments);
}

enum error
log_dir_fail(struct log_dir *dir, enum error error, const char *format, ...)
{
	va_list arguments;

	if (dir->state != ERROR_NONE)
		return dir->state; /* the first reason is the one to tell */
	va_start(arguments, format);
	complain(dir, format, arguments);
	va_end(arguments);
	dir->state = error;
	return error;
}

/* Like log_dir_fail, but the dir stays online. */
static void PRINTF_LIKE(2, 3)
note(struct log_dir *dir, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain(dir, format, arguments);
	va_end(arguments);
}

enum error
log_dir_path(const struct log_dir *dir, char *into, const char *name)
{
	int length = snprintf(into, LOG_PATH_SIZE, "%s/%s", dir->path, name);

	return length < LOG_PATH_SIZE ? ERROR_NONE : ERROR_NAME_TOO_LONG;
}

static enum error
take_lock(struct log_dir *dir)
{
	char path[LOG_PATH_SIZE];
	enum error error = log_dir_path(dir, path, LOCK_FILE);

	if (error == ERROR_NONE)
		error = disk_lock(dir->disk, path, &dir->lock);
	if (error == ERROR_BUSY)
		return log_dir_fail(dir, error, "%s is used by another process", dir->path);
	if (error != ERROR_NONE)
		return log_dir_fail(dir, error, "%s: %s", path, error_text(error));
	return ERROR_NONE;
}

static enum error
read_meta(struct log_dir *dir)
{
	struct text_complaint complaint = { 0 };
	char path[LOG_PATH_SIZE];
	enum error error = log_dir_path(dir, path, META_PROPERTIES);

	if (error == ERROR_NONE)
		error = meta_properties_read(&dir->meta, dir->disk, path, &complaint);
	dir->has_meta = error == ERROR_NONE;
	if (error == ERROR_NONE || error == ERROR_NOT_FOUND)
		return ERROR_NONE;
	return log_dir_fail(dir, error, "%s, line %d: %s", path, complaint.line,
	    complaint.reason != NULL ? complaint.reason : error_text(error));
}

enum error
log_dir_open(struct log_dir *dir)
{
	enum error error = disk_make_directory(dir->disk, dir->path);

	if (error != ERROR_NONE && error != ERROR_EXISTS)
		return log_dir_fail(dir, error, "%s: %s", dir->path, error_text(error));
	if (error == ERROR_NONE)
		error = whole_file_sync_directory(dir->disk, dir->path);
	else
		error = ERROR_NONE;
	if (error == ERROR_NONE)
		error = take_lock(dir);
	return error == ERROR_NONE ? read_meta(dir) : error;
}

enum error
log_dir_write_meta(struct log_dir *dir, int32_t broker_id, const char *cluster_id, int64_t now_ms)
{
	char path[LOG_PATH_SIZE];
	enum error error = log_dir_path(dir, path, META_PROPERTIES);

	if (dir->has_meta && dir->meta.broker_id == broker_id &&
	    strcmp(dir->meta.cluster_id, cluster_id) == 0)
		return ERROR_NONE;
	dir->meta.broker_id = broker_id;
	snprintf(dir->meta.cluster_id, sizeof(dir->meta.cluster_id), "%s", cluster_id);
	if (error == ERROR_NONE)
		error = meta_properties_write(&dir->meta, now_ms, dir->disk, path);
	if (error != ERROR_NONE)
		return log_dir_fail(dir, error, "%s: %s", path, error_text(error));
	dir->has_meta = true;
	return ERROR_NONE;
}

static enum error
read_checkpoint(struct log_dir *dir, enum log_dir_checkpoint kind)
{
	struct text_complaint complaint = { 0 };
	char path[LOG_PATH_SIZE];
	enum error error = log_dir_path(dir, path, checkpoint_names[kind]);

	if (error == ERROR_NONE)
		error = offset_checkpoint_read(&dir->checkpoints[kind], dir->disk, path,
		    &complaint);
	if (kind == LOG_DIR_RECOVERY_POINT) {
		dir->recovery_points_known = error == ERROR_NONE;
		dir->stale += error == ERROR_NOT_FOUND; /* the first new partition makes it */
	}
	if (error == ERROR_IO || error == ERROR_NAME_TOO_LONG)
		return log_dir_fail(dir, error, "%s: %s", path, error_text(error));
	if (error != ERROR_NONE && error != ERROR_NOT_FOUND)
		note(dir, "%s, line %d: %s; taken as empty", path, complaint.line,
		    complaint.reason != NULL ? complaint.reason : error_text(error));
	return ERROR_NONE;
}

/* Without it, every log that nothing else vouches for is in doubt. */
static enum error
read_shrunk_isrs(struct log_dir *dir)
{
	struct text_complaint complaint = { 0 };
	char path[LOG_PATH_SIZE];
	enum error error = log_dir_path(dir, path, SHRUNK_ISR_CHECKPOINT);

	if (error == ERROR_NONE)
		error = shrunk_isr_checkpoint_read(&dir->shrunk_isrs, dir->disk, path, &complaint);
	dir->has_shrunk_isrs = error != ERROR_NOT_FOUND;
	if (error == ERROR_IO || error == ERROR_NAME_TOO_LONG)
		return log_dir_fail(dir, error, "%s: %s", path, error_text(error));
	if (error == ERROR_NONE || error == ERROR_NOT_FOUND)
		return ERROR_NONE;
	note(dir, "%s, line %d: %s; what is not known to be whole is in doubt", path,
	    complaint.line, complaint.reason != NULL ? complaint.reason : error_text(error));
	dir->shrunk_isrs_unknown = true;
	return ERROR_NONE;
}

static enum error
read_boot_id(struct log_dir *dir)
{
	char path[LOG_PATH_SIZE];
	enum error error = log_dir_path(dir, path, BOOT_ID_FILE);

	if (error == ERROR_NONE)
		error = boot_id_file_read(dir->disk, path, &dir->boot_id);
	return error == ERROR_NONE ? error : log_dir_fail(dir, error, "%s: %s", path, error_text(error));
}

enum error
log_dir_read_state(struct log_dir *dir)
{
	char path[LOG_PATH_SIZE];
	int64_t broker_epoch;
	enum error error = log_dir_path(dir, path, CLEAN_SHUTDOWN_FILE);

	if (error == ERROR_NONE)
		error = clean_shutdown_file_take(dir->disk, path, &dir->was_clean,
		    &broker_epoch);
	if (error != ERROR_NONE)
		return log_dir_fail(dir, error, "%s: %s", path, error_text(error));
	for (int i = 0; i < LOG_DIR_CHECKPOINT_COUNT && error == ERROR_NONE; i++)
		error = read_checkpoint(dir, (enum log_dir_checkpoint)i);
	if (error == ERROR_NONE)
		error = read_boot_id(dir);
	if (error == ERROR_NONE)
		error = read_shrunk_isrs(dir);
	return error;
}

enum error
log_dir_write_checkpoint(struct disk *disk, const char *dir_path, enum log_dir_checkpoint kind,
    struct slice text)
{
	char path[LOG_PATH_SIZE];
	int length = snprintf(path, sizeof(path), "%s/%s", dir_path, checkpoint_names[kind]);

	if (length >= (int)sizeof(path))
		return ERROR_NAME_TOO_LONG;
	return whole_file_replace(disk, path, text);
}

enum error
log_dir_close(struct log_dir *dir, bool clean)
{
	char path[LOG_PATH_SIZE];
	enum error error = dir->state;

	if (error == ERROR_NONE && clean) {
		error = log_dir_path(dir, path, CLEAN_SHUTDOWN_FILE);
		if (error == ERROR_NONE)
			error = clean_shutdown_file_write(dir->disk, path, BROKER_EPOCH_UNKNOWN);
	}
	if (dir->lock == NULL)
		return error;
	/* Removed while the lock is held, so that nobody locks a file that then goes. */
	enum error removed = log_dir_path(dir, path, LOCK_FILE);
	if (removed == ERROR_NONE)
		removed = disk_unlink(dir->disk, path);
	disk_unlock(dir->disk, dir->lock);
	dir->lock = NULL;
	return error != ERROR_NONE ? error : removed;
}
