#include "log/transaction_index.h"

#include <criterion/criterion.h>

#include "memory_disk.h"

static struct memory_disk memory;
static struct index_cache cache;
static struct index_place place;
static struct transaction_index aborted;
static struct buffer found; /* first offsets of what collect gave, a byte each */

static void
setup(void)
{
	memory_disk_init(&memory);
	index_cache_init(&cache, 64 * 1024);
	place = (struct index_place){ &memory.disk, &cache };
	buffer_init(&found);
}

static void
teardown(void)
{
	buffer_fini(&found);
	index_cache_fini(&cache);
	memory_disk_fini(&memory);
}

TestSuite(transaction_index, .init = setup, .fini = teardown);

static enum error
open_as(enum index_file_mode mode)
{
	return transaction_index_open(&aborted, &place, "x", mode);
}

static void
append(int64_t first_offset, int64_t last_offset, int64_t last_stable_offset)
{
	struct aborted_transaction transaction = { 9, first_offset, last_offset, last_stable_offset };

	cr_assert_eq(transaction_index_append(&aborted, &transaction), ERROR_NONE);
}

/* 0-10, 5-15, 20-30 with the last stable offsets 5, 16, 31. */
static void
fill(void)
{
	cr_assert_eq(open_as(INDEX_FILE_CREATE), ERROR_NONE);
	append(0, 10, 5);
	append(5, 15, 16);
	append(20, 30, 31);
}

static void
add(void *context UNUSED, const struct aborted_transaction *transaction)
{
	buffer_int8(&found, (int8_t)transaction->first_offset);
}

static void
expect_collected(int64_t fetch_offset, int64_t upper_bound, const char *expected, size_t count,
    bool expected_complete)
{
	bool complete;

	buffer_clear(&found);
	cr_assert_eq(transaction_index_collect(&aborted, fetch_offset, upper_bound, false, add, NULL,
	    &complete), ERROR_NONE);
	cr_expect(slice_equal(buffer_slice(&found), slice_of(expected, count)), "%lld %lld",
	    (long long)fetch_offset, (long long)upper_bound);
	cr_expect_eq(complete, expected_complete);
}

Test(transaction_index, comes_with_the_first_aborted_transaction)
{
	cr_assert_eq(open_as(INDEX_FILE_CREATE), ERROR_NONE);
	cr_expect(slice_is_null(memory_disk_get(&memory, "x")));
	append(1, 2, 3);
	cr_expect_eq(memory_disk_get(&memory, "x").size, 34);
	transaction_index_close(&aborted);
}

Test(transaction_index, create_removes_what_was_there)
{
	memory_disk_put(&memory, "x", "old", 3);
	cr_assert_eq(open_as(INDEX_FILE_CREATE), ERROR_NONE);
	cr_expect(slice_is_null(memory_disk_get(&memory, "x")));
	transaction_index_close(&aborted);
}

Test(transaction_index, a_missing_file_is_an_empty_index)
{
	cr_assert_eq(open_as(INDEX_FILE_SEALED), ERROR_NONE);
	expect_collected(0, 100, "", 0, false);
	cr_expect_eq(transaction_index_truncate_to(&aborted, 0), ERROR_NONE);
	cr_expect_eq(transaction_index_clear(&aborted), ERROR_NONE);
	transaction_index_close(&aborted);
	cr_assert_eq(open_as(INDEX_FILE_ACTIVE), ERROR_NONE);
	append(1, 2, 3);
	transaction_index_close(&aborted);
}

Test(transaction_index, collects_what_overlaps_the_fetched_range)
{
	fill();
	for (int round = 0; round < 2; round++) {
		expect_collected(0, 100, "\0\5\x14", 3, false);
		expect_collected(11, 100, "\5\x14", 2, false);
		expect_collected(10, 20, "\0\5", 2, true);
		expect_collected(11, 16, "\5", 1, true);
		expect_collected(0, 5, "\0", 1, true);
		expect_collected(16, 20, "", 0, true);
		expect_collected(31, 100, "", 0, false);
		cr_assert_eq(index_file_seal(&aborted.file), ERROR_NONE);
	}
	transaction_index_close(&aborted);
}

Test(transaction_index, resident_collection_never_waits)
{
	bool complete;

	fill();
	cr_assert_eq(index_file_seal(&aborted.file), ERROR_NONE);
	cr_expect_eq(transaction_index_collect(&aborted, 0, 100, true, add, NULL, &complete),
	    ERROR_WOULD_BLOCK);
	cr_expect_eq(transaction_index_collect(&aborted, 31, 100, true, add, NULL, &complete), ERROR_NONE);
	transaction_index_close(&aborted);
}

Test(transaction_index, truncation_goes_by_the_marker)
{
	fill();
	cr_assert_eq(transaction_index_truncate_to(&aborted, 31), ERROR_NONE);
	cr_expect_eq(transaction_index_count(&aborted), 3);
	cr_assert_eq(transaction_index_truncate_to(&aborted, 15), ERROR_NONE);
	cr_expect_eq(transaction_index_count(&aborted), 1);
	cr_expect_eq(aborted.last_offset, 10);
	append(12, 13, 14);
	cr_assert_eq(transaction_index_clear(&aborted), ERROR_NONE);
	cr_expect_eq(memory_disk_get(&memory, "x").size, 0);
	append(1, 2, 3);
	transaction_index_close(&aborted);
}

Test(transaction_index, a_last_entry_that_cannot_be_is_damage)
{
	uint8_t bytes[34];

	aborted_transaction_encode(&(struct aborted_transaction){ 1, 5, 4, 6 }, bytes);
	memory_disk_put(&memory, "x", bytes, sizeof(bytes));
	cr_expect_eq(open_as(INDEX_FILE_SEALED), ERROR_CORRUPT);
	aborted_transaction_encode(&(struct aborted_transaction){ 1, 4, 5, 6 }, bytes);
	bytes[1] = 1;
	memory_disk_put(&memory, "x", bytes, sizeof(bytes));
	cr_expect_eq(open_as(INDEX_FILE_ACTIVE), ERROR_CORRUPT);
}

Test(transaction_index, drops_entries_that_the_log_contradicts)
{
	fill();
	append(12, 15, 16);
	cr_expect_eq(transaction_index_count(&aborted), 2);
	cr_expect_eq(aborted.last_offset, 15);
	cr_expect_eq(memory_disk_get(&memory, "x").size, 68);
	transaction_index_close(&aborted);
}

Test(transaction_index, check_reads_all_entries)
{
	fill();
	cr_expect_eq(transaction_index_check(&aborted, 0), ERROR_NONE);
	cr_expect_eq(transaction_index_check(&aborted, 11), ERROR_CORRUPT);
	transaction_index_close(&aborted);

	struct buffer bytes;
	buffer_init(&bytes);
	buffer_append_slice(&bytes, memory_disk_get(&memory, "x"));
	bytes.bytes[34 + 1] = 1;
	memory_disk_put(&memory, "x", bytes.bytes, bytes.size);
	buffer_fini(&bytes);
	cr_assert_eq(open_as(INDEX_FILE_SEALED), ERROR_NONE);
	cr_expect_eq(transaction_index_check(&aborted, 0), ERROR_CORRUPT);
	transaction_index_close(&aborted);
}

Test(transaction_index, an_entry_survives_encoding)
{
	struct aborted_transaction in = { INT64_MAX, 1, INT64_MAX - 1, INT64_MAX }, out;
	uint8_t bytes[34];

	aborted_transaction_encode(&in, bytes);
	cr_assert_eq(aborted_transaction_decode(bytes, &out), ERROR_NONE);
	cr_expect_eq(out.producer_id, in.producer_id);
	cr_expect_eq(out.first_offset, in.first_offset);
	cr_expect_eq(out.last_offset, in.last_offset);
	cr_expect_eq(out.last_stable_offset, in.last_stable_offset);
}

Test(transaction_index, a_failed_unlink_or_append_is_told)
{
	memory.fail_with[MEMORY_DISK_UNLINK] = ERROR_IO;
	cr_expect_eq(open_as(INDEX_FILE_CREATE), ERROR_IO);
	fill();
	memory.fail_with[MEMORY_DISK_WRITE] = ERROR_NO_SPACE;
	cr_expect_eq(transaction_index_append(&aborted,
	    &(struct aborted_transaction){ 1, 40, 50, 60 }), ERROR_NO_SPACE);
	cr_expect_eq(aborted.last_offset, 30);
	transaction_index_close(&aborted);
}
