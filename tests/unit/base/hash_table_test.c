#include "base/hash_table.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "base/prng.h"

static const uint64_t seed[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };

/*
 * The vectors that SipHash's authors publish: key 00..0f, message number n is
 * the n bytes 00, 01, ..., read as little-endian words.
 */
static const uint64_t siphash_vectors[64] = {
	0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
	0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
	0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
	0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
	0x3f2acc7f57c29bdb, 0x699ae9f52cbe4794, 0x4bc1b3f0968dd39c, 0xbb6dc91da77961bd,
	0xbed65cf21aa2ee98, 0xd0f2cbb02e3b67c7, 0x93536795e3a33e88, 0xa80c038ccd5ccec8,
	0xb8ad50c6f649af94, 0xbce192de8a85b8ea, 0x17d835b85bbb15f3, 0x2f2e6163076bcfad,
	0xde4daaaca71dc9a5, 0xa6a2506687956571, 0xad87a3535c49ef28, 0x32d892fad841c342,
	0x7127512f72f27cce, 0xa7f32346f95978e3, 0x12e0b01abb051238, 0x15e034d40fa197ae,
	0x314dffbe0815a3b4, 0x027990f029623981, 0xcadcd4e59ef40c4d, 0x9abfd8766a33735c,
	0x0e3ea96b5304a7d0, 0xad0c42d6fc585992, 0x187306c89bc215a9, 0xd4a60abcf3792b95,
	0xf935451de4f21df2, 0xa9538f0419755787, 0xdb9acddff56ca510, 0xd06c98cd5c0975eb,
	0xe612a3cb9ecba951, 0xc766e62cfcadaf96, 0xee64435a9752fe72, 0xa192d576b245165a,
	0x0a8787bf8ecb74b2, 0x81b3e73d20b49b6f, 0x7fa8220ba3b2ecea, 0x245731c13ca42499,
	0xb78dbfaf3a8d83bd, 0xea1ad565322a1a0b, 0x60e61c23a3795013, 0x6606d7e446282b93,
	0x6ca4ecb15c5f91e1, 0x9f626da15c9625f3, 0xe51b38608ef25f57, 0x958a324ceb064572,
};

struct entry {
	struct hash_node node;
	uint32_t key;
	bool kept; /* for the model */
};

static struct entry *
entry_of(struct hash_node *node)
{
	return container_of(node, struct entry, node);
}

static bool
key_matches(const struct hash_node *node, const void *key)
{
	return ((const struct entry *)(const void *)node)->key == *(const uint32_t *)key;
}

static uint64_t
hash_of(const struct hash_table *table, uint32_t key)
{
	return hash_table_hash(table, slice_of(&key, sizeof(key)));
}

static struct entry *
find(const struct hash_table *table, uint32_t key)
{
	struct hash_node *node = hash_table_find(table, hash_of(table, key), &key);

	return node == NULL ? NULL : entry_of(node);
}

static void
insert(struct hash_table *table, struct entry *entry, uint32_t key)
{
	entry->key = key;
	hash_table_insert(table, &entry->node, hash_of(table, key));
}

Test(hash_table, hashes_as_the_authors_of_siphash_do)
{
	uint8_t message[64];

	for (size_t i = 0; i < 64; i++) {
		message[i] = (uint8_t)i;
		cr_expect_eq(siphash(seed, slice_of(message, i)), siphash_vectors[i], "%zu bytes", i);
	}
}

Test(hash_table, null_hashes_like_empty)
{
	cr_expect_eq(siphash(seed, slice_null()), siphash_vectors[0]);
}

Test(hash_table, another_seed_gives_other_hashes)
{
	const uint64_t other[2] = { seed[0] + 1, seed[1] }, third[2] = { seed[0], seed[1] + 1 };

	cr_expect_neq(siphash(seed, slice_of_text("orders")), siphash(other, slice_of_text("orders")));
	cr_expect_neq(siphash(seed, slice_of_text("orders")), siphash(third, slice_of_text("orders")));
}

Test(hash_table, finds_nothing_in_an_empty_table)
{
	struct hash_table table;

	hash_table_init(&table, seed, key_matches);
	cr_expect_null(find(&table, 1));
	HASH_TABLE_FOREACH(link, &table)
		cr_assert(false, "an entry in an empty table");
	hash_table_fini(&table);
}

Test(hash_table, finds_what_was_inserted_and_not_what_was_removed)
{
	struct hash_table table;
	struct entry one, two;

	hash_table_init(&table, seed, key_matches);
	insert(&table, &one, 1);
	insert(&table, &two, 2);
	cr_expect_eq(find(&table, 1), &one);
	cr_expect_eq(find(&table, 2), &two);
	cr_expect_null(find(&table, 3));
	hash_table_remove(&table, &one.node);
	cr_expect_null(find(&table, 1));
	cr_expect_eq(find(&table, 2), &two);
	cr_expect_eq(table.count, 1);
	insert(&table, &one, 3);
	cr_expect_eq(find(&table, 3), &one);
	hash_table_fini(&table);
}

Test(hash_table, tells_keys_apart_whose_hashes_are_equal)
{
	enum { COUNT = 40 };
	struct hash_table table;
	struct entry entries[COUNT];

	hash_table_init(&table, seed, key_matches);
	for (uint32_t i = 0; i < COUNT; i++) {
		entries[i].key = i;
		hash_table_insert(&table, &entries[i].node, 7);
	}
	for (uint32_t i = 0; i < COUNT; i += 2)
		hash_table_remove(&table, &entries[i].node);
	for (uint32_t i = 0; i < COUNT; i++) {
		struct hash_node *node = hash_table_find(&table, 7, &i);

		cr_expect_eq(node, i % 2 == 0 ? NULL : &entries[i].node);
		cr_expect_null(hash_table_find(&table, 7 + table.bucket_count, &i));
	}
	hash_table_fini(&table);
}

Test(hash_table, iterates_in_order_of_insertion_whatever_the_seed)
{
	enum { COUNT = 1000 };
	static struct entry entries[COUNT];

	for (uint64_t round = 0; round < 3; round++) {
		const uint64_t other_seed[2] = { round, round };
		struct hash_table table;
		uint32_t expected = 0;

		hash_table_init(&table, other_seed, key_matches);
		for (uint32_t i = 0; i < COUNT; i++)
			insert(&table, &entries[i], i);
		HASH_TABLE_FOREACH(link, &table)
			cr_assert_eq(entry_of(hash_node_of(link))->key, expected++);
		cr_expect_eq(expected, COUNT);
		hash_table_fini(&table);
	}
}

Test(hash_table, grows_and_still_finds_everything)
{
	enum { COUNT = 5000 };
	static struct entry entries[COUNT];
	struct hash_table table;
	size_t first_buckets;

	hash_table_init(&table, seed, key_matches);
	first_buckets = table.bucket_count;
	for (uint32_t i = 0; i < COUNT; i++) {
		insert(&table, &entries[i], i);
		cr_assert_leq(table.count, table.bucket_count);
	}
	cr_expect_gt(table.bucket_count, first_buckets);
	for (uint32_t i = 0; i < COUNT; i++)
		cr_assert_eq(find(&table, i), &entries[i]);
	cr_expect_null(find(&table, COUNT));
	hash_table_fini(&table);
}

Test(hash_table, the_entry_at_hand_may_be_removed_in_a_loop)
{
	enum { COUNT = 100 };
	struct hash_table table;
	struct entry entries[COUNT];
	uint32_t seen = 0;

	hash_table_init(&table, seed, key_matches);
	for (uint32_t i = 0; i < COUNT; i++)
		insert(&table, &entries[i], i);
	HASH_TABLE_FOREACH(link, &table) {
		struct entry *entry = entry_of(hash_node_of(link));

		cr_assert_eq(entry->key, seen++);
		if (entry->key % 3 != 0)
			hash_table_remove(&table, &entry->node);
	}
	cr_expect_eq(seen, COUNT);
	cr_expect_eq(table.count, 34);
	for (uint32_t i = 0; i < COUNT; i++)
		cr_expect_eq(find(&table, i), i % 3 == 0 ? &entries[i] : NULL);
	HASH_TABLE_FOREACH(link, &table)
		hash_table_remove(&table, hash_node_of(link));
	cr_expect_eq(table.count, 0);
	hash_table_fini(&table);
}

Test(hash_table, does_not_remove_what_it_does_not_have, .signal = SIGABRT)
{
	struct hash_table table;
	struct entry entry = { .key = 1 };

	hash_table_init(&table, seed, key_matches);
	hash_table_remove(&table, &entry.node);
}

/* The model is an array by key: whether the entry is in the table. */
enum { KEYS = 700 };

static void
expect_same(const struct hash_table *table, struct entry *entries)
{
	size_t kept = 0, iterated = 0;

	for (uint32_t key = 0; key < KEYS; key++) {
		cr_assert_eq(find(table, key), entries[key].kept ? &entries[key] : NULL);
		kept += entries[key].kept;
	}
	HASH_TABLE_FOREACH(link, table) {
		cr_assert(entry_of(hash_node_of(link))->kept);
		iterated++;
	}
	cr_assert_eq(table->count, kept);
	cr_assert_eq(iterated, kept);
}

Test(hash_table, agrees_with_a_model_through_random_operations)
{
	static struct entry entries[KEYS];
	struct hash_table table;
	struct prng prng;

	prng_init(&prng, 6);
	hash_table_init(&table, seed, key_matches);
	for (int i = 0; i < 20000; i++) {
		uint32_t key = (uint32_t)prng_below(&prng, KEYS);
		/* Mostly filling and mostly emptying, in turn. */
		bool wanted = prng_chance(&prng, i / 4000 % 2 == 0 ? 3 : 1, 4);

		if (wanted && !entries[key].kept)
			insert(&table, &entries[key], key);
		else if (!wanted && entries[key].kept)
			hash_table_remove(&table, &entries[key].node);
		entries[key].kept = wanted;
		if (i % 500 == 0)
			expect_same(&table, entries);
	}
	expect_same(&table, entries);
	hash_table_fini(&table);
}
