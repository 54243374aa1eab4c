#include "tests/crash/crash_disk.h"

#include <signal.h>
#include <stdlib.h>

#include "base/memory.h"
#include "world/disk_posix.h"

struct crash_file {
	struct disk_file file;
	struct disk_file *inner;
};

static struct crash_disk *
disk_of(struct disk *disk)
{
	return container_of(disk, struct crash_disk, disk);
}

static struct disk_file *
inner_of(struct disk_file *file)
{
	return container_of(file, struct crash_file, file)->inner;
}

static bool
counts_down(struct disk *disk, bool in_write)
{
	struct crash_disk *crash = disk_of(disk);

	if (++crash->changes != crash->kill_at)
		return false;
	if (crash->dying != NULL)
		crash->dying(crash, in_write);
	return true;
}

static void
change(struct disk *disk)
{
	if (counts_down(disk, false))
		raise(SIGKILL);
}

static enum error
crash_open(struct disk *disk, const char *path, int flags, struct disk_file **file)
{
	struct disk_file *inner;

	if ((flags & (DISK_CREATE | DISK_TRUNCATE)) != 0)
		change(disk);
	enum error error = disk_open(&disk_of(disk)->inner, path, flags, &inner);
	if (error != ERROR_NONE)
		return error;
	struct crash_file *crash = memory_new(sizeof(*crash));
	crash->file.disk = disk;
	crash->inner = inner;
	*file = &crash->file;
	return ERROR_NONE;
}

static enum error
crash_close(struct disk_file *file)
{
	enum error error = disk_close(inner_of(file));

	free(container_of(file, struct crash_file, file));
	return error;
}

static enum error
crash_rename(struct disk *disk, const char *from, const char *to)
{
	change(disk);
	return disk_rename(&disk_of(disk)->inner, from, to);
}

static enum error
crash_unlink(struct disk *disk, const char *path)
{
	change(disk);
	return disk_unlink(&disk_of(disk)->inner, path);
}

static enum error
crash_make_directory(struct disk *disk, const char *path)
{
	change(disk);
	return disk_make_directory(&disk_of(disk)->inner, path);
}

static enum error
crash_remove_directory(struct disk *disk, const char *path)
{
	change(disk);
	return disk_remove_directory(&disk_of(disk)->inner, path);
}

static enum error
crash_sync_directory(struct disk *disk, const char *path)
{
	change(disk);
	return disk_sync_directory(&disk_of(disk)->inner, path);
}

static enum error
crash_list(struct disk *disk, const char *path, void (*entry)(void *context, const char *name),
    void *context)
{
	return disk_list(&disk_of(disk)->inner, path, entry, context);
}

static enum error
crash_status(struct disk *disk, const char *path, struct disk_status *status)
{
	return disk_status(&disk_of(disk)->inner, path, status);
}

static enum error
crash_free_space(struct disk *disk, const char *path, int64_t *bytes)
{
	return disk_free_space(&disk_of(disk)->inner, path, bytes);
}

/* The lock's own disk is only asked for when it is given up. */
static enum error
crash_lock(struct disk *disk, const char *path, struct disk_lock **lock)
{
	return disk_lock(&disk_of(disk)->inner, path, lock);
}

static enum error
crash_read_at(struct disk_file *file, const struct iovec *parts, int count, int64_t offset,
    bool resident_only, size_t *got)
{
	struct disk_file *inner = inner_of(file);

	return inner->disk->ops->read_at(inner, parts, count, offset, resident_only, got);
}

static enum error
crash_write_at(struct disk_file *file, const struct iovec *parts, int count, int64_t offset,
    size_t *written)
{
	struct crash_disk *crash = disk_of(file->disk);
	struct disk_file *inner = inner_of(file);

	if (counts_down(file->disk, true)) {
		struct iovec half = parts[0];

		half.iov_len = (half.iov_len + 1) / 2;
		if (crash->partly && disk_write_parts(inner, &half, 1, offset, written) != ERROR_NONE)
			abort();
		raise(SIGKILL);
	}
	return disk_write_parts(inner, parts, count, offset, written);
}

static enum error
crash_truncate(struct disk_file *file, int64_t size)
{
	change(file->disk);
	return disk_truncate(inner_of(file), size);
}

static enum error
crash_allocate(struct disk_file *file, int64_t offset, int64_t size)
{
	change(file->disk);
	return disk_allocate(inner_of(file), offset, size);
}

/* Nothing here loses the page cache, so a sync need not take its time. */
static enum error
crash_sync(struct disk_file *file)
{
	change(file->disk);
	return ERROR_NONE;
}

static enum error
crash_size(struct disk_file *file, int64_t *size)
{
	return disk_size(inner_of(file), size);
}

static enum error
crash_set_modified(struct disk_file *file, int64_t modified_ms)
{
	change(file->disk);
	return disk_set_modified(inner_of(file), modified_ms);
}

static void
crash_prefetch(struct disk_file *file, int64_t offset, int64_t size)
{
	disk_prefetch(inner_of(file), offset, size);
}

void
crash_disk_init(struct crash_disk *crash)
{
	static struct disk_ops ops;

	*crash = (struct crash_disk){ 0 };
	disk_posix_init(&crash->inner);
	ops = (struct disk_ops){
		.open = crash_open,
		.rename = crash_rename,
		.unlink = crash_unlink,
		.make_directory = crash_make_directory,
		.remove_directory = crash_remove_directory,
		.sync_directory = crash_sync_directory,
		.list = crash_list,
		.status = crash_status,
		.free_space = crash_free_space,
		.lock = crash_lock,
		.unlock = crash->inner.ops->unlock,
		.read_at = crash_read_at,
		.write_at = crash_write_at,
		.truncate = crash_truncate,
		.allocate = crash_allocate,
		.sync = crash_sync,
		.size = crash_size,
		.set_modified = crash_set_modified,
		.prefetch = crash_prefetch,
		.close = crash_close,
	};
	crash->disk.ops = &ops;
}
