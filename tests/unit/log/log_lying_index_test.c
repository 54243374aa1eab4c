/* Indexes whose ends are sound and that lie in the middle (F16). */
#include <criterion/criterion.h>

#include "log/offset_index.h"
#include "log/time_index.h"
#include "tests/sim/log_fixture.h"

#define SEGMENT LOG_FIXTURE_PATH "/00000000000000000000"
enum { RECORDS = 30 };

static struct log_fixture fixture;
static struct disk_file *file;
static uint8_t entries[2 * 12];

static void
setup(void)
{
	log_fixture_init(&fixture, 1);
	cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
	log_fixture_fill(&fixture, RECORDS, 100);
	cr_assert_eq(log_segment_count(fixture.log), 2);
	cr_assert_eq(log_close(fixture.log, 1), ERROR_NONE);
	fixture.log = NULL;
	fixture.options.clean_shutdown = true;
}

static void
teardown(void)
{
	log_fixture_fini(&fixture);
}

TestSuite(log_lying_index, .init = setup, .fini = teardown);

/* Reads entry number 2 and the next one, which stays. */
static void
begin_change(const char *path, size_t entry_size)
{
	cr_assert_eq(disk_open(fixture.port, path, DISK_READ | DISK_WRITE, &file), ERROR_NONE);
	cr_assert_eq(disk_read_all(file, entries, 2 * entry_size, (int64_t)(2 * entry_size)),
	    ERROR_NONE);
}

static void
end_change(size_t entry_size)
{
	size_t written;

	cr_assert_eq(disk_write(file, entries, entry_size, (int64_t)(2 * entry_size), &written),
	    ERROR_NONE);
	cr_assert_eq(disk_close(file), ERROR_NONE);
	cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
}

static void
expect_all_found(void)
{
	for (int64_t at = 0; at < RECORDS; at++) {
		struct log_lookup lookup = { .timestamp = 1000000 + at };
		struct log_read read = { .offset = 0, .upper_bound = at, .max_bytes = 100000 };

		cr_expect_eq(log_fixture_count(&fixture, at), RECORDS - at, "%d", (int)at);
		cr_expect_eq(log_lookup(fixture.log, &lookup, false), ERROR_NONE);
		cr_expect_eq(lookup.found_offset, at);
		cr_expect_eq(log_read(fixture.log, &read, false), ERROR_NONE);
		log_slice_release(&read.slice);
	}
}

Test(log_lying_index, a_position_inside_a_batch)
{
	struct offset_entry entry;

	begin_change(SEGMENT ".index", OFFSET_INDEX_ENTRY_SIZE);
	entry = offset_entry_decode(entries, 0);
	entry.position += 7;
	offset_entry_encode(entry, 0, entries);
	end_change(OFFSET_INDEX_ENTRY_SIZE);
	expect_all_found();
}

Test(log_lying_index, a_position_behind_the_batch)
{
	struct offset_entry entry, next;

	begin_change(SEGMENT ".index", OFFSET_INDEX_ENTRY_SIZE);
	entry = offset_entry_decode(entries, 0);
	next = offset_entry_decode(entries + OFFSET_INDEX_ENTRY_SIZE, 0);
	cr_assert_gt(next.offset, entry.offset + 1);
	/* All batches are of one size. */
	entry.position += (next.position - entry.position) / (next.offset - entry.offset);
	offset_entry_encode(entry, 0, entries);
	end_change(OFFSET_INDEX_ENTRY_SIZE);
	expect_all_found();
}

Test(log_lying_index, a_truncation_keeps_what_stands_before_it)
{
	struct offset_entry entry, next;

	begin_change(SEGMENT ".index", OFFSET_INDEX_ENTRY_SIZE);
	entry = offset_entry_decode(entries, 0);
	next = offset_entry_decode(entries + OFFSET_INDEX_ENTRY_SIZE, 0);
	int64_t offset = entry.offset;
	entry.position = next.position - 1;
	offset_entry_encode(entry, 0, entries);
	end_change(OFFSET_INDEX_ENTRY_SIZE);
	log_lower_recovery_point(fixture.log, offset);
	cr_assert_eq(log_truncate_to(fixture.log, offset, 1), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), offset);
	cr_expect_eq(log_fixture_count(&fixture, 0), offset);
}

Test(log_lying_index, an_offset_too_large_for_its_time)
{
	struct time_entry entry, next;

	begin_change(SEGMENT ".timeindex", TIME_INDEX_ENTRY_SIZE);
	entry = time_entry_decode(entries, 0);
	next = time_entry_decode(entries + TIME_INDEX_ENTRY_SIZE, 0);
	entry.offset = next.offset;
	time_entry_encode(entry, 0, entries);
	end_change(TIME_INDEX_ENTRY_SIZE);
	expect_all_found();
}
