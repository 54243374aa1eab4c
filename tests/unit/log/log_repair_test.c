#include <criterion/criterion.h>

#include "log/log_private.h"
#include "log/log_repair.h"
#include "tests/sim/log_fixture.h"

#define SEGMENT LOG_FIXTURE_PATH "/00000000000000000000.log"

static struct log_fixture fixture;
static struct buffer good; /* the first segment, as it was */

static void
setup(void)
{
	struct disk_file *file;

	log_fixture_init(&fixture, 1);
	fixture.config.segment_bytes = 2000;
	cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
	log_fixture_fill(&fixture, 30, 100);
	buffer_init(&good);
	cr_assert_eq(disk_open(fixture.port, SEGMENT, DISK_READ, &file), ERROR_NONE);
	size_t size = (size_t)fixture.log->segments[0]->size;
	cr_assert_eq(disk_read_all(file, buffer_extend(&good, size), size, 0), ERROR_NONE);
	cr_assert_eq(disk_close(file), ERROR_NONE);
}

static void
teardown(void)
{
	buffer_fini(&good);
	log_fixture_fini(&fixture);
}

TestSuite(log_repair, .init = setup, .fini = teardown);

static int64_t
at(int record)
{
	return fixture.log->segments[0]->size / fixture.log->segments[1]->base_offset * record;
}

/* What a leader sends to who asks from that record on. */
static struct slice
from(int record)
{
	return slice_of(good.bytes + at(record), good.size - (size_t)at(record));
}

static void
flip(int record)
{
	cr_assert_eq(sim_disk_flip(fixture.disk, SEGMENT, at(record) + BATCH_HEADER_BYTES + 20, 1),
	    ERROR_NONE);
}

static void
find(int64_t offset)
{
	struct log_read read = { .offset = offset, .upper_bound = 30, .max_bytes = 1 << 20,
		.at_least_one = true, .looks = true };

	cr_assert_eq(log_read(fixture.log, &read, false), ERROR_CORRUPT);
}

static void
expect_whole(void)
{
	int64_t begin, end;

	cr_expect_not(log_damage(fixture.log, &begin, &end));
	cr_expect_not(fixture.log->is_damaged, "nobody looks for any more");
	cr_expect_eq(log_fixture_count(&fixture, 0), 30);
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_fixture_count(&fixture, 0), 30);
}

Test(log_repair, writes_good_records_over_a_damage)
{
	flip(3);
	find(3);
	cr_expect_eq(log_repair(fixture.log, from(3)), ERROR_NONE);
	expect_whole();
}

Test(log_repair, goes_on_with_what_the_next_answer_brings)
{
	int64_t begin, end;

	flip(3);
	flip(4);
	find(3);
	cr_assert(log_damage(fixture.log, &begin, &end));
	cr_assert_eq(end, 5);
	cr_expect_eq(log_repair(fixture.log, slice_of(from(3).bytes, (size_t)at(1) + 10)), ERROR_NONE);
	cr_assert(log_damage(fixture.log, &begin, &end));
	cr_expect_eq(begin, 4);
	cr_expect_eq(log_repair(fixture.log, from(4)), ERROR_NONE);
	expect_whole();
}

Test(log_repair, of_several_places_takes_one_at_a_time)
{
	int64_t begin, end;

	flip(2);
	flip(7);
	find(2);
	find(7);
	cr_expect_eq(log_repair(fixture.log, from(2)), ERROR_NONE);
	cr_assert(log_damage(fixture.log, &begin, &end));
	cr_expect_eq(begin, 7);
	cr_expect_eq(log_repair(fixture.log, from(7)), ERROR_NONE);
	expect_whole();
}

Test(log_repair, refuses_what_is_damaged_itself_or_does_not_fit)
{
	int64_t begin, end;

	flip(3);
	find(3);
	good.bytes[at(3) + BATCH_HEADER_BYTES + 30] ^= 1;
	cr_expect_eq(log_repair(fixture.log, from(3)), ERROR_MALFORMED);
	good.bytes[at(3) + BATCH_HEADER_BYTES + 30] ^= 1;
	cr_expect_eq(log_repair(fixture.log, from(4)), ERROR_MALFORMED, "other offsets");
	cr_expect_eq(log_repair(fixture.log, slice_of(from(3).bytes, 70)), ERROR_MALFORMED);
	cr_expect_eq(log_repair(fixture.log, slice_null()), ERROR_MALFORMED);
	cr_assert(log_damage(fixture.log, &begin, &end));
	cr_expect_eq(begin, 3);
	cr_expect_eq(end, 4);
}

Test(log_repair, is_on_the_disk)
{
	flip(3);
	sim_disk_sync_all(fixture.disk);
	find(3);
	cr_assert_eq(log_repair(fixture.log, from(3)), ERROR_NONE);
	cr_assert_eq(log_fixture_power_cut(&fixture, SIM_DISK_KEEP_NOTHING, 30), ERROR_NONE);
	cr_expect_eq(log_fixture_count(&fixture, 0), 30);
}

Test(log_repair, that_is_not_needed_does_nothing)
{
	cr_expect_eq(log_repair(fixture.log, from(3)), ERROR_MALFORMED);
	expect_whole();
}
