#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/unit/partition/yard.h"

static struct yard yard;
static struct yard_list list;
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

TestSuite(partition_offsets, .init = set_up, .fini = tear_down);

static void
expect(int64_t offset, int64_t timestamp, int32_t leader_epoch)
{
	cr_expect_eq(list.tally.answers, 1);
	cr_expect_eq(list.list.operation.status, PARTITION_OK, "%d",
	    (int)list.list.operation.status);
	cr_expect_eq(list.list.found_offset, offset, "%d", (int)list.list.found_offset);
	cr_expect_eq(list.list.found_timestamp, timestamp, "%d", (int)list.list.found_timestamp);
	cr_expect_eq(list.list.found_leader_epoch, leader_epoch, "%d",
	    (int)list.list.found_leader_epoch);
}

static void
expect_refusal(enum partition_status status)
{
	cr_expect_eq(list.tally.answers, 1);
	cr_expect_eq(list.list.operation.status, status, "%d", (int)list.list.operation.status);
	cr_expect_eq(list.list.found_offset, -1);
	cr_expect_eq(list.list.found_timestamp, -1);
	cr_expect_eq(list.list.found_leader_epoch, -1);
}

static void
list_with(int64_t timestamp, enum partition_isolation isolation)
{
	yard_prepare_list(&yard, &list, timestamp);
	list.list.isolation = isolation;
	yard_give_list(&list, 0);
	yard_run(&yard);
}

/* The n-th record has the timestamp YARD_RECORD_TIME + n. */
static void
produce(int records)
{
	int64_t end = log_end_offset(yard.log);

	cr_assert_eq(yard_produce(&yard, &(struct log_sample){ .records = records,
		.timestamp = YARD_RECORD_TIME + end }), end);
}

/* ------------------------------------------------------------ known at once */

Test(partition_offsets, latest_is_what_the_reader_may_see)
{
	produce(2);
	yard_transact(&yard, 77, 0);
	yard_lead(&yard, 8, 3, 2);
	produce(1);
	list_with(PARTITION_LATEST, PARTITION_READ_UNCOMMITTED);
	expect(3, -1, 8);
	list_with(PARTITION_LATEST, PARTITION_READ_COMMITTED);
	expect(2, -1, 8);
	list_with(PARTITION_LATEST, PARTITION_READ_LOG_END);
	expect(4, -1, 8);
}

Test(partition_offsets, earliest_is_the_log_start)
{
	yard_list(&yard, &list, PARTITION_EARLIEST);
	expect(0, -1, 7);
	yard_fill(&yard, 3, 10);
	yard_lead(&yard, 9, 1, 1);
	yard_fill(&yard, 2, 10);
	yard_raise_start(&yard, 3);
	yard_list(&yard, &list, PARTITION_EARLIEST);
	expect(3, -1, 9);
	yard_list(&yard, &list, PARTITION_EARLIEST_LOCAL);
	expect(3, -1, 9);
}

Test(partition_offsets, nothing_is_tiered)
{
	produce(1);
	yard_list(&yard, &list, PARTITION_LATEST_TIERED);
	expect(-1, -1, -1);
}

/* ---------------------------------------------------------------- by time */

Test(partition_offsets, by_time_is_the_first_record_that_is_not_older)
{
	produce(3);
	yard_lead(&yard, 8, 1, 1);
	produce(3);
	yard_list(&yard, &list, 0);
	expect(0, YARD_RECORD_TIME, 7);
	yard_list(&yard, &list, YARD_RECORD_TIME + 4);
	expect(4, YARD_RECORD_TIME + 4, 8);
	yard_list(&yard, &list, YARD_RECORD_TIME + 6);
	expect(-1, -1, -1);
}

Test(partition_offsets, of_the_largest_timestamp_is_its_first_record)
{
	yard_list(&yard, &list, PARTITION_MAX_TIMESTAMP);
	expect(-1, -1, -1);
	produce(1);
	cr_assert_geq(yard_produce(&yard, &(struct log_sample){ .records = 2,
		.timestamp = YARD_RECORD_TIME + 500 }), 0);
	produce(1);
	yard_list(&yard, &list, PARTITION_MAX_TIMESTAMP);
	expect(2, YARD_RECORD_TIME + 501, 7);
}

Test(partition_offsets, by_time_tells_of_nothing_that_the_reader_may_not_see)
{
	yard_lead(&yard, 8, 3, 2);
	produce(1);
	yard_follower_has(&yard, 2, 1);
	produce(1);
	yard_list(&yard, &list, YARD_RECORD_TIME);
	expect(0, YARD_RECORD_TIME, 8);
	yard_list(&yard, &list, YARD_RECORD_TIME + 1);
	expect(-1, -1, -1);
	yard_list(&yard, &list, PARTITION_MAX_TIMESTAMP);
	expect(-1, -1, -1);
	list_with(YARD_RECORD_TIME + 1, PARTITION_READ_LOG_END);
	expect(1, YARD_RECORD_TIME + 1, 8);
}

/* ------------------------------------------------------ a new leader (KIP-207) */

Test(partition_offsets, of_the_end_are_not_told_before_all_have_what_the_epoch_began_with)
{
	yard_lead(&yard, 8, 3, 2);
	produce(2);
	yard_follower_has(&yard, 2, 1);
	yard_lead(&yard, 9, 3, 2);
	list_with(PARTITION_LATEST, PARTITION_READ_UNCOMMITTED);
	expect_refusal(PARTITION_OFFSET_NOT_AVAILABLE);
	list_with(PARTITION_LATEST, PARTITION_READ_COMMITTED);
	expect_refusal(PARTITION_OFFSET_NOT_AVAILABLE);
	list_with(PARTITION_LATEST, PARTITION_READ_LOG_END);
	expect(2, -1, 9);
	list_with(PARTITION_EARLIEST, PARTITION_READ_UNCOMMITTED);
	expect(0, -1, 8);
	yard_follower_has(&yard, 2, 2);
	list_with(PARTITION_LATEST, PARTITION_READ_UNCOMMITTED);
	expect(2, -1, 9);
}

Test(partition_offsets, by_time_are_told_when_all_have_the_record)
{
	yard_lead(&yard, 8, 3, 2);
	produce(2);
	yard_follower_has(&yard, 2, 1);
	yard_lead(&yard, 9, 3, 2);
	yard_list(&yard, &list, YARD_RECORD_TIME);
	expect(0, YARD_RECORD_TIME, 8);
	yard_list(&yard, &list, YARD_RECORD_TIME + 1);
	expect_refusal(PARTITION_OFFSET_NOT_AVAILABLE);
	yard_list(&yard, &list, YARD_RECORD_TIME + 2);
	expect_refusal(PARTITION_OFFSET_NOT_AVAILABLE);
}

/* --------------------------------------------------------------- refusals */

Test(partition_offsets, are_refused_for_another_leader_epoch)
{
	static const enum partition_status expected[] = { PARTITION_FENCED_LEADER_EPOCH,
		PARTITION_OK, PARTITION_UNKNOWN_LEADER_EPOCH };

	for (int i = 0; i < 3; i++) {
		yard_prepare_list(&yard, &list, PARTITION_LATEST);
		list.list.current_leader_epoch = 6 + i;
		yard_give_list(&list, 0);
		cr_expect_eq(list.list.operation.status, expected[i]);
	}
}

Test(partition_offsets, are_refused_by_who_does_not_lead_or_is_offline)
{
	yard_follow(&yard, 2, 8);
	yard_list(&yard, &list, PARTITION_LATEST);
	expect_refusal(PARTITION_NOT_LEADER);
	yard_lead(&yard, 9, 1, 1);
	log_set_offline(yard.log);
	yard_list(&yard, &list, PARTITION_EARLIEST);
	expect_refusal(PARTITION_STORAGE);
}

/* ------------------------------------------------------------- on a worker */

static void
fill_and_go_cold(void)
{
	yard_fill(&yard, 30, 400);
	cr_assert_gt(log_segment_count(yard.log), 2);
	yard_go_cold(&yard);
	yard.holds_work = true;
}

Test(partition_offsets, that_are_not_in_memory_are_looked_up_by_a_worker)
{
	fill_and_go_cold();
	yard_list(&yard, &(struct yard_list){ 0 }, PARTITION_LATEST);
	yard_prepare_list(&yard, &list, YARD_RECORD_TIME + 5);
	yard_give_list(&list, 0);
	yard_run(&yard);
	cr_expect_eq(list.tally.answers, 0);
	cr_expect_eq(yard_work_count(&yard), 1);
	yard_append(&yard, &append, 1, 1);
	cr_expect_eq(append.append.operation.status, PARTITION_OK, "nobody waits for it");
	yard_let_go(&yard);
	expect(5, YARD_RECORD_TIME + 5, 7);
	yard_forget_append(&append);
}

Test(partition_offsets, that_are_cancelled_bring_what_was_found)
{
	fill_and_go_cold();
	yard_prepare_list(&yard, &list, YARD_RECORD_TIME);
	yard_give_list(&list, 1);
	yard_cancel(&list.tally, &list.list.operation);
	yard_run(&yard);
	cr_expect_eq(list.tally.answers, 0);
	yard_let_go(&yard);
	expect(0, YARD_RECORD_TIME, 7);
}

Test(partition_offsets, that_cannot_be_read_are_refused_and_told)
{
	fill_and_go_cold();
	cr_assert_eq(sim_disk_break_read(yard.disk, YARD_PATH "/00000000000000000000.log", 0,
	    1 << 20), ERROR_NONE);
	yard_prepare_list(&yard, &list, YARD_RECORD_TIME + 5);
	yard_give_list(&list, 0);
	yard_let_go(&yard);
	expect_refusal(PARTITION_CORRUPT_MESSAGE);
	cr_expect_eq(yard.faults, PARTITION_FAULT_READ);
}

Test(partition_offsets, are_looked_up_again_when_the_segment_was_removed)
{
	int64_t start;

	fill_and_go_cold();
	yard_prepare_list(&yard, &list, YARD_RECORD_TIME + 1);
	yard_give_list(&list, 0);
	yard_run(&yard);
	start = yard_remove_oldest(&yard);
	yard_let_go(&yard);
	expect(start, YARD_RECORD_TIME + start, 7);
}

static void
surrendered(struct partition_operation *operation)
{
	cr_expect_eq(operation->status, PARTITION_OK);
	operation->loop = NULL;
}

Test(partition_offsets, keep_the_log_until_they_are_found)
{
	struct partition_surrender surrender = { .gone = PARTITION_STORAGE,
		.operation = { .loop = yard.process.world.control, .answered = surrendered } };

	fill_and_go_cold();
	yard_prepare_list(&yard, &list, YARD_RECORD_TIME + 5);
	yard_give_list(&list, 0);
	yard_enter(&yard, YARD_CONTROL);
	partition_surrender(yard.partition, &surrender);
	yard_leave(&yard);
	yard_run(&yard);
	cr_expect_not_null(surrender.operation.loop);
	yard_let_go(&yard);
	cr_expect_null(surrender.operation.loop);
	expect_refusal(PARTITION_STORAGE);
	log_free(surrender.log);
}

/* ------------------------------------------------------------- version 0 */

static void
list_before(int64_t timestamp, int32_t max, enum partition_isolation isolation)
{
	yard_prepare_list(&yard, &list, timestamp);
	list.list.before = true;
	list.list.max_offsets = max;
	list.list.now_ms = 1;
	list.list.isolation = isolation;
	yard_give_list(&list, 0);
	yard_run(&yard);
	cr_assert_eq(list.tally.answers, 1);
	cr_assert_eq(list.list.operation.status, PARTITION_OK);
}

static void
expect_offsets(int32_t count, int64_t first, int64_t second)
{
	cr_expect_eq(list.list.offset_count, count, "%d", list.list.offset_count);
	if (count > 0)
		cr_expect_eq(list.list.offsets[0], first);
	if (count > 1)
		cr_expect_eq(list.list.offsets[1], second);
	free(list.list.offsets);
}

Test(partition_offsets, before_a_time_are_the_end_and_where_segments_begin)
{
	produce(3);
	list_before(PARTITION_LATEST, 5, PARTITION_READ_UNCOMMITTED);
	expect_offsets(2, 3, 0);
	list_before(PARTITION_LATEST, 1, PARTITION_READ_UNCOMMITTED);
	expect_offsets(1, 3, 0);
	list_before(PARTITION_EARLIEST, 5, PARTITION_READ_UNCOMMITTED);
	expect_offsets(1, 0, 0);
	list_before(PARTITION_LATEST, 0, PARTITION_READ_UNCOMMITTED);
	expect_offsets(0, 0, 0);
}

Test(partition_offsets, before_a_time_are_not_above_the_high_watermark_for_consumers)
{
	produce(2);
	yard_lead(&yard, 8, 3, 2);
	produce(3);
	list_before(PARTITION_LATEST, 5, PARTITION_READ_UNCOMMITTED);
	expect_offsets(2, 2, 0);
	list_before(PARTITION_LATEST, 5, PARTITION_READ_LOG_END);
	expect_offsets(2, 5, 0);
}

Test(partition_offsets, before_a_time_are_the_leaders_to_tell)
{
	yard_follow(&yard, 2, 8);
	yard_prepare_list(&yard, &list, PARTITION_LATEST);
	list.list.before = true;
	list.list.max_offsets = 1;
	yard_give_list(&list, 0);
	yard_run(&yard);
	expect_refusal(PARTITION_NOT_LEADER);
	cr_expect_null(list.list.offsets);
}

/* --------------------------------------------------------- ends of leader epochs */

static struct partition_epoch_end end;
static int ends;

static void
end_answered(struct partition_operation *operation)
{
	cr_expect_eq(operation, &end.operation);
	ends++;
}

static enum partition_status
ask_for_end(int32_t epoch, int32_t current)
{
	end = (struct partition_epoch_end){ .current_leader_epoch = current,
		.leader_epoch = epoch,
		.operation = { .loop = &yard.process.loops[0]->loop, .answered = end_answered } };
	ends = 0;
	yard_enter(&yard, 0);
	partition_epoch_end(yard.partition, &end);
	yard_leave(&yard);
	yard_run(&yard);
	cr_assert_eq(ends, 1);
	return end.operation.status;
}

static void
expect_end(int32_t epoch, int32_t found, int64_t offset)
{
	cr_expect_eq(ask_for_end(epoch, -1), PARTITION_OK);
	cr_expect_eq(end.found_epoch, found, "of %d: %d", epoch, end.found_epoch);
	cr_expect_eq(end.found_end_offset, offset, "of %d: %d", epoch, (int)end.found_end_offset);
}

Test(partition_offsets, epochs_end_where_the_next_one_with_records_begins)
{
	produce(3);
	yard_lead(&yard, 9, 1, 1);
	produce(2);
	expect_end(7, 7, 3);
	expect_end(8, 7, 3);
	expect_end(9, 9, 5);
	expect_end(6, 6, 0);
	expect_end(10, -1, -1);
	expect_end(-1, -1, -1);
}

Test(partition_offsets, the_end_of_an_epoch_is_told_in_the_right_epoch_by_the_leader_alone)
{
	cr_expect_eq(ask_for_end(7, 7), PARTITION_OK);
	cr_expect_eq(ask_for_end(7, 6), PARTITION_FENCED_LEADER_EPOCH);
	cr_expect_eq(end.found_end_offset, -1);
	cr_expect_eq(ask_for_end(7, 8), PARTITION_UNKNOWN_LEADER_EPOCH);
	yard_follow(&yard, 2, 8);
	cr_expect_eq(ask_for_end(7, 8), PARTITION_NOT_LEADER);
}

Test(partition_offsets, any_replica_is_asked_by_who_says_so)
{
	produce(3);
	yard_follow(&yard, 2, 8);
	list_with(PARTITION_LATEST, PARTITION_READ_LOG_END);
	expect_refusal(PARTITION_NOT_LEADER);
	yard_prepare_list(&yard, &list, PARTITION_LATEST);
	list.list.isolation = PARTITION_READ_LOG_END;
	list.list.any_replica = true;
	yard_give_list(&list, 0);
	yard_run(&yard);
	expect(3, -1, 7);
}

/* What the controller compares (F17): an epoch in which nothing was written says nothing. */
Test(partition_offsets, of_any_replica_the_last_epoch_is_that_of_its_last_record)
{
	produce(3);
	yard_lead(&yard, 9, 1, 1);
	yard_prepare_list(&yard, &list, PARTITION_LATEST);
	list.list.isolation = PARTITION_READ_LOG_END;
	list.list.any_replica = true;
	yard_give_list(&list, 0);
	yard_run(&yard);
	expect(3, -1, 7);
}
