#include <criterion/criterion.h>

#include "log/batch_check.h"
#include "tests/sim/log_fixture.h"

/* Ten batches of one record each, in one file. */
#define SEGMENT LOG_FIXTURE_PATH "/00000000000000000000.log"

static struct log_fixture fixture;
static struct disk_file *file;
static struct damages known;
static struct batch_check check;
static int64_t at[11]; /* where batches begin */

static void
flip(int64_t position)
{
	cr_assert_eq(sim_disk_flip(fixture.disk, SEGMENT, position, 1), ERROR_NONE);
}

static void
setup(void)
{
	uint8_t window[BATCH_SCAN_WINDOW_BYTES];
	struct scanned_batch batch;
	struct batch_scan scan;
	int count = 0;

	log_fixture_init(&fixture, 1);
	fixture.config.segment_bytes = 1 << 20;
	cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
	log_fixture_fill(&fixture, 10, 100);
	cr_assert_eq(disk_open(fixture.port, SEGMENT, DISK_READ, &file), ERROR_NONE);
	known = (struct damages){ 0 };
	check = (struct batch_check){ file, 0, 10, log_size(fixture.log), &known };
	batch_scan_init(&scan, file, 0, check.limit, false, window, sizeof(window));
	while (batch_scan_next(&scan, &batch) == ERROR_NONE)
		at[count++] = batch.position;
	cr_assert_eq(count, 10);
	at[10] = check.limit;
}

static void
teardown(void)
{
	cr_assert_eq(disk_close(file), ERROR_NONE);
	log_fixture_fini(&fixture);
}

TestSuite(batch_check, .init = setup, .fini = teardown);

static void
expect_damage(int64_t told_at, int first, int behind)
{
	struct damage damage;

	batch_check_measure(&check, told_at, &damage);
	cr_expect_eq(damage.position, at[first]);
	cr_expect_eq(damage.end_position, at[behind]);
	cr_expect_eq(damage.offset, first);
	cr_expect_eq(damage.end_offset, behind);
}

Test(batch_check, finds_the_first_bad_batch)
{
	int64_t bad;

	cr_expect_eq(batch_check_run(&check, 0, check.limit, &bad), ERROR_NONE);
	cr_expect_eq(bad, check.limit);
	flip(at[4] + BATCH_HEADER_BYTES + 20);
	cr_expect_eq(batch_check_run(&check, 0, check.limit, &bad), ERROR_CORRUPT);
	cr_expect_eq(bad, at[4]);
	cr_expect_eq(batch_check_run(&check, 0, at[4], &bad), ERROR_NONE);
	cr_expect_eq(batch_check_run(&check, at[5], check.limit, &bad), ERROR_NONE);
}

Test(batch_check, measures_one_whose_length_is_right)
{
	flip(at[4] + BATCH_HEADER_BYTES + 20);
	expect_damage(at[4], 4, 5);
}

Test(batch_check, measures_one_whose_header_is_damaged)
{
	flip(at[4] + 9); /* the length */
	expect_damage(at[4], 4, 5);
	flip(at[4] + BATCH_AT_MAGIC);
	expect_damage(at[4], 4, 5);
}

Test(batch_check, measures_two_that_follow_each_other)
{
	flip(at[4] + BATCH_HEADER_BYTES + 20);
	flip(at[5] + BATCH_HEADER_BYTES + 20);
	expect_damage(at[4], 4, 6);
}

Test(batch_check, measures_the_last_one)
{
	flip(at[9] + BATCH_HEADER_BYTES + 20);
	expect_damage(at[9], 9, 10);
	flip(at[9] + 9);
	expect_damage(at[9], 9, 10);
}

Test(batch_check, tells_of_an_earlier_damage_that_nobody_knows_of)
{
	struct damage damage = { at[2], at[3], 2, 3 };

	flip(at[2] + BATCH_AT_MAGIC);
	flip(at[7] + BATCH_HEADER_BYTES + 20);
	expect_damage(at[7], 2, 3);
	damages_add(&known, &damage);
	expect_damage(at[7], 7, 8);
}

/* A value may hold whole batches; they have no offset that could stand there. */
Test(batch_check, takes_a_batch_of_another_offset_for_none)
{
	struct damage damage;

	flip(at[4] + 9);
	check.end_offset = 5; /* so that those behind it do not fit */
	batch_check_measure(&check, at[4], &damage);
	cr_expect_eq(damage.end_position, check.limit);
	cr_expect_eq(damage.end_offset, 5);
}
