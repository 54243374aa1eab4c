/*
 * world/disk.h: files. Every call may block and is for loops or workers as
 * design section 4 says: appends and resident reads on loops, sync, cold
 * reads, deletion and recovery on workers. One file may be read by several
 * threads at once; who writes it sees to it that nobody else does.
 *
 * Nothing is durable before the file is synced, and no name (create, rename,
 * unlink) before the directory that holds it is. A short read or write is not
 * an error: `got` and `written` tell, and a write that could not be finished
 * returns the error with what was written before it in `written`.
 *
 * Paths are absolute or relative to the process, '/' between parts.
 */
#ifndef KLAMM_WORLD_DISK_H
#define KLAMM_WORLD_DISK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/error.h"

struct disk;
struct disk_file;
struct disk_lock;

enum disk_open_flags {
	DISK_READ = 1,
	DISK_WRITE = 2,
	DISK_CREATE = 4,    /* make it when it is not there */
	DISK_EXCLUSIVE = 8, /* with CREATE: ERROR_EXISTS when it is there */
	DISK_TRUNCATE = 16,
	DISK_DIRECT = 32,   /* read past the page cache, where the system can */
	DISK_PRIVATE = 64,  /* with CREATE: nobody but the owner may read or write it */
};

enum disk_entry_type { DISK_FILE, DISK_DIRECTORY, DISK_OTHER };

struct disk_status {
	enum disk_entry_type type;
	int64_t size;        /* bytes */
	int64_t modified_ms; /* wall clock */
};

/* Bytes. */
struct disk_space {
	int64_t free; /* that an unprivileged writer may still add */
	int64_t total;
};

struct disk_ops {
	enum error (*open)(struct disk *disk, const char *path, int flags, struct disk_file **file);
	enum error (*rename)(struct disk *disk, const char *from, const char *to);
	enum error (*unlink)(struct disk *disk, const char *path);
	enum error (*make_directory)(struct disk *disk, const char *path);
	enum error (*remove_directory)(struct disk *disk, const char *path);
	enum error (*sync_directory)(struct disk *disk, const char *path);
	enum error (*sync_all)(struct disk *disk, const char *path);
	enum error (*list)(struct disk *disk, const char *path,
	    void (*entry)(void *context, const char *name), void *context);
	enum error (*status)(struct disk *disk, const char *path, struct disk_status *status);
	enum error (*space)(struct disk *disk, const char *path, struct disk_space *space);
	enum error (*lock)(struct disk *disk, const char *path, struct disk_lock **lock);
	void (*unlock)(struct disk_lock *lock);

	enum error (*read_at)(struct disk_file *file, const struct iovec *parts, int count,
	    int64_t offset, bool resident_only, size_t *got);
	enum error (*write_at)(struct disk_file *file, const struct iovec *parts, int count,
	    int64_t offset, size_t *written);
	enum error (*truncate)(struct disk_file *file, int64_t size);
	enum error (*allocate)(struct disk_file *file, int64_t offset, int64_t size);
	enum error (*sync)(struct disk_file *file);
	enum error (*size)(struct disk_file *file, int64_t *size);
	enum error (*set_modified)(struct disk_file *file, int64_t modified_ms);
	void (*prefetch)(struct disk_file *file, int64_t offset, int64_t size);
	enum error (*close)(struct disk_file *file);
};

struct disk {
	const struct disk_ops *ops;
};

/* Real and simulated files embed it as their first member. */
struct disk_file {
	struct disk *disk;
};

/* `*file` is the caller's, to be closed with disk_close. */
NODISCARD enum error disk_open(struct disk *disk, const char *path, int flags,
    struct disk_file **file);
/* Closes in any case; an error tells of written data that were lost. */
NODISCARD enum error disk_close(struct disk_file *file);

/* Replaces `to` atomically when it is a file. */
NODISCARD enum error disk_rename(struct disk *disk, const char *from, const char *to);
NODISCARD enum error disk_unlink(struct disk *disk, const char *path);
/* One level; ERROR_EXISTS when there is something of that name. */
NODISCARD enum error disk_make_directory(struct disk *disk, const char *path);
NODISCARD enum error disk_remove_directory(struct disk *disk, const char *path);
NODISCARD enum error disk_sync_directory(struct disk *disk, const char *path);
/*
 * All files and names of the file system that the directory is on, whoever wrote them:
 * for many small ones at once, as its time grows with what others have written.
 * Never NO_SPACE. An error may be of others' files; who wrote them is told, too. BUSY:
 * that much waits to be written that one's own are synced sooner one by one.
 */
NODISCARD enum error disk_sync_all(struct disk *disk, const char *path);
/* Calls `entry` for each name but "." and "..", in byte order of the names. */
NODISCARD enum error disk_list(struct disk *disk, const char *path,
    void (*entry)(void *context, const char *name), void *context);
NODISCARD enum error disk_status(struct disk *disk, const char *path, struct disk_status *status);
/* Of the file system that `path` is on. */
NODISCARD enum error disk_space(struct disk *disk, const char *path, struct disk_space *space);
/*
 * Takes the advisory lock of a whole file that it makes when missing; seen by
 * Java's FileChannel locks. ERROR_BUSY when another process or broker holds
 * it. Unlocking does not remove the file.
 */
NODISCARD enum error disk_lock(struct disk *disk, const char *path, struct disk_lock **lock);
void disk_unlock(struct disk *disk, struct disk_lock *lock);

/* At the end of the file: ERROR_NONE and `*got` short, 0 at and past the end. */
NODISCARD enum error disk_read(struct disk_file *file, void *bytes, size_t size, int64_t offset,
    size_t *got);
/* All of it or ERROR_TRUNCATED. */
NODISCARD enum error disk_read_all(struct disk_file *file, void *bytes, size_t size,
    int64_t offset);
/* Only what is in the page cache; ERROR_WOULD_BLOCK when the first byte is not. */
NODISCARD enum error disk_read_resident(struct disk_file *file, void *bytes, size_t size,
    int64_t offset, size_t *got);
/*
 * Whether that part of the file, which is not empty, is in the page cache. A page here and
 * there is looked at: what was written or read at once comes and goes at once.
 */
bool disk_is_resident(struct disk_file *file, int64_t offset, int64_t size);
/* Retries short writes until all is written or an error comes. */
NODISCARD enum error disk_write(struct disk_file *file, const void *bytes, size_t size,
    int64_t offset, size_t *written);
/* The same from several parts; at most 1,024 of them. */
NODISCARD enum error disk_write_parts(struct disk_file *file, const struct iovec *parts, int count,
    int64_t offset, size_t *written);
NODISCARD enum error disk_truncate(struct disk_file *file, int64_t size);
/* Reserves blocks and grows the file to at least offset + size. */
NODISCARD enum error disk_allocate(struct disk_file *file, int64_t offset, int64_t size);
/* Data and size; never NO_SPACE. After an error nothing since the last good sync is trusted. */
NODISCARD enum error disk_sync(struct disk_file *file);
NODISCARD enum error disk_size(struct disk_file *file, int64_t *size);
NODISCARD enum error disk_set_modified(struct disk_file *file, int64_t modified_ms);
/* A hint: these bytes will be read soon. */
void disk_prefetch(struct disk_file *file, int64_t offset, int64_t size);

#endif
