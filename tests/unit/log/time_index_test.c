#include "log/time_index.h"

#include <criterion/criterion.h>

#include "memory_disk.h"

enum { BASE = 1000 };

static struct memory_disk memory;
static struct index_cache cache;
static struct index_place place;
static struct time_index times;

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

TestSuite(time_index, .init = setup, .fini = teardown);

static enum error
open_as(enum index_file_mode mode)
{
	return time_index_open(&times, &place, "t", BASE, 1000 * 12 + 11, mode);
}

static void
add(int64_t timestamp_ms, int64_t offset, uint32_t expected_count)
{
	cr_assert_eq(time_index_maybe_append(&times, timestamp_ms, offset, false), ERROR_NONE);
	cr_expect_eq(time_index_count(&times), expected_count, "%lld", (long long)timestamp_ms);
}

/* Entries (10, BASE + 1), (20, BASE + 2), ... */
static void
fill(uint32_t count)
{
	cr_assert_eq(open_as(INDEX_FILE_CREATE), ERROR_NONE);
	for (uint32_t i = 1; i <= count; i++)
		add(10 * i, BASE + i, i);
}

static void
expect_lookup(int64_t target_ms, int64_t timestamp_ms, int64_t offset)
{
	struct time_entry entry;

	cr_assert_eq(time_index_lookup(&times, target_ms, false, &entry), ERROR_NONE);
	cr_expect_eq(entry.timestamp_ms, timestamp_ms);
	cr_expect_eq(entry.offset, offset);
}

Test(time_index, writes_kafkas_bytes)
{
	static const uint8_t expected[] = { 0, 0, 1, 0x8b, 0xcf, 0xe5, 0x68, 0x01, 0, 0, 0, 2 };

	cr_assert_eq(open_as(INDEX_FILE_CREATE), ERROR_NONE);
	add(INT64_C(1700000000001), BASE + 2, 1);
	cr_expect(slice_equal(memory_disk_get(&memory, "t"), slice_of(expected, sizeof(expected))));
	time_index_close(&times);
}

Test(time_index, finds_the_last_entry_not_above_the_target)
{
	fill(5);
	for (int round = 0; round < 2; round++) {
		expect_lookup(INT64_MIN, -1, BASE);
		expect_lookup(9, -1, BASE);
		expect_lookup(10, 10, BASE + 1);
		expect_lookup(39, 30, BASE + 3);
		expect_lookup(INT64_MAX, 50, BASE + 5);
		time_index_close(&times);
		cr_assert_eq(open_as(INDEX_FILE_SEALED), ERROR_NONE);
	}
	time_index_close(&times);
}

Test(time_index, takes_only_larger_timestamps_at_offsets_that_do_not_fall)
{
	fill(2);
	add(20, BASE + 9, 2);
	add(19, BASE + 9, 2);
	add(21, BASE + 1, 2);
	add(21, BASE + 2, 3);
	time_index_close(&times);
}

Test(time_index, records_without_timestamp_leave_it_empty)
{
	fill(0);
	add(-1, BASE, 0);
	expect_lookup(5, -1, BASE);
	time_index_close(&times);
}

Test(time_index, keeps_its_last_slot_for_the_roll)
{
	cr_assert_eq(time_index_open(&times, &place, "t", BASE, 3 * 12, INDEX_FILE_CREATE), ERROR_NONE);
	add(1, BASE, 1);
	cr_expect_not(time_index_is_full(&times));
	add(2, BASE, 2);
	cr_expect(time_index_is_full(&times));
	add(3, BASE, 2);
	cr_assert_eq(time_index_maybe_append(&times, 4, BASE + 1, true), ERROR_NONE);
	cr_expect_eq(time_index_count(&times), 3);
	cr_assert_eq(time_index_maybe_append(&times, 5, BASE + 1, true), ERROR_NONE);
	cr_expect_eq(time_index_count(&times), 3);
	time_index_close(&times);
}

Test(time_index, truncation_goes_by_offset)
{
	fill(5);
	cr_assert_eq(time_index_truncate_to(&times, BASE + 6), ERROR_NONE);
	cr_expect_eq(time_index_count(&times), 5);
	cr_assert_eq(time_index_truncate_to(&times, BASE + 4), ERROR_NONE);
	cr_expect_eq(time_index_count(&times), 3);
	cr_expect_eq(times.last.timestamp_ms, 30);
	cr_assert_eq(time_index_truncate_to(&times, 0), ERROR_NONE);
	cr_expect_eq(time_index_count(&times), 0);
	cr_expect_eq(times.last.timestamp_ms, -1);
	cr_expect_eq(memory_disk_get(&memory, "t").size, 0);
	time_index_close(&times);
}

Test(time_index, is_empty_after_clear)
{
	fill(5);
	cr_assert_eq(time_index_clear(&times), ERROR_NONE);
	add(1, BASE, 1);
	time_index_close(&times);
}

Test(time_index, zeros_that_a_crashed_kafka_left_are_cut)
{
	static const uint8_t file[12 * 9] = { [7] = 5, [11] = 1, [19] = 6, [23] = 1 };

	memory_disk_put(&memory, "t", file, sizeof(file));
	cr_assert_eq(open_as(INDEX_FILE_ACTIVE), ERROR_NONE);
	cr_expect_eq(time_index_count(&times), 2);
	cr_expect_eq(times.last.timestamp_ms, 6);
	time_index_close(&times);
	memory_disk_put(&memory, "t", file + 24, sizeof(file) - 24);
	cr_assert_eq(open_as(INDEX_FILE_SEALED), ERROR_NONE);
	cr_expect_eq(time_index_count(&times), 0);
	time_index_close(&times);
}

Test(time_index, check_finds_what_does_not_ascend)
{
	static const uint8_t file[36] = { [7] = 5, [11] = 1, [19] = 4, [23] = 2, [31] = 7, [35] = 3 };

	fill(3);
	cr_expect_eq(time_index_check(&times), ERROR_NONE);
	time_index_close(&times);
	memory_disk_put(&memory, "t", file, sizeof(file));
	cr_assert_eq(open_as(INDEX_FILE_SEALED), ERROR_NONE);
	cr_expect_eq(time_index_check(&times), ERROR_CORRUPT);
	time_index_close(&times);
}

Test(time_index, resident_reads_never_wait)
{
	struct time_entry entry;

	fill(5);
	cr_assert_eq(index_file_seal(&times.file), ERROR_NONE);
	cr_expect_eq(time_index_lookup(&times, 25, true, &entry), ERROR_WOULD_BLOCK);
	cr_expect_eq(time_index_lookup(&times, 50, true, &entry), ERROR_NONE);
	expect_lookup(25, 20, BASE + 2);
	cr_expect_eq(time_index_lookup(&times, 25, true, &entry), ERROR_NONE);
	time_index_close(&times);
}

Test(time_index, a_failed_append_adds_nothing)
{
	fill(1);
	memory.fail_with[MEMORY_DISK_WRITE] = ERROR_IO;
	cr_expect_eq(time_index_maybe_append(&times, 99, BASE + 9, false), ERROR_IO);
	cr_expect_eq(times.last.timestamp_ms, 10);
	time_index_close(&times);
}

Test(time_index, that_is_missing_does_not_open)
{
	cr_expect_eq(open_as(INDEX_FILE_SEALED), ERROR_NOT_FOUND);
}
