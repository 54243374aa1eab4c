#include "tests/sim/sim_disk.h"

#include <assert.h>
#include <stdlib.h>

#include "tests/sim/sim.h"
#include "tests/sim/sim_disk_private.h"
#include "tests/sim/sim_memory.h"
#include "world/loop.h"

struct sim_disk *
sim_disk_new(uint64_t seed, struct sim *sim)
{
	struct sim_disk *disk = sim_memory_new(sizeof(*disk));

	disk->sim = sim;
	disk->capacity = INT64_MAX;
	disk->files_max = INT32_MAX;
	prng_init(&disk->prng, seed);
	list_init(&disk->inodes);
	list_init(&disk->mounts);
	list_init(&disk->records);
	disk->root = sim_inode_new(disk, true);
	sim_inode_reference(disk->root);
	return disk;
}

void
sim_disk_free(struct sim_disk *disk)
{
	assert(list_is_empty(&disk->mounts));
	sim_disk_forget_records(disk);
	sim_inode_release(disk->root);
	assert(list_is_empty(&disk->inodes));
	free(disk);
}

struct sim_mount *
sim_disk_mount(struct sim_disk *disk)
{
	struct sim_mount *mount = sim_memory_new(sizeof(*mount));

	mount->disk.ops = &sim_disk_ops;
	mount->owner = disk;
	list_init(&mount->files);
	list_init(&mount->locks);
	list_init(&mount->link);
	list_append(&disk->mounts, &mount->link);
	return mount;
}

struct disk *
sim_mount_port(struct sim_mount *mount)
{
	return &mount->disk;
}

void
sim_mount_kill(struct sim_mount *mount)
{
	mount->dead = true;
	LIST_FOREACH(link, &mount->locks) {
		struct disk_lock *lock = container_of(link, struct disk_lock, link);

		if (lock->inode == NULL)
			continue;
		lock->inode->locked_by = NULL;
		sim_inode_release(lock->inode);
		lock->inode = NULL;
	}
}

bool
sim_mount_is_dead(const struct sim_mount *mount)
{
	return mount->dead;
}

int
sim_mount_open_files(const struct sim_mount *mount)
{
	int count = 0;

	LIST_FOREACH(link, &mount->files)
		count++;
	return count;
}

void
sim_mount_free(struct sim_mount *mount)
{
	sim_mount_kill(mount);
	while (!list_is_empty(&mount->files))
		sim_file_free(container_of(mount->files.next, struct sim_file, link));
	while (!list_is_empty(&mount->locks))
		mount->disk.ops->unlock(
		    container_of(mount->locks.next, struct disk_lock, link));
	list_remove(&mount->link);
	free(mount);
}

bool
sim_disk_chance(struct sim_disk *disk, int part)
{
	return part > 0 && prng_chance(&disk->prng, (uint64_t)part, 1000);
}

void
sim_disk_spend(struct sim_disk *disk, int64_t most_us)
{
	if (disk->sim != NULL && most_us > 0)
		sim_spend(disk->sim, sim_delay(disk->sim, SIM_DISK, 1, most_us));
}

void
sim_disk_spend_sync(struct sim_disk *disk)
{
	if (disk->sim != NULL && disk->is_for_workers)
		sim_check(disk->sim, loop_current() == NULL, "a loop waits for a sync");
	sim_disk_spend(disk, disk->sync_us);
	if (disk->sim != NULL && disk->hangs_until_us > sim_now_us(disk->sim))
		sim_spend(disk->sim, disk->hangs_until_us - sim_now_us(disk->sim));
}

void
sim_disk_note(struct sim_disk *disk, int what, uint64_t a, uint64_t b)
{
	if (disk->sim != NULL)
		sim_note(disk->sim, (enum sim_what)what, NULL, a, b);
}

/* -------------------------------------------------------------- what happened */

static const char *
name_below(const struct sim_inode *directory, uint64_t number)
{
	for (size_t i = 0; i < directory->now.count; i++) {
		const struct sim_name *entry = &directory->now.entries[i];
		const char *name = NULL;

		if (entry->inode->number == number)
			return entry->name;
		if (entry->inode->is_directory)
			name = name_below(entry->inode, number);
		if (name != NULL)
			return name;
	}
	return NULL;
}

static const char *
name_of(const struct sim_disk *disk, uint64_t number)
{
	const char *name = name_below(disk->root, number);

	return name != NULL ? name : "";
}

const char *
sim_disk_changed(const struct sim_disk *disk, int back)
{
	return name_of(disk, disk->changing[back]);
}

void
sim_disk_met(struct sim_disk *disk, const struct sim_inode *inode, enum error error)
{
	if (disk->met != NULL)
		disk->met(disk, disk->crashed_context, error, name_of(disk, inode->number));
}

static void
die(struct sim_mount *mount)
{
	struct sim_disk *disk = mount->owner;

	sim_mount_kill(mount);
	if (disk->crashed != NULL)
		disk->crashed(disk, disk->crashed_context);
}

static size_t
a_part(struct sim_disk *disk, size_t size)
{
	return (size_t)prng_below(&disk->prng, size);
}

enum error
sim_disk_begin(struct sim_mount *mount, const struct sim_inode *inode, size_t *size)
{
	struct sim_disk *disk = mount->owner;
	size_t whole = size == NULL ? 0 : *size;
	enum error error = sim_disk_look(mount);

	if (size != NULL)
		*size = 0;
	if (error == ERROR_NONE && inode->unwritable)
		error = ERROR_IO;
	if (error != ERROR_NONE)
		return error;
	disk->operations++;
	disk->changing[1] = disk->changing[0];
	disk->changing[0] = inode->number;
	if (disk->operations == disk->crash_at && disk->crash_when != SIM_DISK_AFTER) {
		if (size != NULL && disk->crash_when == SIM_DISK_PARTLY) {
			*size = a_part(disk, whole);
			return ERROR_NONE; /* sim_disk_end does the rest */
		}
		die(mount);
		return ERROR_OFFLINE;
	}
	if (size == NULL)
		return ERROR_NONE;
	if (sim_disk_chance(disk, disk->write_error)) {
		sim_disk_note(disk, SIM_WHAT_disk_fault, whole, ERROR_IO);
		sim_disk_met(disk, inode, ERROR_IO);
		return ERROR_IO;
	}
	*size = whole;
	if (whole > 1 &&
	    (disk->operations == disk->short_at || sim_disk_chance(disk, disk->short_write)))
		*size = 1 + a_part(disk, whole - 1);
	return ERROR_NONE;
}

/* The kernel may write back what it likes: old versions of a sector can reach the disk. */
static void
write_back(struct sim_disk *disk, struct sim_inode *inode)
{
	sim_disk_commit_some_names(disk);
	if (inode == NULL || inode->dirty_from >= inode->dirty_to)
		return;
	if (sim_disk_chance(disk, disk->write_back_error)) {
		sim_disk_note(disk, SIM_WHAT_disk_fault, inode->number, ERROR_IO);
		sim_disk_met(disk, inode, ERROR_IO);
		sim_inode_sync_failed(inode, disk->failed_sync_drops);
		return;
	}
	sim_inode_commit_cut(inode);
	for (size_t i = inode->dirty_from; i < inode->dirty_to; i++) {
		for (unsigned sector = 0; sector < SECTORS_IN_PAGE; sector++) {
			if ((inode->slots[i].dirty & 1u << sector) != 0 &&
			    prng_chance(&disk->prng, 1, 2))
				sim_inode_write_back(inode, i, sector);
		}
	}
}

enum error
sim_disk_end(struct sim_mount *mount, struct sim_inode *inode, enum error error)
{
	struct sim_disk *disk = mount->owner;

	if (sim_disk_chance(disk, disk->write_back))
		write_back(disk, inode);
	if (disk->operations == disk->crash_at) {
		die(mount);
		return ERROR_OFFLINE;
	}
	return error;
}
