/* Where a follower's log begins within a batch of its leader (partition_follow.c). */
#include <criterion/criterion.h>
#include <string.h>

#include "partition/partition_follow.h"
#include "tests/unit/partition/yard.h"
#include "wire/batch.h"

enum { LEADER = 2, EPOCH = 5, START = 70 };

static struct yard yard;
static struct partition_follow follow;
static struct buffer records;
static bool is_refused;

static void
note_line(struct sim_process *process UNUSED, const char *line)
{
	is_refused = is_refused || strstr(line, "are refused") != NULL;
}

static void
set_up(void)
{
	yard_init(&yard);
	yard.process.logged = note_line;
	yard_open(&yard);
	buffer_init(&records);
	yard_follow(&yard, LEADER, EPOCH);
	cr_assert_eq(log_truncate_fully_and_start_at(yard.log, START, 1), ERROR_NONE);
}

static void
tear_down(void)
{
	buffer_fini(&records);
	yard_fini(&yard);
}

TestSuite(partition_follow_begin, .init = set_up, .fini = tear_down);

static void
answered(struct partition_operation *operation UNUSED)
{
}

/* Five records, the log start in the middle of them. */
static void
add_batch(void)
{
	log_sample_batch(&records, &(struct log_sample){ .records = 5, .value_size = 10 }, START - 2);
	batch_set_base_offset(records.bytes, START - 2);
	batch_set_partition_leader_epoch(records.bytes, EPOCH);
}

static void
take(void)
{
	follow = (struct partition_follow){
		.operation = { .loop = yard.process.world.loops[0], .answered = answered },
		.answer = { .type = FOLLOWER_RECORDS, .leader_epoch = EPOCH,
		    .asked_offset = log_end_offset(yard.log), .high_watermark = START + 3,
		    .log_start_offset = START, .diverging_epoch = -1,
		    .records = buffer_slice(&records) },
	};
	yard_enter(&yard, 0);
	partition_follow(yard.partition, &follow);
	yard_leave(&yard);
	yard_run(&yard);
}

/* DeleteRecords has left the leader's log start there. */
Test(partition_follow_begin, an_empty_log_begins_with_the_batch_in_which_it_starts)
{
	add_batch();
	take();
	cr_expect_eq(log_end_offset(yard.log), START + 3);
	cr_expect_eq(log_start_offset(yard.log), START);
	cr_expect_eq(follow.next.offset, START + 3);
	cr_expect_eq(yard.checkpointed, START - 2, "no recovery point is above it");
	cr_expect(!is_refused);
}

Test(partition_follow_begin, an_empty_log_begins_with_no_damaged_batch)
{
	add_batch();
	records.bytes[records.size - 1] ^= 1;
	take();
	cr_expect_eq(log_end_offset(yard.log), START);
	cr_expect(is_refused);
}
