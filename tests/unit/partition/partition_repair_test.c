/* A damaged log that follows is made whole by its leader (F15). */
#include <criterion/criterion.h>

#include "partition/partition_follow.h"
#include "tests/unit/partition/yard.h"
#include "wire/batch.h"
#include "wire/kafka_error.h"

enum { LEADER = 2, EPOCH = 5, OLD_EPOCH = 3 };
#define SEGMENT YARD_PATH "/00000000000000000000.log"

static struct yard yard;
static struct partition_follow follow;
static struct buffer good; /* the log's bytes, as they were */
static int answers;

static void
answered(struct partition_operation *operation UNUSED)
{
	answers++;
}

static void
take(struct follower_answer answer)
{
	int before = answers;

	follow = (struct partition_follow){
		.operation = { .loop = yard.process.world.loops[0], .answered = answered },
		.answer = answer,
	};
	yard_enter(&yard, 0);
	partition_follow(yard.partition, &follow);
	yard_leave(&yard);
	yard_run(&yard);
	cr_assert_eq(answers, before + 1);
}

static void
begin(void)
{
	take((struct follower_answer){ .type = FOLLOWER_BEGINS, .leader_epoch = EPOCH });
}

/* Three records of an earlier epoch, of which the second is damaged; the log is known to be. */
static void
set_up(void)
{
	struct partition_fetch *fetch;
	struct yard_fetch reader;
	struct disk_file *file;

	yard_init(&yard);
	yard.config.max_message_bytes = 1000;
	yard_open(&yard);
	yard_lead(&yard, OLD_EPOCH, 1, 1);
	yard_fill(&yard, 3, 100);
	buffer_init(&good);
	size_t size = (size_t)log_size(yard.log);
	cr_assert_eq(disk_open(yard.process.world.disk, SEGMENT, DISK_READ, &file), ERROR_NONE);
	cr_assert_eq(disk_read_all(file, buffer_extend(&good, size), size, 0), ERROR_NONE);
	cr_assert_eq(disk_close(file), ERROR_NONE);
	cr_assert_eq(sim_disk_flip(yard.disk, SEGMENT, (int64_t)size / 3 + BATCH_HEADER_BYTES + 20,
	    1), ERROR_NONE);
	yard_close(&yard);
	yard.options.pages_survived = true;
	yard_open(&yard);
	yard_lead(&yard, OLD_EPOCH, 1, 1);
	yard_prepare_fetch(&yard, &reader, 1);
	fetch = &reader.fetch;
	yard_give_fetch(&reader, 0);
	yard_run(&yard);
	cr_assert_eq(fetch->operation.status, PARTITION_CORRUPT_MESSAGE);
	yard_forget_fetch(&reader);
	yard_follow(&yard, LEADER, EPOCH);
	partition_begin_repair(yard.partition, true);
}

static void
tear_down(void)
{
	buffer_fini(&good);
	yard_fini(&yard);
}

TestSuite(partition_repair, .init = set_up, .fini = tear_down);

static struct follower_answer
of_leader(int64_t offset)
{
	return (struct follower_answer){ .type = FOLLOWER_RECORDS, .leader_epoch = EPOCH,
		.asked_offset = offset, .high_watermark = 3, .diverging_epoch = -1,
		.records = slice_of(good.bytes + good.size / 3, good.size - good.size / 3) };
}

static void
expect_ask(int64_t offset)
{
	cr_expect_eq(follow.operation.status, PARTITION_OK);
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_RECORDS);
	cr_expect_eq(follow.next.offset, offset, "%d", (int)follow.next.offset);
}

Test(partition_repair, asks_for_what_is_damaged_before_the_log_end)
{
	begin();
	expect_ask(1);
	cr_expect_eq(follow.next.last_fetched_epoch, OLD_EPOCH);
	take(of_leader(1));
	expect_ask(3);
	cr_expect_not(partition_is_damaged(yard.partition));
	cr_expect_eq(log_end_offset(yard.log), 3, "nothing was cut");
}

Test(partition_repair, is_not_for_a_replica_that_may_be_in_sync)
{
	partition_begin_repair(yard.partition, false);
	begin();
	expect_ask(3);
	cr_expect(partition_is_damaged(yard.partition));
}

Test(partition_repair, is_given_up_when_the_leader_s_copy_is_damaged_too)
{
	struct follower_answer answer = of_leader(1);

	begin();
	expect_ask(1);
	answer.code = KAFKA_ERROR_CORRUPT_MESSAGE;
	answer.records = slice_null();
	take(answer);
	expect_ask(3);
	cr_expect(partition_is_damaged(yard.partition));
}

Test(partition_repair, does_not_write_what_is_not_sound)
{
	begin();
	good.bytes[good.size / 3 + BATCH_HEADER_BYTES + 30] ^= 1;
	take(of_leader(1));
	expect_ask(3);
	cr_expect(partition_is_damaged(yard.partition));
	cr_expect_eq(yard.faults & PARTITION_FAULT_WRITE, 0);
}

Test(partition_repair, waits_until_a_log_that_parts_from_its_leader_s_is_cut)
{
	struct follower_answer answer = of_leader(1);

	begin();
	answer.records = slice_null();
	answer.diverging_epoch = OLD_EPOCH;
	answer.diverging_end_offset = 1;
	take(answer);
	expect_ask(3);
	answer.asked_offset = 3;
	take(answer);
	expect_ask(1);
	cr_expect_eq(log_end_offset(yard.log), 1);
	cr_expect_not(partition_is_damaged(yard.partition));
}

Test(partition_repair, goes_on_when_the_leader_has_not_heard_of_its_election)
{
	struct follower_answer answer = of_leader(1);

	begin();
	answer.records = slice_null();
	answer.code = KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER;
	take(answer);
	cr_expect_eq(follow.next.type, FOLLOWER_ASK_LATER);
	begin();
	expect_ask(1);
}

/* The rest of its answer was for other partitions, or it is throttled. */
Test(partition_repair, asks_again_when_the_leader_had_no_room_for_it)
{
	struct follower_answer answer = of_leader(1);

	begin();
	answer.records = slice_null();
	answer.room_left = 1000;
	take(answer);
	expect_ask(1);
	answer.high_watermark = 1;
	answer.room_left = 999;
	take(answer);
	expect_ask(1);
	take(of_leader(1));
	expect_ask(3);
	cr_expect_not(partition_is_damaged(yard.partition));
}

Test(partition_repair, is_given_up_when_the_leader_has_nothing_there)
{
	struct follower_answer answer = of_leader(1);

	begin();
	answer.records = slice_null();
	answer.high_watermark = 1;
	answer.room_left = 1 << 30;
	take(answer);
	expect_ask(3);
	cr_expect(partition_is_damaged(yard.partition));
}

/* Damage that the cut falls into goes as a whole: its leader sends it again. */
Test(partition_repair, what_a_cut_falls_into_is_fetched_anew)
{
	struct follower_answer parts = of_leader(1);
	int64_t from, to;

	yard_close(&yard);
	cr_assert_eq(sim_disk_flip(yard.disk, SEGMENT,
	    (int64_t)good.size / 3 * 2 + BATCH_HEADER_BYTES + 20, 1), ERROR_NONE);
	yard.options.recovery_point = 3;
	yard.options.pages_survived = false;
	yard_open(&yard);
	cr_assert(log_damage(yard.log, &from, &to));
	cr_assert_eq(to - from, 2);
	yard_follow(&yard, LEADER, EPOCH);
	partition_begin_repair(yard.partition, false);
	begin();
	parts.asked_offset = follow.next.offset;
	parts.records = slice_null();
	parts.diverging_epoch = OLD_EPOCH;
	parts.diverging_end_offset = 2;
	take(parts);
	cr_expect_eq(log_end_offset(yard.log), 1);
	expect_ask(1);
	take(of_leader(1));
	cr_expect_eq(log_end_offset(yard.log), 3);
	cr_expect_not(log_damage(yard.log, &from, &to));
}

Test(partition_repair, is_given_up_when_the_logs_part_before_it_and_not_behind_it)
{
	struct follower_answer parts = of_leader(1), end = of_leader(3);

	begin();
	expect_ask(1);
	parts.records = end.records = slice_null();
	parts.diverging_epoch = OLD_EPOCH;
	parts.diverging_end_offset = 1;
	take(parts);
	expect_ask(3);
	take(end);
	expect_ask(3);
	cr_expect(partition_is_damaged(yard.partition));
}
