#include "log/log.h"

#include <criterion/criterion.h>

#include "log/leader_epochs.h"
#include "tests/sim/log_fixture.h"

static struct log_fixture fixture;

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

TestSuite(log, .init = setup, .fini = teardown);

Test(log, begins_empty_with_files_of_no_size)
{
	cr_expect_eq(log_start_offset(fixture.log), 0);
	cr_expect_eq(log_end_offset(fixture.log), 0);
	cr_expect_eq(log_segment_count(fixture.log), 1);
	cr_expect_eq(log_size(fixture.log), 0);
	cr_expect_eq(log_fixture_files(&fixture, ""), 3, "log, index, timeindex");
}

Test(log, high_watermark_stays_between_the_ends_and_never_falls)
{
	log_fixture_fill(&fixture, 5, 10);
	log_set_high_watermark(fixture.log, 9);
	cr_expect_eq(log_high_watermark(fixture.log), 5);
	log_set_high_watermark(fixture.log, 3);
	cr_expect_eq(log_high_watermark(fixture.log), 5);
}

Test(log, last_stable_offset_waits_for_an_open_transaction)
{
	struct log_sample open = { .producer_id = 7, .transactional = true };

	log_fixture_fill(&fixture, 2, 10);
	cr_assert_eq(log_fixture_append(&fixture, &open), 2);
	log_fixture_fill(&fixture, 2, 10);
	log_set_high_watermark(fixture.log, 5);
	cr_expect_eq(log_last_stable_offset(fixture.log), 2);
}

Test(log, start_offset_rises_up_to_the_high_watermark)
{
	log_fixture_fill(&fixture, 10, 10);
	log_set_high_watermark(fixture.log, 6);
	cr_expect_eq(log_advance_start_offset(fixture.log, 7), ERROR_OUT_OF_RANGE);
	cr_expect_eq(log_advance_start_offset(fixture.log, 6), ERROR_NONE);
	cr_expect_eq(log_start_offset(fixture.log), 6);
	cr_expect_eq(log_advance_start_offset(fixture.log, 2), ERROR_NONE);
	cr_expect_eq(log_start_offset(fixture.log), 6);
	cr_expect_eq(log_start_offset_to_checkpoint(fixture.log), 6);
}

Test(log, a_start_at_a_segment_needs_no_checkpoint)
{
	cr_expect_eq(log_start_offset_to_checkpoint(fixture.log), -1);
}

Test(log, keeps_epochs_and_offsets_over_a_clean_restart)
{
	log_fixture_fill(&fixture, 10, 10);
	log_set_high_watermark(fixture.log, 8);
	cr_assert_eq(log_advance_start_offset(fixture.log, 4), ERROR_NONE);
	log_assign_leader_epoch(fixture.log, 9);
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	cr_expect_eq(log_start_offset(fixture.log), 4);
	cr_expect_eq(log_high_watermark(fixture.log), 8);
	cr_expect_eq(log_end_offset(fixture.log), 10);
	cr_expect_eq(log_recovery_point(fixture.log), 10);
	cr_expect_eq(leader_epochs_latest(log_leader_epochs(fixture.log))->epoch, 3);
}

Test(log, serves_nothing_when_it_is_offline)
{
	struct log_append append = { 0 };
	struct log_read read = { 0 };

	log_set_offline(fixture.log);
	cr_expect_eq(log_append_as_leader(fixture.log, &append, 1, 0, 0), ERROR_OFFLINE);
	cr_expect_eq(append.status, LOG_APPEND_STORAGE);
	cr_expect_eq(log_read_prepare(fixture.log, &read), ERROR_OFFLINE);
	cr_expect_eq(log_truncate_to(fixture.log, 0, 0), ERROR_OFFLINE);
	cr_expect_eq(log_roll(fixture.log, 0), ERROR_OFFLINE);
}

Test(log, reads_on_under_another_name)
{
	log_fixture_fill(&fixture, 100, 100);
	cr_assert_gt(log_segment_count(fixture.log), 2);
	cr_assert_eq(log_rename(fixture.log, "/data/orders-0.abc-delete"), ERROR_NONE);
	cr_expect_str_eq(log_path(fixture.log), "/data/orders-0.abc-delete");
	cr_expect_eq(log_fixture_count(&fixture, 0), 100);
	log_fixture_fill(&fixture, 50, 100);
	cr_expect_eq(log_fixture_count(&fixture, 0), 150);
}

Test(log, refuses_a_name_that_its_files_would_not_fit)
{
	char path[LOG_PATH_SIZE];

	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	cr_expect_eq(log_rename(fixture.log, path), ERROR_NAME_TOO_LONG);
	cr_expect_eq(log_state(fixture.log), ERROR_NONE);
}

Test(log, statuses_have_texts)
{
	cr_expect_str_eq(log_append_status_text(LOG_APPEND_DONE), "appended");
	cr_expect_str_eq(log_append_status_text((enum log_append_status)99), "unknown status");
}
