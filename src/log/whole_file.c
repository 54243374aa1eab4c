#include "log/whole_file.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

#define TEMPORARY_SUFFIX ".tmp"

/* What fails here is told by the error before it. */
static void
best_effort(enum error error UNUSED)
{
}

static enum error
read_open_file(struct disk_file *file, size_t limit, struct buffer *contents)
{
	int64_t size;
	enum error error = disk_size(file, &size);

	if (error != ERROR_NONE)
		return error;
	if (size < 0 || (uint64_t)size > limit)
		return ERROR_TOO_LARGE;
	size_t before = contents->size;
	error = disk_read_all(file, buffer_extend(contents, (size_t)size), (size_t)size, 0);
	if (error != ERROR_NONE)
		contents->size = before;
	return error;
}

enum error
whole_file_read(struct disk *disk, const char *path, size_t limit, struct buffer *contents)
{
	struct disk_file *file;
	enum error error = disk_open(disk, path, DISK_READ, &file);

	if (error != ERROR_NONE)
		return error;
	error = read_open_file(file, limit, contents);
	best_effort(disk_close(file));
	return error;
}

static enum error
write_temporary(struct disk *disk, const char *path, struct slice contents, bool syncs)
{
	struct disk_file *file;
	size_t written;
	enum error error = disk_open(disk, path, DISK_WRITE | DISK_CREATE | DISK_TRUNCATE, &file);

	if (error != ERROR_NONE)
		return error;
	error = disk_write(file, contents.bytes, contents.size, 0, &written);
	if (error == ERROR_NONE && syncs)
		error = disk_sync(file);
	enum error closed = disk_close(file);
	return error != ERROR_NONE ? error : closed;
}

static enum error
replace(struct disk *disk, const char *path, struct slice contents, bool syncs)
{
	size_t length = strlen(path);
	char *temporary = memory_array(length + sizeof(TEMPORARY_SUFFIX), 1);

	memcpy(temporary, path, length);
	memcpy(temporary + length, TEMPORARY_SUFFIX, sizeof(TEMPORARY_SUFFIX));
	enum error error = write_temporary(disk, temporary, contents, syncs);
	if (error == ERROR_NONE)
		error = disk_rename(disk, temporary, path);
	if (error != ERROR_NONE)
		best_effort(disk_unlink(disk, temporary)); /* a full disk wants its space back */
	else if (syncs)
		error = whole_file_sync_directory(disk, path);
	free(temporary);
	return error;
}

enum error
whole_file_replace(struct disk *disk, const char *path, struct slice contents)
{
	return replace(disk, path, contents, true);
}

enum error
whole_file_make(struct disk *disk, const char *path, struct slice contents)
{
	return replace(disk, path, contents, false);
}

enum error
whole_file_sync_directory(struct disk *disk, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return disk_sync_directory(disk, ".");
	if (slash == path)
		return disk_sync_directory(disk, "/");
	char *directory = memory_text(path, (size_t)(slash - path));
	enum error error = disk_sync_directory(disk, directory);
	free(directory);
	return error;
}
