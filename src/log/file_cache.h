/*
 * log/file_cache.h: the open `.log` files of all partitions, a bounded
 * number: the hard limit of descriptors may be 20,000, and 10,000 partitions
 * have 30,000 files. A file is open while somebody has it pinned, and
 * afterwards until the place is needed (least recently used first). One with
 * unsynced data keeps its descriptor, since the kernel tells of a lost write
 * only once and only to descriptors that were open (design section 6); when
 * those alone pass the limit, the cache grows over it and is "crowded" until
 * a worker has made room.
 *
 * Threads: any, for each call but init, fini and moved. The lock is held for
 * list operations; opening, closing and syncing go on outside.
 */
#ifndef KLAMM_LOG_FILE_CACHE_H
#define KLAMM_LOG_FILE_CACHE_H

#include "base/list.h"
#include "world/disk.h"
#include "world/lock.h"

enum {
	LOG_PATH_SIZE = 4096, /* longest path, with its zero */
	SEGMENT_NAME_ROOM = 64, /* that names of files take at the end of a path */
};

struct file_cache_counters {
	uint64_t opened;
	uint64_t evicted;
	uint64_t found_open;
	uint64_t over_limit;   /* opened although the limit was reached */
	uint64_t synced_early; /* to make room */
};

struct file_cache {
	struct disk *disk;
	struct lock lock;
	unsigned limit;
	unsigned open;
	unsigned reserved; /* descriptors that others keep: open index files */
	struct list idle;  /* open, not pinned, all synced; longest unused first */
	struct list dirty; /* open, not pinned, with unsynced data; longest unused first */
	struct file_cache_counters counters;
};

/* Embedded in a segment. */
struct cached_file {
	struct file_cache *cache;
	char *path;
	struct disk_file *file; /* NULL while closed */
	struct list in_cache;   /* in `idle` or `dirty` */
	uint64_t writes;        /* made so far */
	uint64_t synced;        /* of them, known to be on disk */
	unsigned pins;
	enum error lost;        /* a sync that failed: sticks */
};

void file_cache_init(struct file_cache *cache, struct disk *disk, unsigned limit);
/* Every file has been closed. */
void file_cache_fini(struct file_cache *cache);
/* More unsynced files than the limit: a worker should file_cache_make_room(). */
bool file_cache_is_crowded(struct file_cache *cache);
/*
 * On a worker: syncs and closes unpinned files until three quarters of the
 * limit are open. A sync that fails is told to the file's owner later, too.
 */
NODISCARD enum error file_cache_make_room(struct file_cache *cache);
struct file_cache_counters file_cache_counters(struct file_cache *cache);
/*
 * May `count` descriptors beside the cache stay open? At most half of the
 * limit goes to such; what was granted is given back when they are closed.
 */
bool file_cache_reserve(struct file_cache *cache, unsigned count);
void file_cache_give_back(struct file_cache *cache, unsigned count);

void cached_file_init(struct cached_file *file, struct file_cache *cache, const char *path);
/* Not pinned. Closes it, unsynced data or not (the caller has synced, or does not care). */
void cached_file_fini(struct cached_file *file);
/* By the owner, while nobody else uses the file: the next open is by this name. */
void cached_file_moved(struct cached_file *file, const char *path);

/* Makes the file (empty, when it was there) and pins it. */
NODISCARD enum error cached_file_create(struct cached_file *file, struct disk_file **open_file);
/* Opens it when it is closed; ERROR_NOT_FOUND when it does not exist (any more). */
NODISCARD enum error cached_file_pin(struct cached_file *file, struct disk_file **open_file);
/* ERROR_WOULD_BLOCK when it is closed: opening may have to read the disk. */
NODISCARD enum error cached_file_pin_if_open(struct cached_file *file,
    struct disk_file **open_file);
/* `wrote`: it has data now that no sync has seen. */
void cached_file_unpin(struct cached_file *file, bool wrote);
/*
 * Blocks; on a worker. Everything written before the call is on disk when it
 * returns ERROR_NONE. An error sticks: the data since the last good sync are
 * in doubt, whatever a later sync would say (F21).
 */
NODISCARD enum error cached_file_sync(struct cached_file *file);
bool cached_file_is_dirty(struct cached_file *file);

#endif
