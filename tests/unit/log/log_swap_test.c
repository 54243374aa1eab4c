/* A copy takes the place of what it was copied from; and what a start makes of one that was interrupted. */
#include "log/log_swap.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "log/leader_epochs.h"
#include "log/log_flush.h"
#include "log/move_mark.h"
#include "log/producer_state.h"
#include "log_dirs_fixture.h"
#include "tests/sim/log_fixture.h"
#include "wire/batch.h"

static struct log_dirs_fixture fixture;
static struct log_dir *guilty;
static struct log_partition *current, *future;
static struct log_swap swap;

static void
start(void)
{
	cr_assert_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_NONE);
}

/* orders-0 in /a with 20 records, and an empty copy in /b. */
static void
set_up(void)
{
	struct log_load load;

	log_dirs_fixture_init(&fixture);
	start();
	current = log_dirs_fixture_create(&fixture, "orders", 0);
	log_dirs_fixture_fill(&fixture, current, 20);
	log_set_high_watermark(current->log, 20);
	cr_assert_eq(log_dirs_create_future(fixture.dirs, &fixture.dirs->dirs[1],
	    slice_of_text("orders"), 0, (struct uuid){ .bytes = { 1, 2, 3 } }, 1, &load), ERROR_NONE);
	log_load_run(&load);
	cr_assert_eq(log_load_done(&load), ERROR_NONE);
	future = load.partition;
	cr_assert(future->is_future);
}

static void
tear_down(void)
{
	log_dirs_fixture_fini(&fixture);
}

TestSuite(log_swap, .init = set_up, .fini = tear_down);

static void
prepare(void)
{
	log_swap_prepare(fixture.dirs, current, future, 1000, &swap);
	log_swap_announce(&swap);
	cr_assert_eq(log_swap_announced(&swap), ERROR_NONE);
}

static void
end(void)
{
	log_swap_done(fixture.dirs, &swap);
	if (swap.renamed)
		log_free(swap.old);
	log_swap_fini(&swap);
}

/* The base offset; -1: it was a duplicate. */
static int64_t
append(struct log_partition *partition, const struct log_sample *sample)
{
	struct log_append set = { .origin = LOG_FROM_CLIENT };
	struct buffer bytes;
	enum error error;

	buffer_init(&bytes);
	log_sample_batch(&bytes, sample, log_end_offset(partition->log));
	set.bytes = bytes.bytes;
	set.size = bytes.size;
	error = log_append_as_leader(partition->log, &set, 1, 1, 1);
	buffer_fini(&bytes);
	cr_assert_eq(error, ERROR_NONE);
	return set.status == LOG_APPEND_DONE ? set.base_offset : -1;
}

/* The dir of the next directory that is deleted; NULL: there is none. */
static struct log_dir *
delete_one(void)
{
	struct log_condemned *condemned = log_dirs_take_condemned(fixture.dirs, INT64_MAX);
	struct log_dir *dir;

	if (condemned == NULL)
		return NULL;
	dir = condemned->dir;
	log_condemned_run(condemned);
	cr_expect_eq(log_condemned_done(condemned), ERROR_NONE);
	return dir;
}

Test(log_swap, copies_what_is_missing_and_all_that_is_known)
{
	log_assign_leader_epoch(current->log, 5);
	cr_assert_eq(log_advance_start_offset(current->log, 3), ERROR_NONE);
	cr_assert_eq(log_truncate_fully_and_start_at(future->log, 3, 1), ERROR_NONE);
	prepare();
	swap.leader_epoch = 5;
	log_swap_run(&swap);
	cr_expect(swap.renamed && swap.error == ERROR_NONE && swap.from_error == ERROR_NONE);
	end();
	cr_expect_eq(log_dirs_find(fixture.dirs, slice_of_text("orders"), 0), future);
	cr_expect_null(log_dirs_find_future(fixture.dirs, slice_of_text("orders"), 0));
	cr_expect_eq(future->dir, &fixture.dirs->dirs[1]);
	cr_expect_eq(log_end_offset(future->log), 20);
	cr_expect_eq(log_start_offset(future->log), 3);
	cr_expect_eq(log_high_watermark(future->log), 20);
	cr_expect_eq(log_flushed_offset(future->log), 20);
	cr_expect_eq(leader_epochs_latest(log_leader_epochs(future->log))->epoch, 5);
	cr_expect_str_eq(log_path(future->log), "/b/orders-0");
	cr_expect_not(log_dirs_fixture_exists(&fixture, "/a/orders-0"));
	cr_expect_not(log_dirs_fixture_exists(&fixture, "/b/orders-0/" MOVE_MARK_FILE));
	cr_expect_eq(delete_one(), &fixture.dirs->dirs[0]);
}

/* The old dir's checkpoints lose it, the new one's have it. */
Test(log_swap, the_next_start_finds_it_as_it_was_left)
{
	prepare();
	log_swap_run(&swap);
	end();
	log_dirs_fixture_stop(&fixture, true);
	start();
	current = log_dirs_find(fixture.dirs, slice_of_text("orders"), 0);
	cr_expect_eq(current->dir, &fixture.dirs->dirs[1]);
	cr_expect_eq(log_end_offset(current->log), 20);
	cr_expect_eq(log_high_watermark(current->log), 20);
	cr_expect_eq(log_recovery_point(current->log), 20);
}

/*
 * Producer 7 has sent five batches, and retention has taken them before the copy
 * began; 5 records are left.
 */
static void
remove_records_of_producer(void)
{
	struct log_sample sample = { .records = 1, .value_size = 10, .producer_id = 7 };

	for (; sample.base_sequence < 5; sample.base_sequence++)
		cr_assert_eq(append(current, &sample), 20 + sample.base_sequence);
	cr_assert_eq(log_roll(current->log, 1), ERROR_NONE);
	log_dirs_fixture_fill(&fixture, current, 5);
	log_set_high_watermark(current->log, 30);
	cr_assert_eq(log_advance_start_offset(current->log, 25), ERROR_NONE);
	cr_assert_eq(log_truncate_fully_and_start_at(future->log, 25, 1), ERROR_NONE);
}

static void
expect_producer_known(void)
{
	struct log_sample sample = { .records = 1, .value_size = 10, .producer_id = 7 };
	const struct producer_entry *entry;

	current = log_dirs_find(fixture.dirs, slice_of_text("orders"), 0);
	cr_assert_eq(current->dir, &fixture.dirs->dirs[1]);
	cr_assert_eq(log_start_offset(current->log), 25);
	entry = producer_state_find(log_producer_state(current->log), 7);
	cr_assert_not_null(entry);
	cr_expect_eq(entry->batch_count, 5);
	for (; sample.base_sequence < 5; sample.base_sequence++)
		cr_expect_eq(append(current, &sample), -1, "a duplicate");
}

Test(log_swap, producers_stay_known_whose_records_are_removed)
{
	remove_records_of_producer();
	prepare();
	log_swap_run(&swap);
	end();
	expect_producer_known();
	log_dirs_fixture_fill(&fixture, current, 1);
	log_dirs_fixture_stop(&fixture, true);
	start();
	expect_producer_known();
}

/* All that the new one has is recovered: it knows of the first offset at most. */
Test(log_swap, producers_stay_known_after_a_crash)
{
	remove_records_of_producer();
	prepare();
	log_swap_run(&swap);
	end();
	log_dirs_fixture_fill(&fixture, log_dirs_find(fixture.dirs, slice_of_text("orders"), 0), 1);
	log_dirs_fixture_stop(&fixture, false);
	start();
	expect_producer_known();
	log_dirs_fixture_checkpoint(&fixture, LOG_DIR_RECOVERY_POINT);
	log_dirs_fixture_stop(&fixture, false);
	start();
	expect_producer_known();
}

Test(log_swap, producers_stay_known_after_a_power_cut)
{
	remove_records_of_producer();
	prepare();
	log_swap_run(&swap);
	end();
	sim_disk_power_cut(fixture.disk, SIM_DISK_KEEP_NOTHING);
	log_dirs_fixture_stop(&fixture, false);
	start();
	expect_producer_known();
}

/* No segment is begun where the records tell all. */
Test(log_swap, a_copy_of_all_records_has_one_segment)
{
	struct log_sample sample = { .records = 1, .value_size = 10, .producer_id = 7 };

	cr_assert_eq(append(current, &sample), 20);
	log_set_high_watermark(current->log, 21);
	prepare();
	log_swap_run(&swap);
	end();
	cr_expect_eq(log_segment_count(future->log), 1);
	cr_expect_eq(append(future, &sample), -1, "a duplicate");
}

/* As a crash between the renames leaves it; the numbers of the marks. */
static void
leave_both(int old, int new)
{
	char deleted[256];

	prepare();
	log_swap_run(&swap);
	snprintf(deleted, sizeof(deleted), "%s", swap.deleted);
	end();
	log_dirs_fixture_stop(&fixture, false);
	cr_assert_eq(disk_rename(fixture.port, deleted, "/a/orders-0"), ERROR_NONE);
	if (old > 0)
		cr_assert_eq(move_mark_write(fixture.port, "/a/orders-0", old), ERROR_NONE);
	if (new > 0)
		cr_assert_eq(move_mark_write(fixture.port, "/b/orders-0", new), ERROR_NONE);
}

Test(log_swap, of_two_that_a_crash_has_left_the_new_one_stays)
{
	leave_both(0, 1);
	start();
	current = log_dirs_find(fixture.dirs, slice_of_text("orders"), 0);
	cr_expect_eq(current->dir, &fixture.dirs->dirs[1]);
	cr_expect_eq(log_end_offset(current->log), 20);
	cr_expect_not(log_dirs_fixture_exists(&fixture, "/a/orders-0"));
	cr_expect_eq(fixture.dirs->dirs[0].log_count, 0);
	cr_expect_not_null(delete_one());
}

Test(log_swap, of_two_the_one_that_was_moved_last_stays)
{
	leave_both(3, 2);
	start();
	current = log_dirs_find(fixture.dirs, slice_of_text("orders"), 0);
	cr_expect_eq(current->dir, &fixture.dirs->dirs[0]);
	cr_expect_eq(log_end_offset(current->log), 20);
	cr_expect_not(log_dirs_fixture_exists(&fixture, "/b/orders-0"));
	cr_expect_eq(fixture.dirs->dirs[1].log_count, 0);
	cr_expect_eq(fixture.dirs->dirs[1].loading, 0);
}

Test(log_swap, of_two_that_nothing_tells_apart_none_is_taken)
{
	leave_both(0, 0);
	cr_expect_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_EXISTS);
	cr_expect_eq(guilty, &fixture.dirs->dirs[1]);
}

Test(log_swap, one_of_two_copies_stays)
{
	log_dirs_fixture_stop(&fixture, true);
	cr_assert_eq(disk_make_directory(fixture.port,
	    "/a/orders-0.0123456789abcdef0123456789abcdef-future"), ERROR_NONE);
	start();
	cr_expect_not_null(log_dirs_find_future(fixture.dirs, slice_of_text("orders"), 0));
	cr_expect_not_null(delete_one());
	cr_expect_null(delete_one());
}

/* Seed 661056 of scenario cluster: the marks of two moves were the same, and the start refused both. */
Test(log_swap, a_mark_that_was_removed_does_not_come_back_beside_the_next_one)
{
	int64_t number;

	cr_assert_eq(move_mark_write(fixture.port, "/a/orders-0", 1), ERROR_NONE);
	cr_assert_eq(move_mark_remove(fixture.port, "/a/orders-0"), ERROR_NONE);
	prepare();
	cr_expect_eq(swap.number, 1);
	sim_disk_power_cut(fixture.disk, SIM_DISK_KEEP_NOTHING);
	log_swap_fini(&swap);
	log_dirs_fixture_stop(&fixture, false);
	cr_assert_eq(move_mark_read(fixture.port, "/a/orders-0", &number), ERROR_NONE);
	cr_expect_eq(number, 0);
	start();
}

/* The old one was moved before from a dir that is away: the mark outlives it. */
Test(log_swap, a_mark_is_handed_on)
{
	int64_t number;

	cr_assert_eq(move_mark_write(fixture.port, "/a/orders-0", 4), ERROR_NONE);
	prepare();
	log_swap_run(&swap);
	end();
	cr_assert_eq(move_mark_read(fixture.port, "/b/orders-0", &number), ERROR_NONE);
	cr_expect_eq(number, 5);
}

Test(log_swap, that_finds_no_room_leaves_all_as_it_is)
{
	prepare();
	fixture.disk->capacity = 0;
	log_swap_run(&swap);
	cr_expect_eq(swap.error, ERROR_NO_SPACE);
	cr_expect_not(swap.renamed);
	end();
	cr_expect_eq(fixture.dirs->dirs[1].state, ERROR_NONE);
	cr_expect_eq(log_dirs_find(fixture.dirs, slice_of_text("orders"), 0), current);
	cr_expect(future->is_future);
	fixture.disk->capacity = INT64_MAX;
	prepare();
	log_swap_run(&swap);
	end();
	cr_expect_eq(log_dirs_find(fixture.dirs, slice_of_text("orders"), 0), future);
}

/* Each sync that it makes: of the two logs one is the partition's, with all records, and what is appended to it then. */
Test(log_swap, that_meets_a_failing_disk_loses_nothing)
{
	int64_t count;

	for (int at = 1; at < 60; at++) {
		log_dirs_fixture_fini(&fixture);
		set_up();
		cr_assert_eq(log_flush_now(current->log, LOG_FLUSH_ALL, 1), ERROR_NONE);
		log_swap_prepare(fixture.dirs, current, future, 1000, &swap);
		fixture.disk->sync_error_at = fixture.disk->operations + (uint64_t)at;
		log_swap_announce(&swap);
		if (log_swap_announced(&swap) == ERROR_NONE)
			log_swap_run(&swap);
		end();
		fixture.disk->sync_error_at = 0;
		current = log_dirs_find(fixture.dirs, slice_of_text("orders"), 0);
		cr_assert_eq(log_state(current->log), ERROR_NONE, "call %d: one dir works", at);
		log_dirs_fixture_fill(&fixture, current, 1);
		count = log_end_offset(current->log);
		log_dirs_fixture_stop(&fixture, false);
		start();
		current = log_dirs_find(fixture.dirs, slice_of_text("orders"), 0);
		cr_assert_not_null(current, "call %d", at);
		cr_expect_eq(log_end_offset(current->log), count, "call %d", at);
	}
}

Test(log_swap, only_what_the_log_has_is_a_beginning_of_it)
{
	struct log_append set = { .origin = LOG_FROM_LEADER };
	struct log_sample sample = { .records = 1, .value_size = 10 };
	struct buffer bytes;

	cr_expect(log_is_prefix(future->log, current->log));
	cr_expect_not(log_is_prefix(current->log, future->log), "longer");
	buffer_init(&bytes);
	log_sample_batch(&bytes, &sample, 0);
	set.bytes = bytes.bytes;
	set.size = bytes.size;
	batch_set_base_offset(bytes.bytes, 0);
	batch_set_partition_leader_epoch(bytes.bytes, 9);
	cr_assert_eq(log_append_as_follower(future->log, &set, 1), ERROR_NONE);
	cr_assert_eq(set.status, LOG_APPEND_DONE);
	cr_expect_not(log_is_prefix(future->log, current->log), "of an epoch that it does not have");
	buffer_fini(&bytes);
	cr_assert_eq(log_truncate_to(future->log, 0, 1), ERROR_NONE);
	prepare();
	log_swap_run(&swap);
	cr_expect(log_is_prefix(swap.new, swap.old));
	end();
}

static const struct shrunk_isr_entry *
entry_in(int dir)
{
	return shrunk_isr_checkpoint_find(&fixture.dirs->dirs[dir].shrunk_isrs,
	    slice_of_text("orders"), 0);
}

/* F17: else a crash right after the move would make it forgotten. */
Test(log_swap, what_is_in_doubt_stays_so)
{
	shrunk_isr_checkpoint_set(&current->dir->shrunk_isrs, slice_of_text("orders"), 0, -1,
	    SHRUNK_ISR_NEVER);
	prepare();
	log_swap_run(&swap);
	end();
	cr_expect_null(entry_in(0));
	cr_assert_not_null(entry_in(1));
	log_dirs_fixture_stop(&fixture, false);
	start();
	cr_assert_not_null(entry_in(1));
	cr_expect_eq(entry_in(1)->end_offset, SHRUNK_ISR_NEVER);
}

/* It may go until the partition has moved, and would stay there. */
Test(log_swap, an_entry_of_a_small_isr_is_not_handed_on)
{
	shrunk_isr_checkpoint_set(&current->dir->shrunk_isrs, slice_of_text("orders"), 0, 4, 20);
	prepare();
	log_swap_run(&swap);
	end();
	cr_expect_null(entry_in(0));
	cr_expect_null(entry_in(1));
}
