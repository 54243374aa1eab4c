#include "partition/partition.h"

#include <criterion/criterion.h>

#include "tests/unit/partition/yard.h"

static struct yard yard;
static struct yard_append append, other;
static struct yard_fetch fetch;

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

TestSuite(partition, .init = set_up, .fini = tear_down);

/* ------------------------------------------------------------- who it is */

Test(partition, knows_its_name_and_takes_an_id_once)
{
	struct uuid id = { .bytes = { 1, 2, 3 } };

	cr_expect(slice_equal_text(partition_topic(yard.partition), "orders"));
	cr_expect_eq(partition_index(yard.partition), 3);
	cr_expect(uuid_is_zero(partition_topic_id(yard.partition)));
	partition_set_topic_id(yard.partition, (struct uuid){ 0 });
	cr_expect(uuid_is_zero(partition_topic_id(yard.partition)));
	partition_set_topic_id(yard.partition, id);
	cr_expect(uuid_equal(partition_topic_id(yard.partition), id));
}

Test(partition, has_kafkas_code_for_each_status)
{
	cr_expect_eq(partition_status_code(PARTITION_OK), 0);
	cr_expect_eq(partition_status_code(PARTITION_OFFSET_OUT_OF_RANGE), 1);
	cr_expect_eq(partition_status_code(PARTITION_CORRUPT_MESSAGE), 2);
	cr_expect_eq(partition_status_code(PARTITION_NOT_LEADER), 6);
	cr_expect_eq(partition_status_code(PARTITION_TIMED_OUT), 7);
	cr_expect_eq(partition_status_code(PARTITION_RECORD_LIST_TOO_LARGE), 18);
	cr_expect_eq(partition_status_code(PARTITION_NOT_ENOUGH_REPLICAS), 19);
	cr_expect_eq(partition_status_code(PARTITION_NOT_ENOUGH_REPLICAS_AFTER_APPEND), 20);
	cr_expect_eq(partition_status_code(PARTITION_OUT_OF_ORDER_SEQUENCE), 45);
	cr_expect_eq(partition_status_code(PARTITION_INVALID_PRODUCER_EPOCH), 47);
	cr_expect_eq(partition_status_code(PARTITION_STORAGE), 56);
	cr_expect_eq(partition_status_code(PARTITION_FENCED_LEADER_EPOCH), 74);
	cr_expect_eq(partition_status_code(PARTITION_UNKNOWN_LEADER_EPOCH), 75);
	cr_expect_eq(partition_status_code(PARTITION_OFFSET_NOT_AVAILABLE), 78);
	cr_expect_eq(partition_status_code(PARTITION_UNKNOWN), -1);
}

/* ------------------------------------------------------------- operations */

static void
prepare(struct yard_append *prepared, int loop, int16_t acks)
{
	yard_prepare_append(&yard, prepared, &(struct log_sample){ .records = 1 }, acks);
	prepared->tally.loop = loop;
}

Test(partition, answers_on_the_loop_that_the_operation_names)
{
	prepare(&append, 1, 1);
	yard_give_append(&append, 0);
	cr_expect_eq(append.tally.answers, 0, "a message is on its way");
	cr_expect_eq(log_end_offset(yard.log), 1);
	yard_run(&yard);
	cr_expect_eq(append.tally.answers, 1);
	prepare(&other, 1, 1);
	yard_give_append(&other, 1);
	cr_expect_eq(other.tally.answers, 1, "no hand-over when nobody is inside");
	yard_forget_append(&append);
	yard_forget_append(&other);
}

Test(partition, is_kept_by_operations_that_are_out)
{
	struct partition *partition = yard.partition;

	prepare(&append, 1, 1);
	yard_give_append(&append, 0);
	cr_expect_eq(atomic_load(&partition->holders), 2);
	yard_run(&yard);
	cr_expect_eq(atomic_load(&partition->holders), 1);
	yard_forget_append(&append);
}

static void
give_other(struct partition_operation *operation)
{
	partition_append(operation->partition, &other.append);
	cr_expect_eq(other.tally.answers, 0, "nobody steps inside of a step");
	append.tally.answers++;
}

Test(partition, takes_an_operation_from_inside_of_an_answer)
{
	prepare(&append, 0, 1);
	prepare(&other, 0, 1);
	append.append.operation.answered = give_other;
	other.append.operation.loop = yard.process.world.loops[0];
	yard_give_append(&append, 0);
	yard_run(&yard);
	cr_expect_eq(other.append.operation.status, PARTITION_OK);
	cr_expect_eq(other.append.base_offset, 1);
	yard_forget_append(&append);
	yard_forget_append(&other);
}

/* --------------------------------------------------------------- cancelling */

Test(partition, cancels_what_it_has_not_seen_yet)
{
	yard_lead(&yard, 8, 3, 2);
	prepare(&append, 1, -1);
	yard_give_append(&append, YARD_CONTROL);
	yard_cancel(&append.tally, &append.append.operation);
	cr_expect_eq(append.tally.answers, 0);
	yard_run(&yard);
	cr_expect_eq(append.append.operation.status, PARTITION_TIMED_OUT);
	cr_expect_eq(log_end_offset(yard.log), 1);
	yard_forget_append(&append);
}

Test(partition, gives_back_once_what_was_cancelled_and_answered)
{
	prepare(&append, 1, 1);
	yard_give_append(&append, YARD_CONTROL);
	yard_cancel(&append.tally, &append.append.operation);
	yard_run(&yard);
	cr_expect_eq(append.append.operation.status, PARTITION_OK, "it was answered before");
	yard_forget_append(&append);
}

Test(partition, does_not_cancel_what_is_on_its_way_back)
{
	prepare(&append, 1, 1);
	yard_give_append(&append, 0);
	yard_cancel(&append.tally, &append.append.operation);
	yard_run(&yard);
	cr_expect_eq(append.append.operation.status, PARTITION_OK);
	yard_forget_append(&append);
}

/* The answer and the cancellation are both on their way, each to the other's loop. */
Test(partition, holds_an_answer_until_the_cancellation_has_come)
{
	yard_wait_for(&yard, &fetch, 0);
	prepare(&append, 1, 1);
	yard_give_append(&append, YARD_CONTROL);
	yard_cancel(&fetch.tally, &fetch.fetch.operation);
	yard_run(&yard);
	cr_expect_eq(fetch.fetch.operation.status, PARTITION_OK);
	cr_expect_eq(yard_count(&fetch, 0), 1);
	yard_forget_append(&append);
	yard_forget_fetch(&fetch);
}

/* ------------------------------------------------------------------ faults */

Test(partition, tells_faults_together_until_they_are_heard)
{
	yard_enter(&yard, 0);
	cr_expect_eq(partition_failed(yard.partition, ERROR_IO, PARTITION_FAULT_READ),
	    PARTITION_STORAGE);
	cr_expect_eq(partition_failed(yard.partition, ERROR_NO_SPACE, PARTITION_FAULT_WRITE),
	    PARTITION_STORAGE);
	yard_leave(&yard);
	yard_run(&yard);
	cr_expect_eq(yard.fault_calls, 1);
	cr_expect_eq(yard.faults, PARTITION_FAULT_READ | PARTITION_FAULT_FULL);
	yard_enter(&yard, 0);
	(void)partition_failed(yard.partition, ERROR_TOO_MANY_FILES, PARTITION_FAULT_READ);
	yard_leave(&yard);
	yard_run(&yard);
	cr_expect_eq(yard.fault_calls, 2);
}

Test(partition, tells_no_faults_when_nobody_listens)
{
	yard_enter(&yard, 0);
	(void)partition_failed(yard.partition, ERROR_IO, PARTITION_FAULT_READ);
	yard.home->failed = NULL;
	yard_leave(&yard);
	yard_run(&yard);
	cr_expect_eq(yard.fault_calls, 0);
}
