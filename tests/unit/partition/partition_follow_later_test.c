/* Who follows, and what it waits for cannot be written: it comes again (partition_follow.c). */
#include <criterion/criterion.h>

#include "partition/partition_follow.h"
#include "tests/unit/partition/yard.h"
#include "wire/batch.h"

enum { LEADER = 2, EPOCH = 5 };

static struct yard yard;
static struct partition_follow follow;
static struct buffer records;
static int answers;

static void
set_up(void)
{
	yard_init(&yard);
	buffer_init(&records);
}

static void
tear_down(void)
{
	buffer_fini(&records);
	yard_fini(&yard);
}

TestSuite(partition_follow_later, .init = set_up, .fini = tear_down);

static void
answered(struct partition_operation *operation UNUSED)
{
	answers++;
}

static void
give(struct follower_answer answer)
{
	follow = (struct partition_follow){
		.operation = { .loop = yard.process.world.loops[0], .answered = answered },
		.answer = answer,
	};
	answers = 0;
	yard_enter(&yard, 0);
	partition_follow(yard.partition, &follow);
	yard_leave(&yard);
	yard_run(&yard);
}

static void
begin(void)
{
	give((struct follower_answer){ .type = FOLLOWER_BEGINS, .leader_epoch = EPOCH });
}

static void
add_batch(int64_t base_offset)
{
	size_t at = records.size;

	log_sample_batch(&records, &(struct log_sample){ .records = 1, .value_size = 1000 },
	    base_offset);
	batch_set_base_offset(records.bytes + at, base_offset);
	batch_set_partition_leader_epoch(records.bytes + at, EPOCH);
}

/* What a whole flush syncs of a segment that was rolled just now has to be opened again. */
Test(partition_follow_later, a_flush_that_cannot_begin_is_tried_again)
{
	int times = 0;

	yard.flush_before_ack = true;
	for (int spare = 0; spare < 8; spare++) {
		yard_open(&yard);
		yard_follow(&yard, LEADER, EPOCH);
		for (int i = 0; i < 5; i++)
			add_batch(log_end_offset(yard.log) + i);
		yard.disk->files_max = sim_mount_open_files(yard.process.mount) + spare;
		give((struct follower_answer){ .type = FOLLOWER_RECORDS, .leader_epoch = EPOCH,
			.asked_offset = log_end_offset(yard.log), .diverging_epoch = -1,
			.records = buffer_slice(&records) });
		cr_expect_eq(answers, 1, "with %d files", spare);
		times += follow.operation.status == PARTITION_STORAGE;
		yard.disk->files_max = INT32_MAX;
		begin();
		cr_expect_eq(follow.operation.status, PARTITION_OK);
		cr_expect_eq(log_flushed_offset(yard.log), log_end_offset(yard.log));
		yard_close(&yard);
		buffer_fini(&records);
		buffer_init(&records);
	}
	cr_expect_gt(times, 0);
}
