#include "world/disk.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

enum { DISK_PARTS_MAX = 1024 };

enum error
disk_open(struct disk *disk, const char *path, int flags, struct disk_file **file)
{
	enum error error;

	assert((flags & (DISK_READ | DISK_WRITE)) != 0);
	assert((flags & (DISK_CREATE | DISK_TRUNCATE)) == 0 || (flags & DISK_WRITE) != 0);
	assert((flags & DISK_EXCLUSIVE) == 0 || (flags & DISK_CREATE) != 0);
	assert((flags & DISK_DIRECT) == 0 || (flags & DISK_WRITE) == 0);
	*file = NULL;
	error = disk->ops->open(disk, path, flags, file);
	assert((error == ERROR_NONE) == (*file != NULL));
	return error;
}

enum error
disk_close(struct disk_file *file)
{
	return file->disk->ops->close(file);
}

enum error
disk_rename(struct disk *disk, const char *from, const char *to)
{
	return disk->ops->rename(disk, from, to);
}

enum error
disk_unlink(struct disk *disk, const char *path)
{
	return disk->ops->unlink(disk, path);
}

enum error
disk_make_directory(struct disk *disk, const char *path)
{
	return disk->ops->make_directory(disk, path);
}

enum error
disk_remove_directory(struct disk *disk, const char *path)
{
	return disk->ops->remove_directory(disk, path);
}

enum error
disk_sync_directory(struct disk *disk, const char *path)
{
	return disk->ops->sync_directory(disk, path);
}

enum error
disk_sync_all(struct disk *disk, const char *path)
{
	return disk->ops->sync_all(disk, path);
}

enum error
disk_list(struct disk *disk, const char *path, void (*entry)(void *context, const char *name),
    void *context)
{
	return disk->ops->list(disk, path, entry, context);
}

enum error
disk_status(struct disk *disk, const char *path, struct disk_status *status)
{
	return disk->ops->status(disk, path, status);
}

enum error
disk_space(struct disk *disk, const char *path, struct disk_space *space)
{
	return disk->ops->space(disk, path, space);
}

enum error
disk_lock(struct disk *disk, const char *path, struct disk_lock **lock)
{
	*lock = NULL;
	return disk->ops->lock(disk, path, lock);
}

void
disk_unlock(struct disk *disk, struct disk_lock *lock)
{
	disk->ops->unlock(lock);
}

/* A short read says nothing about the end of the file; one of 0 bytes does. */
enum error
disk_read(struct disk_file *file, void *bytes, size_t size, int64_t offset, size_t *got)
{
	assert(offset >= 0);
	*got = 0;
	while (*got < size) {
		struct iovec part = { (char *)bytes + *got, size - *got };
		size_t now = 0;
		enum error error = file->disk->ops->read_at(file, &part, 1,
		    offset + (int64_t)*got, false, &now);

		assert(now <= part.iov_len);
		if (error != ERROR_NONE)
			return error;
		if (now == 0)
			break;
		*got += now;
	}
	return ERROR_NONE;
}

enum error
disk_read_all(struct disk_file *file, void *bytes, size_t size, int64_t offset)
{
	size_t got;
	enum error error = disk_read(file, bytes, size, offset, &got);

	if (error == ERROR_NONE && got < size)
		error = ERROR_TRUNCATED;
	return error;
}

enum error
disk_read_resident(struct disk_file *file, void *bytes, size_t size, int64_t offset, size_t *got)
{
	struct iovec part = { bytes, size };

	assert(offset >= 0);
	*got = 0;
	return file->disk->ops->read_at(file, &part, 1, offset, true, got);
}

static bool
has_byte(struct disk_file *file, int64_t offset)
{
	uint8_t byte;
	size_t got;

	return disk_read_resident(file, &byte, 1, offset, &got) == ERROR_NONE;
}

bool
disk_is_resident(struct disk_file *file, int64_t offset, int64_t size)
{
	enum { STEP_BYTES = 64 * 1024 };

	for (int64_t at = 0; at < size; at += STEP_BYTES)
		if (!has_byte(file, offset + at))
			return false;
	return has_byte(file, offset + size - 1);
}

enum error
disk_write(struct disk_file *file, const void *bytes, size_t size, int64_t offset,
    size_t *written)
{
	struct iovec part = { .iov_len = size };

	memcpy(&part.iov_base, &bytes, sizeof(bytes)); /* an iovec has no const */
	return disk_write_parts(file, &part, 1, offset, written);
}

static size_t
total_size(const struct iovec *parts, int count)
{
	size_t size = 0;

	for (int i = 0; i < count; i++) {
		assert(parts[i].iov_len <= SSIZE_MAX - size);
		size += parts[i].iov_len;
	}
	return size;
}

/* Takes `done` bytes away from the front; the number of parts that are left. */
static int
skip_parts(struct iovec *parts, int count, size_t done)
{
	int first = 0;

	while (first < count && done >= parts[first].iov_len)
		done -= parts[first++].iov_len;
	memmove(parts, parts + first, (size_t)(count - first) * sizeof(*parts));
	if (first < count) {
		parts[0].iov_base = (char *)parts[0].iov_base + done;
		parts[0].iov_len -= done;
	}
	return count - first;
}

/* One call of the end; what it has written is counted, with an error too. */
static enum error
write_once(struct disk_file *file, const struct iovec *parts, int count, size_t size,
    int64_t offset, size_t *written)
{
	size_t now = 0;
	enum error error = file->disk->ops->write_at(file, parts, count,
	    offset + (int64_t)*written, &now);

	assert(now <= size - *written);
	*written += now;
	if (error == ERROR_NONE && now == 0 && size > 0)
		error = ERROR_IO; /* neither progress nor a reason */
	return error;
}

/* Apart from its caller, because the array is large and seldom needed. */
static __attribute__((noinline)) enum error
write_rest(struct disk_file *file, const struct iovec *parts, int count, size_t size,
    int64_t offset, size_t *written)
{
	struct iovec rest[DISK_PARTS_MAX];
	size_t before = 0;
	enum error error = ERROR_NONE;

	memcpy(rest, parts, (size_t)count * sizeof(*rest));
	while (error == ERROR_NONE && *written < size) {
		count = skip_parts(rest, count, *written - before);
		before = *written;
		error = write_once(file, rest, count, size, offset, written);
	}
	return error;
}

enum error
disk_write_parts(struct disk_file *file, const struct iovec *parts, int count, int64_t offset,
    size_t *written)
{
	size_t size = total_size(parts, count);
	enum error error;

	assert(offset >= 0 && count >= 0 && count <= DISK_PARTS_MAX);
	*written = 0;
	if (size == 0)
		return ERROR_NONE;
	error = write_once(file, parts, count, size, offset, written);
	if (error == ERROR_NONE && *written < size)
		error = write_rest(file, parts, count, size, offset, written);
	return error;
}

enum error
disk_truncate(struct disk_file *file, int64_t size)
{
	assert(size >= 0);
	return file->disk->ops->truncate(file, size);
}

enum error
disk_allocate(struct disk_file *file, int64_t offset, int64_t size)
{
	assert(offset >= 0 && size > 0);
	return file->disk->ops->allocate(file, offset, size);
}

enum error
disk_sync(struct disk_file *file)
{
	return file->disk->ops->sync(file);
}

enum error
disk_size(struct disk_file *file, int64_t *size)
{
	return file->disk->ops->size(file, size);
}

enum error
disk_set_modified(struct disk_file *file, int64_t modified_ms)
{
	return file->disk->ops->set_modified(file, modified_ms);
}

void
disk_prefetch(struct disk_file *file, int64_t offset, int64_t size)
{
	assert(offset >= 0 && size >= 0);
	if (size > 0) /* to the system 0 means all the rest of the file */
		file->disk->ops->prefetch(file, offset, size);
}
