#include "log/index_file.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

/* An index that could not be closed well is still a hint (see the header). */
static void
close_quietly(struct disk_file *file)
{
	enum error error UNUSED = disk_close(file);
}

static uint32_t
entries_per_block(const struct index_file *index)
{
	return INDEX_CACHE_BLOCK_SIZE / index->entry_size;
}

static void
take_path(struct index_file *index, const char *path)
{
	index->path = memory_text(path, strlen(path));
}

void
index_file_init(struct index_file *index, const struct index_place *place, const char *path,
    uint32_t entry_size, bool active)
{
	assert(entry_size > 0 && entry_size <= INDEX_ENTRY_SIZE_MAX);
	*index = (struct index_file){ .place = place, .entry_size = entry_size, .active = active };
	index->owner = index_cache_owner(place->cache);
	buffer_init(&index->entries);
	take_path(index, path);
}

/* Reads what the file holds; `entries` only while active. */
static enum error
load(struct index_file *index, struct disk_file *file)
{
	int64_t size;
	enum error error = disk_size(file, &size);

	if (error != ERROR_NONE)
		return error;
	if (size > INDEX_FILE_SIZE_MAX)
		return ERROR_TOO_LARGE;
	index->count = (uint32_t)size / index->entry_size;
	index->ragged = (uint32_t)size % index->entry_size != 0;
	if (!index->active || index->count == 0)
		return ERROR_NONE;
	size_t bytes = (size_t)index->count * index->entry_size;
	buffer_clear(&index->entries);
	return disk_read_all(file, buffer_extend(&index->entries, bytes), bytes, 0);
}

static enum error
open_and_load(struct index_file *index, int flags)
{
	struct disk_file *file;
	enum error error = disk_open(index->place->disk, index->path, flags, &file);

	if (error != ERROR_NONE)
		return error;
	index->present = true;
	error = load(index, file);
	close_quietly(file);
	return error;
}

enum error
index_file_open(struct index_file *index, const struct index_place *place, const char *path,
    uint32_t entry_size, enum index_file_mode mode)
{
	bool create = mode == INDEX_FILE_CREATE;

	index_file_init(index, place, path, entry_size, mode != INDEX_FILE_SEALED);
	enum error error = open_and_load(index,
	    create ? DISK_READ | DISK_WRITE | DISK_CREATE | DISK_TRUNCATE : DISK_READ);
	if (error == ERROR_NONE && index->ragged)
		error = index_file_cut(index, index->count);
	if (error != ERROR_NONE)
		index_file_close(index);
	return error;
}

void
index_file_close(struct index_file *index)
{
	assert(index->pins == 0);
	index_file_release(index);
	buffer_fini(&index->entries);
	free(index->path);
	index->path = NULL;
}

/* Reads the block that holds the entry from the disk, and gives it to the cache. */
static enum error
read_block(struct index_file *index, uint32_t block, uint8_t bytes[INDEX_CACHE_BLOCK_SIZE])
{
	uint32_t first = block * entries_per_block(index);
	uint32_t count = MIN(entries_per_block(index), index->count - first);
	size_t size = (size_t)count * index->entry_size;
	struct disk_file *file;

	/* A descriptor of its own: several threads may read, and the owner may release its one. */
	enum error error = disk_open(index->place->disk, index->path, DISK_READ, &file);
	if (error != ERROR_NONE)
		return error;
	error = disk_read_all(file, bytes, size, (int64_t)first * index->entry_size);
	close_quietly(file);
	if (error == ERROR_NONE)
		index_cache_put(index->place->cache, index->owner, block, bytes, size);
	return error;
}

enum error
index_file_read(struct index_file *index, uint32_t at, bool resident_only, uint8_t *entry)
{
	uint8_t bytes[INDEX_CACHE_BLOCK_SIZE];
	uint32_t block = at / entries_per_block(index);
	size_t offset = (size_t)(at % entries_per_block(index)) * index->entry_size;

	assert(at < index->count);
	if (index->active) {
		memcpy(entry, index->entries.bytes + (size_t)at * index->entry_size,
		    index->entry_size);
		return ERROR_NONE;
	}
	if (index_cache_get(index->place->cache, index->owner, block, offset, entry,
	        index->entry_size))
		return ERROR_NONE;
	if (resident_only)
		return ERROR_WOULD_BLOCK;
	enum error error = read_block(index, block, bytes);
	if (error == ERROR_NONE)
		memcpy(entry, bytes + offset, index->entry_size);
	return error;
}

enum error
index_file_partition(struct index_file *index,
    bool (*holds)(const uint8_t *entry, int64_t argument), int64_t argument, bool resident_only,
    uint32_t *point)
{
	uint8_t entry[INDEX_ENTRY_SIZE_MAX];
	uint32_t low = 0, high = index->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		enum error error = index_file_read(index, middle, resident_only, entry);
		if (error != ERROR_NONE)
			return error;
		if (holds(entry, argument))
			low = middle + 1;
		else
			high = middle;
	}
	*point = low;
	return ERROR_NONE;
}

static enum error
open_for_writing(struct index_file *index)
{
	int flags = DISK_READ | DISK_WRITE | (index->present ? 0 : DISK_CREATE);

	if (index->file != NULL)
		return ERROR_NONE;
	enum error error = disk_open(index->place->disk, index->path, flags, &index->file);
	if (error == ERROR_NONE)
		index->present = true;
	else
		index->file = NULL;
	return error;
}

enum error
index_file_append(struct index_file *index, const uint8_t *entry)
{
	size_t written;

	assert(index->active);
	enum error error = open_for_writing(index);
	if (error != ERROR_NONE)
		return error;
	/* The next entry, or the cut at the end, overwrites what a failed one left. */
	index->unsynced = true;
	index->ragged = true;
	error = disk_write(index->file, entry, index->entry_size,
	    (int64_t)index->count * index->entry_size, &written);
	if (error != ERROR_NONE)
		return error;
	index->ragged = false;
	buffer_append(&index->entries, entry, index->entry_size);
	index->count++;
	return ERROR_NONE;
}

/* Memory that a long index took is given back when few entries are left. */
static void
cut_memory(struct index_file *index)
{
	size_t size = (size_t)index->count * index->entry_size;

	if (index->entries.capacity <= 2 * size + INDEX_CACHE_BLOCK_SIZE) {
		index->entries.size = size;
		return;
	}
	struct buffer shorter;
	buffer_init(&shorter);
	buffer_append(&shorter, index->entries.bytes, size);
	buffer_fini(&index->entries);
	index->entries = shorter;
}

enum error
index_file_cut(struct index_file *index, uint32_t count)
{
	bool was_open = index->file != NULL;

	assert(count <= index->count);
	if (!index->present || (count == index->count && !index->ragged))
		return ERROR_NONE;
	enum error error = open_for_writing(index);
	if (error == ERROR_NONE)
		error = disk_truncate(index->file, (int64_t)count * index->entry_size);
	if (!was_open)
		index_file_release(index);
	if (error != ERROR_NONE)
		return error;
	index->count = count;
	index->ragged = false;
	index->unsynced = true;
	if (index->active)
		cut_memory(index);
	return ERROR_NONE;
}

enum error
index_file_seal(struct index_file *index)
{
	enum error error = index_file_cut(index, index->count);

	if (error != ERROR_NONE)
		return error;
	index->active = false;
	index->owner = index_cache_owner(index->place->cache);
	buffer_fini(&index->entries);
	return ERROR_NONE;
}

enum error
index_file_activate(struct index_file *index)
{
	if (index->active)
		return ERROR_NONE;
	index->active = true;
	enum error error = index->present ? open_and_load(index, DISK_READ) : ERROR_NONE;
	if (error == ERROR_NONE && index->ragged)
		error = index_file_cut(index, index->count);
	if (error != ERROR_NONE) {
		index->active = false;
		buffer_fini(&index->entries);
	}
	return error;
}

enum error
index_file_sync_begin(struct index_file *index, struct disk_file **file)
{
	*file = NULL;
	if (!index->unsynced)
		return ERROR_NONE;
	enum error error = open_for_writing(index);
	if (error != ERROR_NONE)
		return error;
	index->unsynced = false; /* what is appended from here on needs another sync */
	index->pins++;
	*file = index->file;
	return ERROR_NONE;
}

void
index_file_sync_end(struct index_file *index, enum error result)
{
	assert(index->pins > 0);
	index->pins--;
	if (result != ERROR_NONE)
		index->unsynced = true;
}

enum error
index_file_sync(struct index_file *index)
{
	struct disk_file *file;
	enum error error = index_file_sync_begin(index, &file);

	if (error != ERROR_NONE || file == NULL)
		return error;
	error = disk_sync(file);
	index_file_sync_end(index, error);
	return error;
}

void
index_file_release(struct index_file *index)
{
	if (index->file == NULL || index->pins > 0)
		return;
	close_quietly(index->file);
	index->file = NULL;
}

void
index_file_moved(struct index_file *index, const char *path)
{
	free(index->path);
	take_path(index, path);
}
