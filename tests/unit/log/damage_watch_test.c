/* Damage in a log that is read (F15, F22). */
#include <criterion/criterion.h>
#include <stdio.h>

#include "log/log_private.h"
#include "tests/sim/log_fixture.h"

#define SEGMENT LOG_FIXTURE_PATH "/00000000000000000000.log"

static struct log_fixture fixture;

static void
setup(void)
{
	log_fixture_init(&fixture, 1);
	fixture.config.segment_bytes = 2000;
	cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
	log_fixture_fill(&fixture, 30, 100);
	cr_assert_gt(log_segment_count(fixture.log), 2);
}

static void
teardown(void)
{
	log_fixture_fini(&fixture);
}

TestSuite(damage_watch, .init = setup, .fini = teardown);

static void
flip(int64_t position)
{
	cr_assert_eq(sim_disk_flip(fixture.disk, SEGMENT, position, 1), ERROR_NONE);
}

/* All are of one size. */
static int64_t
size_of_one(void)
{
	return fixture.log->segments[0]->size / fixture.log->segments[1]->base_offset;
}

static int64_t
in_record_3(void)
{
	return 3 * size_of_one() + BATCH_HEADER_BYTES + 20;
}

/* Offsets that a reader from `offset` on is given at once; -1 and the error. */
static int64_t
read_at(int64_t offset, enum error expected)
{
	struct log_read read = { .offset = offset, .upper_bound = log_end_offset(fixture.log),
		.max_bytes = 1 << 20, .at_least_one = true };
	enum error error = log_read(fixture.log, &read, false);
	int64_t size = read.slice.size;

	cr_expect_eq(error, expected, "%s at %d", error_text(error), (int)offset);
	log_slice_release(&read.slice);
	return error == ERROR_NONE ? size : -1;
}

static void
expect_damage(int64_t from, int64_t to)
{
	int64_t damage_from, damage_to;

	cr_assert(log_damage(fixture.log, &damage_from, &damage_to));
	cr_expect_eq(damage_from, from);
	cr_expect_eq(damage_to, to);
}

Test(damage_watch, serves_what_is_before_and_behind_and_never_the_damage)
{
	int64_t from, to, batch = size_of_one();

	flip(in_record_3());
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	cr_expect_not(log_damage(fixture.log, &from, &to));
	cr_expect_eq(read_at(0, ERROR_NONE), 3 * batch);
	expect_damage(3, 4);
	cr_expect_eq(read_at(2, ERROR_NONE), batch);
	(void)read_at(3, ERROR_CORRUPT);
	cr_expect_gt(read_at(4, ERROR_NONE), 0);
	cr_expect_eq(log_fixture_count(&fixture, 4), 26);
}

Test(damage_watch, finds_it_where_it_is_asked_for)
{
	flip(in_record_3());
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	(void)read_at(3, ERROR_CORRUPT);
	expect_damage(3, 4);
}

Test(damage_watch, finds_a_header_that_makes_no_sense)
{
	flip(in_record_3() - 20 - BATCH_HEADER_BYTES + BATCH_AT_MAGIC);
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	(void)read_at(3, ERROR_CORRUPT);
	expect_damage(3, 4);
	cr_expect_eq(log_fixture_count(&fixture, 4), 26);
}

/* In the delta of its last offset: it claims all that comes, so nothing seems to follow. */
Test(damage_watch, finds_a_batch_that_claims_the_offsets_behind_it)
{
	flip(3 * size_of_one() + 23);
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 30);
	(void)read_at(3, ERROR_CORRUPT);
	expect_damage(3, 4);
	cr_expect_eq(log_fixture_count(&fixture, 4), 26);
}

Test(damage_watch, that_claims_offsets_does_not_move_the_log_end)
{
	struct disk_status status;
	char path[200];

	(void)snprintf(path, sizeof(path), LOG_FIXTURE_PATH "/%020lld.log",
	    (long long)log_active_base_offset(fixture.log));
	cr_assert_eq(disk_status(fixture.port, path, &status), ERROR_NONE);
	cr_assert_eq(sim_disk_flip(fixture.disk, path, status.size - size_of_one() + 23, 1),
	    ERROR_NONE);
	fixture.options.recovery_point = 30;
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 30);
	expect_damage(29, 30);
}

Test(damage_watch, tells_news_once)
{
	struct log_read read = { .offset = 3, .upper_bound = 30, .max_bytes = 1000,
		.at_least_one = true };

	flip(in_record_3());
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	cr_expect_eq(log_read(fixture.log, &read, false), ERROR_CORRUPT);
	cr_expect_eq(read.news, ERROR_CORRUPT);
	cr_expect_eq(read.damage_end, 4);
	cr_expect_eq(log_read(fixture.log, &read, false), ERROR_CORRUPT);
	cr_expect_eq(read.news, ERROR_NONE);
	cr_expect_eq(read.damage_end, 4);
}

/* The loop does not look: what is new goes to a worker, once. */
Test(damage_watch, looks_once_at_what_an_earlier_process_has_written)
{
	struct log_read read = { .offset = 0, .upper_bound = 30, .max_bytes = 1 << 20 };

	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	(void)read_at(0, ERROR_NONE);
	cr_expect_eq(log_read(fixture.log, &read, true), ERROR_NONE);
	log_slice_release(&read.slice);
	read.offset = fixture.log->segments[1]->base_offset;
	cr_expect_eq(log_read(fixture.log, &read, true), ERROR_WOULD_BLOCK);
}

Test(damage_watch, F22_what_cannot_be_read_is_damage_of_this_log_alone)
{
	struct log_read read = { .offset = 3, .upper_bound = 30, .max_bytes = 1 << 20,
		.at_least_one = true };

	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	cr_assert_eq(sim_disk_break_read(fixture.disk, SEGMENT, in_record_3(), 1), ERROR_NONE);
	cr_expect_eq(log_read(fixture.log, &read, false), ERROR_CORRUPT);
	cr_expect_eq(read.news, ERROR_IO);
	cr_expect_eq(log_state(fixture.log), ERROR_NONE);
	expect_damage(3, 4);
	cr_expect_eq(log_fixture_count(&fixture, 4), 26);
}

Test(damage_watch, a_look_up_by_time_finds_it_too)
{
	struct log_lookup lookup = { .timestamp = 1 };

	flip(BATCH_HEADER_BYTES + 20);
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	cr_expect_eq(log_lookup(fixture.log, &lookup, false), ERROR_CORRUPT);
	cr_expect_eq(lookup.news, ERROR_CORRUPT);
	expect_damage(0, 1);
	cr_expect_eq(log_lookup(fixture.log, &lookup, false), ERROR_NONE);
	cr_expect_eq(lookup.found_offset, 1);
}

Test(damage_watch, goes_with_its_records)
{
	int64_t from, to;

	flip(in_record_3());
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	(void)read_at(3, ERROR_CORRUPT);
	log_set_high_watermark(fixture.log, 30);
	cr_assert_eq(log_advance_start_offset(fixture.log, 4), ERROR_NONE);
	cr_expect_not(log_damage(fixture.log, &from, &to));
}

Test(damage_watch, is_gone_when_it_is_cut)
{
	int64_t from, to;

	flip(in_record_3());
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	(void)read_at(3, ERROR_CORRUPT);
	log_lower_recovery_point(fixture.log, 3);
	cr_assert_eq(log_truncate_to(fixture.log, 3, 1), ERROR_NONE);
	cr_expect_not(log_damage(fixture.log, &from, &to));
	cr_expect_eq(log_end_offset(fixture.log), 3);
	log_fixture_fill(&fixture, 10, 100);
	cr_expect_eq(log_fixture_count(&fixture, 0), 13);
}

/* A start takes the end of a sealed segment from its last header: by the old formats that batch has one record. */
Test(damage_watch, at_the_end_of_a_segment_goes_up_to_the_next_one)
{
	enum { MAGIC_AT = 16 };
	struct log_sample sample = { .records = 5, .value_size = 100 };
	char path[64];
	struct segment *segment;
	int64_t first, number;

	for (int i = 0; i < 10; i++)
		(void)log_fixture_append(&fixture, &sample);
	number = log_segment_number(fixture.log, log_end_offset(fixture.log) - 1) - 1;
	segment = fixture.log->segments[number];
	first = segment->next_offset - 5;
	(void)snprintf(path, sizeof(path), LOG_FIXTURE_PATH "/%020lld.log",
	    (long long)segment->base_offset);
	cr_assert_eq(sim_disk_flip(fixture.disk, path, segment->size *
	    (first - segment->base_offset) / (segment->next_offset - segment->base_offset) + MAGIC_AT,
	    2), ERROR_NONE);
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	(void)read_at(first, ERROR_CORRUPT);
	expect_damage(first, first + 5);
	(void)read_at(first + 1, ERROR_CORRUPT);
	cr_expect_gt(read_at(first + 5, ERROR_NONE), 0);
}
