#include "log/index_file.h"

#include <criterion/criterion.h>

#include "memory_disk.h"

static struct memory_disk memory;
static struct index_cache cache;
static struct index_place place;
static struct index_file file;

static void
setup(void)
{
	memory_disk_init(&memory);
	index_cache_init(&cache, 64 * 1024);
	place = (struct index_place){ &memory.disk, &cache };
}

static void
teardown(void)
{
	index_cache_fini(&cache);
	memory_disk_fini(&memory);
}

TestSuite(index_file, .init = setup, .fini = teardown);

static enum error
open_as(enum index_file_mode mode)
{
	return index_file_open(&file, &place, "f", 4, mode);
}

static void
append(uint32_t value)
{
	uint8_t bytes[4];

	store_int32(bytes, (int32_t)value);
	cr_assert_eq(index_file_append(&file, bytes), ERROR_NONE);
}

static uint8_t
read_last_byte(uint32_t at)
{
	uint8_t bytes[4] = { 0 };

	cr_assert_eq(index_file_read(&file, at, false, bytes), ERROR_NONE);
	return bytes[3];
}

static void
fill(uint32_t count)
{
	cr_assert_eq(open_as(INDEX_FILE_CREATE), ERROR_NONE);
	for (uint32_t i = 0; i < count; i++)
		append(i);
}

Test(index_file, always_has_its_real_size)
{
	fill(3);
	cr_expect_eq(memory_disk_get(&memory, "f").size, 12);
	cr_expect_eq(file.count, 3);
	cr_expect_eq(read_last_byte(2), 2);
	index_file_close(&file);
}

Test(index_file, is_open_only_while_it_is_written)
{
	cr_assert_eq(open_as(INDEX_FILE_CREATE), ERROR_NONE);
	cr_expect_eq(memory.open_files, 0);
	append(1);
	cr_expect_eq(memory.open_files, 1);
	index_file_release(&file);
	cr_expect_eq(memory.open_files, 0);
	append(2);
	cr_expect_eq(memory_disk_get(&memory, "f").size, 8);
	index_file_close(&file);
	cr_expect_eq(memory.open_files, 0);
}

Test(index_file, active_reads_do_not_touch_the_disk)
{
	uint8_t bytes[4];

	fill(5000);
	memory.calls[MEMORY_DISK_READ] = 0;
	for (uint32_t i = 0; i < 5000; i++)
		cr_assert_eq(index_file_read(&file, i, true, bytes), ERROR_NONE);
	cr_expect_eq(memory.calls[MEMORY_DISK_READ], 0);
	index_file_close(&file);
}

Test(index_file, sealed_reads_go_by_blocks_through_the_cache)
{
	uint8_t bytes[4];

	fill(2500);
	cr_assert_eq(index_file_seal(&file), ERROR_NONE);
	index_file_release(&file);
	cr_expect_eq(file.entries.bytes, NULL);
	cr_expect_eq(index_file_read(&file, 0, true, bytes), ERROR_WOULD_BLOCK);
	cr_expect_eq(read_last_byte(2499), 2499 % 256);
	cr_expect_eq(index_file_read(&file, 2048, true, bytes), ERROR_NONE);
	cr_expect_eq(index_file_read(&file, 2047, true, bytes), ERROR_WOULD_BLOCK);
	memory.calls[MEMORY_DISK_READ] = 0;
	for (uint32_t i = 0; i < 2500; i++)
		cr_expect_eq(read_last_byte(i), i % 256);
	cr_expect_eq(memory.calls[MEMORY_DISK_READ], 2);
	cr_expect_eq(memory.open_files, 0);
	index_file_close(&file);
}

Test(index_file, cuts_off_a_partial_entry_when_it_is_opened)
{
	static const enum index_file_mode modes[] = { INDEX_FILE_ACTIVE, INDEX_FILE_SEALED };

	for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
		memory_disk_put(&memory, "f", "aaaabbbbcc", 10);
		cr_assert_eq(open_as(modes[i]), ERROR_NONE);
		cr_expect_eq(file.count, 2);
		cr_expect_eq(read_last_byte(1), 'b');
		cr_expect_eq(memory_disk_get(&memory, "f").size, 8);
		cr_expect_eq(memory.open_files, 0);
		index_file_close(&file);
	}
}

Test(index_file, that_is_missing_or_broken_does_not_open)
{
	cr_expect_eq(open_as(INDEX_FILE_ACTIVE), ERROR_NOT_FOUND);
	cr_expect_eq(open_as(INDEX_FILE_SEALED), ERROR_NOT_FOUND);
	memory_disk_put(&memory, "f", "aaaa", 4);
	memory.fail_with[MEMORY_DISK_READ] = ERROR_IO;
	cr_expect_eq(open_as(INDEX_FILE_ACTIVE), ERROR_IO);
	memory_disk_put(&memory, "f", "aaaab", 5);
	memory.fail_with[MEMORY_DISK_TRUNCATE] = ERROR_READ_ONLY;
	cr_expect_eq(open_as(INDEX_FILE_SEALED), ERROR_READ_ONLY);
}

Test(index_file, a_failed_append_adds_nothing_and_is_overwritten_by_the_next)
{
	static const uint8_t bytes[4] = { 9, 9, 9, 9 };

	fill(1);
	memory.fail_with[MEMORY_DISK_WRITE] = ERROR_NO_SPACE;
	memory.short_write = 3;
	cr_expect_eq(index_file_append(&file, bytes), ERROR_NO_SPACE);
	cr_expect_eq(file.count, 1);
	append(1);
	cr_expect_eq(memory_disk_get(&memory, "f").size, 8);
	cr_expect_eq(read_last_byte(1), 1);
	index_file_close(&file);
}

Test(index_file, sealing_cuts_what_a_failed_append_left)
{
	static const uint8_t bytes[4] = { 9, 9, 9, 9 };

	fill(1);
	memory.fail_with[MEMORY_DISK_WRITE] = ERROR_NO_SPACE;
	memory.short_write = 3;
	cr_expect_eq(index_file_append(&file, bytes), ERROR_NO_SPACE);
	cr_expect_eq(memory_disk_get(&memory, "f").size, 7);
	cr_assert_eq(index_file_seal(&file), ERROR_NONE);
	cr_expect_eq(memory_disk_get(&memory, "f").size, 4);
	index_file_close(&file);
}

Test(index_file, after_a_cut_nothing_old_is_read_from_the_cache)
{
	fill(10);
	cr_assert_eq(index_file_seal(&file), ERROR_NONE);
	cr_expect_eq(read_last_byte(5), 5);
	cr_assert_eq(index_file_cut(&file, 5), ERROR_NONE);
	cr_assert_eq(index_file_activate(&file), ERROR_NONE);
	append(77);
	cr_assert_eq(index_file_seal(&file), ERROR_NONE);
	cr_expect_eq(read_last_byte(5), 77);
	cr_expect_eq(read_last_byte(4), 4);
	index_file_close(&file);
}

Test(index_file, a_long_one_that_is_cut_gives_its_memory_back)
{
	fill(100000);
	cr_assert_eq(index_file_cut(&file, 2), ERROR_NONE);
	cr_expect_lt(file.entries.capacity, 1000);
	cr_expect_eq(read_last_byte(1), 1);
	index_file_close(&file);
}

Test(index_file, a_failed_cut_changes_nothing)
{
	fill(3);
	memory.fail_with[MEMORY_DISK_TRUNCATE] = ERROR_IO;
	cr_expect_eq(index_file_cut(&file, 1), ERROR_IO);
	cr_expect_eq(file.count, 3);
	cr_expect_eq(read_last_byte(2), 2);
	index_file_close(&file);
}

Test(index_file, is_synced_when_there_is_something_new)
{
	cr_assert_eq(open_as(INDEX_FILE_CREATE), ERROR_NONE);
	cr_expect_eq(index_file_sync(&file), ERROR_NONE);
	cr_expect_eq(memory.calls[MEMORY_DISK_SYNC], 0);
	append(1);
	index_file_release(&file);
	cr_expect_eq(index_file_sync(&file), ERROR_NONE);
	cr_expect_eq(index_file_sync(&file), ERROR_NONE);
	cr_expect_eq(memory.calls[MEMORY_DISK_SYNC], 1);
	append(2);
	memory.fail_with[MEMORY_DISK_SYNC] = ERROR_IO;
	cr_expect_eq(index_file_sync(&file), ERROR_IO);
	cr_expect_eq(index_file_sync(&file), ERROR_NONE);
	cr_expect_eq(memory.calls[MEMORY_DISK_SYNC], 3);
	index_file_close(&file);
}

Test(index_file, stays_open_while_it_is_synced_and_knows_what_came_meanwhile)
{
	struct disk_file *syncing;

	fill(1);
	cr_assert_eq(index_file_sync_begin(&file, &syncing), ERROR_NONE);
	cr_assert_not_null(syncing);
	index_file_release(&file);
	cr_expect_eq(memory.open_files, 1);
	append(2);
	cr_assert_eq(disk_sync(syncing), ERROR_NONE);
	index_file_sync_end(&file, ERROR_NONE);
	cr_expect(file.unsynced);
	index_file_release(&file);
	cr_expect_eq(memory.open_files, 0);
	index_file_close(&file);
}

Test(index_file, one_that_does_not_exist_yet_comes_with_its_first_entry)
{
	index_file_init(&file, &place, "f", 4, true);
	cr_assert_eq(index_file_cut(&file, 0), ERROR_NONE);
	cr_expect(slice_is_null(memory_disk_get(&memory, "f")));
	append(1);
	cr_expect_eq(memory_disk_get(&memory, "f").size, 4);
	index_file_close(&file);
}

Test(index_file, follows_its_file_to_another_name)
{
	fill(2);
	index_file_release(&file);
	cr_assert_eq(disk_rename(&memory.disk, "f", "g"), ERROR_NONE);
	index_file_moved(&file, "g");
	append(2);
	cr_expect_eq(memory_disk_get(&memory, "g").size, 12);
	index_file_close(&file);
}

Test(index_file, a_read_error_of_a_sealed_one_is_told)
{
	uint8_t bytes[4];

	fill(2);
	cr_assert_eq(index_file_seal(&file), ERROR_NONE);
	memory.fail_with[MEMORY_DISK_READ] = ERROR_IO;
	cr_expect_eq(index_file_read(&file, 0, false, bytes), ERROR_IO);
	memory_disk_put(&memory, "f", "abcd", 4);
	cr_expect_eq(index_file_read(&file, 1, false, bytes), ERROR_TRUNCATED);
	index_file_close(&file);
}

static bool
is_below(const uint8_t *entry, int64_t argument)
{
	return entry[3] < argument;
}

Test(index_file, finds_where_a_condition_ends)
{
	uint32_t point;

	fill(100);
	for (int64_t i = 0; i <= 101; i++) {
		cr_assert_eq(index_file_partition(&file, is_below, i, true, &point), ERROR_NONE);
		cr_expect_eq(point, MIN(i, 100));
	}
	index_file_close(&file);
}
