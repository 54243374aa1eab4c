#include "log/log_flush.h"

#include <criterion/criterion.h>

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

TestSuite(log_flush, .init = setup, .fini = teardown);

Test(log_flush, of_records_moves_the_flushed_offset_alone)
{
	log_fixture_fill(&fixture, 10, 100);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_RECORDS, 1), ERROR_NONE);
	cr_expect_eq(log_flushed_offset(fixture.log), 10);
	cr_expect_eq(log_recovery_point(fixture.log), 0);
	cr_assert_eq(log_fixture_power_cut(&fixture, SIM_DISK_KEEP_NOTHING, 0), ERROR_NONE);
	cr_expect_eq(log_fixture_count(&fixture, 0), 10);
}

Test(log_flush, of_all_moves_the_recovery_point)
{
	log_fixture_fill(&fixture, 100, 100);
	cr_expect_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	cr_expect_eq(log_recovery_point(fixture.log), 100);
	cr_assert_eq(log_fixture_power_cut(&fixture, SIM_DISK_KEEP_NOTHING, 100), ERROR_NONE);
	for (int64_t offset = 0; offset < 100; offset += 9)
		cr_expect_eq(log_fixture_count(&fixture, offset), 100 - offset);
}

Test(log_flush, appends_that_come_meanwhile_wait_for_the_next_one)
{
	struct log_flush flush;

	log_fixture_fill(&fixture, 10, 100);
	cr_assert_eq(log_flush_prepare(fixture.log, &flush, LOG_FLUSH_RECORDS), ERROR_NONE);
	log_fixture_fill(&fixture, 60, 100);
	log_flush_run(&flush);
	cr_expect_eq(log_flush_done(fixture.log, &flush, 1), ERROR_NONE);
	cr_expect_eq(log_flushed_offset(fixture.log), 10);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_RECORDS, 1), ERROR_NONE);
	cr_expect_eq(log_flushed_offset(fixture.log), 70);
}

Test(log_flush, a_failed_sync_takes_the_log_offline)
{
	log_fixture_fill(&fixture, 10, 100);
	fixture.disk->sync_error = 1000;
	cr_expect_eq(log_flush_now(fixture.log, LOG_FLUSH_RECORDS, 1), ERROR_IO);
	fixture.disk->sync_error = 0;
	cr_expect_eq(log_state(fixture.log), ERROR_OFFLINE);
	cr_expect_eq(log_flushed_offset(fixture.log), 0);
	cr_expect_eq(log_flush_now(fixture.log, LOG_FLUSH_RECORDS, 1), ERROR_OFFLINE);
}

Test(log_flush, is_due_by_messages_by_time_and_after_a_roll)
{
	fixture.config.flush_messages = 5;
	fixture.config.flush_ms = 1000;
	log_set_config(fixture.log, &fixture.config);
	int64_t now_ms = fixture.now_ms;
	log_fixture_fill(&fixture, 4, 10);
	cr_expect_not(log_flush_is_due(fixture.log, now_ms));
	cr_expect(log_flush_is_due(fixture.log, now_ms + 1000));
	cr_expect(log_flush_is_due(fixture.log, -now_ms), "nobody knows for how long (F27)");
	log_fixture_fill(&fixture, 1, 10);
	cr_expect(log_flush_is_due(fixture.log, now_ms));
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, now_ms), ERROR_NONE);
	cr_expect_not(log_flush_is_due(fixture.log, now_ms + 5000), "nothing to flush");
	log_fixture_fill(&fixture, 1, 10);
	cr_assert_eq(log_roll(fixture.log, now_ms), ERROR_NONE);
	cr_expect(log_flush_is_due(fixture.log, now_ms));
}

Test(log_flush, writes_the_leader_epochs)
{
	struct disk_status status;

	log_fixture_fill(&fixture, 1, 10);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	cr_expect_eq(disk_status(fixture.port, LOG_FIXTURE_PATH "/leader-epoch-checkpoint",
	    &status), ERROR_NONE);
}
