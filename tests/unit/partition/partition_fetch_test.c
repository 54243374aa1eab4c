#include <criterion/criterion.h>

#include "tests/unit/partition/yard.h"

static struct yard yard;
static struct yard_fetch fetches[8];

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

TestSuite(partition_fetch, .init = set_up, .fini = tear_down);

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

static void
expect_nothing(int number, enum partition_status status)
{
	expect_status(number, status);
	cr_expect_null(fetches[number].fetch.slice.segment);
	cr_expect_eq(fetches[number].fetch.high_watermark, -1);
	cr_expect_eq(fetches[number].fetch.last_stable_offset, -1);
	cr_expect_eq(fetches[number].fetch.log_start_offset, -1);
}

static void
forget(int count)
{
	for (int i = 0; i < count; i++)
		yard_forget_fetch(&fetches[i]);
}

static void
produce(int records)
{
	cr_assert_geq(yard_produce(&yard, &(struct log_sample){ .records = records }), 0);
}

/* ---------------------------------------------------------------- reading */

Test(partition_fetch, gives_what_is_there_at_once)
{
	produce(2);
	produce(3);
	yard_prepare_fetch(&yard, &fetches[0], 0);
	yard_give_fetch(&fetches[0], 0);
	expect_records(0, 0, 5);
	cr_expect_eq(fetches[0].fetch.high_watermark, 5);
	cr_expect_eq(fetches[0].fetch.last_stable_offset, 5);
	cr_expect_eq(fetches[0].fetch.log_start_offset, 0);
	cr_expect_eq(fetches[0].fetch.operation.leader_epoch, 7);
	forget(1);
}

Test(partition_fetch, gives_whole_batches_from_that_of_the_offset_on)
{
	produce(2);
	produce(3);
	yard_fetch(&yard, &fetches[0], 3);
	expect_records(0, 2, 3);
	forget(1);
}

Test(partition_fetch, gives_nothing_at_the_end)
{
	produce(2);
	yard_fetch(&yard, &fetches[0], 2);
	expect_records(0, 0, 0);
	cr_expect_eq(fetches[0].fetch.high_watermark, 2);
	forget(1);
}

Test(partition_fetch, gives_no_more_than_was_asked_for)
{
	int64_t first_size;

	produce(1);
	produce(1);
	yard_prepare_fetch(&yard, &fetches[0], 0);
	fetches[0].fetch.max_bytes = 1;
	yard_give_fetch(&fetches[0], 0);
	expect_records(0, 0, 1);
	first_size = fetches[0].fetch.slice.size;
	yard_prepare_fetch(&yard, &fetches[1], 0);
	fetches[1].fetch.max_bytes = first_size + 1;
	yard_give_fetch(&fetches[1], 0);
	expect_status(1, PARTITION_OK);
	cr_expect_eq(fetches[1].fetch.slice.size, first_size + 1);
	forget(2);
}

Test(partition_fetch, gives_no_part_of_nothing_when_nothing_is_allowed)
{
	produce(1);
	yard_prepare_fetch(&yard, &fetches[0], 0);
	fetches[0].fetch.max_bytes = 0;
	fetches[0].fetch.at_least_one = false;
	yard_give_fetch(&fetches[0], 0);
	expect_records(0, 0, 0);
	forget(1);
}

Test(partition_fetch, shows_what_all_in_sync_have)
{
	yard_lead(&yard, 8, 3, 2);
	produce(1);
	produce(1);
	yard_follower_has(&yard, 2, 1);
	yard_fetch(&yard, &fetches[0], 0);
	expect_records(0, 0, 1);
	cr_expect_eq(fetches[0].fetch.high_watermark, 1);
	yard_fetch(&yard, &fetches[1], 1);
	expect_records(1, 0, 0);
	yard_fetch(&yard, &fetches[2], 2);
	expect_records(2, 0, 0);
	yard_prepare_fetch(&yard, &fetches[3], 0);
	fetches[3].fetch.isolation = PARTITION_READ_LOG_END;
	yard_give_fetch(&fetches[3], 0);
	expect_records(3, 0, 2);
	forget(4);
}

/* ---------------------------------------------------------------- refusals */

Test(partition_fetch, is_refused_outside_of_the_log)
{
	yard_fill(&yard, 5, 10);
	yard_raise_start(&yard, 3);
	yard_fetch(&yard, &fetches[0], 2);
	expect_nothing(0, PARTITION_OFFSET_OUT_OF_RANGE);
	yard_fetch(&yard, &fetches[1], 3);
	expect_records(1, 3, 2);
	cr_expect_eq(fetches[1].fetch.log_start_offset, 3);
	yard_wait_for(&yard, &fetches[2], 6);
	expect_nothing(2, PARTITION_OFFSET_OUT_OF_RANGE);
	forget(3);
}

Test(partition_fetch, is_refused_for_another_leader_epoch)
{
	static const enum partition_status expected[] = { PARTITION_FENCED_LEADER_EPOCH,
		PARTITION_OK, PARTITION_UNKNOWN_LEADER_EPOCH };

	for (int i = 0; i < 3; i++) {
		yard_prepare_fetch(&yard, &fetches[i], 0);
		fetches[i].fetch.current_leader_epoch = 6 + i;
		yard_give_fetch(&fetches[i], 0);
		expect_status(i, expected[i]);
	}
	forget(3);
}

Test(partition_fetch, is_refused_by_who_does_not_lead)
{
	produce(1);
	yard_follow(&yard, 2, 9);
	yard_fetch(&yard, &fetches[0], 0);
	expect_nothing(0, PARTITION_NOT_LEADER);
	cr_expect_eq(fetches[0].fetch.operation.leader, 2);
	forget(1);
}

Test(partition_fetch, is_refused_when_the_log_is_offline)
{
	produce(1);
	log_set_offline(yard.log);
	yard_wait_for(&yard, &fetches[0], 0);
	expect_nothing(0, PARTITION_STORAGE);
	forget(1);
}

/* ------------------------------------------------------------- divergence */

Test(partition_fetch, tells_where_a_readers_log_and_this_one_part)
{
	produce(3);
	yard_lead(&yard, 9, 1, 1);
	produce(2);
	for (int i = 0; i < 4; i++)
		yard_prepare_fetch(&yard, &fetches[i], 4);
	fetches[0].fetch.last_fetched_epoch = 7; /* which ended at 3 */
	fetches[1].fetch.last_fetched_epoch = 8; /* which there is not */
	fetches[2].fetch.last_fetched_epoch = 9;
	fetches[3].fetch.last_fetched_epoch = 10; /* of which nobody knows */
	for (int i = 0; i < 4; i++)
		yard_give_fetch(&fetches[i], 0);
	for (int i = 0; i < 2; i++) {
		expect_records(i, 0, 0);
		cr_expect_eq(fetches[i].fetch.diverging_epoch, 7);
		cr_expect_eq(fetches[i].fetch.diverging_end_offset, 3);
		cr_expect_eq(fetches[i].fetch.high_watermark, 5);
	}
	expect_records(2, 3, 2);
	cr_expect_eq(fetches[2].fetch.diverging_epoch, -1);
	expect_nothing(3, PARTITION_OFFSET_OUT_OF_RANGE);
	forget(4);
}

Test(partition_fetch, that_has_parted_does_not_wait)
{
	produce(3);
	yard_lead(&yard, 9, 1, 1);
	yard_prepare_fetch(&yard, &fetches[0], 5);
	fetches[0].fetch.last_fetched_epoch = 7;
	fetches[0].fetch.wait = true;
	yard_give_fetch(&fetches[0], 0);
	expect_status(0, PARTITION_OK);
	cr_expect_eq(fetches[0].fetch.diverging_end_offset, 3);
	forget(1);
}

/* ----------------------------------------------------------------- waiting */

Test(partition_fetch, waits_for_an_append)
{
	produce(2);
	yard_wait_for(&yard, &fetches[0], 2);
	cr_expect_eq(fetches[0].tally.answers, 0);
	cr_expect_eq(fetches[0].fetch.high_watermark, 2);
	cr_expect_eq(fetches[0].fetch.log_start_offset, 0);
	produce(1);
	expect_records(0, 2, 1);
	cr_expect_eq(fetches[0].fetch.high_watermark, 3);
	forget(1);
}

Test(partition_fetch, is_woken_with_all_others_by_one_append)
{
	for (int i = 0; i < 8; i++) {
		yard_prepare_fetch(&yard, &fetches[i], 0);
		fetches[i].tally.loop = i % YARD_LOOPS;
		fetches[i].fetch.wait = true;
		yard_give_fetch(&fetches[i], i % YARD_LOOPS);
	}
	yard_run(&yard);
	produce(1);
	for (int i = 0; i < 8; i++)
		expect_records(i, 0, 1);
	cr_expect_lt(fetches[0].tally.order, fetches[6].tally.order, "oldest first");
	cr_expect_lt(fetches[1].tally.order, fetches[7].tally.order, "oldest first");
	forget(8);
}

/* Whichever of the two the partition sees first. */
Test(partition_fetch, misses_no_append_that_comes_beside_it)
{
	struct yard_append append;

	for (int i = 0; i < 2; i++) {
		yard_prepare_append(&yard, &append, &(struct log_sample){ .records = 1 }, 1);
		yard_prepare_fetch(&yard, &fetches[i], i);
		fetches[i].fetch.wait = true;
		if (i == 0)
			yard_give_fetch(&fetches[i], YARD_CONTROL);
		yard_give_append(&append, YARD_CONTROL);
		if (i == 1)
			yard_give_fetch(&fetches[i], YARD_CONTROL);
		yard_run(&yard);
		expect_records(i, i, 1);
		yard_forget_append(&append);
	}
	forget(2);
}

Test(partition_fetch, is_not_woken_before_all_in_sync_have_it)
{
	yard_lead(&yard, 8, 3, 2);
	yard_wait_for(&yard, &fetches[0], 0);
	yard_prepare_fetch(&yard, &fetches[1], 0);
	fetches[1].fetch.isolation = PARTITION_READ_LOG_END;
	fetches[1].fetch.wait = true;
	yard_give_fetch(&fetches[1], 0);
	produce(1);
	cr_expect_eq(fetches[0].tally.answers, 0);
	expect_records(1, 0, 1);
	yard_follower_has(&yard, 2, 1);
	expect_records(0, 0, 1);
	forget(2);
}

Test(partition_fetch, that_waits_is_answered_when_the_leader_resigns)
{
	yard_wait_for(&yard, &fetches[0], 0);
	yard_follow(&yard, 3, 8);
	expect_nothing(0, PARTITION_NOT_LEADER);
	cr_expect_eq(fetches[0].fetch.operation.leader, 3);
	cr_expect_eq(fetches[0].fetch.operation.leader_epoch, 8);
	forget(1);
}

Test(partition_fetch, that_waits_is_answered_when_the_partition_goes)
{
	yard_wait_for(&yard, &fetches[0], 0);
	yard_close(&yard);
	expect_nothing(0, PARTITION_NOT_LEADER);
	forget(1);
}

Test(partition_fetch, that_waits_and_is_cancelled_is_given_back_empty)
{
	produce(1);
	yard_wait_for(&yard, &fetches[0], 1);
	yard_cancel(&fetches[0].tally, &fetches[0].fetch.operation);
	yard_run(&yard);
	expect_status(0, PARTITION_TIMED_OUT);
	cr_expect_null(fetches[0].fetch.slice.segment);
	cr_expect_eq(fetches[0].fetch.high_watermark, 1, "as of when it was parked");
	produce(1);
	cr_expect_eq(fetches[0].tally.answers, 1);
	forget(1);
}

/* A compaction may have left nothing at the end: then an empty segment begins higher. */
static void
end_with_a_gap(void)
{
	struct disk_file *file;

	produce(2);
	yard_close(&yard);
	yard_enter(&yard, YARD_CONTROL);
	cr_assert_eq(disk_open(yard.process.world.disk, YARD_PATH "/00000000000000000007.log",
	    DISK_CREATE | DISK_WRITE, &file), ERROR_NONE);
	cr_assert_eq(disk_close(file), ERROR_NONE);
	yard_leave(&yard);
	yard.options.clean_shutdown = true;
	yard.options.high_watermark = 7;
	yard_open(&yard);
	yard_lead(&yard, 8, 1, 1);
	cr_assert_eq(log_end_offset(yard.log), 7);
	cr_assert_eq(log_high_watermark(yard.log), 7);
}

Test(partition_fetch, waits_where_there_is_nothing_up_to_the_end_of_the_log)
{
	end_with_a_gap();
	yard_wait_for(&yard, &fetches[0], 4);
	yard_wait_for(&yard, &fetches[1], 5);
	cr_expect_eq(fetches[0].tally.answers, 0);
	yard_fetch(&yard, &fetches[2], 4);
	expect_records(2, 0, 0);
	yard_configure(&yard); /* which wakes those that have something to read */
	cr_expect_eq(fetches[0].tally.answers, 0);
	produce(1);
	expect_records(0, 7, 1);
	expect_records(1, 7, 1);
	forget(3);
}

Test(partition_fetch, misses_no_append_that_comes_while_a_worker_finds_nothing)
{
	struct yard_append append;

	end_with_a_gap();
	yard.files.limit = 1;
	yard_fetch(&yard, &fetches[0], 0); /* the other segment's file is closed for this one */
	yard_forget_fetch(&fetches[0]);
	yard.holds_work = yard.holds_results = true;
	yard_wait_for(&yard, &fetches[0], 4);
	cr_assert_eq(yard_work_count(&yard), 1);
	yard_let_work(&yard);
	yard_append(&yard, &append, 1, 1);
	cr_assert_eq(fetches[0].tally.answers, 0);
	yard_let_go(&yard);
	expect_records(0, 7, 1);
	yard_forget_append(&append);
	forget(1);
}

/* --------------------------------------------------------------- followers */

static void
follow(int number, int32_t replica, int64_t offset)
{
	yard_prepare_follow(&yard, &fetches[number], replica, offset);
	yard_give_fetch(&fetches[number], 0);
	yard_run(&yard);
}

static void
follow_and_wait(int number, int32_t replica, int64_t offset)
{
	yard_prepare_follow(&yard, &fetches[number], replica, offset);
	fetches[number].fetch.wait = true;
	yard_give_fetch(&fetches[number], 0);
	yard_run(&yard);
}

Test(partition_fetch, a_follower_reads_to_the_log_end)
{
	yard_lead(&yard, 8, 2, 2);
	produce(2);
	follow(0, 2, 0);
	expect_records(0, 0, 2);
	cr_expect_eq(fetches[0].fetch.high_watermark, 0);
	forget(1);
}

Test(partition_fetch, a_follower_tells_what_it_has)
{
	struct yard_append append;

	yard_lead(&yard, 8, 2, 2);
	yard_append(&yard, &append, 2, -1);
	yard_wait_for(&yard, &fetches[0], 0);
	follow(1, 2, 1);
	cr_expect_eq(append.tally.answers, 0);
	cr_expect_eq(fetches[1].fetch.high_watermark, 1);
	follow(2, 2, 2);
	expect_records(2, 0, 0);
	cr_expect_eq(fetches[2].fetch.high_watermark, 2, "it is told at once");
	cr_expect_eq(append.append.operation.status, PARTITION_OK);
	cr_expect_eq(fetches[0].tally.answers, 1, "a consumer sees it");
	yard_forget_append(&append);
	forget(3);
}

Test(partition_fetch, a_parked_follower_hears_of_a_higher_high_watermark)
{
	yard_lead(&yard, 8, 3, 3);
	produce(2);
	follow_and_wait(0, 2, 2);
	cr_expect_eq(fetches[0].tally.answers, 0);
	follow_and_wait(1, 3, 2);
	expect_records(0, 0, 0);
	cr_expect_eq(fetches[0].fetch.high_watermark, 2);
	expect_records(1, 0, 0);
	cr_expect_eq(fetches[1].fetch.high_watermark, 2, "also the one that has moved it");
	forget(2);
}

Test(partition_fetch, a_follower_that_knows_an_older_high_watermark_does_not_wait)
{
	yard_lead(&yard, 8, 2, 2);
	produce(2);
	follow(0, 2, 2);
	yard_prepare_follow(&yard, &fetches[1], 2, 2);
	fetches[1].fetch.wait = true;
	fetches[1].fetch.known_high_watermark = 1;
	yard_give_fetch(&fetches[1], 0);
	yard_run(&yard);
	expect_records(1, 0, 0);
	cr_expect_eq(fetches[1].fetch.high_watermark, 2);
	follow_and_wait(2, 2, 2);
	cr_expect_eq(fetches[2].tally.answers, 0, "nothing is new for this one");
	produce(1);
	expect_records(2, 2, 1);
	forget(3);
}

Test(partition_fetch, who_is_not_assigned_is_refused)
{
	yard_lead(&yard, 8, 2, 2);
	produce(1);
	follow(0, 3, 0);
	expect_nothing(0, PARTITION_UNKNOWN_LEADER_EPOCH);
	yard_prepare_follow(&yard, &fetches[1], 3, 0);
	fetches[1].fetch.current_leader_epoch = -1;
	yard_give_fetch(&fetches[1], 0);
	expect_nothing(1, PARTITION_NOT_LEADER);
	forget(2);
}

/* F18: one that was sent before its broker was started anew. */
Test(partition_fetch, an_earlier_life_of_a_follower_is_refused)
{
	yard_lead(&yard, 8, 2, 2);
	produce(1);
	follow(0, 2, 0);
	yard_prepare_follow(&yard, &fetches[1], 2, 1);
	fetches[1].fetch.replica_epoch = 499;
	yard_give_fetch(&fetches[1], 0);
	expect_nothing(1, PARTITION_NOT_LEADER);
	cr_expect_eq(yard.partition->leader.others[0].end_offset, 0);
	forget(2);
}

Test(partition_fetch, a_follower_of_another_epoch_tells_nothing)
{
	yard_lead(&yard, 8, 2, 2);
	produce(1);
	yard_prepare_follow(&yard, &fetches[0], 2, 1);
	fetches[0].fetch.current_leader_epoch = 7;
	yard_give_fetch(&fetches[0], 0);
	expect_nothing(0, PARTITION_FENCED_LEADER_EPOCH);
	cr_expect_eq(log_high_watermark(yard.log), 0);
	forget(1);
}

/* What it has may not be what this log has. */
Test(partition_fetch, a_follower_whose_log_parts_tells_nothing)
{
	produce(1);
	yard_lead(&yard, 8, 2, 2);
	produce(1);
	yard_prepare_follow(&yard, &fetches[0], 2, 2);
	fetches[0].fetch.last_fetched_epoch = 7;
	yard_give_fetch(&fetches[0], 0);
	yard_run(&yard);
	expect_records(0, 0, 0);
	cr_expect_eq(fetches[0].fetch.diverging_epoch, 7);
	cr_expect_eq(fetches[0].fetch.diverging_end_offset, 1);
	cr_expect_eq(log_high_watermark(yard.log), 1);
	cr_expect_eq(yard.partition->leader.others[0].end_offset, LEADER_OFFSET_UNKNOWN);
	forget(1);
}

Test(partition_fetch, a_follower_beyond_the_log_tells_nothing)
{
	yard_lead(&yard, 8, 2, 2);
	produce(1);
	follow(0, 2, 2);
	expect_nothing(0, PARTITION_OFFSET_OUT_OF_RANGE);
	cr_expect_eq(log_high_watermark(yard.log), 0);
	forget(1);
}

/* Tools look at each replica by itself. */
Test(partition_fetch, any_replica_is_read_by_who_says_so)
{
	produce(2);
	yard_follow(&yard, 2, 8);
	for (int i = 0; i < 3; i++) {
		yard_prepare_fetch(&yard, &fetches[i], 0);
		fetches[i].fetch.isolation = PARTITION_READ_LOG_END;
		fetches[i].fetch.any_replica = i > 0;
		fetches[i].fetch.current_leader_epoch = i < 2 ? 8 : 7;
		yard_give_fetch(&fetches[i], 0);
	}
	expect_nothing(0, PARTITION_NOT_LEADER);
	expect_records(1, 0, 2);
	expect_nothing(2, PARTITION_FENCED_LEADER_EPOCH);
	forget(3);
}

/* It may have lost the end of its log (F17): out of range is not for it to say. */
Test(partition_fetch, who_knows_no_leader_tells_a_consumer_nothing)
{
	produce(2);
	yard_follow(&yard, LEADER_NONE, 8);
	for (int i = 0; i < 2; i++) {
		yard_prepare_fetch(&yard, &fetches[i], i == 0 ? 9 : 0);
		fetches[i].fetch.isolation = i == 0 ? PARTITION_READ_UNCOMMITTED : PARTITION_READ_LOG_END;
		fetches[i].fetch.any_replica = true;
		fetches[i].fetch.current_leader_epoch = 8;
		yard_give_fetch(&fetches[i], 0);
	}
	expect_nothing(0, PARTITION_NOT_LEADER);
	expect_records(1, 0, 2);
	forget(2);
}
