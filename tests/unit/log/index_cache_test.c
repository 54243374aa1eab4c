#include "log/index_cache.h"

#include <criterion/criterion.h>

static struct index_cache cache;

static void
setup(void)
{
	index_cache_init(&cache, 3 * INDEX_CACHE_BLOCK_SIZE + 100);
}

static void
teardown(void)
{
	index_cache_fini(&cache);
}

TestSuite(index_cache, .init = setup, .fini = teardown);

static bool
has(uint64_t owner, uint32_t block)
{
	uint32_t found;

	return index_cache_get(&cache, owner, block, 0, &found, sizeof(found));
}

static void
put(uint64_t owner, uint32_t block, uint32_t value)
{
	index_cache_put(&cache, owner, block, &value, sizeof(value));
}

Test(index_cache, gives_back_parts_of_a_block)
{
	char part[3];

	index_cache_put(&cache, 1, 7, "abcdef", 6);
	cr_assert(index_cache_get(&cache, 1, 7, 2, part, 3));
	cr_expect_arr_eq(part, "cde", 3);
	cr_expect_eq(cache.hits, 1);
}

Test(index_cache, misses_other_owners_and_blocks_and_what_is_past_the_end)
{
	char part[6];

	index_cache_put(&cache, 1, 7, "abcdef", 6);
	cr_expect_not(index_cache_get(&cache, 2, 7, 0, part, 1));
	cr_expect_not(index_cache_get(&cache, 1, 8, 0, part, 1));
	cr_expect_not(index_cache_get(&cache, 1, 7, 6, part, 1));
	cr_expect_not(index_cache_get(&cache, 1, 7, 5, part, 2));
	cr_expect_not(index_cache_get(&cache, 1, 7, SIZE_MAX, part, 2));
	cr_expect_eq(cache.misses, 5);
}

Test(index_cache, the_least_recently_used_block_leaves_first)
{
	put(1, 1, 1);
	put(1, 2, 2);
	put(1, 3, 3);
	cr_expect(has(1, 1));
	put(1, 4, 4);
	cr_expect(has(1, 1));
	cr_expect_not(has(1, 2));
	cr_expect(has(1, 3));
	cr_expect(has(1, 4));
	cr_expect_eq(cache.blocks.count, 3);
}

Test(index_cache, a_block_is_replaced)
{
	uint32_t value = 0;

	put(1, 1, 1);
	put(1, 1, 2);
	cr_assert(index_cache_get(&cache, 1, 1, 0, &value, sizeof(value)));
	cr_expect_eq(value, 2);
	cr_expect_eq(cache.blocks.count, 1);
}

Test(index_cache, keeps_one_block_at_least)
{
	struct index_cache tiny;
	char byte;

	index_cache_init(&tiny, 0);
	index_cache_put(&tiny, 1, 1, "a", 1);
	cr_expect(index_cache_get(&tiny, 1, 1, 0, &byte, 1));
	index_cache_fini(&tiny);
}

Test(index_cache, owners_are_never_given_twice)
{
	cr_expect_neq(index_cache_owner(&cache), index_cache_owner(&cache));
}

Test(index_cache, in_use_by_another_thread_it_is_as_if_empty)
{
	put(1, 1, 1);
	cr_assert_not(atomic_flag_test_and_set(&cache.in_use));
	cr_expect_not(has(1, 1));
	put(1, 2, 2);
	atomic_flag_clear(&cache.in_use);
	cr_expect(has(1, 1));
	cr_expect_not(has(1, 2));
}
