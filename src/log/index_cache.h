/*
 * log/index_cache.h: blocks of the index files of older segments, in memory
 * up to a bound, the least recently used one leaves first. One cache serves
 * all logs of a broker or log dir, from any thread.
 *
 * Nobody waits for it: a call that finds it in use by another thread acts as
 * if the block were not there (a get misses, a put is dropped).
 */
#ifndef KLAMM_LOG_INDEX_CACHE_H
#define KLAMM_LOG_INDEX_CACHE_H

#include <stdatomic.h>

#include "base/hash_table.h"

enum {
	INDEX_CACHE_BLOCK_SIZE = 4096,
};

struct index_cache {
	atomic_flag in_use;
	_Atomic(uint64_t) next_owner;
	struct hash_table blocks;
	struct list recent; /* most recently used first */
	size_t capacity;    /* blocks */
	uint64_t hits;
	uint64_t misses;
};

/* At least one block is kept, whatever the bound. */
void index_cache_init(struct index_cache *cache, size_t capacity_bytes);
void index_cache_fini(struct index_cache *cache);
/*
 * A number for a file's contents. It is never given again: whose contents
 * change otherwise than at the end takes a new one, and old blocks age out.
 */
uint64_t index_cache_owner(struct index_cache *cache);
/* Copies `size` bytes from `offset` of a block; false when it is not there. */
bool index_cache_get(struct index_cache *cache, uint64_t owner, uint32_t block, size_t offset,
    void *bytes, size_t size);
/* `size` at most INDEX_CACHE_BLOCK_SIZE. */
void index_cache_put(struct index_cache *cache, uint64_t owner, uint32_t block, const void *bytes,
    size_t size);

#endif
