#include "partition/partition_follow.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/partition/yard.h"
#include "wire/batch.h"
#include "wire/kafka_error.h"

enum { LEADER = 2, EPOCH = 5 };

static struct yard yard;
static struct partition_follow follow;
static struct buffer records;
static int answers;
static char logged[4096];

static void
note_line(struct sim_process *process UNUSED, const char *line)
{
	size_t used = strlen(logged);

	snprintf(logged + used, sizeof(logged) - used, "%s\n", line);
}

static void
set_up(void)
{
	yard_init(&yard);
	yard.process.logged = note_line;
	yard_open(&yard);
	buffer_init(&records);
}

static void
tear_down(void)
{
	buffer_fini(&records);
	yard_fini(&yard);
}

TestSuite(partition_follow, .init = set_up, .fini = tear_down);

static void
answered(struct partition_operation *operation)
{
	cr_expect_eq(loop_current(), operation->loop);
	answers++;
}

/* Does not run. */
static void
give(struct follower_answer answer)
{
	int before = answers;

	follow = (struct partition_follow){
		.operation = { .loop = yard.process.world.loops[0], .answered = answered },
		.answer = answer,
	};
	yard_enter(&yard, 0);
	partition_follow(yard.partition, &follow);
	yard_leave(&yard);
	cr_assert_leq(answers, before + 1);
}

/* A leader's batch of so many records, the first one with this offset. */
static void
add_batch(int64_t base_offset, int count, int32_t epoch)
{
	size_t at = records.size;

	log_sample_batch(&records, &(struct log_sample){ .records = count, .value_size = 10 },
	    base_offset);
	batch_set_base_offset(records.bytes + at, base_offset);
	batch_set_partition_leader_epoch(records.bytes + at, epoch);
}

static struct follower_answer
of_leader(int64_t high_watermark)
{
	return (struct follower_answer){ .type = FOLLOWER_RECORDS, .leader_epoch = EPOCH,
		.asked_offset = log_end_offset(yard.log), .high_watermark = high_watermark,
		.log_start_offset = 0, .diverging_epoch = -1,
		.records = slice_of(records.bytes, records.size) };
}

static void
take(struct follower_answer answer)
{
	int before = answers;

	give(answer);
	yard_run(&yard);
	cr_assert_eq(answers, before + 1);
	buffer_fini(&records);
	buffer_init(&records);
}

static void
take_divergence(int32_t epoch, int64_t end_offset)
{
	struct follower_answer answer = of_leader(0);

	answer.diverging_epoch = epoch;
	answer.diverging_end_offset = end_offset;
	take(answer);
}

/* It has led in epoch 3, with so many batches of one record, and follows now. */
static void
have(int batches)
{
	yard_lead(&yard, 3, 3, 3);
	yard_fill(&yard, batches, 100);
	yard_follow(&yard, LEADER, EPOCH);
}

/* ---------------------------------------------------------------- appending */

Test(partition_follow, asks_from_its_log_end_on)
{
	have(3);
	take((struct follower_answer){ .type = FOLLOWER_BEGINS, .leader_epoch = EPOCH });
	cr_expect_eq(follow.operation.status, PARTITION_OK);
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_RECORDS);
	cr_expect_eq(follow.next.offset, 3);
	cr_expect_eq(follow.next.last_fetched_epoch, 3);
	cr_expect_eq(follow.next.leader_epoch, EPOCH);
}

Test(partition_follow, appends_what_its_leader_has_with_its_epochs)
{
	const struct leader_epoch *latest;

	have(3);
	add_batch(3, 2, 4);
	add_batch(5, 1, EPOCH);
	take(of_leader(4));
	cr_expect_eq(follow.next.offset, 6);
	cr_expect_eq(follow.next.last_fetched_epoch, EPOCH);
	cr_expect_eq(log_end_offset(yard.log), 6);
	cr_expect_eq(log_high_watermark(yard.log), 4);
	latest = leader_epochs_latest(log_leader_epochs(yard.log));
	cr_expect_eq(latest->epoch, EPOCH);
	cr_expect_eq(latest->start_offset, 5);
}

Test(partition_follow, has_no_high_watermark_above_its_log_end)
{
	have(0);
	add_batch(0, 2, EPOCH);
	take(of_leader(100));
	cr_expect_eq(log_high_watermark(yard.log), 2);
}

Test(partition_follow, learns_the_high_watermark_without_records)
{
	have(0);
	add_batch(0, 2, EPOCH);
	take(of_leader(0));
	cr_expect_eq(log_high_watermark(yard.log), 0);
	take(of_leader(2));
	cr_expect_eq(log_high_watermark(yard.log), 2);
}

Test(partition_follow, begins_where_its_leader_begins)
{
	struct follower_answer answer;

	have(0);
	add_batch(0, 1, EPOCH);
	add_batch(1, 1, EPOCH);
	add_batch(2, 1, EPOCH);
	answer = of_leader(2);
	answer.log_start_offset = 1;
	take(answer);
	cr_expect_eq(log_start_offset(yard.log), 1);
	answer = of_leader(2);
	answer.log_start_offset = 3;
	take(answer);
	cr_expect_eq(log_start_offset(yard.log), 2, "not above its high watermark");
}

Test(partition_follow, never_appends_a_damaged_batch)
{
	have(0);
	add_batch(0, 1, EPOCH);
	records.bytes[records.size - 1] ^= 1;
	take(of_leader(1));
	cr_expect_eq(follow.operation.status, PARTITION_OK);
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_LATER);
	cr_expect_eq(follow.next.wait_ms, YARD_BACKOFF_MS);
	cr_expect_eq(log_end_offset(yard.log), 0);
	cr_expect_eq(log_high_watermark(yard.log), 0);
	cr_expect_not_null(strstr(logged, "orders-3: "), "%s", logged);
	take((struct follower_answer){ .type = FOLLOWER_BEGINS, .leader_epoch = EPOCH });
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_RECORDS);
	add_batch(0, 1, EPOCH);
	take(of_leader(1));
	cr_expect_eq(log_end_offset(yard.log), 1);
}

Test(partition_follow, never_appends_what_it_has_already)
{
	have(3);
	add_batch(1, 4, EPOCH);
	take(of_leader(5));
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_LATER);
	cr_expect_eq(log_end_offset(yard.log), 3);
}

Test(partition_follow, asks_later_again_when_no_whole_batch_has_come)
{
	have(0);
	add_batch(0, 1, EPOCH);
	records.size -= 5;
	take(of_leader(1));
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_LATER);
	cr_expect_eq(log_end_offset(yard.log), 0);
}

Test(partition_follow, a_full_disk_heals)
{
	have(0);
	yard.disk->capacity = yard.disk->pages_used * SIM_PAGE_SIZE;
	add_batch(0, 200, EPOCH);
	add_batch(200, 200, EPOCH);
	take(of_leader(1));
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_LATER);
	cr_expect_eq(yard.faults, PARTITION_FAULT_FULL);
	yard.disk->capacity = 0;
	take((struct follower_answer){ .type = FOLLOWER_BEGINS, .leader_epoch = EPOCH });
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_RECORDS);
	cr_expect_eq(follow.next.offset, log_end_offset(yard.log));
}

Test(partition_follow, a_log_that_is_offline_takes_nothing)
{
	have(0);
	log_set_offline(yard.log);
	add_batch(0, 1, EPOCH);
	take(of_leader(1));
	cr_expect_eq(follow.operation.status, PARTITION_STORAGE);
}

/* --------------------------------------------------------------- leadership */

/* KIP-320. */
Test(partition_follow, an_answer_for_an_older_leadership_changes_nothing)
{
	have(3);
	yard_follow(&yard, LEADER, EPOCH + 1);
	add_batch(3, 1, EPOCH);
	take(of_leader(4));
	cr_expect_eq(follow.operation.status, PARTITION_OK);
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_NOTHING);
	cr_expect_eq(log_end_offset(yard.log), 3);
	take_divergence(1, 0);
	cr_expect_eq(log_end_offset(yard.log), 3);
}

Test(partition_follow, a_leader_follows_nobody)
{
	have(3);
	yard_lead(&yard, EPOCH + 1, 3, 1);
	add_batch(3, 1, EPOCH);
	take(of_leader(4));
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_NOTHING);
	cr_expect_eq(log_end_offset(yard.log), 3);
	cr_expect_eq(yard_produce(&yard, &(struct log_sample){ .records = 1 }), 3);
}

Test(partition_follow, is_told_when_the_log_is_gone)
{
	have(3);
	struct partition_surrender end = { .gone = PARTITION_STORAGE,
		.operation = { .loop = yard.process.world.control, .answered = answered } };

	yard_enter(&yard, YARD_CONTROL);
	partition_surrender(yard.partition, &end);
	yard_leave(&yard);
	yard_run(&yard);
	log_free(end.log);
	take((struct follower_answer){ .type = FOLLOWER_BEGINS, .leader_epoch = EPOCH });
	cr_expect_eq(follow.operation.status, PARTITION_NOT_LEADER);
}

Test(partition_follow, serves_nothing)
{
	struct yard_append append;
	struct yard_fetch fetch;

	have(3);
	yard_append(&yard, &append, 1, -1);
	cr_expect_eq(append.append.operation.status, PARTITION_NOT_LEADER);
	yard_forget_append(&append);
	yard_fetch(&yard, &fetch, 0);
	cr_expect_eq(fetch.fetch.operation.status, PARTITION_NOT_LEADER);
	yard_forget_fetch(&fetch);
}

/* --------------------------------------------------------------- truncation */

Test(partition_follow, cuts_what_its_leader_has_not)
{
	have(10);
	take_divergence(3, 7);
	cr_expect_eq(follow.operation.status, PARTITION_OK);
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_RECORDS);
	cr_expect_eq(follow.next.offset, 7);
	cr_expect_eq(log_end_offset(yard.log), 7);
	add_batch(7, 1, EPOCH);
	take(of_leader(8));
	cr_expect_eq(log_end_offset(yard.log), 8);
}

/* What is appended after the cut is not on disk, whatever the checkpoint said before. */
Test(partition_follow, a_lower_recovery_point_is_on_disk_before_the_log_is_cut)
{
	have(10);
	cr_assert_eq(log_flush_now(yard.log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	cr_assert_eq(log_recovery_point(yard.log), 10);
	yard.holds_work = true;
	struct follower_answer answer = of_leader(0);
	answer.diverging_epoch = 3;
	answer.diverging_end_offset = 7;
	give(answer);
	yard_run(&yard);
	cr_expect_leq(yard.checkpointed, 7);
	cr_expect_geq(yard.checkpointed, 0);
	cr_expect_eq(log_end_offset(yard.log), 10, "not cut before");
	cr_expect_eq(yard_work_count(&yard), 1);
	yard_let_go(&yard);
	cr_expect_eq(log_end_offset(yard.log), 7);
	cr_expect_eq(answers, 1);
}

Test(partition_follow, cuts_nothing_when_the_checkpoint_cannot_be_written)
{
	have(10);
	yard.checkpoint_error = ERROR_NO_SPACE;
	take_divergence(3, 7);
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_LATER);
	cr_expect_eq(log_end_offset(yard.log), 10);
	cr_expect_eq(yard.faults, PARTITION_FAULT_FULL);
	yard.checkpoint_error = ERROR_NONE;
	take_divergence(3, 7);
	cr_expect_eq(log_end_offset(yard.log), 7);
}

Test(partition_follow, says_what_it_cuts)
{
	have(10);
	take_divergence(3, 7);
	cr_expect_not_null(strstr(logged, "orders-3: truncated from 10 to 7 for leader 2, epoch 5"),
	    "%s", logged);
	cr_expect_null(strstr(logged, "below the high watermark"));
	take_divergence(3, 5);
	cr_expect_null(strstr(logged, "below the high watermark"));
	add_batch(5, 3, 4);
	take(of_leader(8));
	take_divergence(4, 6);
	cr_expect_not_null(strstr(logged, "truncated from 8 to 6 for leader 2, epoch 5, below the "
	    "high watermark 8"), "%s", logged);
	cr_expect_eq(log_high_watermark(yard.log), 5, "the batch that holds the offset goes too");
}

/* Its leader's retention has removed what would tell whether the rest is the leader's. */
Test(partition_follow, keeps_nothing_before_a_log_start_that_it_is_cut_to)
{
	have(10);
	struct follower_answer answer = of_leader(9);
	answer.diverging_epoch = 3;
	answer.diverging_end_offset = answer.log_start_offset = 7;
	take(answer);
	cr_expect_eq(log_start_offset(yard.log), 7);
	cr_expect_eq(log_end_offset(yard.log), 7);
	cr_expect_not_null(strstr(logged, "the log of 0 to 10 begins anew"), "%s", logged);
	add_batch(7, 2, EPOCH);
	take(of_leader(9));
	cr_expect_eq(log_end_offset(yard.log), 9);
}

/* KIP-279. */
Test(partition_follow, forgets_its_own_epoch_when_it_appended_nothing_in_it)
{
	have(3);
	yard_lead(&yard, EPOCH + 1, 3, 1);
	yard_follow(&yard, LEADER, EPOCH + 2);
	struct follower_answer answer = of_leader(0);
	answer.leader_epoch = EPOCH + 2;
	answer.diverging_epoch = 3;
	answer.diverging_end_offset = 3;
	take(answer);
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_RECORDS);
	cr_expect_eq(follow.next.last_fetched_epoch, 3);
	cr_expect_eq(follow.next.offset, 3);
}

Test(partition_follow, begins_anew_where_its_leader_begins_when_that_is_above)
{
	have(3);
	struct follower_answer answer = of_leader(0);
	answer.code = KAFKA_ERROR_OFFSET_OUT_OF_RANGE;
	take(answer);
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_END);
	take((struct follower_answer){ .type = FOLLOWER_END, .leader_epoch = EPOCH, .offset = 90 });
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_START);
	take((struct follower_answer){ .type = FOLLOWER_START, .leader_epoch = EPOCH, .offset = 70 });
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_RECORDS);
	cr_expect_eq(follow.next.offset, 70);
	cr_expect_eq(log_start_offset(yard.log), 70);
	add_batch(70, 1, EPOCH);
	take(of_leader(71));
	cr_expect_eq(log_end_offset(yard.log), 71);
}

/* A job of the log keeps the truncation waiting. */
Test(partition_follow, waits_for_who_reads)
{
	struct yard_fetch fetch;

	yard_lead(&yard, 3, 3, 1);
	yard_fill(&yard, 10, 100);
	yard_go_cold(&yard);
	yard.holds_work = true;
	yard_fetch(&yard, &fetch, 0);
	cr_assert_eq(yard_work_count(&yard), 1);
	yard_follow(&yard, LEADER, EPOCH);
	struct follower_answer answer = of_leader(0);
	answer.diverging_epoch = 3;
	answer.diverging_end_offset = 7;
	give(answer);
	yard_run(&yard);
	cr_expect_eq(yard_work_count(&yard), 1, "the reader's alone");
	cr_expect_eq(answers, 0);
	yard_let_go(&yard);
	cr_expect_eq(answers, 1);
	cr_expect_eq(log_end_offset(yard.log), 7);
	cr_expect_eq(fetch.fetch.operation.status, PARTITION_NOT_LEADER);
	yard_forget_fetch(&fetch);
}

Test(partition_follow, cuts_nothing_for_a_leadership_that_ends_meanwhile)
{
	struct yard_fetch fetch;

	yard_lead(&yard, 3, 3, 1);
	yard_fill(&yard, 10, 100);
	yard_go_cold(&yard);
	yard.holds_work = true;
	yard_fetch(&yard, &fetch, 0);
	yard_follow(&yard, LEADER, EPOCH);
	struct follower_answer answer = of_leader(0);
	answer.diverging_epoch = 3;
	answer.diverging_end_offset = 7;
	give(answer);
	yard_run(&yard);
	yard_lead(&yard, EPOCH + 1, 3, 1);
	cr_expect_eq(answers, 1);
	cr_expect_eq(follow.operation.status, PARTITION_NOT_LEADER);
	yard_let_go(&yard);
	cr_expect_eq(log_end_offset(yard.log), 10);
	yard_forget_fetch(&fetch);
}

/* ------------------------------------------------------- flush before ack (D2) */

Test(partition_follow, under_flush_before_ack_asks_only_for_what_follows_the_synced)
{
	yard_close(&yard);
	yard.flush_before_ack = true;
	yard_open(&yard);
	have(0);
	add_batch(0, 4, EPOCH);
	yard.holds_work = true;
	give(of_leader(0));
	yard_run(&yard);
	cr_expect_eq(log_end_offset(yard.log), 4);
	cr_expect_eq(answers, 0, "not synced yet");
	cr_expect_eq(yard_work_count(&yard), 1);
	yard_let_go(&yard);
	cr_expect_eq(answers, 1);
	cr_expect_eq(follow.next.offset, 4);
	cr_expect_eq(log_flushed_offset(yard.log), 4);
}

Test(partition_follow, under_flush_before_ack_a_failed_sync_asks_for_nothing)
{
	yard_close(&yard);
	yard.flush_before_ack = true;
	yard_open(&yard);
	have(0);
	add_batch(0, 4, EPOCH);
	yard.holds_work = true;
	give(of_leader(0));
	yard_run(&yard);
	yard.disk->offline = true;
	yard_let_go(&yard);
	yard.disk->offline = false;
	cr_expect_eq(answers, 1);
	cr_expect_eq(follow.operation.status, PARTITION_STORAGE);
	cr_expect_eq(yard.faults, PARTITION_FAULT_WRITE);
}

Test(partition_follow, under_flush_before_ack_a_new_leadership_waits_for_no_sync)
{
	yard_close(&yard);
	yard.flush_before_ack = true;
	yard_open(&yard);
	have(0);
	add_batch(0, 4, EPOCH);
	yard.holds_work = true;
	give(of_leader(0));
	yard_run(&yard);
	yard_follow(&yard, 3, EPOCH + 1);
	cr_expect_eq(answers, 1);
	cr_expect_eq(follow.operation.status, PARTITION_NOT_LEADER);
	yard_let_go(&yard);
}

/* ------------------------------------------------------------ in doubt (F17) */

enum { MAX_MESSAGE = 1048588 };

/* Three records, and nobody knows how many there were. */
static void
have_in_doubt(void)
{
	yard_lead(&yard, 3, 3, 3);
	yard_fill(&yard, 3, 100);
	yard_close(&yard);
	yard.protects = true;
	yard.config.max_message_bytes = MAX_MESSAGE;
	yard.entry = (struct shrunk_isr_mark){ -1, INT64_MAX };
	yard.has_entry = true;
	yard_open(&yard);
	yard_follow(&yard, LEADER, EPOCH);
	yard_run(&yard);
	take((struct follower_answer){ .type = FOLLOWER_BEGINS, .leader_epoch = EPOCH });
	cr_assert(partition_is_in_doubt(yard.partition), "nobody has answered yet");
	cr_assert(yard.has_entry);
}

static void
expect_no_doubt(void)
{
	cr_expect_not(partition_is_in_doubt(yard.partition));
	cr_expect_not(yard.has_entry);
}

Test(partition_follow, in_doubt_it_has_all_when_nothing_comes_though_there_was_room)
{
	struct follower_answer answer;

	have_in_doubt();
	answer = of_leader(3);
	answer.room_left = MAX_MESSAGE - 1;
	take(answer);
	cr_expect(partition_is_in_doubt(yard.partition), "another may have had all the room");
	answer = of_leader(3);
	answer.room_left = MAX_MESSAGE;
	take(answer);
	expect_no_doubt();
}

Test(partition_follow, in_doubt_it_stays_so_on_errors_and_where_logs_part)
{
	struct follower_answer answer;

	have_in_doubt();
	answer = of_leader(3);
	answer.room_left = MAX_MESSAGE;
	answer.code = KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER;
	take(answer);
	cr_expect(partition_is_in_doubt(yard.partition));
	answer = of_leader(3);
	answer.room_left = MAX_MESSAGE;
	answer.leader_epoch = EPOCH - 1;
	take(answer);
	cr_expect(partition_is_in_doubt(yard.partition));
	take_divergence(3, 2);
	cr_expect(partition_is_in_doubt(yard.partition));
}

Test(partition_follow, in_doubt_it_has_all_with_records_of_the_leaders_epoch_up_to_its_high_watermark)
{
	have_in_doubt();
	add_batch(3, 1, EPOCH - 1);
	take(of_leader(4));
	cr_expect(partition_is_in_doubt(yard.partition), "the leader may have more of earlier epochs");
	add_batch(4, 1, EPOCH);
	take(of_leader(6));
	cr_expect(partition_is_in_doubt(yard.partition));
	add_batch(5, 1, EPOCH);
	take(of_leader(6));
	expect_no_doubt();
}
