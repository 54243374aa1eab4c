/*
 * tests/sim/sim_disk.h: a simulated disk with its page cache. It needs no
 * simulator: a unit test makes one from a seed and uses its port directly.
 *
 *	struct sim_disk *disk = sim_disk_new(seed, NULL);
 *	struct sim_mount *mount = sim_disk_mount(disk);
 *
 *	... log_open(..., sim_mount_port(mount)) ...
 *	sim_disk_power_cut(disk, SIM_DISK_KEEP_RANDOM);   every mount is dead now
 *	... free what used the mount; its calls return ERROR_OFFLINE ...
 *	sim_mount_free(mount);
 *	mount = sim_disk_mount(disk);                     what survived
 *
 * What is written is in pages of 4 KiB and volatile until a sync. A power cut
 * keeps a random subset of the sectors (512 B) that were written since, so a
 * write can be torn; the file's size is kept or not apart from its data. Names
 * (create, rename, unlink, mkdir, rmdir) are volatile until their directory is
 * synced; or, with `ordered_journal`, they reach the disk in order, all of
 * them with any sync, as ext4 does.
 *
 * sim_mount_kill() is a kill -9: the page cache stays, handles and locks go.
 */
#ifndef KLAMM_TESTS_SIM_SIM_DISK_H
#define KLAMM_TESTS_SIM_SIM_DISK_H

#include "base/list.h"
#include "base/prng.h"
#include "world/clock.h"
#include "world/disk.h"

struct sim;
struct sim_inode;
struct sim_mount;

enum { SIM_SECTOR_SIZE = 512, SIM_PAGE_SIZE = 4096 };

/* What a power cut leaves of all that was not synced. */
enum sim_disk_crash { SIM_DISK_KEEP_NOTHING, SIM_DISK_KEEP_RANDOM, SIM_DISK_KEEP_ALL };

/* Where in the operation that crash_at names the process dies. */
enum sim_disk_when {
	SIM_DISK_BEFORE,
	SIM_DISK_PARTLY, /* a write has written a part; anything else: before */
	SIM_DISK_AFTER,
};

struct sim_disk {
	/* Knobs; to be set at any time. Chances are of 1,000. */
	bool ordered_journal;
	bool failed_sync_drops; /* a failed sync loses the content of the cache too */
	bool offline;           /* every call fails with ERROR_IO */
	int64_t capacity;       /* bytes */
	int files_max;          /* open ones of a mount; one more is TOO_MANY_FILES */
	int short_write;        /* a write writes a part */
	int write_error;        /* a write fails with ERROR_IO */
	int sync_error;         /* a sync fails, and what was dirty is clean and lost; names wait on */
	int lost_write;         /* a sync succeeds and one sector of it is lost: never by a good disk */
	int write_back;         /* an operation lets the kernel write back some of what is dirty */
	int write_back_error;   /* of these: fails, and the next sync of the file tells */
	int evict;              /* a read finds clean pages dropped from the cache */
	/* Upper limits of how long a call takes; only in a simulator. */
	int64_t read_us, write_us, sync_us;
	int64_t hangs_until_us; /* no sync that begins before then ends before then */
	bool is_for_workers;    /* a loop that syncs is a failure (F23) */

	/* Exhaustive loops: changes to the disk are counted from 1. */
	uint64_t operations;
	uint64_t crash_at;  /* the mount dies at this operation; 0: never */
	enum sim_disk_when crash_when;
	uint64_t short_at;  /* this operation, when it is a write, is short; 0: none */
	uint64_t sync_error_at; /* this operation, when it is a sync, fails; 0: none */
	/* NULL: none. The process of the mount has to die. */
	void (*crashed)(struct sim_disk *disk, void *context);
	void *crashed_context;
	/* NULL: none. A change of the file with this name has met no space, or an error. */
	void (*met)(struct sim_disk *disk, void *context, enum error error, const char *name);

	struct clock *clock; /* for modification times; NULL: always the same */

	/* Private. */
	struct sim *sim;
	uint64_t errors, errors_told; /* of writing back, whichever file; by a sync of all */
	struct prng prng;
	struct list inodes;  /* oldest first */
	struct list mounts;
	struct list records; /* changes of names that are not durable, oldest first */
	size_t record_count;
	struct sim_inode *root;
	uint64_t next_inode;
	uint64_t changing[2]; /* inodes of the last two changes, the newest first */
	int64_t pages_used;
	uint64_t torn_sectors; /* that power cuts have lost or torn off so far */
};

/* `sim` NULL: without a simulator, nothing takes time. */
struct sim_disk *sim_disk_new(uint64_t seed, struct sim *sim);
/* After its mounts. */
void sim_disk_free(struct sim_disk *disk);
/* Another disk with the same contents, cached and durable; without mounts. */
struct sim_disk *sim_disk_fork(struct sim_disk *disk, uint64_t seed);

/* The name of the file that was changed last (0), or before it (1), as a program sees it; "" for none. */
const char *sim_disk_changed(const struct sim_disk *disk, int back);

struct sim_mount *sim_disk_mount(struct sim_disk *disk);
struct disk *sim_mount_port(struct sim_mount *mount);
/* From now on its calls return ERROR_OFFLINE and change nothing. */
void sim_mount_kill(struct sim_mount *mount);
bool sim_mount_is_dead(const struct sim_mount *mount);
/* Files that are open now. */
int sim_mount_open_files(const struct sim_mount *mount);
/* Kills it, and closes the files that its user has left open. */
void sim_mount_free(struct sim_mount *mount);

void sim_disk_power_cut(struct sim_disk *disk, enum sim_disk_crash crash);
/* Another, empty directory is there, or disk ("/"). Nobody may have a mount. */
void sim_disk_wipe(struct sim_disk *disk, const char *path);
/* A directory with all that is in it; the same. */
void sim_disk_delete(struct sim_disk *disk, const char *path);
/* Makes all durable, as a clean unmount does. */
void sim_disk_sync_all(struct sim_disk *disk);
/* Lets clean pages go from the cache, all of them. */
void sim_disk_drop_cache(struct sim_disk *disk);

/* Reads of these bytes fail with ERROR_IO; size 0 heals the file. */
NODISCARD enum error sim_disk_break_read(struct sim_disk *disk, const char *path, int64_t offset,
    int64_t size);
/* Changes of the file or of all below the directory fail with ERROR_IO, or do no longer. */
NODISCARD enum error sim_disk_break_write(struct sim_disk *disk, const char *path, bool broken);
/* Bit rot: on the disk and, as if it had been read since, in the cache. */
NODISCARD enum error sim_disk_flip(struct sim_disk *disk, const char *path, int64_t offset,
    uint8_t bits);
/*
 * What a program would see, without any effect. The inode is good until the
 * next change; NULL: there is no such file. False: the bytes are not there.
 */
struct sim_inode *sim_disk_peek(struct sim_disk *disk, const char *path);
bool sim_disk_peek_at(struct sim_inode *inode, int64_t offset, uint8_t *bytes, size_t size);
/* Of names, sizes and contents below `path` as a program sees them. */
NODISCARD enum error sim_disk_digest(struct sim_disk *disk, const char *path, uint64_t *digest);

#endif
