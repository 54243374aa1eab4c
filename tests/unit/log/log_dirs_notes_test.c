/* A sync fails, the next one says that all is well (F21). */
#include <criterion/criterion.h>

#include "log/log_flush.h"
#include "log/log_read.h"
#include "log_dirs_fixture.h"

#define NOTE_IN_A "/a/" FAILURE_NOTE_FILE
#define NOTE_IN_B "/b/" FAILURE_NOTE_FILE

static struct log_dirs_fixture fixture;
static struct log_dir *guilty;

static void
setup(void)
{
	log_dirs_fixture_init(&fixture);
	cr_assert_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_NONE);
}

static void
teardown(void)
{
	log_dirs_fixture_fini(&fixture);
}

TestSuite(log_dirs_notes, .init = setup, .fini = teardown);

static struct log_partition *
found(void)
{
	struct log_partition *partition = log_dirs_find(fixture.dirs, slice_of_text("orders"), 0);

	cr_assert_not_null(partition);
	cr_assert_not_null(partition->log);
	return partition;
}

/* In /a: 10 records are on the disk, 10 more met a failed sync. */
static void
fail_a_sync(void)
{
	struct log_partition *partition = log_dirs_fixture_create(&fixture, "orders", 0);

	log_dirs_fixture_fill(&fixture, partition, 10);
	cr_assert_eq(log_flush_now(partition->log, LOG_FLUSH_RECORDS, 1), ERROR_NONE);
	log_dirs_fixture_fill(&fixture, partition, 10);
	fixture.disk->sync_error_at = fixture.disk->operations + 1;
	cr_assert_eq(log_flush_now(partition->log, LOG_FLUSH_RECORDS, 1), ERROR_IO);
	fixture.disk->sync_error_at = 0;
	cr_expect_eq(log_flushed_offset(partition->log), 10);
	cr_expect_eq(log_flush_now(partition->log, LOG_FLUSH_RECORDS, 1), ERROR_OFFLINE);
	log_dirs_set_offline(fixture.dirs, partition->dir, ERROR_IO);
}

static int64_t
readable(struct log *log)
{
	int64_t at = 0;

	while (at < log_end_offset(log)) {
		struct log_read read = { .offset = at, .upper_bound = at + 1, .max_bytes = 1,
			.at_least_one = true };
		if (log_read(log, &read, false) != ERROR_NONE || read.slice.segment == NULL)
			break;
		log_slice_release(&read.slice);
		at++;
	}
	return at;
}

static void
restart(void)
{
	log_dirs_fixture_stop(&fixture, false);
	cr_assert_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_NONE);
	cr_expect_eq(log_dirs_online_count(fixture.dirs), 2);
}

/* What the restart trusts is on the disk, and what was acknowledged is there. */
static void
expect_truth(void)
{
	struct log *log = found()->log;
	int64_t end = log_end_offset(log);

	cr_expect_geq(end, 10, "lost what was flushed: %lld", (long long)end);
	cr_assert_eq(log_flush_now(log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	sim_disk_power_cut(fixture.disk, SIM_DISK_KEEP_NOTHING);
	restart();
	cr_expect_eq(log_end_offset(found()->log), end);
	cr_expect_eq(readable(found()->log), end);
}

static void
run(bool drops)
{
	fixture.disk->failed_sync_drops = drops;
	fail_a_sync();
	cr_expect(log_dirs_notes_are_due(fixture.dirs));
	cr_expect_eq(log_dirs_write_notes(fixture.dirs), ERROR_NONE);
	cr_expect(log_dirs_fixture_exists(&fixture, NOTE_IN_B));
	cr_expect_not(log_dirs_fixture_exists(&fixture, NOTE_IN_A));
	restart();
	cr_expect_not(log_dirs_fixture_exists(&fixture, NOTE_IN_B), "a good recovery ends it");
	expect_truth();
}

Test(log_dirs_notes, what_the_cache_only_shows_is_not_trusted)
{
	run(false);
}

Test(log_dirs_notes, nothing_is_lost_when_the_cache_forgets_it)
{
	run(true);
}

Test(log_dirs_notes, a_sync_that_fails_at_the_end_is_noted_too)
{
	struct log_partition *partition = log_dirs_fixture_create(&fixture, "orders", 0);

	fixture.disk->failed_sync_drops = true;
	log_dirs_fixture_fill(&fixture, partition, 10);
	cr_assert_eq(log_flush_now(partition->log, LOG_FLUSH_RECORDS, 1), ERROR_NONE);
	log_dirs_fixture_fill(&fixture, partition, 10);
	fixture.disk->sync_error_at = fixture.disk->operations + 2; /* behind its time index */
	cr_expect_neq(log_dirs_close_all(fixture.dirs, 1), ERROR_NONE);
	fixture.disk->sync_error_at = 0;
	cr_expect(log_dirs_fixture_exists(&fixture, NOTE_IN_B));
	restart();
	cr_expect_eq(log_end_offset(found()->log), 10);
	expect_truth();
}

Test(log_dirs_notes, a_note_survives_a_power_cut)
{
	fail_a_sync();
	cr_assert_eq(log_dirs_write_notes(fixture.dirs), ERROR_NONE);
	sim_disk_power_cut(fixture.disk, SIM_DISK_KEEP_NOTHING);
	log_dirs_fixture_stop(&fixture, false);
	cr_expect(log_dirs_fixture_exists(&fixture, NOTE_IN_B));
}

Test(log_dirs_notes, without_another_dir_the_note_goes_where_the_failure_was)
{
	fail_a_sync();
	log_dirs_set_offline(fixture.dirs, &fixture.dirs->dirs[1], ERROR_IO);
	cr_assert_eq(log_dirs_write_notes(fixture.dirs), ERROR_NONE);
	cr_expect(log_dirs_fixture_exists(&fixture, NOTE_IN_A));
	restart();
	cr_expect_not(log_dirs_fixture_exists(&fixture, NOTE_IN_A));
	expect_truth();
}

Test(log_dirs_notes, a_stop_writes_what_is_due)
{
	fail_a_sync();
	cr_expect_neq(log_dirs_close_all(fixture.dirs, 1), ERROR_NONE);
	cr_expect(log_dirs_fixture_exists(&fixture, NOTE_IN_B));
	restart();
	expect_truth();
}

Test(log_dirs_notes, a_recovery_that_fails_leaves_the_note)
{
	fail_a_sync();
	cr_assert_eq(log_dirs_write_notes(fixture.dirs), ERROR_NONE);
	log_dirs_fixture_stop(&fixture, false);
	cr_assert_eq(sim_disk_break_read(fixture.disk, "/a/orders-0/00000000000000000000.log", 0,
	    100), ERROR_NONE);
	cr_expect_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_IO);
	cr_expect(log_dirs_fixture_exists(&fixture, NOTE_IN_B));
	cr_assert_eq(sim_disk_break_read(fixture.disk, "/a/orders-0/00000000000000000000.log", 0,
	    0), ERROR_NONE);
	restart();
	cr_expect_not(log_dirs_fixture_exists(&fixture, NOTE_IN_B));
	expect_truth();
}

Test(log_dirs_notes, a_damaged_note_means_all_dirs)
{
	log_dirs_fixture_write(&fixture, NOTE_IN_B, "0\n/");
	cr_assert_not_null(log_dirs_fixture_create(&fixture, "orders", 0));
	restart();
	cr_expect_not(log_dirs_fixture_exists(&fixture, NOTE_IN_B));
	cr_expect_eq(found()->dir->state, ERROR_NONE);
}
