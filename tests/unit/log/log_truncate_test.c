#include <criterion/criterion.h>

#include "log/leader_epochs.h"
#include "tests/sim/log_fixture.h"

static struct log_fixture fixture;

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

TestSuite(log_truncate, .init = setup, .fini = teardown);

Test(log_truncate, cuts_anywhere_and_goes_on)
{
	for (int64_t offset = 99; offset >= 0; offset--) {
		cr_assert_eq(log_truncate_to(fixture.log, offset, 1), ERROR_NONE);
		cr_expect_eq(log_end_offset(fixture.log), offset);
		cr_expect_eq(log_fixture_count(&fixture, 0), offset);
	}
	log_fixture_fill(&fixture, 100, 100);
	cr_expect_eq(log_fixture_count(&fixture, 0), 100);
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	cr_expect_eq(log_fixture_count(&fixture, 0), 100);
}

Test(log_truncate, a_batch_that_holds_the_offset_goes_as_a_whole)
{
	struct log_sample sample = { .records = 10 };

	cr_assert_eq(log_fixture_append(&fixture, &sample), 100);
	cr_assert_eq(log_truncate_to(fixture.log, 105, 1), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 100);
}

Test(log_truncate, lowers_what_points_above_the_cut)
{
	log_set_high_watermark(fixture.log, 100);
	log_assign_leader_epoch(fixture.log, 8);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	log_lower_recovery_point(fixture.log, 50);
	cr_expect_leq(log_recovery_point(fixture.log), 50);
	cr_expect_eq(log_published(fixture.log).recovery_point, log_recovery_point(fixture.log));
	cr_assert_eq(log_truncate_to(fixture.log, 50, 1), ERROR_NONE);
	cr_expect_eq(log_published(fixture.log).end_offset, 50);
	cr_expect_eq(log_published(fixture.log).size, log_size(fixture.log));
	cr_expect_eq(log_high_watermark(fixture.log), 50);
	cr_expect_leq(log_flushed_offset(fixture.log), 50);
	cr_expect_eq(leader_epochs_latest(log_leader_epochs(fixture.log))->epoch, 3);
}

Test(log_truncate, a_high_watermark_falls_before_and_never_below_the_log_start)
{
	log_set_high_watermark(fixture.log, 100);
	log_lower_high_watermark(fixture.log, 60);
	cr_expect_eq(log_published(fixture.log).high_watermark, 60);
	log_lower_high_watermark(fixture.log, 80);
	cr_expect_eq(log_high_watermark(fixture.log), 60);
	cr_assert_eq(log_advance_start_offset(fixture.log, 40), ERROR_NONE);
	log_lower_high_watermark(fixture.log, 10);
	cr_expect_eq(log_high_watermark(fixture.log), 40);
}

Test(log_truncate, forgets_producers_that_are_cut_away)
{
	struct log_sample sample = { .producer_id = 6 };

	cr_assert_eq(log_fixture_append(&fixture, &sample), 100);
	cr_assert_eq(log_truncate_to(fixture.log, 100, 1), ERROR_NONE);
	cr_expect_eq(log_fixture_append(&fixture, &sample), 100, "no duplicate");
}

Test(log_truncate, above_the_end_is_nothing_to_do)
{
	cr_expect_eq(log_truncate_to(fixture.log, 100, 1), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 100);
}

static struct log_slice
slice_of_all(void)
{
	struct log_read read = { .upper_bound = log_end_offset(fixture.log), .max_bytes = 1 << 20 };

	read.offset = log_active_base_offset(fixture.log);
	cr_assert_eq(log_read(fixture.log, &read, false), ERROR_NONE);
	cr_assert_not_null(read.slice.segment);
	return read.slice;
}

Test(log_truncate, a_slice_above_the_cut_is_not_intact_any_more)
{
	struct log_slice before = slice_of_all(), after, below;
	int64_t base = log_active_base_offset(fixture.log);

	cr_expect(log_slice_is_intact(&before));
	cr_assert_gt(log_end_offset(fixture.log), base + 2);
	cr_assert_eq(log_truncate_to(fixture.log, base + 2, 1), ERROR_NONE);
	cr_expect_not(log_slice_is_intact(&before));
	below = slice_of_all();
	cr_expect(log_slice_is_intact(&below), "made after the cut");
	log_fixture_fill(&fixture, 5, 100);
	after = slice_of_all();
	cr_expect_not(log_slice_is_intact(&before), "other bytes stand there");
	cr_assert_eq(log_truncate_to(fixture.log, base + 3, 1), ERROR_NONE);
	cr_expect_not(log_slice_is_intact(&after));
	cr_expect(log_slice_is_intact(&below), "it ends below the cut");
	log_slice_release(&before);
	log_slice_release(&below);
	log_slice_release(&after);
}

/* KIP-279: the epoch of a leader that appended nothing. */
Test(log_truncate, forgets_an_epoch_that_begins_at_the_end)
{
	int32_t before = leader_epochs_latest(log_leader_epochs(fixture.log))->epoch;

	log_assign_leader_epoch(fixture.log, before + 1);
	cr_assert_eq(leader_epochs_latest(log_leader_epochs(fixture.log))->epoch, before + 1);
	cr_expect_eq(log_truncate_to(fixture.log, 100, 1), ERROR_NONE);
	cr_expect_eq(leader_epochs_latest(log_leader_epochs(fixture.log))->epoch, before);
	cr_expect_eq(log_end_offset(fixture.log), 100);
}

Test(log_truncate, fully_begins_anew)
{
	cr_assert_eq(log_truncate_fully_and_start_at(fixture.log, 777, 1), ERROR_NONE);
	cr_expect_eq(log_start_offset(fixture.log), 777);
	cr_expect_eq(log_end_offset(fixture.log), 777);
	cr_expect_eq(log_high_watermark(fixture.log), 777);
	cr_expect_eq(log_fixture_files(&fixture, ".log"), 1);
	log_fixture_fill(&fixture, 30, 100);
	cr_expect_eq(log_fixture_count(&fixture, 777), 30);
}

Test(log_truncate, a_power_cut_does_not_bring_back_what_was_cut)
{
	cr_assert_eq(log_truncate_to(fixture.log, 10, 1), ERROR_NONE);
	cr_assert_eq(log_fixture_power_cut(&fixture, SIM_DISK_KEEP_NOTHING, 0), ERROR_NONE);
	cr_expect_leq(log_end_offset(fixture.log), 10);
}
