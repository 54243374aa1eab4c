/*
 * base/hash_table.h: intrusive hash table. Hashes are seeded, so that peers
 * cannot choose names that collide; iteration goes in order of insertion, so
 * that runs can be replayed whatever the seed.
 */
#ifndef KLAMM_BASE_HASH_TABLE_H
#define KLAMM_BASE_HASH_TABLE_H

#include "base/list.h"
#include "base/slice.h"

/* Embedded in what is kept. */
struct hash_node {
	struct hash_node *next;
	struct list in_order;
	uint64_t hash;
};

struct hash_table {
	struct hash_node **buckets;
	size_t bucket_count;
	size_t count;
	struct list in_order;
	uint64_t seed[2];
	/* Whether `node` has this key. */
	bool (*matches)(const struct hash_node *node, const void *key);
};

void hash_table_init(struct hash_table *table, const uint64_t seed[2],
    bool (*matches)(const struct hash_node *node, const void *key));
/* Frees the table's own memory; nodes are the caller's. */
void hash_table_fini(struct hash_table *table);

/* SipHash-2-4 of the bytes with the table's seed. */
uint64_t hash_table_hash(const struct hash_table *table, struct slice bytes);
/* The node of that hash and key; NULL when there is none. */
struct hash_node *hash_table_find(const struct hash_table *table, uint64_t hash, const void *key);
/* The caller has looked whether the key is there already. */
void hash_table_insert(struct hash_table *table, struct hash_node *node, uint64_t hash);
void hash_table_remove(struct hash_table *table, struct hash_node *node);

/* Nodes in order of insertion; the one at hand may be removed. */
#define HASH_TABLE_FOREACH(link, table) LIST_FOREACH(link, &(table)->in_order)
/* The node whose link HASH_TABLE_FOREACH gave. */
static inline struct hash_node *
hash_node_of(struct list *link)
{
	return container_of(link, struct hash_node, in_order);
}

uint64_t siphash(const uint64_t seed[2], struct slice bytes);

#endif
