#include "log/file_cache.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"

void
file_cache_init(struct file_cache *cache, struct disk *disk, unsigned limit)
{
	memset(cache, 0, sizeof(*cache));
	cache->disk = disk;
	cache->limit = MAX(limit, 1u);
	lock_init(&cache->lock);
	list_init(&cache->idle);
	list_init(&cache->dirty);
}

void
file_cache_fini(struct file_cache *cache)
{
	assert(cache->open == 0 && cache->reserved == 0);
	lock_fini(&cache->lock);
}

static bool
is_full(const struct file_cache *cache)
{
	return cache->open + cache->reserved >= cache->limit;
}

bool
file_cache_is_crowded(struct file_cache *cache)
{
	lock_take(&cache->lock);
	bool crowded = cache->open + cache->reserved > cache->limit &&
	    list_is_empty(&cache->idle) && !list_is_empty(&cache->dirty);
	lock_release(&cache->lock);
	return crowded;
}

struct file_cache_counters
file_cache_counters(struct file_cache *cache)
{
	lock_take(&cache->lock);
	struct file_cache_counters counters = cache->counters;
	lock_release(&cache->lock);
	return counters;
}

bool
file_cache_reserve(struct file_cache *cache, unsigned count)
{
	lock_take(&cache->lock);
	bool granted = cache->reserved + count <= cache->limit / 2;
	if (granted)
		cache->reserved += count;
	lock_release(&cache->lock);
	return granted;
}

void
file_cache_give_back(struct file_cache *cache, unsigned count)
{
	lock_take(&cache->lock);
	assert(cache->reserved >= count);
	cache->reserved -= count;
	lock_release(&cache->lock);
}

void
cached_file_init(struct cached_file *file, struct file_cache *cache, const char *path)
{
	memset(file, 0, sizeof(*file));
	file->cache = cache;
	file->path = memory_text(path, strlen(path));
	list_init(&file->in_cache);
}

void
cached_file_moved(struct cached_file *file, const char *path)
{
	free(file->path);
	file->path = memory_text(path, strlen(path));
}

/* With the lock taken: the file's descriptor leaves the cache; the caller closes it. */
static struct disk_file *
take_descriptor(struct cached_file *file)
{
	struct disk_file *open_file = file->file;

	file->file = NULL;
	list_remove(&file->in_cache);
	file->cache->open--;
	return open_file;
}

/* With the lock taken: the descriptor that was unused for longest, NULL when none may go. */
static struct disk_file *
take_idle(struct file_cache *cache)
{
	if (list_is_empty(&cache->idle))
		return NULL;
	cache->counters.evicted++;
	return take_descriptor(container_of(cache->idle.next, struct cached_file, in_cache));
}

/* What a close says of a file without unsynced data is of no use to anybody. */
static void
close_clean(struct disk_file *open_file)
{
	if (open_file != NULL && disk_close(open_file) != ERROR_NONE)
		return;
}

void
cached_file_fini(struct cached_file *file)
{
	struct disk_file *open_file = NULL;

	lock_take(&file->cache->lock);
	assert(file->pins == 0);
	if (file->file != NULL)
		open_file = take_descriptor(file);
	lock_release(&file->cache->lock);
	close_clean(open_file);
	free(file->path);
	file->path = NULL;
}

/* With the lock taken: an open file gets one more user. */
static struct disk_file *
pin_open(struct cached_file *file)
{
	list_remove(&file->in_cache);
	file->pins++;
	return file->file;
}

/* Outside the lock: closes others' idle files as long as there is no place. */
static enum error
open_with_room(struct cached_file *file, int flags, struct disk_file **open_file)
{
	struct file_cache *cache = file->cache;
	struct disk_file *victim;
	enum error error;

	lock_take(&cache->lock);
	victim = is_full(cache) ? take_idle(cache) : NULL;
	lock_release(&cache->lock);
	do {
		close_clean(victim);
		victim = NULL;
		error = disk_open(cache->disk, file->path, flags, open_file);
		if (error == ERROR_TOO_MANY_FILES) {
			lock_take(&cache->lock);
			victim = take_idle(cache);
			lock_release(&cache->lock);
		}
	} while (victim != NULL);
	return error;
}

static enum error
pin(struct cached_file *file, int flags, bool may_open, struct disk_file **open_file)
{
	struct file_cache *cache = file->cache;
	struct disk_file *mine = NULL;

	lock_take(&cache->lock);
	bool is_open = file->file != NULL;
	if (is_open) {
		*open_file = pin_open(file);
		cache->counters.found_open++;
	}
	lock_release(&cache->lock);
	if (is_open)
		return ERROR_NONE;
	if (!may_open)
		return ERROR_WOULD_BLOCK;

	enum error error = open_with_room(file, flags, &mine);
	if (error != ERROR_NONE)
		return error;

	lock_take(&cache->lock);
	if (file->file == NULL) {
		cache->counters.over_limit += is_full(cache);
		cache->counters.opened++;
		cache->open++;
		file->file = mine;
		mine = NULL;
	}
	*open_file = pin_open(file);
	lock_release(&cache->lock);
	close_clean(mine); /* another thread was first */
	return ERROR_NONE;
}

enum error
cached_file_create(struct cached_file *file, struct disk_file **open_file)
{
	assert(file->pins == 0);
	return pin(file, DISK_READ | DISK_WRITE | DISK_CREATE | DISK_TRUNCATE, true, open_file);
}

enum error
cached_file_pin(struct cached_file *file, struct disk_file **open_file)
{
	return pin(file, DISK_READ | DISK_WRITE, true, open_file);
}

enum error
cached_file_pin_if_open(struct cached_file *file, struct disk_file **open_file)
{
	return pin(file, 0, false, open_file);
}

/* With the lock taken: whoever used it last puts it where it may wait. */
static void
unpin(struct cached_file *file)
{
	assert(file->pins > 0);
	if (--file->pins > 0)
		return;
	list_append(file->writes != file->synced ? &file->cache->dirty : &file->cache->idle,
	    &file->in_cache);
}

void
cached_file_unpin(struct cached_file *file, bool wrote)
{
	struct file_cache *cache = file->cache;
	struct disk_file *victim = NULL;

	lock_take(&cache->lock);
	file->writes += wrote;
	unpin(file);
	if (cache->open + cache->reserved > cache->limit)
		victim = take_idle(cache);
	lock_release(&cache->lock);
	close_clean(victim);
}

bool
cached_file_is_dirty(struct cached_file *file)
{
	lock_take(&file->cache->lock);
	bool dirty = file->writes != file->synced;
	lock_release(&file->cache->lock);
	return dirty;
}

enum error
cached_file_sync(struct cached_file *file)
{
	struct file_cache *cache = file->cache;

	lock_take(&cache->lock);
	enum error error = file->lost;
	uint64_t writes = file->writes;
	if (error != ERROR_NONE || writes == file->synced) {
		lock_release(&cache->lock);
		return error;
	}
	assert(file->file != NULL); /* a file with unsynced data stays open */
	struct disk_file *open_file = pin_open(file);
	lock_release(&cache->lock);

	error = disk_sync(open_file);

	lock_take(&cache->lock);
	if (file->lost == ERROR_NONE)
		file->lost = error;
	error = file->lost;
	if (error == ERROR_NONE)
		file->synced = MAX(file->synced, writes);
	unpin(file);
	lock_release(&cache->lock);
	return error;
}

/* One step: false when there is room enough, or nothing that could go. */
static bool
make_some_room(struct file_cache *cache, enum error *error)
{
	struct disk_file *victim = NULL;
	struct cached_file *file = NULL;

	lock_take(&cache->lock);
	if (cache->open > cache->limit - cache->limit / 4 - cache->reserved / 2) {
		victim = take_idle(cache);
		if (victim == NULL && !list_is_empty(&cache->dirty)) {
			file = container_of(cache->dirty.next, struct cached_file, in_cache);
			(void)pin_open(file);
			cache->counters.synced_early++;
		}
	}
	lock_release(&cache->lock);
	close_clean(victim);
	if (file == NULL)
		return victim != NULL;
	*error = cached_file_sync(file);
	cached_file_unpin(file, false);
	return *error == ERROR_NONE; /* a disk that fails is not asked again and again */
}

enum error
file_cache_make_room(struct file_cache *cache)
{
	enum error error = ERROR_NONE;

	/* Files that are written to all the time must not keep a worker here for ever. */
	for (unsigned steps = 0; steps < 2 * cache->limit; steps++) {
		if (!make_some_room(cache, &error))
			break;
	}
	return error;
}
