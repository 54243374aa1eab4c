#include "mortal_disk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/macros.h"
#include "base/memory.h"
#include "world/disk_posix.h"

struct mortal_file {
	struct disk_file file;
	struct disk_file *real;
	char *path;
};

static const char *const operation_texts[] = {
	"none",
#define MORTAL_OPERATION_TEXT(name, text) text,
	MORTAL_OPERATION_TABLE(MORTAL_OPERATION_TEXT)
#undef MORTAL_OPERATION_TEXT
};

static const char *const way_texts[] = { "before", "after", "short", "holed" };

const char *
mortal_operation_text(enum mortal_operation operation)
{
	return operation_texts[operation];
}

const char *
mortal_way_text(enum mortal_way way)
{
	return way_texts[way];
}

static struct mortal_disk *
mortal_of(struct disk *disk)
{
	return container_of(disk, struct mortal_disk, port);
}

static struct mortal_file *
file_of(struct disk_file *file)
{
	return container_of(file, struct mortal_file, file);
}

static void
die(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static bool
is_last(const struct mortal_disk *mortal)
{
	return mortal->operations == mortal->kill_at;
}

/* Each operation is between these two. */
static void
enter(struct mortal_disk *mortal, enum mortal_operation operation, const char *path)
{
	if (mortal->trace != NULL && mortal->operations < MORTAL_TRACE_MAX)
		mortal->trace[mortal->operations] = (uint8_t)operation;
	mortal->operations++;
	if (!is_last(mortal))
		return;
	if (mortal->verbose)
		fprintf(stderr, "  dies %s operation %llu, %s %s\n",
		    way_texts[mortal->way], (unsigned long long)mortal->operations,
		    operation_texts[operation], path);
	if (mortal->way == MORTAL_BEFORE)
		die();
}

static enum error
leave(const struct mortal_disk *mortal, enum error error)
{
	if (is_last(mortal))
		die();
	return error;
}

/* ----------------------------------------------------------------- names */

static enum error
open_file(struct disk *disk, const char *path, int flags, struct disk_file **file)
{
	struct mortal_disk *mortal = mortal_of(disk);
	struct disk_status status;
	struct disk_file *real;
	bool exists = disk_status(&mortal->real, path, &status) == ERROR_NONE;
	bool changes = (flags & DISK_CREATE) != 0 && !exists;

	changes |= (flags & DISK_TRUNCATE) != 0 && exists && status.size > 0;
	if (changes)
		enter(mortal, MORTAL_CREATE, path);
	enum error error = disk_open(&mortal->real, path, flags, &real);
	if (changes)
		error = leave(mortal, error);
	if (error != ERROR_NONE)
		return error;
	struct mortal_file *opened = memory_new(sizeof(*opened));
	*opened = (struct mortal_file){ { disk }, real, memory_text(path, strlen(path)) };
	*file = &opened->file;
	return ERROR_NONE;
}

static enum error
rename_file(struct disk *disk, const char *from, const char *to)
{
	struct mortal_disk *mortal = mortal_of(disk);

	enter(mortal, MORTAL_RENAME, from);
	return leave(mortal, disk_rename(&mortal->real, from, to));
}

static enum error
unlink_file(struct disk *disk, const char *path)
{
	struct mortal_disk *mortal = mortal_of(disk);

	enter(mortal, MORTAL_UNLINK, path);
	return leave(mortal, disk_unlink(&mortal->real, path));
}

static enum error
make_directory(struct disk *disk, const char *path)
{
	struct mortal_disk *mortal = mortal_of(disk);

	enter(mortal, MORTAL_MAKE_DIRECTORY, path);
	return leave(mortal, disk_make_directory(&mortal->real, path));
}

static enum error
remove_directory(struct disk *disk, const char *path)
{
	struct mortal_disk *mortal = mortal_of(disk);

	enter(mortal, MORTAL_REMOVE_DIRECTORY, path);
	return leave(mortal, disk_remove_directory(&mortal->real, path));
}

static enum error
sync_directory(struct disk *disk, const char *path)
{
	struct mortal_disk *mortal = mortal_of(disk);

	enter(mortal, MORTAL_SYNC_DIRECTORY, path);
	return leave(mortal, disk_sync_directory(&mortal->real, path));
}

static enum error
sync_all(struct disk *disk, const char *path)
{
	struct mortal_disk *mortal = mortal_of(disk);

	enter(mortal, MORTAL_SYNC_ALL, path);
	return leave(mortal, disk_sync_all(&mortal->real, path));
}

static enum error
list_names(struct disk *disk, const char *path, void (*entry)(void *context, const char *name),
    void *context)
{
	return disk_list(&mortal_of(disk)->real, path, entry, context);
}

static enum error
read_status(struct disk *disk, const char *path, struct disk_status *status)
{
	return disk_status(&mortal_of(disk)->real, path, status);
}

static enum error
space(struct disk *disk, const char *path, struct disk_space *space)
{
	return disk_space(&mortal_of(disk)->real, path, space);
}

static enum error
lock_file(struct disk *disk, const char *path, struct disk_lock **lock)
{
	struct mortal_disk *mortal = mortal_of(disk);
	struct disk_status status;
	bool changes = disk_status(&mortal->real, path, &status) != ERROR_NONE;

	if (changes)
		enter(mortal, MORTAL_CREATE, path);
	enum error error = disk_lock(&mortal->real, path, lock);
	return changes ? leave(mortal, error) : error;
}

/* ----------------------------------------------------------------- files */

static enum error
read_at(struct disk_file *file, const struct iovec *parts, int count, int64_t offset,
    bool resident_only, size_t *got)
{
	struct disk_file *real = file_of(file)->real;

	return real->disk->ops->read_at(real, parts, count, offset, resident_only, got);
}

static void
write_piece(struct disk_file *real, const uint8_t *bytes, size_t size, int64_t offset)
{
	size_t written;

	if (disk_write(real, bytes, size, offset, &written) != ERROR_NONE)
		abort();
}

/* What of a write is there when it is cut off. */
static void
tear(struct mortal_disk *mortal, struct disk_file *real, const struct iovec *parts, int count,
    int64_t offset)
{
	struct buffer all;

	buffer_init(&all);
	for (int i = 0; i < count; i++)
		buffer_append(&all, parts[i].iov_base, parts[i].iov_len);
	if (all.size == 0)
		return;
	size_t cut = (size_t)prng_below(&mortal->prng, all.size);
	if (cut > 0)
		write_piece(real, all.bytes, cut, offset);
	if (mortal->way == MORTAL_HOLED) {
		size_t end = cut + 1 + (size_t)prng_below(&mortal->prng, MIN(all.size - cut,
		    (size_t)512));
		if (end < all.size)
			write_piece(real, all.bytes + end, all.size - end, offset + (int64_t)end);
	}
	buffer_fini(&all);
}

static enum error
write_at(struct disk_file *file, const struct iovec *parts, int count, int64_t offset,
    size_t *written)
{
	struct mortal_disk *mortal = mortal_of(file->disk);
	struct disk_file *real = file_of(file)->real;

	enter(mortal, MORTAL_WRITE, file_of(file)->path);
	if (is_last(mortal) && mortal->way != MORTAL_AFTER) {
		tear(mortal, real, parts, count, offset);
		die();
	}
	return leave(mortal, real->disk->ops->write_at(real, parts, count, offset, written));
}

static enum error
truncate_file(struct disk_file *file, int64_t size)
{
	struct mortal_disk *mortal = mortal_of(file->disk);

	enter(mortal, MORTAL_TRUNCATE, file_of(file)->path);
	return leave(mortal, disk_truncate(file_of(file)->real, size));
}

static enum error
allocate(struct disk_file *file, int64_t offset, int64_t size)
{
	struct mortal_disk *mortal = mortal_of(file->disk);

	enter(mortal, MORTAL_ALLOCATE, file_of(file)->path);
	return leave(mortal, disk_allocate(file_of(file)->real, offset, size));
}

static enum error
sync_file(struct disk_file *file)
{
	struct mortal_disk *mortal = mortal_of(file->disk);

	enter(mortal, MORTAL_SYNC, file_of(file)->path);
	return leave(mortal, disk_sync(file_of(file)->real));
}

static enum error
size_of_file(struct disk_file *file, int64_t *size)
{
	return disk_size(file_of(file)->real, size);
}

static enum error
set_modified(struct disk_file *file, int64_t modified_ms)
{
	struct mortal_disk *mortal = mortal_of(file->disk);

	enter(mortal, MORTAL_SET_MODIFIED, file_of(file)->path);
	return leave(mortal, disk_set_modified(file_of(file)->real, modified_ms));
}

static void
prefetch(struct disk_file *file, int64_t offset, int64_t size)
{
	disk_prefetch(file_of(file)->real, offset, size);
}

static enum error
close_file(struct disk_file *file)
{
	struct mortal_file *it = file_of(file);
	enum error error = disk_close(it->real);

	free(it->path);
	free(it);
	return error;
}

static const struct disk_ops mortal_ops = {
	.open = open_file,
	.rename = rename_file,
	.unlink = unlink_file,
	.make_directory = make_directory,
	.remove_directory = remove_directory,
	.sync_directory = sync_directory,
	.sync_all = sync_all,
	.list = list_names,
	.status = read_status,
	.space = space,
	.lock = lock_file,
	.read_at = read_at,
	.write_at = write_at,
	.truncate = truncate_file,
	.allocate = allocate,
	.sync = sync_file,
	.size = size_of_file,
	.set_modified = set_modified,
	.prefetch = prefetch,
	.close = close_file,
};

void
mortal_disk_init(struct mortal_disk *mortal, uint64_t kill_at, enum mortal_way way, uint64_t seed)
{
	static struct disk_ops ops;

	*mortal = (struct mortal_disk){ .kill_at = kill_at, .way = way };
	prng_init(&mortal->prng, seed + kill_at * MORTAL_WAY_COUNT + way);
	disk_posix_init(&mortal->real);
	ops = mortal_ops;
	ops.unlock = mortal->real.ops->unlock; /* the lock is the real disk's own */
	mortal->port.ops = &ops;
}
