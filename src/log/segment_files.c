/* Renaming and removing a segment's files. */
#include <stdio.h>

#include "log/log_file_name.h"
#include "log/segment_private.h"

/* In the order in which they go: without its .log a segment does not exist. */
static struct index_file *
index_of(struct segment *segment, int number)
{
	switch (number) {
	case 0:
		return &segment->offset_index.file;
	case 1:
		return &segment->time_index.file;
	default:
		return &segment->transaction_index.file;
	}
}

static enum error
deleted_path(char *into, const char *path)
{
	int length = snprintf(into, LOG_PATH_SIZE, "%s%s", path,
	    log_file_state_suffix(LOG_FILE_DELETED));

	return length < LOG_PATH_SIZE ? ERROR_NONE : ERROR_NAME_TOO_LONG;
}

static enum error
rename_deleted(struct disk *disk, const char *path)
{
	char to[LOG_PATH_SIZE];
	enum error error = deleted_path(to, path);

	if (error == ERROR_NONE)
		error = disk_rename(disk, path, to);
	return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
}

static enum error
unlink_one(struct disk *disk, const char *path, bool renamed)
{
	char to[LOG_PATH_SIZE];
	enum error error = ERROR_NONE;

	if (renamed) {
		error = deleted_path(to, path);
		path = to;
	}
	if (error == ERROR_NONE)
		error = disk_unlink(disk, path);
	return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
}

enum error
segment_rename_deleted(struct segment *segment, struct disk *disk)
{
	enum error error = rename_deleted(disk, segment->log.path);

	for (int i = 0; i < SEGMENT_INDEX_FILES && error == ERROR_NONE; i++)
		error = rename_deleted(disk, index_of(segment, i)->path);
	return error;
}

enum error
segment_unlink(struct segment *segment, struct disk *disk, bool renamed)
{
	enum error error = unlink_one(disk, segment->log.path, renamed);

	for (int i = 0; i < SEGMENT_INDEX_FILES && error == ERROR_NONE; i++)
		error = unlink_one(disk, index_of(segment, i)->path, renamed);
	return error;
}

void
segment_moved(struct segment *segment, const char *path)
{
	static const char *const suffixes[] = { ".index", ".timeindex", ".txnindex" };
	char to[LOG_PATH_SIZE];

	/* The new name was used to rename the directory, so it fits. */
	if (segment_path(to, path, segment->base_offset, ".log") != ERROR_NONE)
		return;
	cached_file_moved(&segment->log, to);
	for (int i = 0; i < SEGMENT_INDEX_FILES; i++) {
		if (segment_path(to, path, segment->base_offset, suffixes[i]) == ERROR_NONE)
			index_file_moved(index_of(segment, i), to);
	}
}
