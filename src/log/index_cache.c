#include "log/index_cache.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

struct key {
	uint64_t owner;
	uint64_t block;
};

struct block {
	struct hash_node node;
	struct list in_recent;
	struct key key;
	size_t size;
	uint8_t bytes[];
};

static bool
matches(const struct hash_node *node, const void *key)
{
	const struct key *wanted = key;
	const struct block *block = container_of(node, const struct block, node);

	return block->key.owner == wanted->owner && block->key.block == wanted->block;
}

static uint64_t
hash_of(const struct index_cache *cache, const struct key *key)
{
	return hash_table_hash(&cache->blocks, slice_of(key, sizeof(*key)));
}

void
index_cache_init(struct index_cache *cache, size_t capacity_bytes)
{
	/* Keys are numbers that no peer chooses: the seed need not be secret. */
	static const uint64_t seed[2] = { 0, 0 };

	atomic_flag_clear(&cache->in_use);
	atomic_init(&cache->next_owner, 1);
	hash_table_init(&cache->blocks, seed, matches);
	list_init(&cache->recent);
	cache->capacity = MAX(capacity_bytes / INDEX_CACHE_BLOCK_SIZE, (size_t)1);
	cache->hits = 0;
	cache->misses = 0;
}

static void
drop(struct index_cache *cache, struct block *block)
{
	hash_table_remove(&cache->blocks, &block->node);
	list_remove(&block->in_recent);
	free(block);
}

void
index_cache_fini(struct index_cache *cache)
{
	LIST_FOREACH(link, &cache->recent)
		drop(cache, container_of(link, struct block, in_recent));
	hash_table_fini(&cache->blocks);
}

uint64_t
index_cache_owner(struct index_cache *cache)
{
	return atomic_fetch_add_explicit(&cache->next_owner, 1, memory_order_relaxed);
}

static bool
enter(struct index_cache *cache)
{
	return !atomic_flag_test_and_set_explicit(&cache->in_use, memory_order_acquire);
}

static void
leave(struct index_cache *cache)
{
	atomic_flag_clear_explicit(&cache->in_use, memory_order_release);
}

static struct block *
find(struct index_cache *cache, const struct key *key)
{
	struct hash_node *node = hash_table_find(&cache->blocks, hash_of(cache, key), key);

	return node == NULL ? NULL : container_of(node, struct block, node);
}

bool
index_cache_get(struct index_cache *cache, uint64_t owner, uint32_t block_number, size_t offset,
    void *bytes, size_t size)
{
	const struct key key = { owner, block_number };

	if (!enter(cache))
		return false;
	struct block *block = find(cache, &key);
	bool found = block != NULL && offset <= block->size && size <= block->size - offset;
	if (found) {
		memcpy(bytes, block->bytes + offset, size);
		list_remove(&block->in_recent);
		list_prepend(&cache->recent, &block->in_recent);
		cache->hits++;
	} else {
		cache->misses++;
	}
	leave(cache);
	return found;
}

void
index_cache_put(struct index_cache *cache, uint64_t owner, uint32_t block_number,
    const void *bytes, size_t size)
{
	const struct key key = { owner, block_number };

	assert(size <= INDEX_CACHE_BLOCK_SIZE);
	if (!enter(cache))
		return;
	struct block *block = find(cache, &key);
	if (block != NULL)
		drop(cache, block);
	while (cache->blocks.count >= cache->capacity)
		drop(cache, container_of(cache->recent.previous, struct block, in_recent));
	block = memory_new(sizeof(*block) + size);
	block->key = key;
	block->size = size;
	memcpy(block->bytes, bytes, size);
	hash_table_insert(&cache->blocks, &block->node, hash_of(cache, &key));
	list_prepend(&cache->recent, &block->in_recent);
	leave(cache);
}
