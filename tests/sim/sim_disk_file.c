#include <assert.h>

#include "tests/sim/sim.h"
#include "tests/sim/sim_disk_private.h"

static struct sim_file *
file_of(struct disk_file *file)
{
	return container_of(file, struct sim_file, file);
}

static void
drop_some(struct sim_inode *inode, int64_t offset, size_t size)
{
	size_t end = MIN(inode->slot_count,
	    (size_t)((offset + (int64_t)size + SIM_PAGE_SIZE - 1) / SIM_PAGE_SIZE));

	if (!sim_disk_chance(inode->disk, inode->disk->evict))
		return;
	for (size_t i = (size_t)(offset / SIM_PAGE_SIZE); i < end; i++) {
		if (prng_chance(&inode->disk->prng, 1, 2))
			sim_inode_evict(inode, i);
	}
}

/* How many of the bytes are in the cache, without a gap. With `fetch` they all are then. */
static size_t
resident(struct sim_inode *inode, int64_t offset, size_t size, bool fetch)
{
	size_t index = (size_t)(offset / SIM_PAGE_SIZE), first = index;
	size_t end = MIN(inode->slot_count,
	    (size_t)((offset + (int64_t)size + SIM_PAGE_SIZE - 1) / SIM_PAGE_SIZE));

	for (; index < end && (fetch || inode->slots[index].resident); index++) {
		if (!inode->slots[index].resident)
			sim_disk_spend(inode->disk, inode->disk->read_us);
		inode->slots[index].resident = true;
	}
	if (index == end)
		return size;
	if (index == first)
		return 0;
	return (size_t)((int64_t)index * SIM_PAGE_SIZE - offset);
}

/* What is dirty goes to the disk first, as a direct read makes it do. */
static void
write_back_range(struct sim_inode *inode, int64_t offset, size_t size)
{
	size_t end = MIN(inode->slot_count,
	    (size_t)((offset + (int64_t)size + SIM_PAGE_SIZE - 1) / SIM_PAGE_SIZE));

	sim_inode_commit_cut(inode);
	for (size_t i = (size_t)(offset / SIM_PAGE_SIZE); i < end; i++) {
		for (unsigned sector = 0; sector < SECTORS_IN_PAGE; sector++) {
			if ((inode->slots[i].dirty & 1u << sector) != 0)
				sim_inode_write_back(inode, i, sector);
		}
	}
}

static enum error
prepare_read(struct sim_file *file, int64_t offset, bool resident_only, size_t *size)
{
	struct sim_inode *inode = file->inode;
	bool direct = (file->flags & DISK_DIRECT) != 0;

	if (offset < inode->broken_to && offset + (int64_t)*size > inode->broken_from) {
		if (offset >= inode->broken_from)
			return ERROR_IO;
		*size = (size_t)(inode->broken_from - offset);
	}
	if (direct) {
		write_back_range(inode, offset, *size);
		sim_disk_spend(inode->disk, inode->disk->read_us);
		return ERROR_NONE;
	}
	drop_some(inode, offset, *size);
	*size = resident(inode, offset, *size, !resident_only);
	return *size == 0 ? ERROR_WOULD_BLOCK : ERROR_NONE;
}

enum error
sim_file_read_at(struct disk_file *port, const struct iovec *parts, int count, int64_t offset,
    bool resident_only, size_t *got)
{
	struct sim_file *file = file_of(port);
	struct sim_inode *inode = file->inode;
	enum error error = sim_disk_look(file->mount);
	size_t size = 0;

	*got = 0;
	assert((file->flags & DISK_READ) != 0);
	if (offset < 0)
		return ERROR_INVALID_ARGUMENT;
	for (int i = 0; i < count; i++)
		size += parts[i].iov_len;
	size = (size_t)MAX(0, MIN((int64_t)size, inode->size - offset));
	if (error == ERROR_NONE && size > 0)
		error = prepare_read(file, offset, resident_only, &size);
	if (error != ERROR_NONE)
		return error;
	for (int i = 0; i < count && *got < size; i++) {
		size_t part = MIN(parts[i].iov_len, size - *got);

		sim_inode_read(inode, parts[i].iov_base, part, offset + (int64_t)*got,
		    (file->flags & DISK_DIRECT) != 0);
		*got += part;
	}
	return ERROR_NONE;
}

enum error
sim_file_write_at(struct disk_file *port, const struct iovec *parts, int count, int64_t offset,
    size_t *written)
{
	struct sim_file *file = file_of(port);
	struct sim_mount *mount = file->mount;
	size_t size = 0;
	enum error error;

	*written = 0;
	assert((file->flags & DISK_WRITE) != 0);
	if (offset < 0)
		return ERROR_INVALID_ARGUMENT;
	for (int i = 0; i < count; i++)
		size += parts[i].iov_len;
	if (size == 0)
		return sim_disk_look(mount);
	error = sim_disk_begin(mount, file->inode, &size);
	if (error != ERROR_NONE)
		return error;
	for (int i = 0; i < count && *written < size; i++) {
		size_t part = MIN(parts[i].iov_len, size - *written);
		size_t taken = sim_inode_write(file->inode, parts[i].iov_base, part,
		    offset + (int64_t)*written);

		if (mount->owner->sim != NULL)
			sim_mix_bytes(mount->owner->sim, parts[i].iov_base, taken);
		*written += taken;
		if (taken < part)
			break;
	}
	if (*written > 0)
		file->inode->modified_ms = sim_disk_wall_ms(mount->owner);
	sim_disk_note(mount->owner, SIM_WHAT_disk_write, file->inode->number, *written);
	sim_disk_spend(mount->owner, mount->owner->write_us);
	if (*written == 0 && size > 0)
		sim_disk_met(file->inode->disk, file->inode, ERROR_NO_SPACE);
	error = sim_disk_end(mount, file->inode, *written == 0 ? ERROR_NO_SPACE : ERROR_NONE);
	if (error != ERROR_NONE)
		*written = 0;
	return error;
}

enum error
sim_file_truncate(struct disk_file *port, int64_t size)
{
	struct sim_file *file = file_of(port);

	assert((file->flags & DISK_WRITE) != 0);
	return size < 0 ? ERROR_INVALID_ARGUMENT : sim_disk_truncate_now(file->mount, file->inode, size);
}

enum error
sim_file_allocate(struct disk_file *port, int64_t offset, int64_t size)
{
	struct sim_file *file = file_of(port);
	enum error error = sim_disk_begin(file->mount, file->inode, NULL);

	if (error != ERROR_NONE)
		return error;
	if (!sim_inode_allocate(file->inode, offset, size))
		error = ERROR_NO_SPACE;
	sim_disk_note(file->inode->disk, SIM_WHAT_disk_write, file->inode->number, (uint64_t)size);
	return sim_disk_end(file->mount, file->inode, error);
}

static void
lose_a_sector(struct sim_inode *inode)
{
	for (size_t i = inode->dirty_from; i < inode->dirty_to; i++) {
		struct sim_slot *slot = &inode->slots[i];

		if (slot->dirty == 0)
			continue;
		slot->dirty &= (uint8_t)(slot->dirty - 1);
		slot->diverged = true;
		return;
	}
}

enum error
sim_file_sync(struct disk_file *port)
{
	struct sim_file *file = file_of(port);
	struct sim_inode *inode = file->inode;
	struct sim_disk *disk = inode->disk;
	enum error error = sim_disk_begin(file->mount, file->inode, NULL);

	if (error != ERROR_NONE)
		return error;
	sim_disk_spend_sync(disk);
	sim_disk_note(disk, SIM_WHAT_disk_sync, inode->number, (uint64_t)inode->size);
	if (sim_disk_chance(disk, disk->sync_error) || disk->operations == disk->sync_error_at) {
		sim_disk_note(disk, SIM_WHAT_disk_fault, inode->number, ERROR_IO);
		sim_disk_met(disk, inode, ERROR_IO);
		sim_inode_sync_failed(inode, disk->failed_sync_drops);
	} else {
		if (sim_disk_chance(disk, disk->lost_write))
			lose_a_sector(inode);
		sim_inode_sync(inode);
		if (disk->ordered_journal)
			sim_disk_commit_names(disk, disk->record_count);
	}
	/* Each open file is told once of an error, whoever made it happen. */
	error = file->errors_seen == inode->errors ? ERROR_NONE : ERROR_IO;
	file->errors_seen = inode->errors;
	return sim_disk_end(file->mount, NULL, error);
}

enum error
sim_file_size(struct disk_file *port, int64_t *size)
{
	*size = file_of(port)->inode->size;
	return sim_disk_look(file_of(port)->mount);
}

enum error
sim_file_set_modified(struct disk_file *port, int64_t modified_ms)
{
	struct sim_file *file = file_of(port);
	enum error error = sim_disk_begin(file->mount, file->inode, NULL);

	if (error != ERROR_NONE)
		return error;
	file->inode->modified_ms = modified_ms;
	return sim_disk_end(file->mount, NULL, ERROR_NONE);
}

void
sim_file_prefetch(struct disk_file *port, int64_t offset, int64_t size)
{
	struct sim_file *file = file_of(port);

	if (!file->mount->dead && size > 0 && offset >= 0)
		(void)resident(file->inode, offset, (size_t)size, true);
}
