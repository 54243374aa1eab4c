#include "world/disk_posix.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/memory.h"

enum {
	DIRECT_ALIGNMENT = 4096,
	DIRECT_SIZE = 1 << 20, /* what one read past the page cache takes at most */
};

struct file {
	struct disk_file file;
	int fd;
	bool direct;
};

struct disk_lock {
	int fd;
};

static struct file *
file_of(struct disk_file *file)
{
	return container_of(file, struct file, file);
}

/* The error of a call that returned -1, or none. */
static enum error
outcome(int result)
{
	return result == 0 ? ERROR_NONE : error_from_errno(errno);
}

/* ----------------------------------------------------------------- names */

static int
system_flags(int flags)
{
	static const int access[] = { 0, O_RDONLY, O_WRONLY, O_RDWR };
	int system = O_CLOEXEC | O_NOCTTY | access[flags & (DISK_READ | DISK_WRITE)];

	if (flags & DISK_CREATE)
		system |= O_CREAT;
	if (flags & DISK_EXCLUSIVE)
		system |= O_EXCL;
	if (flags & DISK_TRUNCATE)
		system |= O_TRUNC;
	return system;
}

static enum error
open_file(struct disk *disk, const char *path, int flags, struct disk_file **file)
{
	bool direct = (flags & DISK_DIRECT) != 0;
	mode_t mode = (flags & DISK_PRIVATE) != 0 ? 0600 : 0666;
	struct file *opened;
	int fd = -1;

	if (direct)
		fd = openat(AT_FDCWD, path, system_flags(flags) | O_DIRECT, mode);
	if (fd < 0 && (!direct || errno == EINVAL)) {
		direct = false; /* some file systems know no other way than the cache */
		fd = openat(AT_FDCWD, path, system_flags(flags), mode);
	}
	if (fd < 0)
		return error_from_errno(errno);
	opened = memory_new(sizeof(*opened));
	*opened = (struct file){ .file.disk = disk, .fd = fd, .direct = direct };
	*file = &opened->file;
	return ERROR_NONE;
}

static enum error
rename_file(struct disk *disk, const char *from, const char *to)
{
	(void)disk;
	return outcome(rename(from, to));
}

static enum error
unlink_file(struct disk *disk, const char *path)
{
	(void)disk;
	return outcome(unlink(path));
}

static enum error
make_directory(struct disk *disk, const char *path)
{
	(void)disk;
	return outcome(mkdir(path, 0777));
}

static enum error
remove_directory(struct disk *disk, const char *path)
{
	(void)disk;
	return outcome(rmdir(path));
}

static enum error
sync_by(int (*sync)(int fd), const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum error error;

	if (fd < 0)
		return error_from_errno(errno);
	error = outcome(sync(fd));
	if (error == ERROR_NO_SPACE)
		error = ERROR_IO; /* as for a file */
	close(fd);
	return error;
}

static enum error
sync_directory(struct disk *disk, const char *path)
{
	(void)disk;
	return sync_by(fsync, path);
}

/*
 * Bytes that the system has still to write, of all file systems; a line of /proc/meminfo
 * is "Dirty: N kB". Many, where it does not tell.
 */
static int64_t
dirty_bytes(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	int64_t kibibytes = INT64_MAX / 1024;
	char line[128];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "Dirty: %" SCNd64, &kibibytes) == 1)
			break;
	if (file != NULL)
		(void)fclose(file);
	return kibibytes * 1024;
}

/* Some seconds of a slow disk at most. */
enum { SYNC_ALL_BYTES = 256 << 20 };

static int
sync_file_system(int fd)
{
	if (dirty_bytes() <= SYNC_ALL_BYTES)
		return syncfs(fd);
	errno = EBUSY;
	return -1;
}

static enum error
sync_all(struct disk *disk, const char *path)
{
	(void)disk;
	return sync_by(sync_file_system, path);
}

struct names {
	char **names;
	size_t count;
	size_t capacity;
};

static void
add_name(struct names *names, const char *name)
{
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return;
	if (names->count == names->capacity) {
		names->capacity = names->capacity == 0 ? 64 : names->capacity * 2;
		names->names = memory_resize(names->names, names->capacity * sizeof(*names->names));
	}
	names->names[names->count++] = memory_text(name, strlen(name));
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum error
read_names(const char *path, struct names *names)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	enum error error;

	if (directory == NULL)
		return error_from_errno(errno);
	for (errno = 0; (entry = readdir(directory)) != NULL; errno = 0)
		add_name(names, entry->d_name);
	error = error_from_errno(errno);
	closedir(directory);
	return error;
}

/* Nothing is told when the list could not be read to its end. */
static enum error
list_names(struct disk *disk, const char *path, void (*entry)(void *context, const char *name),
    void *context)
{
	struct names names = { 0 };
	enum error error = read_names(path, &names);

	(void)disk;
	if (names.count > 0)
		qsort(names.names, names.count, sizeof(*names.names), compare_names);
	for (size_t i = 0; i < names.count; i++) {
		if (error == ERROR_NONE)
			entry(context, names.names[i]);
		free(names.names[i]);
	}
	free(names.names);
	return error;
}

static enum error
read_status(struct disk *disk, const char *path, struct disk_status *status)
{
	struct stat found;

	(void)disk;
	if (stat(path, &found) != 0)
		return error_from_errno(errno);
	*status = (struct disk_status){
		.type = S_ISREG(found.st_mode) ? DISK_FILE :
		    S_ISDIR(found.st_mode)     ? DISK_DIRECTORY :
						 DISK_OTHER,
		.size = found.st_size,
		.modified_ms = (int64_t)found.st_mtim.tv_sec * 1000 +
		    found.st_mtim.tv_nsec / 1000000,
	};
	return ERROR_NONE;
}

static enum error
space(struct disk *disk, const char *path, struct disk_space *space)
{
	struct statvfs found;

	(void)disk;
	if (statvfs(path, &found) != 0)
		return error_from_errno(errno);
	space->free = (int64_t)found.f_bavail * (int64_t)found.f_frsize;
	space->total = (int64_t)found.f_blocks * (int64_t)found.f_frsize;
	return ERROR_NONE;
}

/*
 * A lock of the open file description: it conflicts with the POSIX locks that
 * Java takes, with other brokers of this process, and does not vanish when
 * somebody else here opens and closes the same file.
 */
static enum error
lock_file(struct disk *disk, const char *path, struct disk_lock **lock)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);

	(void)disk;
	if (fd < 0)
		return error_from_errno(errno);
	if (fcntl(fd, F_OFD_SETLK, &whole) != 0) {
		int reason = errno;

		close(fd);
		return reason == EAGAIN || reason == EACCES ? ERROR_BUSY : error_from_errno(reason);
	}
	*lock = memory_new(sizeof(**lock));
	(*lock)->fd = fd;
	return ERROR_NONE;
}

static void
unlock_file(struct disk_lock *lock)
{
	close(lock->fd);
	free(lock);
}

/* ----------------------------------------------------------------- files */

/* Into memory as the device wants it, and then to where the caller does. */
static ssize_t
read_direct(int fd, const struct iovec *parts, int count, int64_t offset)
{
	size_t lead = (size_t)(offset % DIRECT_ALIGNMENT), size = lead, copied = 0;
	char *bounce;
	ssize_t got;

	for (int i = 0; i < count && size < DIRECT_SIZE; i++)
		size += MIN(parts[i].iov_len, (size_t)DIRECT_SIZE);
	size = MIN((size + DIRECT_ALIGNMENT - 1) / DIRECT_ALIGNMENT * DIRECT_ALIGNMENT,
	    (size_t)DIRECT_SIZE);
	bounce = aligned_alloc(DIRECT_ALIGNMENT, size);
	if (bounce == NULL)
		return -1;
	got = pread(fd, bounce, size, offset - (int64_t)lead);
	if (got >= 0) {
		size_t have = (size_t)got > lead ? (size_t)got - lead : 0;

		for (int i = 0; i < count && copied < have; i++) {
			size_t piece = MIN(parts[i].iov_len, have - copied);

			memcpy(parts[i].iov_base, bounce + lead + copied, piece);
			copied += piece;
		}
		got = (ssize_t)copied;
	}
	free(bounce);
	return got;
}

/* File systems without RWF_NOWAIT (some FUSE, old NFS) count as resident. */
static ssize_t
read_resident(int fd, const struct iovec *parts, int count, int64_t offset)
{
	ssize_t result = preadv2(fd, parts, count, offset, RWF_NOWAIT);

	if (result < 0 && (errno == EOPNOTSUPP || errno == ENOSYS))
		result = preadv(fd, parts, count, offset);
	return result;
}

static enum error
read_at(struct disk_file *file, const struct iovec *parts, int count, int64_t offset,
    bool resident_only, size_t *got)
{
	struct file *it = file_of(file);
	ssize_t result;

	do {
		if (it->direct)
			result = read_direct(it->fd, parts, count, offset);
		else if (resident_only)
			result = read_resident(it->fd, parts, count, offset);
		else
			result = preadv(it->fd, parts, count, offset);
	} while (result < 0 && errno == EINTR);
	if (result < 0)
		return error_from_errno(errno);
	*got = (size_t)result;
	return ERROR_NONE;
}

static enum error
write_at(struct disk_file *file, const struct iovec *parts, int count, int64_t offset,
    size_t *written)
{
	ssize_t result;

	do
		result = pwritev(file_of(file)->fd, parts, count, offset);
	while (result < 0 && errno == EINTR);
	if (result < 0)
		return error_from_errno(errno);
	*written = (size_t)result;
	return ERROR_NONE;
}

static enum error
truncate_file(struct disk_file *file, int64_t size)
{
	int result;

	do
		result = ftruncate(file_of(file)->fd, size);
	while (result != 0 && errno == EINTR);
	return outcome(result);
}

/* The C library writes into each block where the file system cannot reserve. */
static enum error
allocate(struct disk_file *file, int64_t offset, int64_t size)
{
	int reason;

	do
		reason = posix_fallocate(file_of(file)->fd, offset, size);
	while (reason == EINTR);
	return error_from_errno(reason);
}

/*
 * fdatasync: it writes the size too, and leaves out the time alone. A disk that
 * finds only now that it has no room (a thin one, a loop device) has lost what
 * was written, so that is no disk that is merely full.
 */
static enum error
sync_file(struct disk_file *file)
{
	enum error error = outcome(fdatasync(file_of(file)->fd));

	return error == ERROR_NO_SPACE ? ERROR_IO : error;
}

static enum error
size_of_file(struct disk_file *file, int64_t *size)
{
	struct stat found;

	if (fstat(file_of(file)->fd, &found) != 0)
		return error_from_errno(errno);
	*size = found.st_size;
	return ERROR_NONE;
}

static enum error
set_modified(struct disk_file *file, int64_t modified_ms)
{
	struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = modified_ms / 1000, .tv_nsec = modified_ms % 1000 * 1000000 },
	};

	if (times[1].tv_nsec < 0) { /* before 1970 */
		times[1].tv_sec--;
		times[1].tv_nsec += 1000000000;
	}
	return outcome(futimens(file_of(file)->fd, times));
}

static void
prefetch(struct disk_file *file, int64_t offset, int64_t size)
{
	(void)posix_fadvise(file_of(file)->fd, offset, size, POSIX_FADV_WILLNEED);
}

static enum error
close_file(struct disk_file *file)
{
	struct file *it = file_of(file);
	int result = close(it->fd);

	free(it);
	/* Linux has closed it even when a signal came. */
	return result != 0 && errno == EINTR ? ERROR_NONE : outcome(result);
}

static const struct disk_ops ops = {
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
	.unlock = unlock_file,
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
disk_posix_init(struct disk *disk)
{
	disk->ops = &ops;
}

int
disk_posix_descriptor(const struct disk_file *file)
{
	assert(file->disk->ops == &ops);
	return ((const struct file *)(const void *)file)->fd;
}
