#include "log/file_cache.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/sim/sim_disk.h"

enum { FILES = 5 };

static struct sim_disk *disk;
static struct sim_mount *mount;
static struct file_cache cache;
static struct cached_file files[FILES];
static struct disk_file *opened;

static void
setup(void)
{
	disk = sim_disk_new(1, NULL);
	mount = sim_disk_mount(disk);
	file_cache_init(&cache, sim_mount_port(mount), 2);
	for (int i = 0; i < FILES; i++) {
		char path[16];

		snprintf(path, sizeof(path), "/%d", i);
		cached_file_init(&files[i], &cache, path);
	}
}

static void
teardown(void)
{
	for (int i = 0; i < FILES; i++)
		cached_file_fini(&files[i]);
	file_cache_fini(&cache);
	sim_mount_free(mount);
	sim_disk_free(disk);
}

TestSuite(file_cache, .init = setup, .fini = teardown);

static void
use(int number, bool write)
{
	cr_assert_eq(cached_file_create(&files[number], &opened), ERROR_NONE);
	cached_file_unpin(&files[number], write);
}

Test(file_cache, closes_the_longest_unused_file)
{
	use(0, false);
	use(1, false);
	use(0, false);
	use(2, false);
	cr_expect_eq(cache.open, 2);
	cr_expect_eq(cached_file_pin_if_open(&files[1], &opened), ERROR_WOULD_BLOCK);
	cr_expect_eq(cached_file_pin_if_open(&files[0], &opened), ERROR_NONE);
	cached_file_unpin(&files[0], false);
	cr_expect_eq(file_cache_counters(&cache).evicted, 1);
}

Test(file_cache, never_closes_a_pinned_file)
{
	struct disk_file *first;
	uint8_t byte;
	size_t got;

	cr_assert_eq(cached_file_create(&files[0], &first), ERROR_NONE);
	for (int i = 1; i < FILES; i++)
		use(i, false);
	cr_expect_eq(disk_read(first, &byte, 1, 0, &got), ERROR_NONE);
	cached_file_unpin(&files[0], false);
	cr_expect_leq(cache.open, 2);
}

Test(file_cache, never_closes_a_file_with_unsynced_data)
{
	for (int i = 0; i < FILES; i++)
		use(i, true);
	cr_expect_eq(cache.open, FILES);
	cr_expect(file_cache_is_crowded(&cache));
	cr_expect_gt(file_cache_counters(&cache).over_limit, 0);
	cr_assert_eq(file_cache_make_room(&cache), ERROR_NONE);
	cr_expect_leq(cache.open, 2);
	cr_expect_not(file_cache_is_crowded(&cache));
}

Test(file_cache, a_failed_sync_sticks)
{
	use(0, true);
	disk->sync_error = 1000;
	cr_expect_eq(cached_file_sync(&files[0]), ERROR_IO);
	disk->sync_error = 0;
	cr_expect_eq(cached_file_sync(&files[0]), ERROR_IO, "the data are in doubt for good");
	cr_expect(cached_file_is_dirty(&files[0]));
}

Test(file_cache, a_synced_file_is_clean_until_the_next_write)
{
	use(0, true);
	cr_expect(cached_file_is_dirty(&files[0]));
	cr_assert_eq(cached_file_sync(&files[0]), ERROR_NONE);
	cr_expect_not(cached_file_is_dirty(&files[0]));
	cr_assert_eq(cached_file_pin(&files[0], &opened), ERROR_NONE);
	cached_file_unpin(&files[0], true);
	cr_expect(cached_file_is_dirty(&files[0]));
}

Test(file_cache, tells_of_a_missing_file)
{
	cr_expect_eq(cached_file_pin(&files[3], &opened), ERROR_NOT_FOUND);
	cr_expect_eq(cache.open, 0);
}

Test(file_cache, opens_by_the_new_name)
{
	use(0, false);
	cr_assert_eq(disk_rename(cache.disk, "/0", "/renamed"), ERROR_NONE);
	cached_file_moved(&files[0], "/renamed");
	use(1, false);
	use(2, false);
	use(3, false);
	cr_expect_eq(cached_file_pin(&files[0], &opened), ERROR_NONE);
	cached_file_unpin(&files[0], false);
}

Test(file_cache, reserves_at_most_half)
{
	cr_expect(file_cache_reserve(&cache, 1));
	cr_expect_not(file_cache_reserve(&cache, 1));
	file_cache_give_back(&cache, 1);
	cr_expect(file_cache_reserve(&cache, 1));
	file_cache_give_back(&cache, 1);
}
