/* Fetches that a worker has to read for, and those of read_committed. */
#include <criterion/criterion.h>

#include "tests/unit/partition/yard.h"

static struct yard yard;
static struct yard_fetch fetches[4];
static struct yard_append append;

static void
set_up(void)
{
	yard_init(&yard);
	yard_open(&yard);
	yard_lead(&yard, 7, 1, 1);
}

static void
tear_down(void)
{
	yard_fini(&yard);
}

TestSuite(partition_fetch_cold, .init = set_up, .fini = tear_down);

static void
expect_status(int number, enum partition_status status)
{
	cr_expect_eq(fetches[number].tally.answers, 1, "number %d", number);
	cr_expect_eq(fetches[number].fetch.operation.status, status, "number %d: %d", number,
	    (int)fetches[number].fetch.operation.status);
}

static void
expect_records(int number, int64_t base_offset, int count)
{
	expect_status(number, PARTITION_OK);
	cr_expect_eq(yard_count(&fetches[number], base_offset), count);
}

/* Several segments, none of it in memory, and workers that wait. */
static void
fill_and_go_cold(void)
{
	yard_fill(&yard, 30, 400);
	cr_assert_gt(log_segment_count(yard.log), 2);
	yard_go_cold(&yard);
	yard.holds_work = true;
}

/* ------------------------------------------------------------- cold reads */

Test(partition_fetch_cold, is_read_by_a_worker)
{
	fill_and_go_cold();
	yard_fetch(&yard, &fetches[0], 0);
	cr_expect_eq(fetches[0].tally.answers, 0);
	cr_expect_eq(yard_work_count(&yard), 1);
	yard_let_go(&yard);
	expect_status(0, PARTITION_OK);
	cr_expect_gt(yard_count(&fetches[0], 0), 1);
	cr_expect_eq(fetches[0].fetch.high_watermark, 30);
	yard_forget_fetch(&fetches[0]);
}

/* F23 */
Test(partition_fetch_cold, a_follower_that_waits_for_the_disk_does_not_lag)
{
	enum { LAG_US = 1000 * 1000 };

	fill_and_go_cold();
	yard.partition->leader.max_lag_us = LAG_US;
	yard_lead(&yard, 8, 2, 2);
	yard_prepare_follow(&yard, &fetches[0], 2, 0);
	yard_give_fetch(&fetches[0], 0);
	yard_run(&yard);
	yard_elapse(&yard, 3 * LAG_US);
	yard_check_isr(&yard);
	cr_expect_eq(yard.isr_change_count, 0);
	yard_let_go(&yard);
	expect_status(0, PARTITION_OK);
	yard_check_isr(&yard);
	cr_expect_eq(yard.isr_change_count, 0);
	yard_elapse(&yard, LAG_US + 1);
	yard_check_isr(&yard);
	cr_expect_eq(yard.isr_change_count, 1);
	yard_forget_fetch(&fetches[0]);
}

Test(partition_fetch_cold, keeps_nobody_else_from_the_partition)
{
	fill_and_go_cold();
	yard_fetch(&yard, &fetches[0], 0);
	yard_append(&yard, &append, 1, -1);
	cr_expect_eq(append.append.operation.status, PARTITION_OK);
	cr_expect_eq(append.append.base_offset, 30);
	yard_wait_for(&yard, &fetches[1], 31);
	yard_fill(&yard, 1, 10);
	expect_records(1, 31, 1);
	cr_expect_eq(fetches[0].tally.answers, 0);
	yard_let_go(&yard);
	expect_status(0, PARTITION_OK);
	cr_expect_eq(fetches[0].fetch.high_watermark, 32, "as of its answer");
	yard_forget_append(&append);
	yard_forget_fetch(&fetches[0]);
	yard_forget_fetch(&fetches[1]);
}

Test(partition_fetch_cold, goes_on_in_the_next_segment_where_one_has_nothing)
{
	struct disk_file *file;
	int64_t size;

	yard_fill(&yard, 20, 400);
	yard_close(&yard);
	/* Compaction has taken the last batches of the first segment. */
	yard_enter(&yard, YARD_CONTROL);
	cr_assert_eq(disk_open(yard.process.world.disk, YARD_PATH "/00000000000000000000.log",
	    DISK_READ | DISK_WRITE, &file), ERROR_NONE);
	cr_assert_eq(disk_size(file, &size), ERROR_NONE);
	cr_assert_eq(disk_truncate(file, size - 2 * (size / 8)), ERROR_NONE);
	cr_assert_eq(disk_close(file), ERROR_NONE);
	yard_leave(&yard);
	yard.options.clean_shutdown = true;
	yard.options.high_watermark = 20;
	yard_open(&yard);
	yard_lead(&yard, 8, 1, 1);
	yard_go_cold(&yard);
	yard_fetch(&yard, &fetches[0], 6);
	expect_status(0, PARTITION_OK);
	cr_expect_gt(yard_count(&fetches[0], 8), 1);
	yard_forget_fetch(&fetches[0]);
}

Test(partition_fetch_cold, is_refused_when_the_leader_has_resigned_meanwhile)
{
	fill_and_go_cold();
	yard.holds_results = true;
	yard_fetch(&yard, &fetches[0], 0);
	yard_let_work(&yard);
	yard_follow(&yard, 2, 9);
	cr_expect_eq(fetches[0].tally.answers, 0);
	yard_let_go(&yard);
	expect_status(0, PARTITION_NOT_LEADER);
	cr_expect_null(fetches[0].fetch.slice.segment);
	cr_expect_eq(fetches[0].fetch.high_watermark, -1);
	yard_forget_fetch(&fetches[0]);
}

Test(partition_fetch_cold, that_is_cancelled_gets_what_was_read)
{
	fill_and_go_cold();
	yard_fetch(&yard, &fetches[0], 0);
	yard_cancel(&fetches[0].tally, &fetches[0].fetch.operation);
	yard_run(&yard);
	cr_expect_eq(fetches[0].tally.answers, 0, "the worker has it");
	yard_let_go(&yard);
	expect_status(0, PARTITION_OK);
	cr_expect_gt(yard_count(&fetches[0], 0), 1);
	yard_forget_fetch(&fetches[0]);
}

static void
surrendered(struct partition_operation *operation)
{
	cr_expect_eq(operation->status, PARTITION_OK);
	operation->loop = NULL;
}

Test(partition_fetch_cold, keeps_the_log_until_it_is_done)
{
	struct partition_surrender surrender = { .gone = PARTITION_STORAGE,
		.operation = { .loop = yard.process.world.control, .answered = surrendered } };

	fill_and_go_cold();
	yard_fetch(&yard, &fetches[0], 0);
	yard_enter(&yard, YARD_CONTROL);
	partition_surrender(yard.partition, &surrender);
	yard_leave(&yard);
	yard_run(&yard);
	cr_expect_not_null(surrender.operation.loop, "a worker reads");
	yard_let_go(&yard);
	cr_expect_null(surrender.operation.loop);
	cr_expect_eq(surrender.log, yard.log);
	expect_status(0, PARTITION_STORAGE);
	log_free(surrender.log);
	yard_forget_fetch(&fetches[0]);
}

Test(partition_fetch_cold, that_cannot_be_read_is_refused_and_told)
{
	fill_and_go_cold();
	cr_assert_eq(sim_disk_break_read(yard.disk, YARD_PATH "/00000000000000000000.log", 0,
	    1 << 20), ERROR_NONE);
	yard_fetch(&yard, &fetches[0], 0);
	yard_fetch(&yard, &fetches[1], 20);
	yard_let_go(&yard);
	expect_status(0, PARTITION_CORRUPT_MESSAGE);
	cr_expect_null(fetches[0].fetch.slice.segment);
	expect_status(1, PARTITION_OK);
	cr_expect_eq(yard.faults, PARTITION_FAULT_READ);
	cr_expect_eq(log_state(yard.log), ERROR_NONE);
	yard_append(&yard, &append, 1, 1);
	cr_expect_eq(append.append.operation.status, PARTITION_OK);
	yard_forget_append(&append);
	yard_forget_fetch(&fetches[0]);
	yard_forget_fetch(&fetches[1]);
}

Test(partition_fetch_cold, is_out_of_range_when_its_segment_was_removed_meanwhile)
{
	fill_and_go_cold();
	yard_fetch(&yard, &fetches[0], 0);
	cr_assert_gt(yard_remove_oldest(&yard), 0);
	yard_let_go(&yard);
	expect_status(0, PARTITION_OFFSET_OUT_OF_RANGE);
	cr_expect_eq(yard.faults, 0);
	yard_forget_fetch(&fetches[0]);
}

/* ---------------------------------------------------------- read_committed */

static void
fetch_committed(int number, int64_t offset, bool wait)
{
	yard_prepare_fetch(&yard, &fetches[number], offset);
	fetches[number].fetch.isolation = PARTITION_READ_COMMITTED;
	fetches[number].fetch.wait = wait;
	yard_give_fetch(&fetches[number], 0);
	yard_run(&yard);
}

Test(partition_fetch_cold, shows_nothing_undecided)
{
	yard_fill(&yard, 1, 10);
	yard_transact(&yard, 77, 0);
	yard_fill(&yard, 1, 10);
	fetch_committed(0, 0, false);
	expect_records(0, 0, 1);
	cr_expect_eq(fetches[0].fetch.last_stable_offset, 1);
	cr_expect_eq(fetches[0].fetch.high_watermark, 3);
	cr_expect_eq(fetches[0].fetch.aborted_count, 0);
	fetch_committed(1, 1, true);
	cr_expect_eq(fetches[1].tally.answers, 0);
	yard_end_transaction(&yard, 77, CONTROL_RECORD_COMMIT);
	expect_records(1, 1, 3);
	cr_expect_eq(fetches[1].fetch.last_stable_offset, 4);
	yard_forget_fetch(&fetches[0]);
	yard_forget_fetch(&fetches[1]);
}

/* 0: aborted transaction of 77, 1: of 88, 2 and 3: the markers. */
static void
abort_two(void)
{
	yard_transact(&yard, 77, 0);
	yard_transact(&yard, 88, 0);
	yard_end_transaction(&yard, 77, CONTROL_RECORD_ABORT);
	yard_end_transaction(&yard, 88, CONTROL_RECORD_ABORT);
}

Test(partition_fetch_cold, names_the_transactions_that_were_aborted)
{
	abort_two();
	fetch_committed(0, 0, false);
	expect_records(0, 0, 4);
	cr_assert_eq(fetches[0].fetch.aborted_count, 2);
	cr_expect_eq(fetches[0].fetch.aborted[0].producer_id, 77);
	cr_expect_eq(fetches[0].fetch.aborted[0].first_offset, 0);
	cr_expect_eq(fetches[0].fetch.aborted[1].producer_id, 88);
	cr_expect_eq(fetches[0].fetch.aborted[1].first_offset, 1);
	yard_fetch(&yard, &fetches[1], 0);
	cr_expect_eq(fetches[1].fetch.aborted_count, 0, "whoever does not ask is told nothing");
	yard_forget_fetch(&fetches[0]);
	yard_forget_fetch(&fetches[1]);
}

/* The index of transactions is not in memory either: a worker needs the log alone. */
Test(partition_fetch_cold, lets_others_wait_while_a_worker_has_the_log_alone)
{
	abort_two();
	fill_and_go_cold();
	fetch_committed(0, 0, false);
	fetch_committed(1, 0, false);
	yard_let_work(&yard);
	yard_run(&yard);
	cr_assert_eq(yard_work_count(&yard), 1, "the log alone");
	yard_append(&yard, &append, 1, 1);
	yard_fetch(&yard, &fetches[2], 20);
	cr_expect_eq(append.tally.answers, 0);
	cr_expect_eq(fetches[2].tally.answers, 0);
	yard_let_go(&yard);
	for (int i = 0; i < 2; i++) {
		expect_status(i, PARTITION_OK);
		cr_expect_eq(fetches[i].fetch.aborted_count, 2);
	}
	cr_expect_eq(append.append.operation.status, PARTITION_OK);
	expect_status(2, PARTITION_OK);
	cr_expect_lt(fetches[0].tally.order, append.tally.order);
	cr_expect_lt(append.tally.order, fetches[2].tally.order);
	yard_forget_append(&append);
	for (int i = 0; i < 3; i++)
		yard_forget_fetch(&fetches[i]);
}

Test(partition_fetch_cold, does_not_show_what_was_aborted_when_its_index_is_gone)
{
	abort_two();
	fill_and_go_cold();
	yard.holds_results = true;
	fetch_committed(0, 0, false);
	yard_let_work(&yard);
	cr_assert_gt(yard_remove_oldest(&yard), 0);
	yard_let_go(&yard);
	expect_status(0, PARTITION_OFFSET_OUT_OF_RANGE);
	cr_expect_null(fetches[0].fetch.slice.segment);
	yard_forget_fetch(&fetches[0]);
}
