#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim_disk_private.h"
#include "tests/sim/sim_memory.h"

void
sim_page_release(struct sim_page *page)
{
	if (page != NULL && --page->references == 0)
		free(page);
}

static struct sim_page *
share(struct sim_page *page)
{
	if (page != NULL)
		page->references++;
	return page;
}

/* The page, made the only one of its kind, to be written. */
static struct sim_page *
own(struct sim_page **place)
{
	struct sim_page *page = *place;

	if (page != NULL && page->references == 1)
		return page;
	*place = sim_memory_new(sizeof(**place));
	(*place)->references = 1;
	if (page != NULL) {
		memcpy((*place)->bytes, page->bytes, SIM_PAGE_SIZE);
		page->references--;
	}
	return *place;
}

static void
replace(struct sim_page **place, struct sim_page *page)
{
	share(page);
	sim_page_release(*place);
	*place = page;
}

struct sim_inode *
sim_inode_new(struct sim_disk *disk, bool is_directory)
{
	struct sim_inode *inode = sim_memory_new(sizeof(*inode));

	inode->disk = disk;
	inode->is_directory = is_directory;
	inode->number = disk->next_inode++;
	inode->cut = INT64_MAX;
	inode->dirty_from = SIZE_MAX;
	list_init(&inode->link);
	list_append(&disk->inodes, &inode->link);
	return inode;
}

void
sim_inode_reference(struct sim_inode *inode)
{
	inode->references++;
}

void
sim_inode_release(struct sim_inode *inode)
{
	assert(inode->references > 0);
	if (--inode->references > 0)
		return;
	list_remove(&inode->link);
	for (size_t i = 0; i < inode->slot_count; i++) {
		inode->disk->pages_used -= inode->slots[i].allocated;
		sim_page_release(inode->slots[i].now);
		sim_page_release(inode->slots[i].durable);
	}
	free(inode->slots);
	sim_names_clear(&inode->now);
	sim_names_clear(&inode->durable);
	free(inode);
}

void
sim_inode_grow(struct sim_inode *inode, size_t slots)
{
	if (slots <= inode->slot_count)
		return;
	if (slots > inode->slot_capacity) {
		inode->slot_capacity = MAX(slots, inode->slot_capacity * 2);
		inode->slots = sim_memory_resize(inode->slots,
		    inode->slot_capacity * sizeof(*inode->slots));
	}
	memset(inode->slots + inode->slot_count, 0,
	    (slots - inode->slot_count) * sizeof(*inode->slots));
	inode->slot_count = slots;
}

static bool
take_space(struct sim_inode *inode, struct sim_slot *slot)
{
	if (slot->allocated)
		return true;
	if ((inode->disk->pages_used + 1) * SIM_PAGE_SIZE > inode->disk->capacity)
		return false;
	inode->disk->pages_used++;
	slot->allocated = true;
	return true;
}

static void
mark_dirty(struct sim_inode *inode, size_t index, size_t from, size_t to)
{
	for (size_t sector = from / SIM_SECTOR_SIZE; sector * SIM_SECTOR_SIZE < to; sector++)
		inode->slots[index].dirty |= (uint8_t)(1u << sector);
	inode->dirty_from = MIN(inode->dirty_from, index);
	inode->dirty_to = MAX(inode->dirty_to, index + 1);
}

size_t
sim_inode_write(struct sim_inode *inode, const uint8_t *bytes, size_t size, int64_t offset)
{
	size_t done = 0;

	while (done < size) {
		int64_t at = offset + (int64_t)done;
		size_t index = (size_t)(at / SIM_PAGE_SIZE);
		size_t within = (size_t)(at % SIM_PAGE_SIZE);
		size_t part = MIN(size - done, SIM_PAGE_SIZE - within);
		struct sim_slot *slot;

		sim_inode_grow(inode, index + 1);
		slot = &inode->slots[index];
		if (!take_space(inode, slot))
			break;
		memcpy(own(&slot->now)->bytes + within, bytes + done, part);
		slot->resident = true;
		mark_dirty(inode, index, within, within + part);
		done += part;
	}
	if (done > 0)
		inode->size = MAX(inode->size, offset + (int64_t)done);
	return done;
}

void
sim_inode_read(struct sim_inode *inode, uint8_t *bytes, size_t size, int64_t offset, bool durable)
{
	while (size > 0) {
		size_t index = (size_t)(offset / SIM_PAGE_SIZE);
		size_t within = (size_t)(offset % SIM_PAGE_SIZE);
		size_t part = MIN(size, SIM_PAGE_SIZE - within);
		struct sim_page *page = NULL;

		if (index < inode->slot_count)
			page = durable ? inode->slots[index].durable : inode->slots[index].now;
		if (page != NULL)
			memcpy(bytes, page->bytes + within, part);
		else
			memset(bytes, 0, part);
		bytes += part;
		offset += (int64_t)part;
		size -= part;
	}
}

/* Zeros from `within` on; the page goes when nothing is left. */
static void
zero_tail(struct sim_page **place, size_t within)
{
	if (*place == NULL)
		return;
	if (within == 0)
		replace(place, NULL);
	else
		memset(own(place)->bytes + within, 0, SIM_PAGE_SIZE - within);
}

void
sim_inode_truncate(struct sim_inode *inode, int64_t size)
{
	size_t first = (size_t)(size / SIM_PAGE_SIZE);
	size_t within = (size_t)(size % SIM_PAGE_SIZE);

	if (size < inode->size) {
		for (size_t i = first; i < inode->slot_count; i++, within = 0) {
			struct sim_slot *slot = &inode->slots[i];
			size_t kept = (within + SIM_SECTOR_SIZE - 1) / SIM_SECTOR_SIZE;

			zero_tail(&slot->now, within);
			slot->dirty &= (uint8_t)((1u << kept) - 1);
			if (within == 0 && slot->allocated) {
				slot->allocated = false;
				inode->disk->pages_used--;
			}
		}
		inode->cut = MIN(inode->cut, size);
	}
	inode->size = size;
}

bool
sim_inode_allocate(struct sim_inode *inode, int64_t offset, int64_t size)
{
	size_t first = (size_t)(offset / SIM_PAGE_SIZE);
	size_t end = (size_t)((offset + size + SIM_PAGE_SIZE - 1) / SIM_PAGE_SIZE);
	int64_t wanted = 0;

	sim_inode_grow(inode, end);
	for (size_t i = first; i < end; i++)
		wanted += !inode->slots[i].allocated;
	if ((inode->disk->pages_used + wanted) * SIM_PAGE_SIZE > inode->disk->capacity)
		return false;
	for (size_t i = first; i < end; i++)
		inode->slots[i].allocated = true;
	inode->disk->pages_used += wanted;
	inode->size = MAX(inode->size, offset + size);
	return true;
}

void
sim_inode_cut_durable(struct sim_inode *inode, int64_t size)
{
	size_t within = (size_t)(size % SIM_PAGE_SIZE);

	for (size_t i = (size_t)(size / SIM_PAGE_SIZE); i < inode->slot_count; i++, within = 0)
		zero_tail(&inode->slots[i].durable, within);
	inode->durable_size = MIN(inode->durable_size, size);
}

void
sim_inode_commit_cut(struct sim_inode *inode)
{
	if (inode->cut == INT64_MAX)
		return;
	sim_inode_cut_durable(inode, inode->cut);
	inode->cut = INT64_MAX;
}

void
sim_inode_write_back(struct sim_inode *inode, size_t index, unsigned sector)
{
	struct sim_slot *slot = &inode->slots[index];
	size_t at = (size_t)sector * SIM_SECTOR_SIZE;

	assert(inode->cut == INT64_MAX && slot->now != NULL);
	memcpy(own(&slot->durable)->bytes + at, slot->now->bytes + at, SIM_SECTOR_SIZE);
	slot->dirty &= (uint8_t)~(1u << sector);
}

static void
write_back_slot(struct sim_inode *inode, size_t index)
{
	struct sim_slot *slot = &inode->slots[index];

	if (slot->dirty == 0)
		return;
	if (!slot->diverged) {
		replace(&slot->durable, slot->now);
		slot->dirty = 0;
		return;
	}
	for (unsigned sector = 0; sector < SECTORS_IN_PAGE; sector++) {
		if ((slot->dirty & 1u << sector) != 0)
			sim_inode_write_back(inode, index, sector);
	}
}

static void
all_clean(struct sim_inode *inode)
{
	inode->dirty_from = SIZE_MAX;
	inode->dirty_to = 0;
}

void
sim_inode_sync(struct sim_inode *inode)
{
#ifndef CANARY_SIM_SYNC_FORGETS_TRUNCATION
	sim_inode_commit_cut(inode);
#endif
	for (size_t i = inode->dirty_from; i < inode->dirty_to; i++)
		write_back_slot(inode, i);
	all_clean(inode);
	inode->durable_size = inode->size;
	inode->durable_modified_ms = inode->modified_ms;
}

void
sim_inode_sync_failed(struct sim_inode *inode, bool drop)
{
	for (size_t i = inode->dirty_from; i < inode->dirty_to; i++) {
		struct sim_slot *slot = &inode->slots[i];

		if (slot->dirty == 0)
			continue;
		slot->dirty = 0;
		slot->diverged = true;
		if (drop && inode->cut == INT64_MAX)
			sim_inode_evict(inode, i);
	}
	all_clean(inode);
	inode->errors++;
	inode->disk->errors++;
}

void
sim_inode_evict(struct sim_inode *inode, size_t index)
{
	struct sim_slot *slot = &inode->slots[index];

	/* With a truncation under way the disk's page is not the file's yet. */
	if (slot->dirty != 0 || inode->cut != INT64_MAX)
		return;
	slot->resident = false;
	slot->diverged = false;
	if (slot->now != slot->durable)
		replace(&slot->now, slot->durable);
}

void
sim_inode_forget_cache(struct sim_inode *inode)
{
	all_clean(inode);
	inode->cut = INT64_MAX;
	inode->size = inode->durable_size;
	inode->modified_ms = inode->durable_modified_ms;
	for (size_t i = 0; i < inode->slot_count; i++) {
		struct sim_slot *slot = &inode->slots[i];

		slot->dirty = 0;
		sim_inode_evict(inode, i);
		inode->disk->pages_used += (slot->now != NULL) - slot->allocated;
		slot->allocated = slot->now != NULL;
	}
}

void
sim_inode_flip(struct sim_inode *inode, int64_t offset, uint8_t bits)
{
	size_t index = (size_t)(offset / SIM_PAGE_SIZE);

	sim_inode_grow(inode, index + 1);
	own(&inode->slots[index].now)->bytes[offset % SIM_PAGE_SIZE] ^= bits;
	own(&inode->slots[index].durable)->bytes[offset % SIM_PAGE_SIZE] ^= bits;
}
