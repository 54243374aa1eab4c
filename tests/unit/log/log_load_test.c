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
	log_fixture_fill(&fixture, 100, 100);
	cr_assert_gt(log_segment_count(fixture.log), 3);
}

static void
teardown(void)
{
	log_fixture_fini(&fixture);
}

TestSuite(log_load, .init = setup, .fini = teardown);

static void
put(const char *name)
{
	struct disk_file *file;
	char path[200];

	snprintf(path, sizeof(path), LOG_FIXTURE_PATH "/%s", name);
	cr_assert_eq(disk_open(fixture.port, path, DISK_WRITE | DISK_CREATE, &file), ERROR_NONE);
	cr_assert_eq(disk_close(file), ERROR_NONE);
}

Test(log_load, removes_what_was_deleted_or_never_finished)
{
	put("00000000000000000000.log.deleted");
	put("00000000000000000000.index.deleted");
	put("00000000000000000005.log.cleaned");
	put("00000000000000000007.log.swap");
	put("00000000000000009999.index");
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	cr_expect_eq(log_fixture_files(&fixture, ".deleted"), 0);
	cr_expect_eq(log_fixture_files(&fixture, ".cleaned"), 0);
	cr_expect_eq(log_fixture_files(&fixture, ".swap"), 0);
	cr_expect_eq(log_fixture_files(&fixture, "9999.index"), 0, "it has no records");
	cr_expect_eq(log_fixture_count(&fixture, 0), 100);
}

Test(log_load, a_complete_replacement_takes_its_place)
{
	static const char *const suffixes[] = { ".log", ".index", ".timeindex" };
	char from[200], to[300];

	cr_assert_eq(log_close(fixture.log, 1), ERROR_NONE);
	fixture.log = NULL;
	for (size_t i = 0; i < ARRAY_LENGTH(suffixes); i++) {
		snprintf(from, sizeof(from), LOG_FIXTURE_PATH "/%020d%s", 0, suffixes[i]);
		snprintf(to, sizeof(to), "%s.swap", from);
		cr_assert_eq(disk_rename(fixture.port, from, to), ERROR_NONE);
	}
	put("00000000000000000003.log"); /* one of those that it was made of */
	fixture.options.clean_shutdown = true;
	cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
	cr_expect_eq(log_fixture_files(&fixture, "003.log"), 0);
	cr_expect_eq(log_fixture_count(&fixture, 0), 100);
}

Test(log_load, an_end_below_the_log_start_begins_anew)
{
	cr_assert_eq(log_close(fixture.log, 1), ERROR_NONE);
	fixture.log = NULL;
	fixture.options.log_start_offset = 500;
	cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
	cr_expect_eq(log_start_offset(fixture.log), 500);
	cr_expect_eq(log_end_offset(fixture.log), 500);
}

Test(log_load, what_begins_at_the_log_start_goes_on_there_after_a_power_cut)
{
	log_fixture_fini(&fixture);
	log_fixture_init(&fixture, 1);
	cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
	cr_assert_eq(log_close(fixture.log, 1), ERROR_NONE);
	fixture.log = NULL;
	cr_assert_eq(disk_unlink(fixture.port, LOG_FIXTURE_PATH "/00000000000000000000.log"), ERROR_NONE);
	cr_assert_eq(disk_sync_directory(fixture.port, LOG_FIXTURE_PATH), ERROR_NONE);
	fixture.options.log_start_offset = 50;
	cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
	fixture.options.log_start_offset = -1;
	cr_assert_eq(log_fixture_power_cut(&fixture, SIM_DISK_KEEP_NOTHING, 50), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 50);
}

/* Seed 576453 of scenario cluster: the end of its leader's log went back, below the log start. */
Test(log_load, what_is_below_the_log_start_does_not_come_back_with_a_power_cut)
{
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	fixture.options.log_start_offset = 500;
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_assert_eq(log_end_offset(fixture.log), 500);
	fixture.options.log_start_offset = -1; /* the log begins where its first segment does */
	cr_assert_eq(log_fixture_power_cut(&fixture, SIM_DISK_KEEP_NOTHING, 0), ERROR_NONE);
	cr_expect_eq(log_start_offset(fixture.log), 500);
	cr_expect_eq(log_end_offset(fixture.log), 500);
}

static void
append_of(int32_t epoch)
{
	struct log_sample sample = { .records = 1, .value_size = 10 };
	struct log_append append = { 0 };
	struct buffer batch;

	buffer_init(&batch);
	log_sample_batch(&batch, &sample, log_end_offset(fixture.log));
	append.bytes = batch.bytes;
	append.size = batch.size;
	cr_assert_eq(log_append_as_leader(fixture.log, &append, 1, epoch, 1), ERROR_NONE);
	buffer_fini(&batch);
}

/* The checkpoint of the log start is on disk later than the epochs; or it is lost. */
static void
lose_log_start(int64_t offset)
{
	log_set_high_watermark(fixture.log, log_end_offset(fixture.log));
	cr_assert_eq(log_advance_start_offset(fixture.log, offset), ERROR_NONE);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	cr_assert_eq(log_fixture_kill(&fixture, log_end_offset(fixture.log)), ERROR_NONE);
	cr_assert_eq(log_start_offset(fixture.log), 0);
}

/* Seed 742765 of scenario cluster: a follower kept others of below the first of them. */
Test(log_load, epochs_of_a_log_start_that_went_back_are_those_of_its_batches)
{
	const struct leader_epochs *epochs;

	append_of(5);
	append_of(5);
	append_of(8);
	lose_log_start(101);
	epochs = log_leader_epochs(fixture.log);
	cr_expect_eq(epochs->count, 3);
	cr_expect_eq(leader_epochs_earliest(epochs)->epoch, 3);
	cr_expect_eq(leader_epochs_earliest(epochs)->start_offset, 0);
	cr_expect_eq(leader_epochs_end_offset(epochs, 4, 103).end_offset, 100);
	cr_expect_eq(leader_epochs_end_offset(epochs, 5, 103).end_offset, 102);
	cr_assert_eq(log_flush_now(fixture.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	lose_log_start(50);
	cr_expect_eq(leader_epochs_earliest(log_leader_epochs(fixture.log))->start_offset, 0);
}

Test(log_load, a_high_watermark_ahead_of_the_log_is_clipped)
{
	fixture.options.high_watermark = 5000;
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_high_watermark(fixture.log), 100);
}

Test(log_load, gaps_between_segments_are_losses_only_where_nothing_was_compacted)
{
	log_set_high_watermark(fixture.log, 100);
	cr_assert_eq(disk_unlink(fixture.port, LOG_FIXTURE_PATH "/00000000000000000000.log"),
	    ERROR_NONE);
	fixture.options.recovery_point_unknown = true;
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 100);
}

/* An older one than the newest may be the next that comes, again. */
Test(log_load, knows_duplicates_of_all_batches_that_may_be_in_flight)
{
	struct log_sample sample = { .records = 2, .producer_id = 9 };
	int64_t first;

	for (int restart = 0; restart < 2; restart++) {
		first = log_end_offset(fixture.log);
		for (int32_t i = 0; i < 5; i++) {
			sample.base_sequence = 10 * restart + 2 * i;
			cr_assert_eq(log_fixture_append(&fixture, &sample), first + 2 * i);
			log_fixture_fill(&fixture, restart, 100);
			first += restart;
		}
		cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
		const struct producer_entry *entry =
		    producer_state_find(log_producer_state(fixture.log), 9);
		cr_assert_not_null(entry);
		cr_assert_eq(entry->batch_count, 5);
		for (int32_t i = 0; i < 5; i++)
			cr_expect_eq(producer_batch_first_sequence(&entry->batches[i]),
			    10 * restart + 2 * i);
	}
}

static void
expect_five_batches(int32_t first, int32_t records)
{
	const struct producer_entry *entry =
	    producer_state_find(log_producer_state(fixture.log), 9);

	cr_assert_not_null(entry);
	cr_assert_eq(entry->batch_count, 5);
	for (int32_t i = 0; i < 5; i++) {
		cr_expect_eq(producer_batch_first_sequence(&entry->batches[i]), first + records * i);
		cr_expect_eq(entry->batches[i].offset_delta, records - 1);
	}
}

/* Batches of many records lie far back, and in segments before the last one. */
Test(log_load, knows_duplicates_of_large_batches_over_segments)
{
	enum { RECORDS = 250 };
	struct log_sample sample = { .records = RECORDS, .producer_id = 9 };

	for (int32_t i = 0; i < 7; i++) {
		sample.base_sequence = RECORDS * i;
		cr_assert_eq(log_fixture_append(&fixture, &sample), 100 + RECORDS * i);
	}
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	expect_five_batches(RECORDS * 2, RECORDS);
}

/* All that the producer has sent lies before the segment that is recovered, and far back. */
Test(log_load, knows_all_batches_in_flight_after_a_kill_behind_a_roll)
{
	struct log_sample sample = { .records = 2, .producer_id = 9 };

	for (int32_t i = 0; i < 6; i++) {
		sample.base_sequence = 2 * i;
		cr_assert_geq(log_fixture_append(&fixture, &sample), 0);
		log_fixture_fill(&fixture, 500, 100);
	}
	cr_assert_eq(log_roll(fixture.log, 1), ERROR_NONE);
	cr_assert_eq(log_fixture_kill(&fixture, log_end_offset(fixture.log)), ERROR_NONE);
	expect_five_batches(2, 2);
	log_fixture_fill(&fixture, 1, 100);
	cr_assert_eq(log_fixture_kill(&fixture, log_end_offset(fixture.log)), ERROR_NONE);
	expect_five_batches(2, 2);
	cr_assert_eq(log_truncate_to(fixture.log, log_end_offset(fixture.log) - 1, 1), ERROR_NONE);
	expect_five_batches(2, 2);
}

/* Of a transaction that there never was its producer would be told for days. */
Test(log_load, F15_what_a_damaged_batch_says_of_its_producer_is_not_believed)
{
	enum { AT_ATTRIBUTES = 22, TRANSACTIONAL = 0x10 };
	struct log_sample sample = { .records = 1, .value_size = 10, .producer_id = 9 };
	int64_t base = log_end_offset(fixture.log);
	char path[200];

	cr_assert_eq(log_roll(fixture.log, 1), ERROR_NONE);
	cr_assert_eq(log_fixture_append(&fixture, &sample), base);
	cr_assert_eq(log_roll(fixture.log, 1), ERROR_NONE);
	snprintf(path, sizeof(path), LOG_FIXTURE_PATH "/%020lld.log", (long long)base);
	cr_assert_eq(sim_disk_flip(fixture.disk, path, AT_ATTRIBUTES, TRANSACTIONAL), ERROR_NONE);
	/* Else it tells what was there. */
	snprintf(path, sizeof(path), LOG_FIXTURE_PATH "/%020lld.snapshot", (long long)base + 1);
	cr_assert_eq(disk_unlink(fixture.port, path), ERROR_NONE);
	cr_assert_eq(log_fixture_kill(&fixture, log_end_offset(fixture.log)), ERROR_NONE);
	sample.base_sequence++;
	cr_expect_eq(log_fixture_append(&fixture, &sample), base + 1);
}
