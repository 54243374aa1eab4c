#include <criterion/criterion.h>
#include <stdio.h>

#include "log/leader_epochs.h"
#include "log/producer_state.h"
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

TestSuite(log_recovery, .init = setup, .fini = teardown);

Test(log_recovery, a_kill_loses_nothing)
{
	log_fixture_fill(&fixture, 100, 100);
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_fixture_count(&fixture, 0), 100);
	cr_expect_eq(leader_epochs_latest(log_leader_epochs(fixture.log))->epoch, 3);
	log_fixture_fill(&fixture, 100, 100);
	cr_expect_eq(log_fixture_count(&fixture, 0), 200);
}

Test(log_recovery, a_power_cut_loses_nothing_that_was_flushed)
{
	log_fixture_fill(&fixture, 60, 100);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	cr_expect_eq(log_recovery_point(fixture.log), 60);
	log_fixture_fill(&fixture, 60, 100);
	cr_assert_eq(log_fixture_power_cut(&fixture, SIM_DISK_KEEP_RANDOM, 60), ERROR_NONE);
	cr_expect_eq(log_state(fixture.log), ERROR_NONE);
	cr_expect_geq(log_end_offset(fixture.log), 60);
	cr_expect_eq(log_fixture_count(&fixture, 0), log_end_offset(fixture.log));
}

/* After a failed sync the page cache goes on showing what is not on the disk. */
Test(log_recovery, F21_serves_what_is_on_the_disk_after_a_failed_sync)
{
	static const uint8_t zeros[100];
	struct disk_file *file;
	size_t written;

	log_fixture_fill(&fixture, 5, 100);
	sim_disk_sync_all(fixture.disk);
	cr_assert_eq(disk_open(fixture.port, LOG_FIXTURE_PATH "/00000000000000000000.log",
	    DISK_READ | DISK_WRITE, &file), ERROR_NONE);
	cr_assert_eq(disk_write(file, zeros, sizeof(zeros), log_size(fixture.log) - 100, &written),
	    ERROR_NONE);
	fixture.disk->sync_error = 1000;
	cr_assert_eq(disk_sync(file), ERROR_IO);
	fixture.disk->sync_error = 0;
	cr_assert_eq(disk_close(file), ERROR_NONE);
	fixture.options.sync_first = true;
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 5);
	cr_expect_eq(log_fixture_count(&fixture, 0), 5);
}

Test(log_recovery, cuts_a_torn_tail)
{
	struct disk_file *file;
	size_t written;

	log_fixture_fill(&fixture, 5, 100);
	cr_assert_eq(disk_open(fixture.port, LOG_FIXTURE_PATH "/00000000000000000000.log",
	    DISK_READ | DISK_WRITE, &file), ERROR_NONE);
	cr_assert_eq(disk_write(file, "torn", 4, log_size(fixture.log), &written), ERROR_NONE);
	cr_assert_eq(disk_close(file), ERROR_NONE);
	int64_t size = log_size(fixture.log);
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_size(fixture.log), size);
	cr_expect_eq(log_end_offset(fixture.log), 5);
}

Test(log_recovery, F15_damage_below_the_recovery_point_is_neither_cut_nor_served)
{
	struct log_read read = { .offset = 0, .upper_bound = 20, .max_bytes = 10000 };
	int64_t from, to;

	log_fixture_fill(&fixture, 20, 100);
	int64_t size = log_size(fixture.log);
	cr_assert_eq(sim_disk_flip(fixture.disk, LOG_FIXTURE_PATH "/00000000000000000000.log",
	    500, 1), ERROR_NONE);
	cr_assert_eq(log_fixture_kill(&fixture, 20), ERROR_NONE);
	cr_expect_eq(log_state(fixture.log), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 20);
	cr_assert(log_damage(fixture.log, &from, &to));
	cr_assert_gt(from, 0);
	cr_expect_eq(to, from + 1);
	read.offset = from;
	cr_expect_eq(log_read(fixture.log, &read, false), ERROR_CORRUPT);
	cr_expect_eq(read.damage_end, to);
	cr_expect_eq(log_fixture_count(&fixture, to), 20 - to);
	struct disk_status status;
	cr_assert_eq(disk_status(fixture.port, LOG_FIXTURE_PATH "/00000000000000000000.log",
	    &status), ERROR_NONE);
	cr_expect_eq(status.size, size);
}

/* A kill takes no page: what good batches follow is no torn tail. */
Test(log_recovery, F15_damage_behind_the_recovery_point_is_not_cut_when_pages_survived)
{
	int64_t from, to;

	log_fixture_fill(&fixture, 100, 100);
	int segments = log_segment_count(fixture.log);
	cr_assert_eq(sim_disk_flip(fixture.disk, LOG_FIXTURE_PATH "/00000000000000000000.log",
	    1500, 1), ERROR_NONE);
	fixture.options.pages_survived = true;
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_segment_count(fixture.log), segments);
	cr_expect_eq(log_end_offset(fixture.log), 100);
	cr_assert(log_damage(fixture.log, &from, &to));
	cr_expect_eq(log_fixture_count(&fixture, to), 100 - to);
	log_fixture_fill(&fixture, 100, 100);
	cr_expect_eq(log_fixture_count(&fixture, to), 200 - to);
}

/* Seed 480358 of scenario cluster: what a start had found the next one took for a torn tail. */
Test(log_recovery, F15_damage_that_is_known_is_not_cut_after_a_power_cut)
{
	int64_t from, to;

	log_fixture_fill(&fixture, 100, 100);
	cr_assert_eq(sim_disk_flip(fixture.disk, LOG_FIXTURE_PATH "/00000000000000000000.log",
	    1500, 1), ERROR_NONE);
	fixture.options.pages_survived = true;
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_assert(log_damage(fixture.log, &from, &to));
	fixture.options.pages_survived = false;
	cr_assert_eq(log_fixture_power_cut(&fixture, SIM_DISK_KEEP_NOTHING,
	    log_published(fixture.log).recovery_point), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 100);
	cr_expect_eq(log_fixture_count(&fixture, to), 100 - to);
}

Test(log_recovery, F15_a_segment_s_last_batch_is_damaged)
{
	int64_t from, to;

	log_fixture_fill(&fixture, 100, 100);
	struct disk_status status;
	cr_assert_eq(disk_status(fixture.port, LOG_FIXTURE_PATH "/00000000000000000000.log",
	    &status), ERROR_NONE);
	cr_assert_eq(sim_disk_flip(fixture.disk, LOG_FIXTURE_PATH "/00000000000000000000.log",
	    status.size - 10, 1), ERROR_NONE);
	fixture.options.pages_survived = true;
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 100);
	cr_assert(log_damage(fixture.log, &from, &to));
	cr_expect_eq(to, from + 1);
	cr_expect_eq(log_fixture_count(&fixture, to), 100 - to);
}

/* The header makes no sense, so the segment is gone over although all was closed. */
Test(log_recovery, F15_after_a_stop_in_order_nothing_is_torn)
{
	int64_t from, to;

	log_fixture_fill(&fixture, 10, 100);
	int64_t size = log_size(fixture.log) / 10;
	cr_assert_eq(log_segment_count(fixture.log), 1);
	cr_assert_eq(sim_disk_flip(fixture.disk, LOG_FIXTURE_PATH "/00000000000000000000.log",
	    9 * size + BATCH_AT_MAGIC, 0xff), ERROR_NONE);
	fixture.options.recovery_point = 5;
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	cr_expect_eq(log_size(fixture.log), 10 * size);
	(void)log_damage(fixture.log, &from, &to);
	cr_expect_eq(log_fixture_count(&fixture, 0), 9);
}

/* Records that were on the disk once are lost, not offsets: nothing else gets them. */
Test(log_recovery, F15_a_file_that_is_too_short_is_damaged_at_its_end)
{
	struct disk_file *file;
	int64_t from, to;

	log_fixture_fill(&fixture, 5, 100);
	cr_assert_eq(disk_open(fixture.port, LOG_FIXTURE_PATH "/00000000000000000000.log",
	    DISK_READ | DISK_WRITE, &file), ERROR_NONE);
	cr_assert_eq(disk_truncate(file, log_size(fixture.log) / 2), ERROR_NONE);
	cr_assert_eq(disk_close(file), ERROR_NONE);
	cr_assert_eq(log_fixture_kill(&fixture, 5), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 5);
	cr_assert(log_damage(fixture.log, &from, &to));
	cr_expect_eq(from, 2);
	cr_expect_eq(to, 5);
	log_fixture_fill(&fixture, 5, 100);
	cr_expect_eq(log_fixture_count(&fixture, 5), 5);
	cr_assert_eq(log_fixture_kill(&fixture, 5), ERROR_NONE);
	cr_expect_eq(log_fixture_count(&fixture, 5), 5);
}

Test(log_recovery, deletes_the_segments_behind_a_torn_one)
{
	log_fixture_fill(&fixture, 100, 100);
	int segments = log_segment_count(fixture.log);
	cr_assert_eq(sim_disk_flip(fixture.disk, LOG_FIXTURE_PATH "/00000000000000000000.log",
	    1500, 1), ERROR_NONE);
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_assert_gt(segments, 3);
	cr_expect_eq(log_segment_count(fixture.log), 1);
	cr_expect_lt(log_end_offset(fixture.log), 20);
	cr_expect_eq(log_fixture_count(&fixture, 0), log_end_offset(fixture.log));
	log_fixture_fill(&fixture, 100, 100);
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	cr_expect_eq(log_fixture_count(&fixture, 0), log_end_offset(fixture.log));
}

Test(log_recovery, knows_producers_again)
{
	struct log_sample sample = { .records = 1, .value_size = 500, .producer_id = 77 };

	for (int i = 0; i < 30; i++, sample.base_sequence++)
		cr_assert_eq(log_fixture_append(&fixture, &sample), i);
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	sample.base_sequence--;
	cr_expect_eq(log_fixture_append(&fixture, &sample), -1, "a duplicate");
	sample.base_sequence++;
	cr_expect_eq(log_fixture_append(&fixture, &sample), 30);
}

static void
expect_rebuilt(const char *name)
{
	char path[200];

	log_fixture_fill(&fixture, 100, 100);
	cr_assert_eq(log_close(fixture.log, 1), ERROR_NONE);
	fixture.log = NULL;
	snprintf(path, sizeof(path), LOG_FIXTURE_PATH "/%s", name);
	cr_assert_eq(disk_unlink(fixture.port, path), ERROR_NONE, "%s", name);
	fixture.options.clean_shutdown = true;
	cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
	for (int64_t offset = 0; offset < 100; offset += 7)
		cr_expect_eq(log_fixture_count(&fixture, offset), 100 - offset);
	cr_expect_eq(leader_epochs_latest(log_leader_epochs(fixture.log))->epoch, 3);
}

Test(log_recovery, rebuilds_a_missing_offset_index)
{
	expect_rebuilt("00000000000000000000.index");
}

Test(log_recovery, does_without_a_missing_time_index)
{
	expect_rebuilt("00000000000000000000.timeindex");
}

Test(log_recovery, rebuilds_missing_leader_epochs)
{
	expect_rebuilt("leader-epoch-checkpoint");
}

Test(log_recovery, does_without_a_snapshot)
{
	expect_rebuilt("00000000000000000100.snapshot");
}

Test(log_recovery, tells_progress)
{
	log_fixture_fill(&fixture, 10, 10);
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 10);
}

/* Kills at every change of the disk while a log is filled, and again in the recovery. */
Test(log_recovery, a_kill_at_any_change_loses_no_acknowledged_record, .timeout = 60)
{
	for (uint64_t at = 1;; at++) {
		struct log_fixture other;
		int64_t acked = 0;

		log_fixture_init(&other, at);
		cr_assert_eq(log_fixture_open(&other), ERROR_NONE);
		other.disk->operations = 0;
		other.disk->crash_at = at;
		other.disk->crash_when = (enum sim_disk_when)(at % 3);
		while (acked < 40) {
			struct log_sample sample = { .records = 1, .value_size = 300 };
			int64_t offset = log_fixture_append(&other, &sample);
			if (offset < 0)
				break;
			acked = offset + 1;
		}
		other.disk->crash_at = 0;
		cr_assert_eq(log_fixture_kill(&other, 0), ERROR_NONE);
		cr_assert_geq(log_end_offset(other.log), acked, "killed at %d", (int)at);
		cr_assert_eq(log_fixture_count(&other, 0), log_end_offset(other.log));
		log_fixture_fini(&other);
		if (acked == 40)
			break;
	}
}

static void
tear_tail(void)
{
	struct disk_file *file;
	size_t written;

	cr_assert_eq(disk_open(fixture.port, LOG_FIXTURE_PATH "/00000000000000000000.log",
	    DISK_READ | DISK_WRITE, &file), ERROR_NONE);
	cr_assert_eq(disk_write(file, "torn", 4, log_size(fixture.log), &written), ERROR_NONE);
	cr_assert_eq(disk_close(file), ERROR_NONE);
}

Test(log_recovery, a_torn_append_after_a_cut_inside_a_batch_is_no_damage)
{
	struct log_sample sample = { .records = 3, .value_size = 20 };

	for (int i = 0; i < 3; i++)
		cr_assert_eq(log_fixture_append(&fixture, &sample), 3 * i);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	log_lower_recovery_point(fixture.log, 7);
	int64_t checkpoint = log_recovery_point(fixture.log);
	cr_expect_leq(checkpoint, 6, "the whole batch goes");
	cr_assert_eq(log_truncate_to(fixture.log, 7, 1), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 6);
	tear_tail();
	cr_assert_eq(log_fixture_kill(&fixture, checkpoint), ERROR_NONE);
	cr_expect_eq(log_state(fixture.log), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 6);
}

Test(log_recovery, leaves_one_snapshot_behind_the_active_segments_first_offset)
{
	log_fixture_fill(&fixture, 3, 100);
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	log_fixture_fill(&fixture, 2, 100);
	cr_expect_eq(log_fixture_files(&fixture, "3.snapshot"), 1);
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_fixture_files(&fixture, ".snapshot"), 1);
	cr_expect_eq(log_fixture_files(&fixture, "5.snapshot"), 1);
}

/* ------------------------------------------------------------- compacted topics */

/* A power cut took the last batch of the first segment, and its size, and nothing else. */
static int64_t
lose_last_batch_of_first_segment(void)
{
	const char *path = LOG_FIXTURE_PATH "/00000000000000000000.log";
	struct disk_status status;
	struct disk_file *file;
	int64_t batch;

	fixture.config.cleanup_compact = true;
	log_fixture_fill(&fixture, 100, 100);
	log_set_config(fixture.log, &fixture.config);
	cr_assert_gt(log_segment_count(fixture.log), 2);
	batch = log_size(fixture.log) / 100;
	cr_assert_eq(disk_status(fixture.port, path, &status), ERROR_NONE);
	cr_assert_eq(disk_open(fixture.port, path, DISK_READ | DISK_WRITE, &file), ERROR_NONE);
	cr_assert_eq(disk_truncate(file, status.size - batch), ERROR_NONE);
	cr_assert_eq(disk_close(file), ERROR_NONE);
	return status.size / batch - 1;
}

Test(log_recovery, F19_what_follows_a_lost_end_of_a_segment_goes_in_a_compacted_topic_too)
{
	int64_t end = lose_last_batch_of_first_segment();

	fixture.options.rolls_without_gaps = true;
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), end);
	cr_expect_eq(log_fixture_count(&fixture, 0), end);
	log_fixture_fill(&fixture, 10, 100);
	cr_expect_eq(log_fixture_count(&fixture, 0), end + 10);
}

Test(log_recovery, gaps_of_a_compacted_topic_stay_where_kafka_was_or_no_page_is_lost)
{
	(void)lose_last_batch_of_first_segment();
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 100);
	fixture.options.rolls_without_gaps = true;
	fixture.options.pages_survived = true;
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 100);
}

/* ----------------------------------------------------- damage, and what is done to it */

static void
flip(int64_t batch, int64_t at)
{
	cr_assert_eq(sim_disk_flip(fixture.disk, LOG_FIXTURE_PATH "/00000000000000000000.log",
	    log_size(fixture.log) / 100 * batch + at, 1), ERROR_NONE);
}

static void
fill_one_segment(int32_t index_interval_bytes)
{
	fixture.config.segment_bytes = 1 << 20;
	fixture.config.index_interval_bytes = index_interval_bytes;
	log_set_config(fixture.log, &fixture.config);
	log_fixture_fill(&fixture, 100, 100);
}

static void
expect_damage(int64_t from, int64_t to, int64_t end)
{
	int64_t its_from = -1, its_to = -1;

	cr_expect(log_damage(fixture.log, &its_from, &its_to));
	cr_expect_eq(its_from, from, "%lld", (long long)its_from);
	cr_expect_eq(its_to, to, "%lld", (long long)its_to);
	cr_expect_eq(log_end_offset(fixture.log), end, "%lld", (long long)log_end_offset(fixture.log));
}

static void
cut_within(int64_t offset, int64_t end)
{
	int64_t from, to;

	cr_assert_eq(log_truncate_to(fixture.log, offset, 1), ERROR_NONE);
	cr_expect_not(log_damage(fixture.log, &from, &to) && to >= end);
	cr_expect_eq(log_end_offset(fixture.log), end, "%lld", (long long)log_end_offset(fixture.log));
	log_fixture_fill(&fixture, 60, 300);
	cr_expect_eq(log_fixture_count(&fixture, end), 60);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	cr_expect_not(log_flush_is_due(fixture.log, 1));
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), end + 60);
	cr_expect_eq(log_fixture_count(&fixture, end), 60);
}

Test(log_recovery, F15_a_cut_within_damage_takes_all_of_it)
{
	fill_one_segment(fixture.config.index_interval_bytes);
	for (int i = 40; i < 50; i++)
		flip(i, BATCH_HEADER_BYTES + 20);
	fixture.options.pages_survived = true;
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	expect_damage(40, 50, 100);
	cut_within(45, 40);
	cr_expect_eq(log_fixture_count(&fixture, 0), 100);
}

/* Sound batches lie between what is one damage, as there are too many. */
Test(log_recovery, F15_a_cut_within_many_damages_takes_all_of_the_last_one)
{
	fill_one_segment(1000);
	for (int i = 10; i <= 50; i += 10)
		flip(i, BATCH_HEADER_BYTES + 20);
	fixture.options.pages_survived = true;
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cut_within(45, 40);
}

/* Seen by a reader: the index has entries of it. And another start can read it. */
Test(log_recovery, F22_a_cut_within_what_cannot_be_read_takes_all_of_it)
{
	int64_t from, to;

	fill_one_segment(1000);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	sim_disk_sync_all(fixture.disk);
	fixture.options.pages_survived = true;
	cr_assert_eq(log_fixture_kill(&fixture, 100), ERROR_NONE);
	sim_disk_drop_cache(fixture.disk);
	cr_assert_eq(sim_disk_break_read(fixture.disk, LOG_FIXTURE_PATH "/00000000000000000000.log",
	    5000, 3000), ERROR_NONE);
	for (int64_t offset = 0; offset < 60; offset++) {
		struct log_read read = { .offset = offset, .upper_bound = 100, .max_bytes = 1,
			.at_least_one = true, .looks = true };

		if (log_read(fixture.log, &read, false) == ERROR_NONE)
			log_slice_release(&read.slice);
	}
	cr_assert(log_damage(fixture.log, &from, &to));
	cr_assert_gt(to, from + 4);
	cr_assert_eq(sim_disk_break_read(fixture.disk, LOG_FIXTURE_PATH "/00000000000000000000.log",
	    5000, 0), ERROR_NONE);
	cut_within(from + 4, from);
	cr_expect_eq(log_fixture_count(&fixture, 0), from + 60);
}

/* A reader finds it, so that the index has entries of what is damaged. */
static void
find_damage(void)
{
	struct log_read read = { .offset = 80, .upper_bound = 100, .max_bytes = 1 << 20,
		.at_least_one = true, .looks = true };

	fill_one_segment(0);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	flip(80, BATCH_HEADER_BYTES + 20);
	cr_assert_neq(log_read(fixture.log, &read, false), ERROR_NONE);
	expect_damage(80, 81, 100);
}

Test(log_recovery, F15_a_cut_where_damage_ends_leaves_it)
{
	find_damage();
	cr_assert_eq(log_truncate_to(fixture.log, 81, 1), ERROR_NONE);
	expect_damage(80, 81, 81);
	cr_expect_eq(log_fixture_count(&fixture, 0), -1);
	log_fixture_fill(&fixture, 10, 100);
	cr_expect_eq(log_fixture_count(&fixture, 81), 10);
}

/* No checksum is of a base offset. */
Test(log_recovery, F15_an_offset_that_is_none_of_this_log_is_where_the_damage_begins)
{
	struct log_read read = { .offset = 80, .upper_bound = 100, .max_bytes = 1 << 20,
		.at_least_one = true, .looks = true };
	int64_t from, to;

	fill_one_segment(0);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	flip(79, 2);
	flip(80, BATCH_HEADER_BYTES + 20);
	cr_expect_neq(log_read(fixture.log, &read, false), ERROR_NONE);
	cr_assert(log_damage(fixture.log, &from, &to));
	cr_expect_eq(from, 79);
	cr_expect_eq(to, 81);
	cr_expect_not(log_flush_is_due(fixture.log, 1));
}

/* What cannot be flushed for want of files serves: it is flushed later. */
Test(log_recovery, F15_damage_takes_no_log_away_that_opens_without)
{
	enum error sound, damaged;
	int least = 0;

	log_fixture_fill(&fixture, 600, 100);
	fixture.options.pages_survived = true;
	do {
		least += 5;
		fixture.disk->files_max = least;
		sound = log_fixture_kill(&fixture, 0);
		fixture.disk->files_max = INT32_MAX;
		if (sound != ERROR_NONE)
			cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
	} while (sound != ERROR_NONE);
	cr_assert_eq(sim_disk_flip(fixture.disk, LOG_FIXTURE_PATH "/00000000000000000000.log", 1500, 1),
	    ERROR_NONE);
	fixture.disk->files_max = least;
	damaged = log_fixture_kill(&fixture, 0);
	fixture.disk->files_max = INT32_MAX;
	cr_assert_eq(damaged, ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 600);
	cr_expect(log_flush_is_due(fixture.log, 1));
}
