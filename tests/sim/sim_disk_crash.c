#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/sim/sim_disk_private.h"
#include "tests/sim/sim_memory.h"

/* How likely a sector survives differs from cut to cut: all, most, half, few, none. */
static bool
survives(struct sim_disk *disk, int part)
{
	return part > 0 && prng_chance(&disk->prng, (uint64_t)part, 8);
}

static void
keep_sectors(struct sim_inode *inode, int part)
{
	for (size_t i = inode->dirty_from; i < inode->dirty_to; i++) {
		for (unsigned sector = 0; sector < SECTORS_IN_PAGE; sector++) {
			if ((inode->slots[i].dirty & 1u << sector) == 0)
				continue;
			if (survives(inode->disk, part))
				sim_inode_write_back(inode, i, sector);
			else
				inode->disk->torn_sectors++;
		}
	}
}

/* Where the first sector begins that was not written, from `from` on. */
static int64_t
first_lost(const struct sim_inode *inode, int64_t from)
{
	for (size_t i = (size_t)(from / SIM_PAGE_SIZE); i < inode->slot_count; i++) {
		for (unsigned sector = 0; sector < SECTORS_IN_PAGE; sector++) {
			if ((inode->slots[i].dirty & 1u << sector) != 0)
				return MAX(from, (int64_t)i * SIM_PAGE_SIZE + sector * SIM_SECTOR_SIZE);
		}
	}
	return INT64_MAX;
}

/* A size reaches the disk apart from the data, or (ordered) after them. */
static int64_t
size_after(struct sim_inode *inode)
{
	struct prng *prng = &inode->disk->prng;
	int64_t most = MAX(inode->size, inode->durable_size);

	if (inode->disk->ordered_journal)
		most = MAX(inode->durable_size, MIN(most, first_lost(inode, inode->durable_size)));
	switch (prng_below(prng, 3)) {
	case 0:
		return inode->durable_size;
	case 1:
		return most;
	default:
		return prng_between(prng, inode->durable_size, most);
	}
}

/*
 * What was written beyond a truncation is in blocks that the file only gets
 * with it: without it they are not the file's, and the old ones still are.
 */
static void
drop_beyond_cut(struct sim_inode *inode)
{
	int64_t cut = inode->cut;

	for (size_t i = inode->dirty_from; i < inode->dirty_to; i++) {
		for (unsigned sector = 0; sector < SECTORS_IN_PAGE; sector++) {
			if ((int64_t)i * SIM_PAGE_SIZE + (sector + 1) * SIM_SECTOR_SIZE > cut)
				inode->slots[i].dirty &= (uint8_t)~(1u << sector);
		}
	}
	inode->cut = INT64_MAX;
	inode->size = inode->durable_size;
}

static void
crash_file(struct sim_inode *inode, enum sim_disk_crash crash, int part)
{
	if (crash == SIM_DISK_KEEP_ALL)
		sim_inode_sync(inode);
	if (crash == SIM_DISK_KEEP_RANDOM) {
		if (inode->cut != INT64_MAX && prng_chance(&inode->disk->prng, 1, 2))
			drop_beyond_cut(inode);
		sim_inode_commit_cut(inode);
		keep_sectors(inode, part);
		inode->durable_size = size_after(inode);
	}
	/* Bytes past the end never show again, whatever the size becomes later. */
	sim_inode_cut_durable(inode, inode->durable_size);
	sim_inode_forget_cache(inode);
}

static void
forget_cached_names(struct sim_inode *directory)
{
	sim_names_clear(&directory->now);
	for (size_t i = 0; i < directory->durable.count; i++)
		sim_names_set(&directory->now, directory->durable.entries[i].name,
		    directory->durable.entries[i].inode);
}

/* Keeps all inodes alive while names go and come. */
static void
hold_all(struct sim_disk *disk)
{
	LIST_FOREACH(link, &disk->inodes)
		sim_inode_reference(container_of(link, struct sim_inode, link));
}

/* Releasing one may free others, of directories that are gone: always take the first. */
static void
release_all(struct sim_disk *disk)
{
	size_t count = 0;
	struct sim_inode **held;

	LIST_FOREACH(link, &disk->inodes)
		count++;
	held = sim_memory_new((count + 1) * sizeof(*held));
	count = 0;
	LIST_FOREACH(link, &disk->inodes)
		held[count++] = container_of(link, struct sim_inode, link);
	for (size_t i = 0; i < count; i++)
		sim_inode_release(held[i]);
	free(held);
}

static void
crash_names(struct sim_disk *disk, enum sim_disk_crash crash)
{
	if (crash == SIM_DISK_KEEP_ALL)
		sim_disk_commit_names(disk, disk->record_count);
	else if (crash == SIM_DISK_KEEP_RANDOM)
		sim_disk_commit_some_names(disk);
	sim_disk_forget_records(disk);
	LIST_FOREACH(link, &disk->inodes) {
		struct sim_inode *inode = container_of(link, struct sim_inode, link);

		if (inode->is_directory)
			forget_cached_names(inode);
	}
}

void
sim_disk_power_cut(struct sim_disk *disk, enum sim_disk_crash crash)
{
	static const int parts[] = { 0, 1, 4, 7, 8 };
	int part = parts[prng_below(&disk->prng, ARRAY_LENGTH(parts))];

	LIST_FOREACH(link, &disk->mounts)
		sim_mount_kill(container_of(link, struct sim_mount, link));
	hold_all(disk);
	LIST_FOREACH(link, &disk->inodes) {
		struct sim_inode *inode = container_of(link, struct sim_inode, link);

		if (!inode->is_directory)
			crash_file(inode, crash, part);
	}
	crash_names(disk, crash);
	release_all(disk);
}

void
sim_disk_wipe(struct sim_disk *disk, const char *path)
{
	struct sim_inode *directory;

	assert(list_is_empty(&disk->mounts));
	sim_disk_commit_names(disk, disk->record_count);
	if (sim_disk_find(disk, path, &directory) != ERROR_NONE)
		return;
	hold_all(disk);
	sim_names_clear(&directory->now);
	sim_names_clear(&directory->durable);
	directory->unwritable = false;
	release_all(disk);
}

void
sim_disk_delete(struct sim_disk *disk, const char *path)
{
	struct sim_inode *directory;
	char name[NAME_SIZE_MAX + 1];

	sim_disk_wipe(disk, path);
	if (sim_disk_find_parent(disk, path, &directory, name) != ERROR_NONE ||
	    sim_names_find(&directory->now, name) == NULL)
		return;
	sim_names_remove(&directory->now, name);
	sim_names_remove(&directory->durable, name);
}

void
sim_disk_sync_all(struct sim_disk *disk)
{
	LIST_FOREACH(link, &disk->inodes) {
		struct sim_inode *inode = container_of(link, struct sim_inode, link);

		if (!inode->is_directory)
			sim_inode_sync(inode);
	}
	sim_disk_commit_names(disk, disk->record_count);
}

void
sim_disk_drop_cache(struct sim_disk *disk)
{
	LIST_FOREACH(link, &disk->inodes) {
		struct sim_inode *inode = container_of(link, struct sim_inode, link);

		for (size_t i = 0; i < inode->slot_count; i++)
			sim_inode_evict(inode, i);
	}
}

static struct sim_page *
share_page(struct sim_page *page)
{
	if (page != NULL)
		page->references++;
	return page;
}

static void
fork_inode(struct sim_disk *fork, struct sim_inode *inode)
{
	struct sim_inode *copy = sim_inode_new(fork, inode->is_directory);
	struct list link = copy->link;

	*copy = *inode;
	copy->link = link;
	copy->disk = fork;
	copy->references = 1; /* until all names are there */
	copy->locked_by = NULL;
	copy->now = copy->durable = (struct sim_names){ 0 };
	copy->slots = NULL;
	copy->slot_count = copy->slot_capacity = 0;
	sim_inode_grow(copy, inode->slot_count);
	for (size_t i = 0; i < inode->slot_count; i++) {
		copy->slots[i] = inode->slots[i];
		share_page(copy->slots[i].now);
		share_page(copy->slots[i].durable);
	}
	inode->copy = copy;
}

static void
fork_names(const struct sim_names *from, struct sim_names *to)
{
	for (size_t i = 0; i < from->count; i++)
		sim_names_set(to, from->entries[i].name, from->entries[i].inode->copy);
}

static struct sim_inode *
copy_of(struct sim_inode *inode)
{
	return inode == NULL ? NULL : inode->copy;
}

struct sim_disk *
sim_disk_fork(struct sim_disk *disk, uint64_t seed)
{
	struct sim_disk *fork = sim_disk_new(seed, disk->sim);
	struct sim_inode *first_root = fork->root;

	LIST_FOREACH(link, &disk->inodes)
		fork_inode(fork, container_of(link, struct sim_inode, link));
	LIST_FOREACH(link, &disk->records) {
		struct sim_record *record = container_of(link, struct sim_record, link);

		sim_disk_change_names(fork, copy_of(record->from_directory), record->from_name,
		    copy_of(record->to_directory), record->to_name, copy_of(record->inode));
	}
	LIST_FOREACH(link, &disk->inodes) {
		struct sim_inode *inode = container_of(link, struct sim_inode, link);

		sim_names_clear(&inode->copy->now);
		fork_names(&inode->now, &inode->copy->now);
		fork_names(&inode->durable, &inode->copy->durable);
	}
	fork->root = disk->root->copy;
	sim_inode_reference(fork->root);
	fork->pages_used = disk->pages_used;
	fork->next_inode = disk->next_inode;
	fork->capacity = disk->capacity;
	fork->ordered_journal = disk->ordered_journal;
	fork->failed_sync_drops = disk->failed_sync_drops;
	fork->clock = disk->clock;
	sim_inode_release(first_root);
	release_all(fork);
	return fork;
}

enum error
sim_disk_break_read(struct sim_disk *disk, const char *path, int64_t offset, int64_t size)
{
	struct sim_inode *inode;
	enum error error = sim_disk_find(disk, path, &inode);

	if (error != ERROR_NONE)
		return error;
	inode->broken_from = offset;
	inode->broken_to = offset + size;
	return ERROR_NONE;
}

static void
break_write_below(struct sim_inode *inode, bool broken)
{
	inode->unwritable = broken;
	for (size_t i = 0; i < inode->now.count; i++)
		break_write_below(inode->now.entries[i].inode, broken);
}

enum error
sim_disk_break_write(struct sim_disk *disk, const char *path, bool broken)
{
	struct sim_inode *inode;
	enum error error = sim_disk_find(disk, path, &inode);

	if (error == ERROR_NONE)
		break_write_below(inode, broken);
	return error;
}

enum error
sim_disk_flip(struct sim_disk *disk, const char *path, int64_t offset, uint8_t bits)
{
	struct sim_inode *inode;
	enum error error = sim_disk_find(disk, path, &inode);

	if (error != ERROR_NONE)
		return error;
	if (inode->is_directory || offset < 0 || offset >= inode->size)
		return ERROR_OUT_OF_RANGE;
	sim_inode_flip(inode, offset, bits);
	return ERROR_NONE;
}

static void
mix(uint64_t *digest, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	while (size-- > 0) {
		*digest = (*digest ^ *at++) * 0x100000001b3;
		*digest ^= *digest >> 31;
	}
}

static void
digest_inode(const struct sim_inode *inode, uint64_t *digest)
{
	static const uint8_t zeros[SIM_PAGE_SIZE];

	mix(digest, &inode->size, sizeof(inode->size));
	for (size_t i = 0; (int64_t)i * SIM_PAGE_SIZE < inode->size; i++) {
		const struct sim_page *page = i < inode->slot_count ? inode->slots[i].now : NULL;

		mix(digest, page == NULL ? zeros : page->bytes,
		    (size_t)MIN(SIM_PAGE_SIZE, inode->size - (int64_t)i * SIM_PAGE_SIZE));
	}
	for (size_t i = 0; i < inode->now.count; i++) {
		mix(digest, inode->now.entries[i].name, strlen(inode->now.entries[i].name) + 1);
		digest_inode(inode->now.entries[i].inode, digest);
	}
}

struct sim_inode *
sim_disk_peek(struct sim_disk *disk, const char *path)
{
	struct sim_inode *inode;

	return sim_disk_find(disk, path, &inode) != ERROR_NONE || inode->is_directory ? NULL : inode;
}

bool
sim_disk_peek_at(struct sim_inode *inode, int64_t offset, uint8_t *bytes, size_t size)
{
	if (inode == NULL || offset + (int64_t)size > inode->size)
		return false;
	sim_inode_read(inode, bytes, size, offset, false);
	return true;
}

enum error
sim_disk_digest(struct sim_disk *disk, const char *path, uint64_t *digest)
{
	struct sim_inode *inode;
	enum error error = sim_disk_find(disk, path, &inode);

	*digest = 0xcbf29ce484222325;
	if (error == ERROR_NONE)
		digest_inode(inode, digest);
	return error;
}
