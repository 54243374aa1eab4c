/*
 * The first look at a partition's directory: finishes what a crash of Kafka
 * or klamm interrupted, and lists the segments (storage format section 6).
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/log_file_name.h"
#include "log/log_private.h"

struct names {
	struct log_file_name *names;
	int count;
	int capacity;
};

static void
add_name(void *context, const char *text)
{
	struct names *names = context;
	struct log_file_name name;

	if (!log_file_name_parse(slice_of_text(text), &name))
		return;
	if (names->count == names->capacity) {
		names->capacity = MAX(2 * names->capacity, 16);
		names->names = memory_resize(names->names,
		    (size_t)names->capacity * sizeof(names->names[0]));
	}
	names->names[names->count++] = name;
}

static enum error
path_of(const struct log *log, struct log_file_name name, char *path)
{
	char text[LOG_FILE_NAME_SIZE];

	log_file_name_format(name, text);
	return log_file_path(log, path, text);
}

static enum error
remove_name(struct log *log, struct log_file_name name)
{
	char path[LOG_PATH_SIZE];
	enum error error = path_of(log, name, path);

	if (error == ERROR_NONE)
		error = disk_unlink(log->cache->disk, path);
	log->folder_unsynced = true;
	return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
}

/* Removes what is in the state and whose offset is in [from, to); forgets it. */
static enum error
remove_all(struct log *log, struct names *names, enum log_file_state state, int64_t from,
    int64_t to)
{
	enum error error = ERROR_NONE;
	int kept = 0;

	for (int i = 0; i < names->count; i++) {
		struct log_file_name name = names->names[i];
		bool goes = name.state == state && name.offset >= from && name.offset < to &&
		    !(state == LOG_FILE_LIVE && name.type == LOG_FILE_SNAPSHOT);

		if (goes && error == ERROR_NONE)
			error = remove_name(log, name);
		if (!goes)
			names->names[kept++] = name;
	}
	names->count = kept;
	return error;
}

/* The offset after the last batch of a complete replacement. */
static enum error
swap_end(struct log *log, struct log_file_name name, int64_t *end)
{
	uint8_t window[BATCH_SCAN_WINDOW_BYTES];
	char path[LOG_PATH_SIZE];
	struct scanned_batch batch;
	struct batch_scan scan;
	struct disk_file *file;
	int64_t size;
	enum error error = path_of(log, name, path);

	*end = name.offset;
	if (error == ERROR_NONE)
		error = disk_open(log->cache->disk, path, DISK_READ, &file);
	if (error != ERROR_NONE)
		return error;
	error = disk_size(file, &size);
	if (error == ERROR_NONE) {
		batch_scan_init(&scan, file, 0, size, false, window, sizeof(window));
		while ((error = batch_scan_next(&scan, &batch)) == ERROR_NONE)
			*end = batch.last_offset + 1;
	}
	enum error closed = disk_close(file);
	if (error != ERROR_END_OF_STREAM && error != ERROR_TRUNCATED && error != ERROR_CORRUPT)
		return error;
	return closed;
}

static enum error
drop_swap_suffixes(struct log *log, struct names *names)
{
	char from[LOG_PATH_SIZE], to[LOG_PATH_SIZE];
	enum error error = ERROR_NONE;

	for (int i = 0; i < names->count && error == ERROR_NONE; i++) {
		struct log_file_name *name = &names->names[i];

		if (name->state != LOG_FILE_SWAP)
			continue;
		error = path_of(log, *name, from);
		name->state = LOG_FILE_LIVE;
		if (error == ERROR_NONE)
			error = path_of(log, *name, to);
		if (error == ERROR_NONE)
			error = disk_rename(log->cache->disk, from, to);
		log->folder_unsynced = true;
	}
	return error;
}

/* Swaps that are complete take the place of the segments that they were made of. */
static enum error
finish_swaps(struct log *log, struct names *names)
{
	int64_t first = INT64_MAX, end = -1;
	enum error error = ERROR_NONE;

	for (int i = 0; i < names->count && error == ERROR_NONE; i++) {
		struct log_file_name name = names->names[i];
		int64_t its_end;

		if (name.state != LOG_FILE_SWAP || name.type != LOG_FILE_RECORDS)
			continue;
		error = swap_end(log, name, &its_end);
		first = MIN(first, name.offset);
		end = MAX(end, its_end);
	}
	if (error == ERROR_NONE && first < end)
		error = remove_all(log, names, LOG_FILE_LIVE, first, end);
	if (error == ERROR_NONE)
		error = drop_swap_suffixes(log, names);
	return error;
}

static enum error
finish_interrupted(struct log *log, struct names *names)
{
	int64_t first_cleaned = INT64_MAX;
	enum error error = remove_all(log, names, LOG_FILE_DELETED, 0, INT64_MAX);

	for (int i = 0; i < names->count; i++) {
		if (names->names[i].state == LOG_FILE_CLEANED)
			first_cleaned = MIN(first_cleaned, names->names[i].offset);
	}
	/* A swap at or behind an unfinished output belongs to a split that did not finish. */
	if (error == ERROR_NONE)
		error = remove_all(log, names, LOG_FILE_SWAP, first_cleaned, INT64_MAX);
	if (error == ERROR_NONE)
		error = remove_all(log, names, LOG_FILE_CLEANED, 0, INT64_MAX);
	if (error == ERROR_NONE)
		error = finish_swaps(log, names);
	return error;
}

static int
compare_bases(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool
is_base(const struct log_listing *listing, int64_t offset)
{
	return listing->count > 0 && bsearch(&offset, listing->bases, (size_t)listing->count,
	    sizeof(listing->bases[0]), compare_bases) != NULL;
}

static void
list_bases(const struct names *names, struct log_listing *listing)
{
	listing->bases = memory_array((size_t)names->count + 1, sizeof(listing->bases[0]));
	for (int i = 0; i < names->count; i++) {
		if (names->names[i].type == LOG_FILE_RECORDS)
			listing->bases[listing->count++] = names->names[i].offset;
	}
	qsort(listing->bases, (size_t)listing->count, sizeof(listing->bases[0]), compare_bases);
}

/* Indexes without records, and snapshots that no segment begins with but for the newest. */
static enum error
remove_strays(struct log *log, const struct names *names, const struct log_listing *listing)
{
	int64_t newest = -1;
	enum error error = ERROR_NONE;

	for (int i = 0; i < names->count; i++) {
		if (names->names[i].type == LOG_FILE_SNAPSHOT)
			newest = MAX(newest, names->names[i].offset);
	}
	for (int i = 0; i < names->count && error == ERROR_NONE; i++) {
		struct log_file_name name = names->names[i];

		if (is_base(listing, name.offset) ||
		    (name.type == LOG_FILE_SNAPSHOT && name.offset == newest))
			continue;
		error = remove_name(log, name);
	}
	return error;
}

void
log_listing_fini(struct log_listing *listing)
{
	free(listing->bases);
	*listing = (struct log_listing){ 0 };
}

enum error
log_load_names(struct log *log, struct log_listing *listing)
{
	struct names names = { 0 };
	enum error error = disk_list(log->cache->disk, log->path, add_name, &names);

	*listing = (struct log_listing){ 0 };
	if (error == ERROR_NONE)
		error = finish_interrupted(log, &names);
	if (error == ERROR_NONE) {
		list_bases(&names, listing);
		error = remove_strays(log, &names, listing);
	}
	free(names.names);
	return error;
}
