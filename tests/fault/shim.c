/*
 * A disk and a clock that fail on demand, under a klammd that knows nothing of it: preloaded
 * (LD_PRELOAD) into one, it stands between it and the C library. tests/fault/shim.py is the hand
 * that turns its knobs.
 *
 *	KLAMM_FAULT_DISKS   a folder; each folder in it ("0", "1") is a disk of its own, a log dir
 *	KLAMM_FAULT_SHIM    a folder on the same file system, with
 *	    knobs           struct knobs, mapped by both
 *	    boot_id         read instead of the kernel's
 *	    dirty           struct dirty[], mapped: from where on a file differs from what is durable
 *	    durable/INODE   bytes of a file that were synced; INODE.names: names of a directory that were
 *	    gone/INODE      what was removed or replaced, so that its number is not used again
 *
 * What is durable is kept apart at each sync, which goes to no real disk: after a power cut a file
 * has what was synced of it, and is there when its directory was synced. A sync that fails makes
 * nothing durable, and the next one does not make up for it, as on Linux; who reads with O_DIRECT
 * sees what is durable.
 */
#include <assert.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

enum { DISKS = 2, FILES = 65536, DIRTY = 1 << 18, LOCKS = 64, COPY = 65536, NOWHERE = -1, HANG_LOOK_US = 5000 };

/* What `full` consists of. */
enum { FULL_IS_TOLD = 1, FULL_FOR_DATA = 2, FULL_FOR_NAMES = 4 };

struct knobs {
	_Atomic(int64_t) clock_ms; /* added to the wall clock */
	struct {
		_Atomic(int64_t) full;
		_Atomic(int64_t) writes_fail, syncs_fail; /* so many times; -1: always */
		_Atomic(int64_t) refused, failed;         /* how often it was so */
		_Atomic(int64_t) sync_us;                 /* that a sync takes */
		_Atomic(int64_t) hangs;                   /* as long as it is set no sync ends */
	} disks[DISKS];
};

/* The bytes of `inode` from `from` on were written since the last sync; INT64_MAX: none. */
struct dirty {
	_Atomic(uint64_t) inode; /* 0: free */
	_Atomic(int64_t) from;
};

struct tracked {
	_Atomic(int) disk; /* NOWHERE: none of ours */
	_Atomic(uint64_t) inode;
};

static const char *disks, *home;
static struct knobs *knobs;
static struct dirty *table;
static struct tracked files[FILES];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t locks[LOCKS]; /* one sync of a file at a time */

/* The C library's own; found once, before main(). */
#define REAL(name) __typeof__(name) *name
static struct {
	REAL(open);
	REAL(openat);
	REAL(pwritev);
	REAL(ftruncate);
	REAL(posix_fallocate);
	REAL(fsync);
	REAL(fdatasync);
	REAL(rename);
	REAL(unlink);
	REAL(mkdir);
	REAL(rmdir);
	REAL(statvfs);
	REAL(fopen);
	REAL(clock_gettime);
} real;

/* -------------------------------------------------------------------- start */

static void *
mapped(const char *name, size_t size)
{
	char path[PATH_MAX];
	void *found;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", home, name);
	fd = real.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || real.ftruncate(fd, (off_t)size) != 0)
		abort();
	found = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (found == MAP_FAILED)
		abort();
	close(fd);
	return found;
}

__attribute__((constructor)) static void
begin(void)
{
#define FIND(name, symbol) *(void **)&real.name = dlsym(RTLD_NEXT, symbol)
	FIND(open, "open64");
	FIND(openat, "openat64");
	FIND(pwritev, "pwritev64");
	FIND(ftruncate, "ftruncate64");
	FIND(posix_fallocate, "posix_fallocate64");
	FIND(fsync, "fsync");
	FIND(fdatasync, "fdatasync");
	FIND(rename, "rename");
	FIND(unlink, "unlink");
	FIND(mkdir, "mkdir");
	FIND(rmdir, "rmdir");
	FIND(statvfs, "statvfs64");
	FIND(fopen, "fopen64");
	FIND(clock_gettime, "clock_gettime");
	for (int i = 0; i < LOCKS; i++)
		pthread_mutex_init(&locks[i], NULL);
	for (int i = 0; i < FILES; i++)
		files[i].disk = NOWHERE;
	home = getenv("KLAMM_FAULT_SHIM");
	disks = getenv("KLAMM_FAULT_DISKS");
	if (home == NULL || disks == NULL)
		abort();
	knobs = mapped("knobs", sizeof(*knobs));
	table = mapped("dirty", sizeof(*table) * DIRTY);
}

/* -------------------------------------------------------------- whose is it */

static int
disk_of_path(const char *path)
{
	size_t size = strlen(disks);

	if (strncmp(path, disks, size) != 0 || path[size] != '/' || path[size + 1] < '0' ||
	    path[size + 1] >= '0' + DISKS)
		return NOWHERE;
	return path[size + 1] - '0';
}

static struct dirty *
dirty_of(uint64_t inode)
{
	struct dirty *it;

	pthread_mutex_lock(&table_lock);
	for (uint64_t i = inode % DIRTY;; i = (i + 1) % DIRTY) {
		it = &table[i];
		if (it->inode == inode || it->inode == 0)
			break;
	}
	it->inode = inode; /* a new one has nothing that is durable: from 0 on */
	pthread_mutex_unlock(&table_lock);
	return it;
}

static void
mark_dirty(uint64_t inode, int64_t from)
{
	struct dirty *it = dirty_of(inode);
	int64_t was = it->from;

	while (from < was && !atomic_compare_exchange_weak(&it->from, &was, from))
		continue;
}

static struct tracked *
tracked_of(int fd)
{
	return fd >= 0 && fd < FILES && files[fd].disk != NOWHERE ? &files[fd] : NULL;
}

static void
track(int fd, int disk)
{
	struct stat found;

	if (fd < 0)
		return;
	if (fd >= FILES || fstat(fd, &found) != 0)
		abort();
	files[fd].inode = found.st_ino;
	files[fd].disk = disk;
}

static uint64_t
inode_of(const char *path)
{
	struct stat found;

	return lstat(path, &found) == 0 ? found.st_ino : 0;
}

/* One of the times that it fails, if any are left. */
static bool
takes_one(_Atomic(int64_t) *times, int disk)
{
	int64_t left = *times;

	while (left > 0 && !atomic_compare_exchange_weak(times, &left, left - 1))
		continue;
	if (left != 0)
		knobs->disks[disk].failed++;
	return left != 0;
}

static bool
is_full(int disk, int64_t what)
{
	if (disk == NOWHERE || (knobs->disks[disk].full & what) == 0)
		return false;
	knobs->disks[disk].refused++;
	return true;
}

/* For calls that return -1. */
static int
refuse(int reason)
{
	errno = reason;
	return -1;
}

/* ---------------------------------------------------------------- durability */

static void
copy_from(int fd, int64_t from, const char *path)
{
	static _Thread_local char bytes[COPY];
	char name[64];
	ssize_t got;
	int in, out;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	in = real.open(name, O_RDONLY | O_CLOEXEC);
	out = real.open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (in < 0 || out < 0)
		abort();
	while ((got = pread(in, bytes, sizeof(bytes), from)) > 0) {
		if (pwrite(out, bytes, (size_t)got, from) != got)
			abort();
		from += got;
	}
	if (got < 0 || real.ftruncate(out, from) != 0)
		abort();
	close(in);
	close(out);
}

static void
list_names(int fd, const char *path)
{
	char name[PATH_MAX + 8];
	const struct dirent *entry;
	DIR *folder;
	FILE *out;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	folder = opendir(name);
	snprintf(name, sizeof(name), "%s.new", path);
	out = real.fopen(name, "we");
	if (folder == NULL || out == NULL)
		abort();
	while ((entry = readdir(folder)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			fprintf(out, "%c %llu %s\n", entry->d_type == DT_DIR ? 'd' : 'f',
			    (unsigned long long)entry->d_ino, entry->d_name);
	closedir(folder);
	if (fclose(out) != 0 || real.rename(name, path) != 0)
		abort();
}

static void
make_durable(int fd, uint64_t inode)
{
	pthread_mutex_t *lock = &locks[inode % LOCKS];
	char path[PATH_MAX];
	struct stat found;

	if (fstat(fd, &found) != 0)
		abort();
	pthread_mutex_lock(lock);
	if (S_ISDIR(found.st_mode)) {
		snprintf(path, sizeof(path), "%s/durable/%llu.names", home, (unsigned long long)inode);
		list_names(fd, path);
	} else {
		int64_t from = atomic_exchange(&dirty_of(inode)->from, INT64_MAX);

		snprintf(path, sizeof(path), "%s/durable/%llu", home, (unsigned long long)inode);
		if (from != INT64_MAX)
			copy_from(fd, from, path);
	}
	pthread_mutex_unlock(lock);
}

static int
sync_it(int fd, const struct tracked *it)
{
	if (takes_one(&knobs->disks[it->disk].syncs_fail, it->disk)) {
		dirty_of(it->inode)->from = INT64_MAX; /* the pages count as clean now */
		return refuse(EIO);
	}
	usleep((useconds_t)knobs->disks[it->disk].sync_us);
	while (knobs->disks[it->disk].hangs != 0)
		usleep(HANG_LOOK_US);
	make_durable(fd, it->inode);
	return 0;
}

int
fsync(int fd)
{
	struct tracked *it = tracked_of(fd);

	return it == NULL ? real.fsync(fd) : sync_it(fd, it);
}

int
fdatasync(int fd)
{
	struct tracked *it = tracked_of(fd);

	return it == NULL ? real.fdatasync(fd) : sync_it(fd, it);
}

/* --------------------------------------------------------------------- names */

static int
keep_gone(const char *path)
{
	char to[PATH_MAX];

	snprintf(to, sizeof(to), "%s/gone/%llu", home, (unsigned long long)inode_of(path));
	return real.rename(path, to);
}

/* Past the page cache: what the disk has. */
static int
open_direct(const char *path, int flags)
{
	char durable[PATH_MAX];

	snprintf(durable, sizeof(durable), "%s/durable/%llu", home, (unsigned long long)inode_of(path));
	return real.open(durable, (flags & ~O_DIRECT) | O_CREAT, 0666);
}

static int
open_it(int at, const char *path, int flags, mode_t mode)
{
	int disk = disk_of_path(path), fd;
	bool is_new = disk != NOWHERE && (flags & O_CREAT) != 0 && inode_of(path) == 0;

	if (is_new && is_full(disk, FULL_FOR_NAMES))
		return refuse(ENOSPC);
	if (is_new && takes_one(&knobs->disks[disk].writes_fail, disk))
		return refuse(EIO);
	if (disk != NOWHERE && (flags & O_DIRECT) != 0 && inode_of(path) != 0) {
		fd = open_direct(path, flags);
		disk = NOWHERE;
	} else {
		fd = real.openat(at, path, flags, mode);
	}
	track(fd, disk);
	if (fd >= 0 && disk != NOWHERE && (flags & O_TRUNC) != 0)
		mark_dirty(files[fd].inode, 0);
	return fd;
}

static mode_t
mode_of(int flags, va_list arguments)
{
	return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

int
openat64(int at, const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_it(at, path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_it(AT_FDCWD, path, flags, mode);
}

int
rename(const char *from, const char *to)
{
	int disk = disk_of_path(to);
	char kept[PATH_MAX];
	uint64_t replaced;

	if (disk == NOWHERE)
		return real.rename(from, to);
	if (is_full(disk, FULL_FOR_NAMES))
		return refuse(ENOSPC);
	if (takes_one(&knobs->disks[disk].writes_fail, disk))
		return refuse(EIO);
	replaced = inode_of(to);
	snprintf(kept, sizeof(kept), "%s/gone/%llu", home, (unsigned long long)replaced);
	if (replaced != 0 && inode_of(kept) == 0)
		(void)link(to, kept); /* a directory has no second name, and is not replaced */
	return real.rename(from, to);
}

int
unlink(const char *path)
{
	return disk_of_path(path) == NOWHERE ? real.unlink(path) : keep_gone(path);
}

static bool
has_names(const char *path)
{
	DIR *folder = opendir(path);
	int count = 0;

	if (folder == NULL)
		return false;
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count > 2;
}

int
rmdir(const char *path)
{
	if (disk_of_path(path) == NOWHERE)
		return real.rmdir(path);
	return has_names(path) ? refuse(ENOTEMPTY) : keep_gone(path);
}

int
mkdir(const char *path, mode_t mode)
{
	int disk = disk_of_path(path);

	if (is_full(disk, FULL_FOR_NAMES))
		return refuse(ENOSPC);
	if (disk != NOWHERE && takes_one(&knobs->disks[disk].writes_fail, disk))
		return refuse(EIO);
	return real.mkdir(path, mode);
}

/* --------------------------------------------------------------------- bytes */

static size_t
size_of(const struct iovec *parts, int count)
{
	size_t size = 0;

	for (int i = 0; i < count; i++)
		size += parts[i].iov_len;
	return size;
}

/* Half of it fits. */
static ssize_t
write_half(int fd, const struct iovec *parts, off_t offset)
{
	size_t half = parts[0].iov_len / 2;

	return half == 0 ? refuse(ENOSPC) : pwrite(fd, parts[0].iov_base, half, offset);
}

ssize_t
pwritev64(int fd, const struct iovec *parts, int count, off_t offset)
{
	struct tracked *it = tracked_of(fd);
	struct stat found;

	if (it == NULL)
		return real.pwritev(fd, parts, count, offset);
	if (takes_one(&knobs->disks[it->disk].writes_fail, it->disk))
		return refuse(EIO);
	mark_dirty(it->inode, offset);
	if (fstat(fd, &found) == 0 && offset + (off_t)size_of(parts, count) > found.st_size &&
	    is_full(it->disk, FULL_FOR_DATA))
		return write_half(fd, parts, offset);
	return real.pwritev(fd, parts, count, offset);
}

int
posix_fallocate64(int fd, off_t offset, off_t size)
{
	struct tracked *it = tracked_of(fd);

	if (it != NULL && is_full(it->disk, FULL_FOR_DATA))
		return ENOSPC;
	if (it != NULL)
		mark_dirty(it->inode, offset);
	return real.posix_fallocate(fd, offset, size);
}

int
ftruncate64(int fd, off_t size)
{
	struct tracked *it = tracked_of(fd);
	struct stat found;

	if (it != NULL && takes_one(&knobs->disks[it->disk].writes_fail, it->disk))
		return refuse(EIO);
	if (it != NULL && fstat(fd, &found) == 0)
		mark_dirty(it->inode, size < found.st_size ? size : found.st_size);
	return real.ftruncate(fd, size);
}

int
statvfs64(const char *path, struct statvfs64 *space)
{
	int disk = disk_of_path(path);
	int status = real.statvfs(path, (struct statvfs *)space);

	if (status == 0 && disk != NOWHERE && (knobs->disks[disk].full & FULL_IS_TOLD) != 0)
		space->f_bavail = space->f_bfree = 0;
	return status;
}

/* ------------------------------------------------------------- clock and boot */

int
clock_gettime(clockid_t which, struct timespec *now)
{
	int status = real.clock_gettime(which, now);

	if (status == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) {
		int64_t ns = now->tv_nsec + knobs->clock_ms % 1000 * 1000000 + 1000000000;

		now->tv_sec += knobs->clock_ms / 1000 + ns / 1000000000 - 1;
		now->tv_nsec = ns % 1000000000;
	}
	return status;
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec precise;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &precise) != 0)
		return -1;
	*now = (struct timeval){ .tv_sec = precise.tv_sec, .tv_usec = precise.tv_nsec / 1000 };
	return 0;
}

time_t
time(time_t *now)
{
	struct timespec precise = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &precise);
	if (now != NULL)
		*now = precise.tv_sec;
	return precise.tv_sec;
}

FILE *
fopen64(const char *path, const char *mode)
{
	char ours[PATH_MAX];

	if (strcmp(path, BOOT_ID) != 0)
		return real.fopen(path, mode);
	snprintf(ours, sizeof(ours), "%s/boot_id", home);
	return real.fopen(ours, mode);
}
