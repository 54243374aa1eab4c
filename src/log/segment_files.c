/* Renaming and removing a segment's files. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "log/log_file_name.h"
#include "log/segment_private.h"

/* In the order in which they go: without its .log a segment does not exist. */
static const enum log_file_type types[] = {
	LOG_FILE_RECORDS, LOG_FILE_INDEX, LOG_FILE_TIMEINDEX, LOG_FILE_TXNINDEX,
};

/* The path of one of the segment's files, whatever became of its indexes. */
static enum error
path_of(const struct segment *segment, enum log_file_type type, enum log_file_state state,
    char *into)
{
	const char *log_path = segment->log.path;
	int length = (int)(strlen(log_path) - strlen(log_file_type_suffix(LOG_FILE_RECORDS)));

	length = snprintf(into, LOG_PATH_SIZE, "%.*s%s%s", length, log_path,
	    log_file_type_suffix(type), log_file_state_suffix(state));
	return length < LOG_PATH_SIZE ? ERROR_NONE : ERROR_NAME_TOO_LONG;
}

enum error
segment_rename_deleted(struct segment *segment, struct disk *disk, bool *is_gone)
{
	char from[LOG_PATH_SIZE], to[LOG_PATH_SIZE];
	enum error error = ERROR_NONE;

	*is_gone = false;
	for (size_t i = 0; i < ARRAY_LENGTH(types) && error == ERROR_NONE; i++) {
		error = path_of(segment, types[i], LOG_FILE_LIVE, from);
		if (error == ERROR_NONE)
			error = path_of(segment, types[i], LOG_FILE_DELETED, to);
		if (error == ERROR_NONE)
			error = disk_rename(disk, from, to);
		if (error == ERROR_NOT_FOUND)
			error = ERROR_NONE;
		*is_gone |= error == ERROR_NONE;
	}
	return error;
}

enum error
segment_unlink(struct segment *segment, struct disk *disk, bool renamed)
{
	enum log_file_state state = renamed ? LOG_FILE_DELETED : LOG_FILE_LIVE;
	char path[LOG_PATH_SIZE];
	enum error error = ERROR_NONE;

	for (size_t i = 0; i < ARRAY_LENGTH(types) && error == ERROR_NONE; i++) {
		error = path_of(segment, types[i], state, path);
		if (error == ERROR_NONE)
			error = disk_unlink(disk, path);
		if (error == ERROR_NOT_FOUND)
			error = ERROR_NONE;
	}
	return error;
}

void
segment_moved(struct segment *segment, const char *path)
{
	struct index_file *indexes[] = {
		&segment->offset_index.file,
		&segment->time_index.file,
		&segment->transaction_index.file,
	};
	char to[LOG_PATH_SIZE];
	enum error error = segment_path(to, path, segment->base_offset, ".log");

	assert(error == ERROR_NONE); /* log_rename() has looked */
	cached_file_moved(&segment->log, to);
	for (size_t i = 0; i < ARRAY_LENGTH(indexes); i++) {
		error = path_of(segment, types[i + 1], LOG_FILE_LIVE, to);
		assert(error == ERROR_NONE);
		index_file_moved(indexes[i], to);
	}
}
