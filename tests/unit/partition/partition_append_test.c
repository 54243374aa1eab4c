#include <criterion/criterion.h>

#include "tests/unit/partition/yard.h"
#include "wire/batch.h"

static struct yard yard;
static struct yard_append appends[100];

static void
set_up(void)
{
	yard_init(&yard);
	yard.config.log.index_interval_bytes = 1 << 20; /* a write more for an entry */
	yard_open(&yard);
	yard_lead(&yard, 7, 1, 1);
}

static void
tear_down(void)
{
	yard_fini(&yard);
}

TestSuite(partition_append, .init = set_up, .fini = tear_down);

/* Given from the control loop, which may not step the partition: they gather. */
static void
give_together(int count, int records, int16_t acks)
{
	for (int i = 0; i < count; i++) {
		struct log_sample sample = { .records = records };

		yard_prepare_append(&yard, &appends[i], &sample, acks);
		appends[i].tally.loop = i % YARD_LOOPS;
		yard_give_append(&appends[i], YARD_CONTROL);
	}
}

static void
forget(int count)
{
	for (int i = 0; i < count; i++)
		yard_forget_append(&appends[i]);
}

static void
expect_status(int number, enum partition_status status)
{
	cr_expect_eq(appends[number].tally.answers, 1, "number %d", number);
	cr_expect_eq(appends[number].append.operation.status, status, "number %d: %d", number,
	    (int)appends[number].append.operation.status);
}

static int64_t
produce_as(int64_t producer_id, int16_t epoch, int32_t sequence)
{
	return yard_produce(&yard, &(struct log_sample){ .records = 1, .producer_id = producer_id,
		.producer_epoch = epoch, .base_sequence = sequence });
}

/* ------------------------------------------------------------------- acks */

Test(partition_append, with_acks_1_is_answered_at_once_by_the_loop_that_gives_it)
{
	yard_prepare_append(&yard, &appends[0], &(struct log_sample){ .records = 3 }, 1);
	yard_give_append(&appends[0], 0);
	expect_status(0, PARTITION_OK);
	cr_expect_eq(appends[0].append.base_offset, 0);
	cr_expect_eq(appends[0].append.last_offset, 2);
	cr_expect_eq(appends[0].append.log_start_offset, 0);
	cr_expect_eq(appends[0].append.log_append_time_ms, -1);
	cr_expect_eq(appends[0].append.operation.leader, YARD_BROKER);
	cr_expect_eq(appends[0].append.operation.leader_epoch, 7);
	cr_expect_eq(appends[0].told, 0);
	cr_expect_eq(log_end_offset(yard.log), 3);
	forget(1);
}

Test(partition_append, with_acks_0_is_given_back_too)
{
	yard_append(&yard, &appends[0], 1, 0);
	expect_status(0, PARTITION_OK);
	cr_expect_eq(log_end_offset(yard.log), 1);
	forget(1);
}

Test(partition_append, with_acks_1_waits_for_no_follower)
{
	yard_lead(&yard, 8, 3, 3);
	yard_append(&yard, &appends[0], 1, 1);
	expect_status(0, PARTITION_OK);
	cr_expect_eq(log_high_watermark(yard.log), 0);
	forget(1);
}

Test(partition_append, with_acks_all_and_nobody_else_in_sync_does_not_wait)
{
	yard_append(&yard, &appends[0], 2, -1);
	expect_status(0, PARTITION_OK);
	cr_expect_eq(appends[0].told, 0, "there was nothing to wait for");
	cr_expect_eq(log_high_watermark(yard.log), 2);
	forget(1);
}

Test(partition_append, with_acks_all_waits_until_all_in_sync_have_all_of_it)
{
	yard_lead(&yard, 8, 3, 3);
	yard_append(&yard, &appends[0], 2, -1);
	cr_expect_eq(appends[0].told, 1, "its bytes may go");
	yard_follower_has(&yard, 2, 2);
	yard_follower_has(&yard, 3, 1);
	cr_expect_eq(appends[0].tally.answers, 0);
	yard_follower_has(&yard, 3, 2);
	expect_status(0, PARTITION_OK);
	cr_expect_eq(appends[0].append.base_offset, 0);
	cr_expect_eq(appends[0].append.last_offset, 1);
	cr_expect_eq(appends[0].told, 1);
	forget(1);
}

Test(partition_append, with_acks_all_waits_no_longer_for_who_has_left_the_isr)
{
	yard_lead(&yard, 8, 3, 2);
	yard_append(&yard, &appends[0], 1, -1);
	cr_expect_eq(appends[0].tally.answers, 0);
	yard_lead(&yard, 8, 3, 1);
	expect_status(0, PARTITION_OK);
	forget(1);
}

Test(partition_append, needs_nobody_to_be_told_that_it_is_appended)
{
	yard_lead(&yard, 8, 3, 2);
	yard_prepare_append(&yard, &appends[0], &(struct log_sample){ .records = 1 }, -1);
	appends[0].append.appended = NULL;
	yard_give_append(&appends[0], 0);
	yard_run(&yard);
	yard_follower_has(&yard, 2, 1);
	expect_status(0, PARTITION_OK);
	forget(1);
}

/* -------------------------------------------------------------- gathering */

Test(partition_append, writes_once_what_has_piled_up_and_answers_in_order)
{
	uint64_t operations = yard.disk->operations;

	give_together(10, 2, 1);
	cr_expect_eq(yard.disk->operations, operations);
	yard_run(&yard);
	cr_expect_eq(yard.disk->operations, operations + 1);
	for (int i = 0; i < 10; i++) {
		expect_status(i, PARTITION_OK);
		cr_expect_eq(appends[i].append.base_offset, 2 * i);
		cr_expect(i < 2 || appends[i].tally.order > appends[i - 2].tally.order,
		    "answers of one loop");
	}
	forget(10);
}

Test(partition_append, writes_no_more_than_a_gather_at_a_time)
{
	uint64_t operations;

	yard.config.log.segment_bytes = 1 << 20;
	yard_configure(&yard);
	operations = yard.disk->operations;
	give_together(100, 1, 1);
	yard_run(&yard);
	cr_expect_eq(yard.disk->operations, operations + 2);
	for (int i = 0; i < 100; i++)
		cr_expect_eq(appends[i].append.base_offset, i);
	forget(100);
}

Test(partition_append, writes_before_any_other_event)
{
	struct yard_fetch fetch;

	give_together(2, 1, 1);
	yard_prepare_fetch(&yard, &fetch, 0);
	yard_give_fetch(&fetch, YARD_CONTROL);
	yard_run(&yard);
	cr_expect_eq(fetch.fetch.operation.status, PARTITION_OK);
	cr_expect_eq(yard_count(&fetch, 0), 2);
	yard_forget_fetch(&fetch);
	forget(2);
}

Test(partition_append, refuses_one_of_many_without_harm_to_the_others)
{
	struct log_sample large = { .records = 1, .value_size = 5000 };

	give_together(2, 1, 1);
	yard_prepare_append(&yard, &appends[2], &large, 1);
	yard_give_append(&appends[2], YARD_CONTROL);
	yard_prepare_append(&yard, &appends[3], &(struct log_sample){ .records = 1 }, 1);
	appends[3].append.size--;
	yard_give_append(&appends[3], YARD_CONTROL);
	yard_prepare_append(&yard, &appends[4], &(struct log_sample){ .records = 1 }, 1);
	yard_give_append(&appends[4], YARD_CONTROL);
	yard_run(&yard);
	expect_status(1, PARTITION_OK);
	expect_status(2, PARTITION_RECORD_LIST_TOO_LARGE);
	expect_status(3, PARTITION_CORRUPT_MESSAGE);
	expect_status(4, PARTITION_OK);
	cr_expect_eq(appends[2].append.base_offset, -1);
	cr_expect_eq(appends[2].append.last_offset, -1);
	cr_expect_eq(appends[4].append.base_offset, 2);
	cr_expect_eq(yard.faults, 0);
	forget(5);
}

Test(partition_append, acknowledges_many_in_the_order_of_their_offsets)
{
	yard_lead(&yard, 8, 3, 2);
	give_together(6, 1, -1);
	yard_run(&yard);
	yard_follower_has(&yard, 2, 3);
	for (int i = 0; i < 6; i++)
		cr_expect_eq(appends[i].tally.answers, i < 3);
	yard_follower_has(&yard, 2, 6);
	for (int i = 2; i < 6; i++)
		cr_expect_gt(appends[i].tally.order, appends[i - 2].tally.order);
	forget(6);
}

/* ------------------------------------------------------- what is in the log */

Test(partition_append, stamps_offset_and_leader_epoch)
{
	struct batch_header header;

	yard_append(&yard, &appends[0], 2, 1);
	yard_append(&yard, &appends[1], 1, 1);
	cr_assert_eq(batch_header_read(slice_of(appends[1].bytes.bytes, appends[1].bytes.size),
	    &header), ERROR_NONE);
	cr_expect_eq(header.base_offset, 2);
	cr_expect_eq(header.partition_leader_epoch, 7);
	forget(2);
}

Test(partition_append, stamps_the_time_with_which_it_appends)
{
	struct yard_fetch fetch;

	yard_prepare_append(&yard, &appends[0], &(struct log_sample){ .records = 2 }, 1);
	appends[0].append.log_append_time = true;
	appends[0].append.now_ms = 2345678;
	yard_give_append(&appends[0], 0);
	yard_run(&yard);
	expect_status(0, PARTITION_OK);
	cr_expect_eq(appends[0].append.log_append_time_ms, 2345678);
	yard_fetch(&yard, &fetch, 0);
	cr_expect_eq(yard_count(&fetch, 0), 2, "its checksum is right");
	yard_forget_fetch(&fetch);
	forget(1);
}

Test(partition_append, tells_the_log_start)
{
	yard_fill(&yard, 5, 10);
	yard_raise_start(&yard, 3);
	yard_append(&yard, &appends[0], 1, 1);
	cr_expect_eq(appends[0].append.log_start_offset, 3);
	forget(1);
}

/* ------------------------------------------------------------ idempotence */

/* What the leader before this one has refused has come again. */
static void
lead_for_a_while(void)
{
	yard_elapse(&yard, 6000000);
}

Test(partition_append, answers_a_duplicate_with_its_first_offset)
{
	lead_for_a_while();
	for (int i = 0; i < 5; i++)
		cr_expect_eq(produce_as(77, 0, i), i);
	for (int i = 0; i < 5; i++)
		cr_expect_eq(produce_as(77, 0, i), i, "the window is of five");
	cr_expect_eq(log_end_offset(yard.log), 5);
	cr_expect_eq(produce_as(77, 0, 5), 5);
	cr_expect_eq(produce_as(77, 0, 0), -1 - PARTITION_OUT_OF_ORDER_SEQUENCE);
	cr_expect_eq(produce_as(77, 0, 1), 1);
	cr_expect_eq(log_end_offset(yard.log), 6);
}

Test(partition_append, refuses_a_sequence_that_is_not_next)
{
	lead_for_a_while();
	cr_expect_eq(produce_as(77, 0, 0), 0);
	cr_expect_eq(produce_as(77, 0, 2), -1 - PARTITION_OUT_OF_ORDER_SEQUENCE);
	cr_expect_eq(produce_as(77, 0, 1), 1);
}

/* While another leads, and then it leads again. */
static void
refuse(int16_t epoch, int32_t sequence)
{
	yard_follow(&yard, 2, 8);
	cr_expect_eq(produce_as(77, epoch, sequence), -1 - PARTITION_NOT_LEADER);
	yard_lead(&yard, 9, 1, 1);
}

/* It was sent before it was known that the one before it has to come again. */
Test(partition_append, refuses_alike_what_was_in_flight_behind_a_refused_one)
{
	cr_expect_eq(produce_as(77, 0, 0), 0);
	refuse(0, 1);
	cr_expect_eq(produce_as(77, 0, 2), -1 - PARTITION_NOT_LEADER);
	cr_expect_eq(produce_as(77, 0, 1), 1);
	cr_expect_eq(produce_as(77, 0, 2), 2);
}

Test(partition_append, of_a_new_epoch_too)
{
	cr_expect_eq(produce_as(77, 0, 0), 0);
	refuse(1, 0);
	cr_expect_eq(produce_as(77, 1, 1), -1 - PARTITION_NOT_LEADER);
	cr_expect_eq(produce_as(77, 1, 0), 1);
}

/* The leader before this one was asked for sequence 1. */
Test(partition_append, of_another_leader_too)
{
	cr_expect_eq(produce_as(77, 0, 0), 0);
	yard_follow(&yard, 2, 8);
	lead_for_a_while();
	yard_lead(&yard, 9, 1, 1);
	cr_expect_eq(produce_as(77, 0, 2), -1 - PARTITION_NOT_LEADER);
	cr_expect_eq(produce_as(77, 0, 1), 1);
	cr_expect_eq(produce_as(77, 0, 2), 2);
}

/* Else it would be taken at any sequence, and the first one never. */
Test(partition_append, of_an_unknown_producer_too)
{
	refuse(0, 0);
	cr_expect_eq(produce_as(77, 0, 1), -1 - PARTITION_NOT_LEADER);
	cr_expect_eq(produce_as(77, 0, 0), 0);
	cr_expect_eq(produce_as(77, 0, 1), 1);
}

Test(partition_append, but_a_gap_that_stays_is_one)
{
	cr_expect_eq(produce_as(77, 0, 0), 0);
	refuse(0, 1);
	for (int i = 0; i < 4; i++) {
		cr_expect_eq(produce_as(77, 0, 2), -1 - PARTITION_NOT_LEADER);
		yard_elapse(&yard, 1300000);
	}
	cr_expect_eq(produce_as(77, 0, 2), -1 - PARTITION_OUT_OF_ORDER_SEQUENCE);
	cr_expect_eq(produce_as(78, 0, 5), 1, "a producer is unknown for another reason");
}

Test(partition_append, takes_an_unknown_producer_at_any_sequence)
{
	lead_for_a_while();
	cr_expect_eq(produce_as(77, 0, 1234), 0);
	cr_expect_eq(produce_as(77, 0, 1235), 1);
}

Test(partition_append, fences_an_older_epoch)
{
	lead_for_a_while();
	cr_expect_eq(produce_as(77, 3, 0), 0);
	cr_expect_eq(produce_as(77, 4, 1), -1 - PARTITION_OUT_OF_ORDER_SEQUENCE);
	cr_expect_eq(produce_as(77, 4, 0), 1);
	cr_expect_eq(produce_as(77, 3, 1), -1 - PARTITION_INVALID_PRODUCER_EPOCH);
	cr_expect_eq(log_end_offset(yard.log), 2);
}

Test(partition_append, lets_a_duplicate_wait_for_the_isr_like_its_original)
{
	struct log_sample sample = { .records = 1, .producer_id = 77 };

	yard_lead(&yard, 8, 3, 2);
	yard_prepare_append(&yard, &appends[0], &sample, -1);
	yard_give_append(&appends[0], 0);
	yard_append(&yard, &appends[1], 1, -1);
	yard_prepare_append(&yard, &appends[2], &sample, -1);
	yard_give_append(&appends[2], 0);
	yard_run(&yard);
	cr_expect_eq(appends[2].tally.answers, 0);
	yard_follower_has(&yard, 2, 1);
	expect_status(0, PARTITION_OK);
	expect_status(2, PARTITION_OK);
	cr_expect_eq(appends[2].append.base_offset, 0);
	cr_expect_eq(appends[1].tally.answers, 0);
	yard_follower_has(&yard, 2, 2);
	forget(3);
}

Test(partition_append, knows_a_duplicate_within_one_write)
{
	struct log_sample sample = { .records = 1, .producer_id = 77 };

	for (int i = 0; i < 2; i++) {
		yard_prepare_append(&yard, &appends[i], &sample, 1);
		yard_give_append(&appends[i], YARD_CONTROL);
	}
	yard_run(&yard);
	expect_status(1, PARTITION_OK);
	cr_expect_eq(appends[1].append.base_offset, 0);
	cr_expect_eq(log_end_offset(yard.log), 1);
	forget(2);
}

/* ------------------------------------------------------------ in-sync replicas */

Test(partition_append, with_acks_all_is_refused_when_the_isr_is_too_small)
{
	yard.config.min_insync_replicas = 2;
	yard_configure(&yard);
	yard_lead(&yard, 8, 3, 1);
	yard_append(&yard, &appends[0], 1, -1);
	expect_status(0, PARTITION_NOT_ENOUGH_REPLICAS);
	cr_expect_eq(appends[0].append.base_offset, -1);
	cr_expect_eq(log_end_offset(yard.log), 0);
	yard_append(&yard, &appends[1], 1, 1);
	expect_status(1, PARTITION_OK);
	cr_expect_eq(log_high_watermark(yard.log), 0, "nor does the high watermark move");
	forget(2);
}

Test(partition_append, waits_on_when_the_isr_has_become_too_small)
{
	yard.config.min_insync_replicas = 2;
	yard_configure(&yard);
	yard_lead(&yard, 8, 3, 2);
	yard_append(&yard, &appends[0], 1, -1);
	yard_lead(&yard, 8, 3, 1);
	cr_expect_eq(appends[0].tally.answers, 0);
	yard_lead(&yard, 8, 3, 2);
	yard_follower_has(&yard, 2, 1);
	expect_status(0, PARTITION_OK);
	forget(1);
}

/* ------------------------------------------------------------- leadership */

Test(partition_append, is_refused_by_who_does_not_lead)
{
	yard_follow(&yard, 2, 9);
	yard_append(&yard, &appends[0], 1, 1);
	expect_status(0, PARTITION_NOT_LEADER);
	cr_expect_eq(appends[0].append.operation.leader, 2);
	cr_expect_eq(appends[0].append.operation.leader_epoch, 9);
	cr_expect_eq(appends[0].append.log_start_offset, -1);
	cr_expect_eq(log_end_offset(yard.log), 0);
	forget(1);
}

Test(partition_append, that_waits_is_answered_when_the_leader_resigns)
{
	yard_lead(&yard, 8, 3, 2);
	give_together(4, 1, -1);
	yard_run(&yard);
	yard_follow(&yard, 2, 9);
	for (int i = 0; i < 4; i++) {
		expect_status(i, PARTITION_NOT_LEADER);
		cr_expect_eq(appends[i].append.operation.leader, 2);
		cr_expect_eq(appends[i].append.operation.leader_epoch, 9);
	}
	forget(4);
}

Test(partition_append, that_waits_goes_on_in_the_leaders_next_epoch)
{
	yard_lead(&yard, 8, 3, 2);
	yard_append(&yard, &appends[0], 1, -1);
	yard_lead(&yard, 9, 3, 2);
	cr_expect_eq(appends[0].tally.answers, 0);
	yard_follower_has(&yard, 2, 1);
	expect_status(0, PARTITION_OK);
	forget(1);
}

Test(partition_append, of_a_coordinator_is_of_its_election_alone)
{
	for (int i = 0; i < 3; i++) {
		yard_prepare_append(&yard, &appends[i], &(struct log_sample){ .records = 1 }, 1);
		appends[i].append.origin = LOG_FROM_COORDINATOR;
		appends[i].append.required_leader_epoch = 6 + i;
		yard_give_append(&appends[i], 0);
	}
	expect_status(0, PARTITION_NOT_LEADER);
	expect_status(1, PARTITION_OK);
	expect_status(2, PARTITION_NOT_LEADER);
	forget(3);
}

/* ----------------------------------------------------------- waiting no more */

Test(partition_append, that_was_cancelled_is_timed_out_and_stays_in_the_log)
{
	yard_lead(&yard, 8, 3, 2);
	yard_append(&yard, &appends[0], 1, -1);
	yard_append(&yard, &appends[1], 1, -1);
	yard_cancel(&appends[0].tally, &appends[0].append.operation);
	yard_run(&yard);
	expect_status(0, PARTITION_TIMED_OUT);
	cr_expect_eq(appends[1].tally.answers, 0);
	cr_expect_eq(log_end_offset(yard.log), 2);
	yard_follower_has(&yard, 2, 2);
	expect_status(1, PARTITION_OK);
	forget(2);
}

/* ---------------------------------------------------------------- storage */

Test(partition_append, on_a_full_disk_is_refused_until_there_is_room)
{
	yard_fill(&yard, 1, 3000);
	yard.disk->capacity = yard.disk->pages_used * SIM_PAGE_SIZE;
	yard_prepare_append(&yard, &appends[0],
	    &(struct log_sample){ .records = 1, .value_size = 3000 }, 1);
	yard_give_append(&appends[0], 0);
	yard_run(&yard);
	expect_status(0, PARTITION_STORAGE);
	cr_expect_eq(yard.faults, PARTITION_FAULT_FULL);
	cr_expect_eq(log_end_offset(yard.log), 1);
	cr_expect_eq(log_state(yard.log), ERROR_NONE);
	yard.disk->capacity = 1 << 30;
	yard_append(&yard, &appends[1], 1, 1);
	expect_status(1, PARTITION_OK);
	cr_expect_eq(appends[1].append.base_offset, 1);
	forget(2);
}

Test(partition_append, keeps_what_was_written_before_the_disk_was_full)
{
	struct log_sample fits = { .records = 1, .value_size = 500 };
	struct log_sample rolls = { .records = 1, .value_size = 2000 };

	yard_fill(&yard, 1, 3000);
	yard.disk->capacity = yard.disk->pages_used * SIM_PAGE_SIZE;
	yard_prepare_append(&yard, &appends[0], &fits, 1);
	yard_prepare_append(&yard, &appends[1], &rolls, 1);
	yard_give_append(&appends[0], YARD_CONTROL);
	yard_give_append(&appends[1], YARD_CONTROL);
	yard_run(&yard);
	expect_status(0, PARTITION_OK);
	expect_status(1, PARTITION_STORAGE);
	cr_expect_eq(log_end_offset(yard.log), 2);
	forget(2);
}

Test(partition_append, that_cannot_be_written_ends_all_that_waits)
{
	struct yard_fetch fetch;

	yard_lead(&yard, 8, 3, 2);
	yard_append(&yard, &appends[0], 1, -1);
	yard_wait_for(&yard, &fetch, 0);
	yard.disk->write_error = 1000;
	yard_append(&yard, &appends[1], 1, 1);
	yard.disk->write_error = 0;
	expect_status(1, PARTITION_STORAGE);
	expect_status(0, PARTITION_STORAGE);
	cr_expect_eq(fetch.fetch.operation.status, PARTITION_STORAGE);
	cr_expect_eq(yard.faults, PARTITION_FAULT_WRITE);
	cr_expect_eq(log_state(yard.log), ERROR_OFFLINE);
	yard_append(&yard, &appends[2], 1, 0);
	expect_status(2, PARTITION_STORAGE);
	yard_forget_fetch(&fetch);
	forget(3);
}

Test(partition_append, that_begins_a_segment_has_the_old_one_flushed)
{
	yard.holds_work = true;
	yard_fill(&yard, 2, 1500);
	cr_expect_eq(yard_work_count(&yard), 0);
	yard_fill(&yard, 1, 1500);
	cr_expect_eq(log_segment_count(yard.log), 2);
	cr_expect_eq(yard_work_count(&yard), 1);
	yard_let_go(&yard);
	cr_expect_eq(log_recovery_point(yard.log), 3);
}
