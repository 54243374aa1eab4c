/* The disk port on the system's files. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "posix_test.h"
#include "world/disk_posix.h"

static struct disk_file *
open_for_test(struct disk *disk, const char *path, int flags)
{
	struct disk_file *file;

	CHECK_ERROR(ERROR_NONE, disk_open(disk, path, flags, &file));
	return file;
}

static void
open_test(struct disk *disk, const char *folder)
{
	const int make = DISK_READ | DISK_WRITE | DISK_CREATE;
	struct disk_file *file;
	struct disk_status status;
	int64_t size = -1;
	size_t written;

	CHECK_ERROR(ERROR_NOT_FOUND, disk_open(disk, path_in(folder, "none"), DISK_READ, &file));
	CHECK(file == NULL);
	file = open_for_test(disk, path_in(folder, "a"), make | DISK_EXCLUSIVE);
	CHECK_ERROR(ERROR_NONE, disk_write(file, "hello", 5, 0, &written));
	CHECK_ERROR(ERROR_NONE, disk_close(file));
	CHECK_ERROR(ERROR_EXISTS,
	    disk_open(disk, path_in(folder, "a"), make | DISK_EXCLUSIVE, &file));
	CHECK_ERROR(ERROR_IS_DIRECTORY, disk_open(disk, folder, DISK_WRITE, &file));
	CHECK_ERROR(ERROR_NOT_DIRECTORY,
	    disk_open(disk, path_in(folder, "a/b"), DISK_READ, &file));
	file = open_for_test(disk, path_in(folder, "a"), make);
	CHECK_ERROR(ERROR_NONE, disk_size(file, &size));
	CHECK(size == 5);
	CHECK_ERROR(ERROR_NONE, disk_close(file));
	file = open_for_test(disk, path_in(folder, "a"), make | DISK_TRUNCATE);
	CHECK_ERROR(ERROR_NONE, disk_size(file, &size));
	CHECK(size == 0);
	CHECK((fcntl(disk_posix_descriptor(file), F_GETFD) & FD_CLOEXEC) != 0);
	CHECK_ERROR(ERROR_NONE, disk_close(file));
	CHECK_ERROR(ERROR_NONE, disk_status(disk, path_in(folder, "a"), &status));
	CHECK(status.type == DISK_FILE && status.size == 0);
}

static void
read_write_test(struct disk *disk, const char *folder)
{
	struct disk_file *file = open_for_test(disk, path_in(folder, "rw"),
	    DISK_READ | DISK_WRITE | DISK_CREATE);
	char first[] = "first ", second[] = "second", bytes[64];
	struct iovec parts[3] = { { first, 6 }, { NULL, 0 }, { second, 6 } };
	size_t count = 0;
	enum error error;
	int64_t size;

	CHECK_ERROR(ERROR_NONE, disk_write_parts(file, parts, 3, 100, &count));
	CHECK(count == 12);
	CHECK_ERROR(ERROR_NONE, disk_read(file, bytes, sizeof(bytes), 98, &count));
	CHECK(count == 14 && memcmp(bytes, "\0\0first second", 14) == 0);
	CHECK_ERROR(ERROR_NONE, disk_read(file, bytes, sizeof(bytes), 112, &count));
	CHECK(count == 0);
	CHECK_ERROR(ERROR_NONE, disk_read(file, bytes, sizeof(bytes), 5000, &count));
	CHECK(count == 0);
	CHECK_ERROR(ERROR_NONE, disk_read_all(file, bytes, 6, 106));
	CHECK_ERROR(ERROR_TRUNCATED, disk_read_all(file, bytes, 7, 106));
	CHECK_ERROR(ERROR_NONE, disk_truncate(file, 103));
	CHECK_ERROR(ERROR_NONE, disk_size(file, &size));
	CHECK(size == 103);
	CHECK_ERROR(ERROR_NONE, disk_allocate(file, 0, 65536));
	CHECK_ERROR(ERROR_NONE, disk_size(file, &size));
	CHECK(size == 65536);
	CHECK_ERROR(ERROR_NONE, disk_read_all(file, bytes, 6, 98));
	CHECK(memcmp(bytes, "\0\0fir\0", 6) == 0);
	CHECK_ERROR(ERROR_NONE, disk_sync(file));
	CHECK_ERROR(ERROR_NONE, disk_close(file));
	CHECK_ERROR(ERROR_NONE, disk_sync_directory(disk, folder));
	CHECK_ERROR(ERROR_NOT_FOUND, disk_sync_directory(disk, path_in(folder, "none")));
	CHECK_ERROR(ERROR_NOT_DIRECTORY, disk_sync_directory(disk, path_in(folder, "rw")));
	error = disk_sync_all(disk, folder); /* BUSY: others have written that much */
	CHECK(error == ERROR_NONE || error == ERROR_BUSY);
	CHECK_ERROR(ERROR_NOT_FOUND, disk_sync_all(disk, path_in(folder, "none")));
}

/* What was just written is resident; what was thrown out of the cache is not. */
static void
resident_test(struct disk *disk, const char *folder)
{
	enum { SIZE = 1 << 20 };
	struct disk_file *file = open_for_test(disk, path_in(folder, "resident"),
	    DISK_READ | DISK_WRITE | DISK_CREATE);
	char *bytes = malloc(SIZE);
	enum error error;
	size_t count = 0;
	int fd;

	memset(bytes, 'x', SIZE);
	CHECK_ERROR(ERROR_NONE, disk_write(file, bytes, SIZE, 0, &count));
	CHECK_ERROR(ERROR_NONE, disk_read_resident(file, bytes, SIZE, 0, &count));
	CHECK(count == SIZE && bytes[SIZE - 1] == 'x');
	CHECK_ERROR(ERROR_NONE, disk_read_resident(file, bytes, SIZE, SIZE, &count));
	CHECK(count == 0);
	CHECK_ERROR(ERROR_NONE, disk_sync(file));
	fd = open(path_in(folder, "resident"), O_RDONLY | O_CLOEXEC);
	CHECK(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
	close(fd);
	error = disk_read_resident(file, bytes, SIZE, 0, &count);
	CHECK(error == ERROR_WOULD_BLOCK || (error == ERROR_NONE && count > 0));
	printf("posix_test: after the cache was dropped: %s\n", error_text(error));
	disk_prefetch(file, 0, SIZE);
	CHECK_ERROR(ERROR_NONE, disk_read_all(file, bytes, SIZE, 0));
	CHECK_ERROR(ERROR_NONE, disk_read_resident(file, bytes, SIZE, 0, &count));
	CHECK(count == SIZE);
	free(bytes);
	CHECK_ERROR(ERROR_NONE, disk_close(file));
}

/* Past the cache, at offsets and sizes that no device would take. */
static void
direct_test(struct disk *disk, const char *folder)
{
	struct disk_file *file = open_for_test(disk, path_in(folder, "direct"),
	    DISK_WRITE | DISK_CREATE);
	char written[10007], got[10007];
	size_t count;

	for (size_t i = 0; i < sizeof(written); i++)
		written[i] = (char)(i * 7 % 251);
	CHECK_ERROR(ERROR_NONE, disk_write(file, written, sizeof(written), 0, &count));
	CHECK_ERROR(ERROR_NONE, disk_sync(file));
	CHECK_ERROR(ERROR_NONE, disk_close(file));
	file = open_for_test(disk, path_in(folder, "direct"), DISK_READ | DISK_DIRECT);
	CHECK_ERROR(ERROR_NONE, disk_read_all(file, got, sizeof(got), 0));
	CHECK(memcmp(got, written, sizeof(got)) == 0);
	CHECK_ERROR(ERROR_NONE, disk_read(file, got, 5000, 4099, &count));
	CHECK(count == 5000 && memcmp(got, written + 4099, count) == 0);
	CHECK_ERROR(ERROR_NONE, disk_read(file, got, sizeof(got), 9001, &count));
	CHECK(count == 1006 && memcmp(got, written + 9001, count) == 0);
	CHECK_ERROR(ERROR_NONE, disk_read(file, got, sizeof(got), 20000, &count));
	CHECK(count == 0);
	CHECK_ERROR(ERROR_NONE, disk_close(file));
}

struct listing {
	char text[256];
};

static void
add_to_listing(void *context, const char *name)
{
	struct listing *listing = context;
	size_t used = strlen(listing->text);

	snprintf(listing->text + used, sizeof(listing->text) - used, "%s ", name);
}

static void
make_file(struct disk *disk, const char *path, size_t size)
{
	struct disk_file *file = open_for_test(disk, path, DISK_WRITE | DISK_CREATE);
	size_t written;

	if (size > 0)
		CHECK_ERROR(ERROR_NONE, disk_write(file, "123456789", size, 0, &written));
	CHECK_ERROR(ERROR_NONE, disk_close(file));
}

static void
names_test(struct disk *disk, const char *folder)
{
	char names[PATH_SIZE];
	struct listing listing = { "" };
	struct disk_status status;

	snprintf(names, sizeof(names), "%s", path_in(folder, "names"));
	CHECK_ERROR(ERROR_NONE, disk_make_directory(disk, names));
	CHECK_ERROR(ERROR_EXISTS, disk_make_directory(disk, names));
	CHECK_ERROR(ERROR_NOT_FOUND, disk_make_directory(disk, path_in(names, "x/y")));
	CHECK_ERROR(ERROR_NONE, disk_list(disk, names, add_to_listing, &listing));
	CHECK(strcmp(listing.text, "") == 0);
	make_file(disk, path_in(names, "b"), 2);
	make_file(disk, path_in(names, "B"), 0);
	make_file(disk, path_in(names, "\303\244"), 0);
	make_file(disk, path_in(names, ".a"), 0);
	CHECK_ERROR(ERROR_NONE, disk_make_directory(disk, path_in(names, "a-0")));
	CHECK_ERROR(ERROR_NONE, disk_list(disk, names, add_to_listing, &listing));
	CHECK(strcmp(listing.text, ".a B a-0 b \303\244 ") == 0);
	CHECK_ERROR(ERROR_NOT_FOUND,
	    disk_list(disk, path_in(names, "none"), add_to_listing, &listing));
	CHECK_ERROR(ERROR_NOT_DIRECTORY,
	    disk_list(disk, path_in(names, "b"), add_to_listing, &listing));

	CHECK_ERROR(ERROR_NONE, disk_rename(disk, path_in(names, "b"), path_in(names, "B")));
	CHECK_ERROR(ERROR_NONE, disk_status(disk, path_in(names, "B"), &status));
	CHECK(status.size == 2);
	CHECK_ERROR(ERROR_NOT_FOUND, disk_status(disk, path_in(names, "b"), &status));
	CHECK_ERROR(ERROR_NOT_FOUND, disk_rename(disk, path_in(names, "b"), path_in(names, "c")));
	CHECK_ERROR(ERROR_NONE, disk_status(disk, path_in(names, "a-0"), &status));
	CHECK(status.type == DISK_DIRECTORY);
	CHECK_ERROR(ERROR_NOT_EMPTY, disk_remove_directory(disk, names));
	CHECK_ERROR(ERROR_NONE, disk_remove_directory(disk, path_in(names, "a-0")));
	CHECK_ERROR(ERROR_NONE, disk_unlink(disk, path_in(names, "B")));
	CHECK_ERROR(ERROR_NOT_FOUND, disk_unlink(disk, path_in(names, "B")));
	CHECK_ERROR(ERROR_IS_DIRECTORY, disk_unlink(disk, names));
}

static void
times_test(struct disk *disk, const char *folder)
{
	struct disk_file *file = open_for_test(disk, path_in(folder, "times"),
	    DISK_WRITE | DISK_CREATE);
	struct disk_status status;

	CHECK_ERROR(ERROR_NONE, disk_set_modified(file, INT64_C(1500000000123)));
	CHECK_ERROR(ERROR_NONE, disk_status(disk, path_in(folder, "times"), &status));
	CHECK(status.modified_ms == INT64_C(1500000000123));
	CHECK_ERROR(ERROR_NONE, disk_close(file));
}

/* A file system of 64 KiB: what fits is written and told, and it heals. */
static void
full_disk_test(struct disk *disk, const char *folder)
{
	enum { SIZE = 256 * 1024 };
	char full[PATH_SIZE], *bytes = calloc(1, SIZE);
	struct disk_file *file;
	struct disk_space space;
	size_t written = 0;

	snprintf(full, sizeof(full), "%s", path_in(folder, "full"));
	CHECK_ERROR(ERROR_NONE, disk_make_directory(disk, full));
	if (mount("klamm", full, "tmpfs", 0, "size=64k") != 0) {
		printf("SKIP posix_test/full_disk it takes root to mount a small file system\n");
		free(bytes);
		return;
	}
	CHECK_ERROR(ERROR_NONE, disk_space(disk, full, &space));
	CHECK(space.free == 65536 && space.total == 65536);
	file = open_for_test(disk, path_in(full, "file"), DISK_READ | DISK_WRITE | DISK_CREATE);
	CHECK_ERROR(ERROR_NO_SPACE, disk_write(file, bytes, SIZE, 0, &written));
	CHECK(written == 65536);
	CHECK_ERROR(ERROR_NONE, disk_space(disk, full, &space));
	CHECK(space.free == 0 && space.total == 65536);
	CHECK_ERROR(ERROR_NONE, disk_truncate(file, 0));
	CHECK_ERROR(ERROR_NO_SPACE, disk_allocate(file, 0, SIZE));
	CHECK_ERROR(ERROR_NONE, disk_truncate(file, 0));
	CHECK_ERROR(ERROR_NONE, disk_write(file, bytes, 4096, 0, &written));
	/* tmpfs is all in memory, and knows RWF_NOWAIT in some kernels only. */
	CHECK_ERROR(ERROR_NONE, disk_read_resident(file, bytes, 4096, 0, &written));
	CHECK(written == 4096);
	CHECK_ERROR(ERROR_NONE, disk_close(file));
	CHECK(umount(full) == 0);
	free(bytes);
}

void
posix_disk_test(struct disk *disk, const char *folder)
{
	struct disk_space space;

	open_test(disk, folder);
	read_write_test(disk, folder);
	resident_test(disk, folder);
	direct_test(disk, folder);
	names_test(disk, folder);
	times_test(disk, folder);
	full_disk_test(disk, folder);
	CHECK_ERROR(ERROR_NONE, disk_space(disk, folder, &space));
	CHECK(space.free > 0 && space.total >= space.free);
	CHECK_ERROR(ERROR_NOT_FOUND, disk_space(disk, path_in(folder, "none"), &space));
}
