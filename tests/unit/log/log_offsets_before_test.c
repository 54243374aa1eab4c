#include "log/log_offsets_before.h"

#include <criterion/criterion.h>

#include "log/log_private.h"
#include "tests/sim/log_fixture.h"

enum { ROOM = 100 };

static struct log_fixture fixture;
static int64_t offsets[ROOM];
static int32_t count;

static void
setup(void)
{
	log_fixture_init(&fixture, 1);
	cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
}

static void
teardown(void)
{
	log_fixture_fini(&fixture);
}

TestSuite(log_offsets_before, .init = setup, .fini = teardown);

static void
ask(int64_t timestamp, int32_t max)
{
	count = log_offsets_before(fixture.log, timestamp, 9000000, offsets, max);
	cr_assert_leq(count, max);
}

static void
fill(void)
{
	log_fixture_fill(&fixture, 100, 100);
	cr_assert_geq(fixture.log->count, 3);
	cr_assert_lt(fixture.log->count, ROOM - 1);
	for (int i = 0; i < fixture.log->count; i++)
		fixture.log->segments[i]->modified_ms = 1000 * (i + 1);
}

static int64_t
base(int segment)
{
	return fixture.log->segments[segment]->base_offset;
}

Test(log_offsets_before, of_an_empty_log_is_its_beginning)
{
	cr_assert_eq(log_offsets_before_max(fixture.log), 1);
	ask(LOG_BEFORE_LATEST, 10);
	cr_assert_eq(count, 1);
	cr_assert_eq(offsets[0], 0);
	ask(LOG_BEFORE_EARLIEST, 10);
	cr_assert_eq(count, 1);
	cr_assert_eq(offsets[0], 0);
}

Test(log_offsets_before, latest_is_the_end_and_the_segments_before_it)
{
	int segments;

	fill();
	segments = fixture.log->count;
	cr_assert_eq(log_offsets_before_max(fixture.log), segments + 1);
	ask(LOG_BEFORE_LATEST, ROOM);
	cr_assert_eq(count, segments + 1);
	cr_assert_eq(offsets[0], 100);
	for (int i = 0; i < segments; i++)
		cr_assert_eq(offsets[1 + i], base(segments - 1 - i));
}

Test(log_offsets_before, are_no_more_than_asked_for)
{
	fill();
	ask(LOG_BEFORE_LATEST, 2);
	cr_assert_eq(count, 2);
	cr_assert_eq(offsets[0], 100);
	cr_assert_eq(offsets[1], base(fixture.log->count - 1));
	ask(LOG_BEFORE_LATEST, 0);
	cr_assert_eq(count, 0);
}

Test(log_offsets_before, earliest_is_one)
{
	fill();
	ask(LOG_BEFORE_EARLIEST, 10);
	cr_assert_eq(count, 1);
	cr_assert_eq(offsets[0], 0);
}

Test(log_offsets_before, a_time_begins_with_what_was_not_written_to_later)
{
	fill();
	ask(999, 10);
	cr_assert_eq(count, 0);
	ask(1000, 10);
	cr_assert_eq(count, 1);
	cr_assert_eq(offsets[0], base(0));
	ask(2999, 10);
	cr_assert_eq(count, 2);
	cr_assert_eq(offsets[0], base(1));
	cr_assert_eq(offsets[1], base(0));
	ask(9000000, 1);
	cr_assert_eq(offsets[0], 100, "the end is of now");
	ask(8999999, 1);
	cr_assert_eq(offsets[0], base(fixture.log->count - 1));
}

Test(log_offsets_before, none_is_below_the_log_start)
{
	fill();
	fixture.log->start_offset = base(1) + 1;
	ask(LOG_BEFORE_EARLIEST, 1);
	cr_assert_eq(offsets[0], base(1) + 1);
}
