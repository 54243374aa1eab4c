/*
 * log/index_file.h: what the three indexes share: a file of entries of one
 * size that grows at its end. Never mapped, never preallocated: it always has
 * its real size.
 *
 * Active (the segment is appended to): the entries are in memory too, reads
 * never touch the disk, appends go to the file by pwrite. Only the segment's
 * owner may call. Sealed: entries are read in blocks through the cache; the
 * count does not change and several threads may read at once.
 *
 * The file is open only from the first append until index_file_release(). An
 * index is a hint (F16): a lost entry costs a longer scan, and what is wrong
 * after a crash is rebuilt; so it may be released without a sync.
 */
#ifndef KLAMM_LOG_INDEX_FILE_H
#define KLAMM_LOG_INDEX_FILE_H

#include "base/buffer.h"
#include "log/index_cache.h"
#include "world/disk.h"

/* Where indexes live; borrowed by every index opened with it. */
struct index_place {
	struct disk *disk;
	struct index_cache *cache;
};

struct index_file {
	const struct index_place *place;
	char *path;
	uint32_t entry_size;
	uint32_t count;         /* entries */
	bool active;
	bool present;           /* there is a file; a txnindex comes with its first entry */
	bool unsynced;          /* written to since the last good sync */
	bool ragged;            /* a failed write may have left bytes past the last entry */
	int pins;               /* syncs under way: the file stays open */
	uint64_t owner;         /* in the cache */
	struct disk_file *file; /* NULL while not open */
	struct buffer entries;  /* all of them while active */
};

enum index_file_mode {
	INDEX_FILE_CREATE,     /* an empty one, truncated when it is there, active */
	INDEX_FILE_ACTIVE,     /* there already, will be appended to */
	INDEX_FILE_SEALED,     /* there already, only read */
};

enum {
	INDEX_ENTRY_SIZE_MAX = 64,
	INDEX_FILE_SIZE_MAX = INT32_MAX, /* as segment.index.bytes */
};

/* A file that does not exist yet; it comes with the first entry. Opens nothing. */
void index_file_init(struct index_file *index, const struct index_place *place, const char *path,
    uint32_t entry_size, bool active);
/*
 * Opens and closes the file for a look at its size; bytes past the last whole
 * entry are cut off. ERROR_NOT_FOUND when it is missing (CREATE: is made).
 */
NODISCARD enum error index_file_open(struct index_file *index, const struct index_place *place,
    const char *path, uint32_t entry_size, enum index_file_mode mode);
/* Forgets all memory and closes the file; nothing is synced. */
void index_file_close(struct index_file *index);

/* Entry number `at` < count. ERROR_WOULD_BLOCK only with `resident_only`. */
NODISCARD enum error index_file_read(struct index_file *index, uint32_t at, bool resident_only,
    uint8_t *entry);
/*
 * `*point` is the number of entries at the beginning for which `holds` is
 * true; it must be false for all after the first one for which it is.
 */
NODISCARD enum error index_file_partition(struct index_file *index,
    bool (*holds)(const uint8_t *entry, int64_t argument), int64_t argument, bool resident_only,
    uint32_t *point);
/* Active only. On an error there is no new entry. */
NODISCARD enum error index_file_append(struct index_file *index, const uint8_t *entry);
/* Keeps the first `count` entries. */
NODISCARD enum error index_file_cut(struct index_file *index, uint32_t count);

/* The segment was rolled: memory goes, reads use the cache from now on. */
NODISCARD enum error index_file_seal(struct index_file *index);
/* The other way (the log was truncated into this segment): reads all entries. */
NODISCARD enum error index_file_activate(struct index_file *index);

/*
 * Syncing beside appends: begin on the owner's thread gives the file (NULL:
 * nothing to sync), disk_sync() on a worker, end on the owner's thread again.
 * index_file_sync() is all three.
 */
NODISCARD enum error index_file_sync_begin(struct index_file *index, struct disk_file **file);
void index_file_sync_end(struct index_file *index, enum error result);
NODISCARD enum error index_file_sync(struct index_file *index);
/* Closes the descriptor if it is open and no sync is under way; it reopens by itself. */
void index_file_release(struct index_file *index);
/* The file, or a directory above it, was renamed. */
void index_file_moved(struct index_file *index, const char *path);

#endif
