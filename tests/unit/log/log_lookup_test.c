#include "log/log_lookup.h"

#include <criterion/criterion.h>

#include "tests/sim/log_fixture.h"

static struct log_fixture fixture;
static struct log_lookup lookup;

static void
setup(void)
{
	log_fixture_init(&fixture, 1);
	cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
	log_fixture_fill(&fixture, 100, 100);
}

static void
teardown(void)
{
	log_fixture_fini(&fixture);
}

TestSuite(log_lookup, .init = setup, .fini = teardown);

static int64_t
find(int64_t timestamp)
{
	lookup.timestamp = timestamp;
	cr_assert_eq(log_lookup(fixture.log, &lookup, false), ERROR_NONE);
	return lookup.found ? lookup.found_offset : -1;
}

Test(log_lookup, finds_the_first_record_not_older)
{
	for (int64_t offset = 0; offset < 100; offset++) {
		cr_expect_eq(find(1000000 + offset), offset, "%d", (int)offset);
		cr_expect_eq(lookup.found_timestamp, 1000000 + offset);
		cr_expect_eq(lookup.leader_epoch, 3);
	}
	cr_expect_eq(find(0), 0);
	cr_expect_eq(find(1000100), -1);
}

Test(log_lookup, does_so_after_a_recovery_too)
{
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	for (int64_t offset = 0; offset < 100; offset++)
		cr_expect_eq(find(1000000 + offset), offset, "%d", (int)offset);
}

Test(log_lookup, finds_a_record_inside_a_batch)
{
	struct log_sample sample = { .records = 10, .timestamp = 2000000 };

	cr_assert_eq(log_fixture_append(&fixture, &sample), 100);
	cr_expect_eq(find(2000007), 107);
}

Test(log_lookup, begins_at_the_log_start)
{
	log_set_high_watermark(fixture.log, 100);
	cr_assert_eq(log_advance_start_offset(fixture.log, 42), ERROR_NONE);
	cr_expect_eq(find(0), 42);
}

Test(log_lookup, finds_the_first_of_equal_timestamps)
{
	struct log_sample sample = { .timestamp = 3000000, .value_size = 200 };

	for (int i = 0; i < 20; i++)
		cr_assert_eq(log_fixture_append(&fixture, &sample), 100 + i);
	cr_expect_eq(find(3000000), 100);
	cr_expect_eq(find(LOG_LOOKUP_MAX_TIMESTAMP), 100);
}

Test(log_lookup, finds_the_largest_timestamp_wherever_it_is)
{
	struct log_sample sample = { .records = 5, .timestamp = 9000000 };

	cr_assert_eq(log_fixture_append(&fixture, &sample), 100);
	log_fixture_fill(&fixture, 100, 100);
	cr_expect_eq(find(LOG_LOOKUP_MAX_TIMESTAMP), 104);
	cr_expect_eq(lookup.found_timestamp, 9000004);
}

Test(log_lookup, an_empty_log_has_none)
{
	cr_assert_eq(log_truncate_fully_and_start_at(fixture.log, 500, 1), ERROR_NONE);
	cr_expect_eq(find(0), -1);
	cr_expect_eq(find(LOG_LOOKUP_MAX_TIMESTAMP), -1);
}

Test(log_lookup, does_not_wait_for_the_disk_on_a_loop)
{
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	sim_disk_drop_cache(fixture.disk);
	lookup.timestamp = 1000000;
	cr_assert_eq(log_lookup_prepare(fixture.log, &lookup), ERROR_NONE);
	cr_expect_eq(log_lookup_run(&lookup, true), ERROR_WOULD_BLOCK);
	cr_expect_eq(log_lookup_run(&lookup, false), ERROR_NONE);
	log_lookup_done(fixture.log, &lookup);
	cr_expect(lookup.found);
}

Test(log_lookup, damage_is_told)
{
	cr_assert_eq(sim_disk_flip(fixture.disk, LOG_FIXTURE_PATH "/00000000000000000000.log",
	    BATCH_AT_MAGIC, 0x40), ERROR_NONE);
	lookup.timestamp = 1000000;
	cr_expect_eq(log_lookup(fixture.log, &lookup, false), ERROR_CORRUPT);
}
