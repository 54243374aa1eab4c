#include "log/log_read.h"

#include <criterion/criterion.h>

#include "log/transaction_index.h"
#include "tests/sim/log_fixture.h"

static struct log_fixture fixture;
static struct log_read get;

static void
setup(void)
{
	log_fixture_init(&fixture, 1);
	cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
	log_fixture_fill(&fixture, 100, 100);
	get = (struct log_read){ .upper_bound = 100, .max_bytes = 1000 };
}

static void
teardown(void)
{
	log_slice_release(&get.slice);
	log_fixture_fini(&fixture);
}

TestSuite(log_read, .init = setup, .fini = teardown);

Test(log_read, gives_at_most_what_was_asked_for)
{
	cr_assert_eq(log_read(fixture.log, &get, false), ERROR_NONE);
	cr_expect_eq(get.slice.position, 0);
	cr_expect_eq(get.slice.size, 1000);
}

Test(log_read, gives_a_large_first_batch_when_told_to)
{
	get.max_bytes = 1;
	get.at_least_one = true;
	cr_assert_eq(log_read(fixture.log, &get, false), ERROR_NONE);
	cr_expect_gt(get.slice.size, 100);
	log_slice_release(&get.slice);
}

Test(log_read, gives_no_part_of_a_large_first_batch)
{
	get.max_bytes = 1;
	cr_assert_eq(log_read(fixture.log, &get, false), ERROR_NONE);
	cr_expect_null(get.slice.segment);
}

Test(log_read, gives_nothing_at_or_above_the_bound)
{
	for (int64_t bound = 0; bound < 100; bound++) {
		int64_t first;

		get.offset = bound;
		get.upper_bound = bound;
		cr_assert_eq(log_read(fixture.log, &get, false), ERROR_NONE);
		cr_expect_null(get.slice.segment);
		if (bound == 0)
			continue;
		get.offset = bound - 1;
		get.max_bytes = 100000;
		get.at_least_one = true;
		cr_assert_eq(log_read(fixture.log, &get, false), ERROR_NONE);
		first = get.slice.size;
		cr_expect_lt(first, 200, "one batch below %d, not %d bytes", (int)bound,
		    (int)first);
		cr_expect_gt(first, 100);
		log_slice_release(&get.slice);
	}
}

Test(log_read, refuses_offsets_outside)
{
	get.offset = 101;
	cr_expect_eq(log_read(fixture.log, &get, false), ERROR_OUT_OF_RANGE);
	log_set_high_watermark(fixture.log, 100);
	cr_assert_eq(log_advance_start_offset(fixture.log, 5), ERROR_NONE);
	get.offset = 4;
	cr_expect_eq(log_read(fixture.log, &get, false), ERROR_OUT_OF_RANGE);
	get.offset = 5;
	cr_expect_eq(log_read(fixture.log, &get, false), ERROR_NONE);
}

Test(log_read, does_not_wait_for_the_disk_on_a_loop)
{
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	sim_disk_drop_cache(fixture.disk);
	cr_assert_eq(log_read_prepare(fixture.log, &get), ERROR_NONE);
	cr_expect_eq(log_read_run(&get, true), ERROR_WOULD_BLOCK);
	cr_expect_eq(log_read_run(&get, false), ERROR_NONE);
	log_read_done(fixture.log, &get);
	cr_expect_eq(get.slice.size, 1000);
}

Test(log_read, a_job_is_not_disturbed_by_appends_and_rolls)
{
	get.offset = 99;
	cr_assert_eq(log_read_prepare(fixture.log, &get), ERROR_NONE);
	log_fixture_fill(&fixture, 100, 100);
	cr_assert_eq(log_read_run(&get, false), ERROR_NONE);
	log_read_done(fixture.log, &get);
	cr_expect_eq(get.slice_offset, 99);
	cr_expect_lt(get.slice.size, 200, "what came later is not in it");
}

Test(log_read, a_slice_outlives_its_segment)
{
	struct log_removal removal;
	uint8_t bytes[1000];

	cr_assert_eq(log_read(fixture.log, &get, false), ERROR_NONE);
	log_set_high_watermark(fixture.log, 100);
	cr_assert_eq(log_advance_start_offset(fixture.log, 90), ERROR_NONE);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	cr_assert_eq(log_removal_prepare(fixture.log, &removal, 1, 1), ERROR_NONE);
	cr_assert_gt(removal.count, 0);
	log_removal_rename(&removal);
	cr_assert_eq(log_removal_done(fixture.log, &removal), ERROR_NONE);
	cr_assert_eq(log_removal_unlink(&removal), ERROR_NONE);
	log_removal_fini(&removal);
	cr_expect_eq(disk_read_all(get.slice.file, bytes, sizeof(bytes), 0), ERROR_NONE);
}

Test(log_read, an_error_of_the_disk_concerns_this_read_alone)
{
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	cr_assert_eq(sim_disk_break_read(fixture.disk, LOG_FIXTURE_PATH
	    "/00000000000000000000.log", 0, 100), ERROR_NONE);
	cr_expect_eq(log_read(fixture.log, &get, false), ERROR_CORRUPT);
	cr_expect_eq(get.news, ERROR_IO);
	cr_expect_eq(log_state(fixture.log), ERROR_NONE);
	get.offset = 99;
	cr_expect_eq(log_read(fixture.log, &get, false), ERROR_NONE);
}

static int aborted;

static void
count_aborted(void *context, const struct aborted_transaction *transaction)
{
	(void)context;
	cr_expect_eq(transaction->producer_id, 9);
	aborted++;
}

Test(log_read, tells_of_aborted_transactions)
{
	struct log_sample data = { .records = 1, .producer_id = 9, .transactional = true };
	struct log_append marker = { .origin = LOG_FROM_COORDINATOR };
	struct buffer bytes;

	cr_assert_eq(log_fixture_append(&fixture, &data), 100);
	buffer_init(&bytes);
	log_sample_marker(&bytes, 9, CONTROL_RECORD_ABORT);
	marker.bytes = bytes.bytes;
	marker.size = bytes.size;
	cr_assert_eq(log_append_as_leader(fixture.log, &marker, 1, 3, 1), ERROR_NONE);
	buffer_fini(&bytes);
	cr_assert_eq(log_collect_aborted(fixture.log, 0, 102, false, count_aborted, NULL),
	    ERROR_NONE);
	cr_expect_eq(aborted, 1);
	/* And after a crash, and from a sealed segment. */
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	log_fixture_fill(&fixture, 100, 100);
	cr_assert_eq(log_collect_aborted(fixture.log, 50, 102, false, count_aborted, NULL),
	    ERROR_NONE);
	cr_expect_eq(aborted, 2);
}
