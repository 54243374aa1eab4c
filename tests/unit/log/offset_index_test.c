#include "log/offset_index.h"

#include <criterion/criterion.h>

#include "memory_disk.h"

enum { BASE = 1000 };

static struct memory_disk memory;
static struct index_cache cache;
static struct index_place place;
static struct offset_index offsets;

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

TestSuite(offset_index, .init = setup, .fini = teardown);

static enum error
open_as(enum index_file_mode mode)
{
	return offset_index_open(&offsets, &place, "i", BASE, 1000 * 8 + 7, mode);
}

/* Entries (BASE + 10, 100), (BASE + 20, 200), ... */
static void
fill(int count)
{
	cr_assert_eq(open_as(INDEX_FILE_CREATE), ERROR_NONE);
	for (int i = 1; i <= count; i++)
		cr_assert_eq(offset_index_append(&offsets, BASE + 10 * i, 100 * i), ERROR_NONE);
}

static void
reopen(enum index_file_mode mode)
{
	offset_index_close(&offsets);
	cr_assert_eq(open_as(mode), ERROR_NONE);
}

static void
expect_lookup(int64_t target, int64_t offset, int64_t position)
{
	struct offset_entry entry;

	cr_assert_eq(offset_index_lookup(&offsets, target, false, &entry), ERROR_NONE);
	cr_expect_eq(entry.offset, offset, "of %lld: %lld", (long long)target,
	    (long long)entry.offset);
	cr_expect_eq(entry.position, position);
}

static void
expect_lookups_among_ten(void)
{
	expect_lookup(0, BASE, 0);
	expect_lookup(BASE, BASE, 0);
	expect_lookup(BASE + 9, BASE, 0);
	expect_lookup(BASE + 10, BASE + 10, 100);
	expect_lookup(BASE + 19, BASE + 10, 100);
	expect_lookup(BASE + 55, BASE + 50, 500);
	expect_lookup(BASE + 100, BASE + 100, 1000);
	expect_lookup(INT64_MAX, BASE + 100, 1000);
}

Test(offset_index, writes_kafkas_bytes)
{
	static const uint8_t expected[] = { 0, 0, 0, 10, 0, 0, 0, 100, 0, 0, 0, 20, 0, 0, 0, 200 };

	fill(2);
	cr_expect(slice_equal(memory_disk_get(&memory, "i"), slice_of(expected, sizeof(expected))));
	offset_index_close(&offsets);
}

Test(offset_index, finds_the_last_entry_not_above_the_target)
{
	fill(10);
	expect_lookups_among_ten();
	reopen(INDEX_FILE_ACTIVE);
	expect_lookups_among_ten();
	reopen(INDEX_FILE_SEALED);
	expect_lookups_among_ten();
	offset_index_close(&offsets);
}

Test(offset_index, an_empty_one_gives_the_base)
{
	fill(0);
	expect_lookup(BASE + 5, BASE, 0);
	reopen(INDEX_FILE_SEALED);
	expect_lookup(BASE + 5, BASE, 0);
	offset_index_close(&offsets);
}

Test(offset_index, resident_reads_never_wait)
{
	struct offset_entry entry;

	fill(10);
	reopen(INDEX_FILE_SEALED);
	index_cache_fini(&cache);
	index_cache_init(&cache, 64 * 1024);
	cr_expect_eq(offset_index_lookup(&offsets, BASE + 55, true, &entry), ERROR_WOULD_BLOCK);
	cr_expect_eq(offset_index_lookup(&offsets, BASE + 100, true, &entry), ERROR_NONE);
	cr_expect_eq(entry.position, 1000);
	expect_lookup(BASE + 55, BASE + 50, 500);
	cr_expect_eq(offset_index_lookup(&offsets, BASE + 55, true, &entry), ERROR_NONE);
	offset_index_close(&offsets);
}

Test(offset_index, finds_an_upper_bound_by_position)
{
	struct offset_entry entry;
	bool found;

	fill(10);
	cr_assert_eq(offset_index_lookup_position(&offsets, 101, false, &found, &entry), ERROR_NONE);
	cr_expect(found);
	cr_expect_eq(entry.offset, BASE + 20);
	cr_assert_eq(offset_index_lookup_position(&offsets, 1000, false, &found, &entry), ERROR_NONE);
	cr_expect(found);
	cr_expect_eq(entry.offset, BASE + 100);
	cr_assert_eq(offset_index_lookup_position(&offsets, 1001, false, &found, &entry), ERROR_NONE);
	cr_expect_not(found);
	offset_index_close(&offsets);
}

Test(offset_index, truncation_drops_entries_at_and_above_the_offset)
{
	static const struct { int64_t offset; uint32_t left; } cases[] = {
		{ BASE + 101, 10 }, { BASE + 100, 9 }, { BASE + 51, 5 }, { BASE + 50, 4 },
		{ BASE + 10, 0 }, { BASE, 0 }, { 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		fill(10);
		cr_assert_eq(offset_index_truncate_to(&offsets, cases[i].offset), ERROR_NONE);
		cr_expect_eq(offset_index_count(&offsets), cases[i].left, "%zu", i);
		cr_expect_eq(offsets.last.offset, BASE + 10 * cases[i].left);
		cr_expect_eq(memory_disk_get(&memory, "i").size, 8 * cases[i].left);
		offset_index_close(&offsets);
	}
}

Test(offset_index, goes_on_after_a_truncation_and_a_clear)
{
	fill(10);
	cr_assert_eq(offset_index_truncate_to(&offsets, BASE + 50), ERROR_NONE);
	cr_assert_eq(offset_index_append(&offsets, BASE + 45, 450), ERROR_NONE);
	expect_lookup(BASE + 1000, BASE + 45, 450);
	cr_assert_eq(offset_index_clear(&offsets), ERROR_NONE);
	cr_assert_eq(offset_index_append(&offsets, BASE, 5), ERROR_NONE);
	expect_lookup(BASE + 1000, BASE, 5);
	offset_index_close(&offsets);
}

Test(offset_index, is_full_at_its_bytes_rounded_down)
{
	cr_assert_eq(offset_index_open(&offsets, &place, "i", BASE, 2 * 8 + 7, INDEX_FILE_CREATE), ERROR_NONE);
	cr_assert_eq(offset_index_append(&offsets, BASE + 1, 1), ERROR_NONE);
	cr_expect_not(offset_index_is_full(&offsets));
	cr_assert_eq(offset_index_append(&offsets, BASE + 2, 2), ERROR_NONE);
	cr_expect(offset_index_is_full(&offsets));
	offset_index_close(&offsets);
}

Test(offset_index, zeros_that_a_crashed_kafka_left_are_cut)
{
	static const uint8_t file[80] = { 0, 0, 0, 10, 0, 0, 0, 100, 0, 0, 0, 20, 0, 0, 0, 200 };
	static const enum index_file_mode modes[] = { INDEX_FILE_ACTIVE, INDEX_FILE_SEALED };

	for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
		memory_disk_put(&memory, "i", file, sizeof(file));
		cr_assert_eq(open_as(modes[i]), ERROR_NONE);
		cr_expect_eq(offset_index_count(&offsets), 2);
		cr_expect_eq(offsets.last.position, 200);
		cr_expect_eq(memory_disk_get(&memory, "i").size, 16);
		offset_index_close(&offsets);
	}
	memory_disk_put(&memory, "i", file + 16, 64);
	cr_assert_eq(open_as(INDEX_FILE_ACTIVE), ERROR_NONE);
	cr_expect_eq(offset_index_count(&offsets), 0);
	offset_index_close(&offsets);
	memory_disk_put(&memory, "i", file + 16, 8);
	cr_assert_eq(open_as(INDEX_FILE_ACTIVE), ERROR_NONE);
	cr_expect_eq(offset_index_count(&offsets), 0);
	offset_index_close(&offsets);
}

Test(offset_index, check_finds_entries_that_do_not_ascend_or_point_past_the_log)
{
	static const uint8_t file[] = { 0, 0, 0, 10, 0, 0, 0, 100, 0, 0, 0, 9, 0, 0, 0, 200,
		0, 0, 0, 30, 0, 0, 1, 44 };

	fill(3);
	cr_expect_eq(offset_index_check(&offsets, 301), ERROR_NONE);
	cr_expect_eq(offset_index_check(&offsets, 300), ERROR_CORRUPT);
	offset_index_close(&offsets);
	memory_disk_put(&memory, "i", file, sizeof(file));
	cr_assert_eq(open_as(INDEX_FILE_SEALED), ERROR_NONE);
	cr_expect_eq(offset_index_count(&offsets), 3);
	cr_expect_eq(offset_index_check(&offsets, 1000), ERROR_CORRUPT);
	offset_index_close(&offsets);
}

Test(offset_index, negative_fields_are_damage)
{
	static const uint8_t file[] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 100 };
	static const uint8_t other[] = { 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff };

	memory_disk_put(&memory, "i", file, sizeof(file));
	cr_assert_eq(open_as(INDEX_FILE_SEALED), ERROR_NONE);
	cr_expect_eq(offset_index_count(&offsets), 0);
	offset_index_close(&offsets);
	memory_disk_put(&memory, "i", other, sizeof(other));
	cr_assert_eq(open_as(INDEX_FILE_SEALED), ERROR_NONE);
	cr_expect_eq(offset_index_count(&offsets), 0);
	offset_index_close(&offsets);
}

Test(offset_index, drops_entries_that_the_log_contradicts)
{
	static const uint8_t file[] = { 0, 0, 0, 10, 0, 0, 0, 100, 0, 0, 0, 11, 0x70, 0, 0, 0,
		0x40, 0, 0, 12, 0x70, 0, 0, 1 };

	memory_disk_put(&memory, "i", file, sizeof(file));
	cr_assert_eq(open_as(INDEX_FILE_ACTIVE), ERROR_NONE);
	cr_expect_eq(offset_index_count(&offsets), 3);
	cr_assert_eq(offset_index_append(&offsets, BASE + 20, 200), ERROR_NONE);
	cr_expect_eq(offset_index_count(&offsets), 2);
	expect_lookup(BASE + 30, BASE + 20, 200);
	expect_lookup(BASE + 19, BASE + 10, 100);
	cr_expect_eq(memory_disk_get(&memory, "i").size, 16);
	offset_index_close(&offsets);
}

Test(offset_index, a_failed_append_adds_nothing)
{
	fill(1);
	memory.fail_with[MEMORY_DISK_WRITE] = ERROR_NO_SPACE;
	cr_expect_eq(offset_index_append(&offsets, BASE + 20, 200), ERROR_NO_SPACE);
	expect_lookup(BASE + 50, BASE + 10, 100);
	offset_index_close(&offsets);
}

Test(offset_index, an_absurd_base_offset_does_not_overflow)
{
	static const uint8_t bytes[8] = { 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1 };

	cr_expect_eq(offset_entry_decode(bytes, INT64_MAX).offset, INT64_MAX);
	cr_expect_eq(offset_entry_decode(bytes, 1).offset, INT64_C(1) + INT32_MAX);
}
