#include "base/hash_table.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

enum { FIRST_BUCKETS = 16 };

void
hash_table_init(struct hash_table *table, const uint64_t seed[2],
    bool (*matches)(const struct hash_node *node, const void *key))
{
	*table = (struct hash_table){ .matches = matches, .seed = { seed[0], seed[1] } };
	table->bucket_count = FIRST_BUCKETS;
	table->buckets = memory_array(FIRST_BUCKETS, sizeof(*table->buckets));
	list_init(&table->in_order);
}

void
hash_table_fini(struct hash_table *table)
{
	free(table->buckets);
	table->buckets = NULL;
	table->count = 0;
}

uint64_t
hash_table_hash(const struct hash_table *table, struct slice bytes)
{
	return siphash(table->seed, bytes);
}

static struct hash_node **
bucket_of(const struct hash_table *table, uint64_t hash)
{
	return &table->buckets[hash & (table->bucket_count - 1)];
}

struct hash_node *
hash_table_find(const struct hash_table *table, uint64_t hash, const void *key)
{
	struct hash_node *node = *bucket_of(table, hash);

	while (node != NULL && (node->hash != hash || !table->matches(node, key)))
		node = node->next;
	return node;
}

static void
chain(struct hash_table *table, struct hash_node *node)
{
	struct hash_node **bucket = bucket_of(table, node->hash);

	node->next = *bucket;
	*bucket = node;
}

static void
grow(struct hash_table *table)
{
	free(table->buckets);
	table->bucket_count *= 2;
	table->buckets = memory_array(table->bucket_count, sizeof(*table->buckets));
	HASH_TABLE_FOREACH(link, table)
		chain(table, hash_node_of(link));
}

void
hash_table_insert(struct hash_table *table, struct hash_node *node, uint64_t hash)
{
	node->hash = hash;
	if (table->count >= table->bucket_count)
		grow(table);
	chain(table, node);
	list_append(&table->in_order, &node->in_order);
	table->count++;
}

void
hash_table_remove(struct hash_table *table, struct hash_node *node)
{
	struct hash_node **at = bucket_of(table, node->hash);

	while (*at != node) {
		assert(*at != NULL);
		at = &(*at)->next;
	}
	*at = node->next;
	list_remove(&node->in_order);
	table->count--;
}

/* SipHash-2-4 (Aumasson, Bernstein 2012), little-endian words. */
struct sip {
	uint64_t v[4];
};

static uint64_t
rotate(uint64_t value, int bits)
{
	return value << bits | value >> (64 - bits);
}

static void
sip_round(struct sip *s)
{
	s->v[0] += s->v[1];
	s->v[2] += s->v[3];
	s->v[1] = rotate(s->v[1], 13) ^ s->v[0];
	s->v[3] = rotate(s->v[3], 16) ^ s->v[2];
	s->v[0] = rotate(s->v[0], 32);
	s->v[2] += s->v[1];
	s->v[0] += s->v[3];
	s->v[1] = rotate(s->v[1], 17) ^ s->v[2];
	s->v[3] = rotate(s->v[3], 21) ^ s->v[0];
	s->v[2] = rotate(s->v[2], 32);
}

static uint64_t
little_endian(const uint8_t *bytes, size_t size)
{
	uint64_t word = 0;

	for (size_t i = 0; i < size; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

static void
sip_word(struct sip *s, uint64_t word)
{
	s->v[3] ^= word;
	sip_round(s);
	sip_round(s);
	s->v[0] ^= word;
}

uint64_t
siphash(const uint64_t seed[2], struct slice bytes)
{
	struct sip s = { { seed[0] ^ 0x736f6d6570736575, seed[1] ^ 0x646f72616e646f6d,
	    seed[0] ^ 0x6c7967656e657261, seed[1] ^ 0x7465646279746573 } };
	size_t whole = bytes.size / 8 * 8;

	for (size_t i = 0; i < whole; i += 8)
		sip_word(&s, little_endian(bytes.bytes + i, 8));
	sip_word(&s, (uint64_t)bytes.size << 56 |
	    (whole < bytes.size ? little_endian(bytes.bytes + whole, bytes.size - whole) : 0));
	s.v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&s);
	return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}
