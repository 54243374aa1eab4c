/* tests/sim/sim_disk_private.h: what the files of the simulated disk share. */
#ifndef KLAMM_TESTS_SIM_SIM_DISK_PRIVATE_H
#define KLAMM_TESTS_SIM_SIM_DISK_PRIVATE_H

#include "tests/sim/sim_disk.h"

enum { SECTORS_IN_PAGE = SIM_PAGE_SIZE / SIM_SECTOR_SIZE, NAME_SIZE_MAX = 255 };

/* Contents, shared between views and forks until somebody writes. NULL is all zeros. */
struct sim_page {
	int references;
	uint8_t bytes[SIM_PAGE_SIZE];
};

/* One page of a file: what programs see, and what would survive. */
struct sim_slot {
	struct sim_page *now;
	struct sim_page *durable;
	uint8_t dirty;  /* one bit a sector: written, and not on the disk */
	bool diverged;  /* clean sectors differ from the disk: a sync has failed */
	bool resident;
	bool allocated; /* counts against the capacity */
};

struct sim_name {
	char *name;
	struct sim_inode *inode;
};

/* Sorted by the bytes of the names. */
struct sim_names {
	struct sim_name *entries;
	size_t count, capacity;
};

struct sim_inode {
	struct list link;
	struct sim_disk *disk;
	int references; /* names in both views, records, open files */
	uint64_t number;
	bool is_directory;

	struct sim_slot *slots;
	size_t slot_count, slot_capacity;
	size_t dirty_from, dirty_to; /* slots outside are clean */
	int64_t size, durable_size;
	int64_t cut; /* the smallest size it was truncated to since the last sync; else INT64_MAX */
	int64_t modified_ms, durable_modified_ms;
	int64_t broken_from, broken_to; /* reads of it fail */
	bool unwritable;                /* changes of it fail */
	uint64_t errors;                /* of writing back, so far */

	struct sim_names now, durable;
	struct sim_mount *locked_by;
	struct sim_inode *copy; /* while forking */
};

/* A change of names that is not durable: takes `from` away, then sets `to`. */
struct sim_record {
	struct list link;
	struct sim_inode *from_directory, *to_directory; /* NULL: none */
	char *from_name, *to_name;
	struct sim_inode *inode; /* what `to` becomes */
	bool needed;
};

struct sim_mount {
	struct disk disk;
	struct sim_disk *owner;
	struct list link;
	struct list files;
	struct list locks;
	bool dead;
};

struct sim_file {
	struct disk_file file;
	struct list link;
	struct sim_mount *mount;
	struct sim_inode *inode;
	int flags;
	uint64_t errors_seen;
};

/* Of a kind that world/disk.h leaves open. */
struct disk_lock {
	struct list link;
	struct sim_inode *inode; /* NULL: a kill has taken it away */
};

/* sim_disk.c */
void sim_disk_met(struct sim_disk *disk, const struct sim_inode *inode, enum error error);

/* sim_disk_pages.c: the contents of one file. */
struct sim_inode *sim_inode_new(struct sim_disk *disk, bool is_directory);
void sim_inode_reference(struct sim_inode *inode);
void sim_inode_release(struct sim_inode *inode);
void sim_page_release(struct sim_page *page);
void sim_inode_grow(struct sim_inode *inode, size_t slots);
/* Whole sectors and pages as far as the space goes; how many bytes were taken. */
size_t sim_inode_write(struct sim_inode *inode, const uint8_t *bytes, size_t size, int64_t offset);
/* The caller has cut `size` to the file's end. `durable`: past the cache. */
void sim_inode_read(struct sim_inode *inode, uint8_t *bytes, size_t size, int64_t offset,
    bool durable);
void sim_inode_truncate(struct sim_inode *inode, int64_t size);
/* False when there is no space. */
bool sim_inode_allocate(struct sim_inode *inode, int64_t offset, int64_t size);
void sim_inode_sync(struct sim_inode *inode);
/* What was dirty is clean and not on the disk. */
void sim_inode_sync_failed(struct sim_inode *inode, bool drop);
void sim_inode_write_back(struct sim_inode *inode, size_t slot, unsigned sector);
/* What is on the disk ends at `size`. */
void sim_inode_cut_durable(struct sim_inode *inode, int64_t size);
/* A truncation that is not durable becomes so. */
void sim_inode_commit_cut(struct sim_inode *inode);
void sim_inode_evict(struct sim_inode *inode, size_t slot);
/* In both views. */
void sim_inode_flip(struct sim_inode *inode, int64_t offset, uint8_t bits);
/* The cache becomes what is on the disk, and empty. */
void sim_inode_forget_cache(struct sim_inode *inode);

/* sim_disk_names.c: directories. */
struct sim_inode *sim_names_find(const struct sim_names *names, const char *name);
void sim_names_set(struct sim_names *names, const char *name, struct sim_inode *inode);
void sim_names_remove(struct sim_names *names, const char *name);
void sim_names_clear(struct sim_names *names);
/* The inode of a path; the root for "/" and "". */
enum error sim_disk_find(struct sim_disk *disk, const char *path, struct sim_inode **inode);
/* The directory that holds the last part of a path, and that part. */
enum error sim_disk_find_parent(struct sim_disk *disk, const char *path,
    struct sim_inode **directory, char name[NAME_SIZE_MAX + 1]);
/* Any of `from` and `to` may be missing (NULL directory); changes the names and leaves a record. */
void sim_disk_change_names(struct sim_disk *disk, struct sim_inode *from_directory,
    const char *from_name, struct sim_inode *to_directory, const char *to_name,
    struct sim_inode *inode);
void sim_disk_commit_directory(struct sim_disk *disk, struct sim_inode *directory);
void sim_disk_commit_names(struct sim_disk *disk, size_t count);
/* Of those that are not durable yet, some become so, as far as the journal's rules let them. */
void sim_disk_commit_some_names(struct sim_disk *disk);
void sim_disk_forget_records(struct sim_disk *disk);

/* sim_disk.c */
/*
 * Before a change of `inode`: counts it, and says whether it may go on. `*size`,
 * for a write, is cut when only a part is to be written; NULL for others.
 */
enum error sim_disk_begin(struct sim_mount *mount, const struct sim_inode *inode, size_t *size);
/* After it: the process may die here, or let the kernel write back. Gives `error` on. */
enum error sim_disk_end(struct sim_mount *mount, struct sim_inode *inode, enum error error);
bool sim_disk_chance(struct sim_disk *disk, int part);
void sim_disk_spend(struct sim_disk *disk, int64_t most_us);
void sim_disk_spend_sync(struct sim_disk *disk);
void sim_disk_note(struct sim_disk *disk, int what, uint64_t a, uint64_t b);

/* sim_disk_ops.c: the port. */
extern const struct disk_ops sim_disk_ops;
void sim_file_free(struct sim_file *file);
/* For calls that change nothing: whether they may go on. */
enum error sim_disk_look(struct sim_mount *mount);
int64_t sim_disk_wall_ms(struct sim_disk *disk);
enum error sim_disk_truncate_now(struct sim_mount *mount, struct sim_inode *inode, int64_t size);

/* sim_disk_file.c: the port's calls on open files. */
enum error sim_file_read_at(struct disk_file *port, const struct iovec *parts, int count,
    int64_t offset, bool resident_only, size_t *got);
enum error sim_file_write_at(struct disk_file *port, const struct iovec *parts, int count,
    int64_t offset, size_t *written);
enum error sim_file_truncate(struct disk_file *port, int64_t size);
enum error sim_file_allocate(struct disk_file *port, int64_t offset, int64_t size);
enum error sim_file_sync(struct disk_file *port);
enum error sim_file_size(struct disk_file *port, int64_t *size);
enum error sim_file_set_modified(struct disk_file *port, int64_t modified_ms);
void sim_file_prefetch(struct disk_file *port, int64_t offset, int64_t size);

#endif
