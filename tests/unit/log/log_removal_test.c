#include "log/log_removal.h"

#include <criterion/criterion.h>

#include "log/leader_epochs.h"
#include "log/log_flush.h"
#include "log/producer_state.h"
#include "tests/sim/log_fixture.h"

static struct log_fixture fixture;
static struct log_retention why;

static void
setup(void)
{
	log_fixture_init(&fixture, 1);
	cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
	log_fixture_fill(&fixture, 100, 100);
	log_set_high_watermark(fixture.log, 100);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
}

static void
teardown(void)
{
	log_fixture_fini(&fixture);
}

TestSuite(log_removal, .init = setup, .fini = teardown);

static void
configure(int64_t retention_bytes, int64_t retention_ms)
{
	fixture.config.retention_bytes = retention_bytes;
	fixture.config.retention_ms = retention_ms;
	log_set_config(fixture.log, &fixture.config);
}

static int
removable(int64_t now_ms)
{
	return log_retention(fixture.log, now_ms, &why);
}

static void
remove_now(int64_t now_ms)
{
	struct log_removal removal;

	cr_assert_eq(log_removal_prepare(fixture.log, &removal, now_ms, now_ms), ERROR_NONE);
	log_removal_rename(&removal);
	cr_assert_eq(log_removal_done(fixture.log, &removal), ERROR_NONE);
	cr_expect_eq(log_fixture_files(&fixture, ".log.deleted"), removal.count);
	cr_expect_eq(removal.due_ms, now_ms + fixture.config.file_delete_delay_ms);
	cr_assert_eq(log_removal_unlink(&removal), ERROR_NONE);
	cr_expect_eq(log_fixture_files(&fixture, ".deleted"), 0);
	log_removal_fini(&removal);
}

Test(log_removal, without_limits_all_is_kept)
{
	cr_expect_eq(removable(INT64_MAX), 0);
}

Test(log_removal, drops_the_oldest_above_the_size)
{
	configure(8000, -1);
	int count = removable(0);
	cr_expect_gt(count, 0);
	cr_expect_eq(why.by_size, count);
	remove_now(5);
	cr_expect_geq(log_size(fixture.log), 8000, "not one more than needed");
	cr_expect_lt(log_size(fixture.log), 8000 + 4096);
	cr_expect_eq(log_fixture_count(&fixture, log_start_offset(fixture.log)),
	    100 - log_start_offset(fixture.log));
}

/* Whatever a power cut leaves of the new names, what stays in the log is no lost tail. */
Test(log_removal, a_power_cut_leaves_no_gap)
{
	for (uint64_t seed = 2; seed < 40; seed++) {
		struct log_removal removal;

		teardown();
		log_fixture_init(&fixture, seed);
		cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
		log_fixture_fill(&fixture, 100, 100);
		log_set_high_watermark(fixture.log, 100);
		cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
		configure(4096, -1);
		cr_assert_eq(log_removal_prepare(fixture.log, &removal, 1, 1), ERROR_NONE);
		cr_assert_gt(removal.count, 1);
		log_removal_rename(&removal);
		cr_assert_eq(log_removal_done(fixture.log, &removal), ERROR_NONE);
		log_removal_fini(&removal);
		cr_assert_eq(log_fixture_power_cut(&fixture, SIM_DISK_KEEP_RANDOM, 0), ERROR_NONE);
		cr_assert_eq(log_end_offset(fixture.log), 100, "seed %d: %d", (int)seed,
		    (int)log_end_offset(fixture.log));
	}
}

/* Seed 440579 of scenario cluster: the later one's names had changed, those of the first one not all. */
Test(log_removal, two_at_once_leave_no_gap)
{
	struct log_removal first, second;

	configure(8000, -1);
	cr_assert_eq(log_removal_prepare(fixture.log, &first, 1, 1), ERROR_NONE);
	cr_assert_gt(first.count, 1);
	configure(4096, -1);
	cr_assert_eq(log_removal_prepare(fixture.log, &second, 1, 1), ERROR_NONE);
	log_removal_rename(&second);
	cr_assert_eq(log_removal_done(fixture.log, &second), ERROR_NONE);
	log_removal_fini(&second);
	cr_expect_eq(removable(1), 0, "the first one is not done");
	/* kill -9, before its worker has come to it */
	cr_assert_eq(log_removal_done(fixture.log, &first), ERROR_NONE);
	log_removal_fini(&first);
	cr_expect_gt(removable(1), 0);
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 100);
}

Test(log_removal, what_cannot_be_renamed_goes_with_the_next_one)
{
	struct log_removal removal;
	int before = log_segment_count(fixture.log);

	configure(8000, -1);
	cr_assert_eq(log_removal_prepare(fixture.log, &removal, 1, 1), ERROR_NONE);
	int count = removal.count;
	fixture.disk->files_max = 1;
	log_removal_rename(&removal);
	cr_assert_eq(log_removal_done(fixture.log, &removal), ERROR_TOO_MANY_FILES);
	cr_assert_eq(log_removal_unlink(&removal), ERROR_NONE);
	log_removal_fini(&removal);
	fixture.disk->files_max = 100;
	cr_expect_eq(log_segment_count(fixture.log), before);
	cr_expect_eq(log_fixture_files(&fixture, ".log"), before);
	int64_t start = log_start_offset(fixture.log);
	cr_expect_gt(start, 0, "who has read of a later start does not see an earlier one");

	cr_expect_eq(removable(0), count);
	cr_expect_eq(why.by_start, count);
	configure(4096, -1);
	remove_now(5);
	cr_expect_eq(log_fixture_files(&fixture, ".log"), log_segment_count(fixture.log));
	cr_expect_gt(log_start_offset(fixture.log), start);
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 100);
}

/* All names have changed, and the last sync of the directory has failed for want of descriptors. */
Test(log_removal, a_power_cut_brings_nothing_back_that_was_not_synced)
{
	struct log_removal removal;
	struct log_flush flush;

	configure(4096, -1);
	cr_assert_eq(log_flush_prepare(fixture.log, &flush, LOG_FLUSH_ALL), ERROR_NONE);
	cr_assert_eq(log_removal_prepare(fixture.log, &removal, 1, 1), ERROR_NONE);
	log_removal_rename(&removal);
	removal.error = ERROR_TOO_MANY_FILES;
	cr_assert_eq(log_removal_done(fixture.log, &removal), ERROR_TOO_MANY_FILES);
	log_removal_fini(&removal);
	int64_t start = log_start_offset(fixture.log);
	cr_expect_eq(log_start_offset_to_checkpoint(fixture.log), start);
	log_flush_run(&flush);
	cr_assert_eq(log_flush_done(fixture.log, &flush, 1), ERROR_NONE);
	cr_expect_eq(log_start_offset_to_checkpoint(fixture.log), start, "it began before");
	fixture.disk->files_max = 1;
	cr_assert_neq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	fixture.disk->files_max = 100;
	cr_expect_eq(log_start_offset_to_checkpoint(fixture.log), start);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	cr_expect_eq(log_start_offset_to_checkpoint(fixture.log), -1);
}

Test(log_removal, what_was_not_renamed_is_in_the_log_again_in_its_place)
{
	struct log_removal removal;

	configure(4096, -1);
	cr_assert_eq(log_removal_prepare(fixture.log, &removal, 1, 1), ERROR_NONE);
	int count = removal.count, left = log_segment_count(fixture.log);
	cr_assert_gt(count, 2);
	int64_t start = log_start_offset(fixture.log);
	log_fixture_fill(&fixture, 40, 100);
	int more = log_segment_count(fixture.log) - left;
	removal.count = 1;
	log_removal_rename(&removal);
	removal.count = count;
	removal.error = ERROR_NO_SPACE;
	cr_assert_eq(log_removal_done(fixture.log, &removal), ERROR_NO_SPACE);
	cr_assert_eq(removal.count, 1);
	cr_assert_eq(log_removal_unlink(&removal), ERROR_NONE);
	log_removal_fini(&removal);
	cr_expect_eq(log_segment_count(fixture.log), left + more + count - 1);
	cr_expect_eq(log_published(fixture.log).size, log_size(fixture.log));
	cr_expect_eq(log_published(fixture.log).log_start_offset, start);
	cr_expect_eq(log_fixture_count(&fixture, start), 140 - start);
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 140);
	cr_expect_eq(log_fixture_files(&fixture, ".log"), log_segment_count(fixture.log));
}

/* DeleteRecords has taken them; the files still have their names. */
Test(log_removal, a_kill_before_the_names_change_brings_nothing_back)
{
	struct log_removal removal;

	cr_assert_eq(log_advance_start_offset(fixture.log, 60), ERROR_NONE);
	configure(3000, -1);
	cr_assert_eq(log_removal_prepare(fixture.log, &removal, 1, 1), ERROR_NONE);
	int64_t start = log_start_offset(fixture.log);
	cr_assert_gt(start, 60);
	fixture.options.log_start_offset = log_published(fixture.log).log_start_offset;
	cr_assert_eq(log_removal_done(fixture.log, &removal), ERROR_NONE);
	log_removal_fini(&removal);
	cr_assert_eq(log_fixture_kill(&fixture, 100), ERROR_NONE);
	cr_expect_eq(log_start_offset(fixture.log), start);
}

/* Once the log begins where its first segment does, the checkpoint does not name it. */
Test(log_removal, a_power_cut_behind_it_brings_nothing_back)
{
	struct log_removal removal;

	configure(3000, -1);
	cr_assert_eq(log_removal_prepare(fixture.log, &removal, 1, 1), ERROR_NONE);
	log_removal_rename(&removal);
	cr_assert_eq(log_removal_done(fixture.log, &removal), ERROR_NONE);
	log_removal_fini(&removal);
	int64_t start = log_start_offset(fixture.log);
	cr_assert_eq(log_published(fixture.log).log_start_offset, -1);
	fixture.options.log_start_offset = 0;
	cr_assert_eq(log_fixture_power_cut(&fixture, SIM_DISK_KEEP_NOTHING, 100), ERROR_NONE);
	cr_expect_eq(log_start_offset(fixture.log), start);
}

/* All that is left of the producer's records is the snapshot with which the log begins. */
Test(log_removal, a_power_cut_does_not_take_what_is_known_of_producers)
{
	struct log_sample sample = { .records = 1, .value_size = 10, .producer_id = 7 };

	cr_assert_eq(log_fixture_append(&fixture, &sample), 100);
	log_fixture_fill(&fixture, 100, 100);
	log_set_high_watermark(fixture.log, 201);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	configure(3000, -1);
	remove_now(1);
	cr_assert_gt(log_start_offset(fixture.log), 101);
	cr_assert_lt(log_start_offset(fixture.log), 201);
	log_fixture_fill(&fixture, 1, 10);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	fixture.options.log_start_offset = log_start_offset(fixture.log);
	cr_assert_eq(log_fixture_power_cut(&fixture, SIM_DISK_KEEP_NOTHING, 202), ERROR_NONE);
	cr_assert_gt(log_start_offset(fixture.log), 101);
	cr_expect_not_null(producer_state_find(log_producer_state(fixture.log), 7));
	cr_expect_eq(log_fixture_append(&fixture, &sample), -1, "a duplicate");
}

Test(log_removal, drops_what_is_too_old_and_begins_a_new_segment)
{
	configure(-1, 1000);
	cr_expect_eq(removable(1000099 + 1000), log_segment_count(fixture.log) - 1,
	    "the last one is just young enough");
	cr_expect_eq(removable(1000099 + 1001), log_segment_count(fixture.log));
	remove_now(1000099 + 1001);
	cr_expect_eq(log_segment_count(fixture.log), 1);
	cr_expect_eq(log_start_offset(fixture.log), 100);
	cr_expect_eq(log_end_offset(fixture.log), 100);
	cr_expect_eq(removable(INT64_MAX), 0, "an empty last segment stays");
	log_fixture_fill(&fixture, 5, 10);
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_fixture_count(&fixture, 100), 5);
}

static int32_t
last_epoch(void)
{
	const struct leader_epoch *last = leader_epochs_latest(log_leader_epochs(fixture.log));

	return last == NULL || last->start_offset != 100 ? -1 : last->epoch;
}

Test(log_removal, F19_of_a_log_that_is_empty_since_the_last_epoch_is_known_after_a_start)
{
	configure(-1, 1000);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 0), ERROR_NONE);
	cr_expect_eq(removable(1000099 + 1001), log_segment_count(fixture.log));
	remove_now(1000099 + 1001);
	cr_expect_eq(last_epoch(), 3);
	cr_assert_eq(log_fixture_kill(&fixture, 100), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 100);
	cr_expect_eq(last_epoch(), 3, "after a kill");
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	cr_expect_eq(last_epoch(), 3, "after a clean stop");
	fixture.options.log_start_offset = 100;
	cr_assert_eq(log_fixture_power_cut(&fixture, SIM_DISK_KEEP_NOTHING, 100), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 100);
	cr_expect_eq(last_epoch(), 3, "after a power cut");
}

Test(log_removal, a_time_to_come_never_expires)
{
	configure(-1, 0);
	cr_expect_eq(removable(1), 0);
}

Test(log_removal, nothing_above_the_high_watermark_goes)
{
	log_fixture_fill(&fixture, 100, 100);
	configure(0, -1);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	int count = removable(0);
	remove_now(0);
	cr_expect_gt(count, 0);
	cr_expect_leq(log_start_offset(fixture.log), 100);
}

Test(log_removal, what_is_not_flushed_waits)
{
	log_fixture_fill(&fixture, 100, 100);
	log_set_high_watermark(fixture.log, 200);
	configure(0, -1);
	cr_expect_lt(removable(0), log_segment_count(fixture.log));
	cr_expect(why.waits_for_flush);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	cr_expect_eq(removable(0), log_segment_count(fixture.log));
}

Test(log_removal, compacted_topics_lose_what_is_below_the_log_start_alone)
{
	fixture.config.cleanup_delete = false;
	fixture.config.cleanup_compact = true;
	configure(0, 0);
	cr_expect_eq(removable(INT64_MAX), 0);
	cr_assert_eq(log_advance_start_offset(fixture.log, 60), ERROR_NONE);
	int count = removable(INT64_MAX);
	cr_expect_gt(count, 0);
	cr_expect_eq(why.by_start, count);
	remove_now(1);
	cr_expect_eq(log_start_offset(fixture.log), 60);
	cr_expect_eq(log_fixture_count(&fixture, 60), 40);
}

Test(log_removal, time_and_size_do_not_trim_what_is_compacted_and_deleted)
{
	fixture.config.cleanup_delete = true;
	fixture.config.cleanup_compact = true;
	configure(0, 0);
	cr_expect_eq(removable(INT64_MAX), 0);
	cr_assert_eq(log_advance_start_offset(fixture.log, 60), ERROR_NONE);
	int count = removable(INT64_MAX);
	cr_expect_gt(count, 0);
	cr_expect_eq(why.by_start, count);
}

Test(log_removal, removes_a_whole_directory)
{
	cr_assert_eq(log_rename(fixture.log, "/data/gone"), ERROR_NONE);
	log_free(fixture.log);
	fixture.log = NULL;
	cr_expect_eq(log_remove_directory(fixture.port, "/data/gone"), ERROR_NONE);
	cr_expect_eq(log_remove_directory(fixture.port, "/data/gone"), ERROR_NONE, "again");
	struct disk_status status;
	cr_expect_eq(disk_status(fixture.port, "/data/gone", &status), ERROR_NOT_FOUND);
}
