#include <criterion/criterion.h>

#include "tests/unit/partition/yard.h"

static struct yard yard;
static struct partition_delete_records deletion;
static int answers;

static void
set_up(void)
{
	yard_init(&yard);
	yard.config.log.cleanup_delete = true;
	yard_open(&yard);
}

static void
tear_down(void)
{
	yard_fini(&yard);
}

TestSuite(partition_delete, .init = set_up, .fini = tear_down);

/* Replicas 1 to `count`, all in sync, have 4 records. */
static void
lead(int count)
{
	yard_lead(&yard, 7, count, count);
	cr_assert_geq(yard_produce(&yard, &(struct log_sample){ .records = 4 }), 0);
	for (int32_t replica = 2; replica <= count; replica++)
		yard_follower_has(&yard, replica, 4);
}

static void
answered(struct partition_operation *operation UNUSED)
{
	answers++;
}

static void
delete_to(int64_t offset)
{
	answers = 0;
	deletion = (struct partition_delete_records){ .offset = offset,
		.operation = { .loop = yard.process.world.loops[0], .answered = answered } };
	yard_enter(&yard, 0);
	partition_delete_records(yard.partition, &deletion);
	yard_leave(&yard);
	yard_run(&yard);
}

static void
expect(enum partition_status status, int64_t low_watermark)
{
	cr_assert_eq(answers, 1);
	cr_expect_eq(deletion.operation.status, status, "%d", (int)deletion.operation.status);
	cr_expect_eq(deletion.low_watermark, low_watermark, "%lld", (long long)deletion.low_watermark);
}

/* It asks on, and says where its log begins. */
static void
follower_begins(int32_t replica, int64_t log_start)
{
	struct yard_fetch fetch;

	yard_prepare_follow(&yard, &fetch, replica, 4);
	fetch.fetch.replica_log_start = log_start;
	yard_give_fetch(&fetch, 0);
	yard_run(&yard);
	yard_forget_fetch(&fetch);
}

static void
cancel(void)
{
	yard_enter(&yard, 0);
	partition_cancel(yard.partition, &deletion.operation);
	yard_leave(&yard);
	yard_run(&yard);
}

Test(partition_delete, alone_is_done_at_once)
{
	lead(1);
	delete_to(3);
	expect(PARTITION_OK, 3);
	cr_expect_eq(log_start_offset(yard.log), 3);
	delete_to(1);
	expect(PARTITION_OK, 3);
	delete_to(PARTITION_HIGH_WATERMARK);
	expect(PARTITION_OK, 4);
}

Test(partition_delete, waits_for_the_log_starts_of_all)
{
	lead(3);
	delete_to(3);
	cr_assert_eq(answers, 0);
	cr_expect_eq(log_start_offset(yard.log), 3);
	follower_begins(2, 3);
	cr_assert_eq(answers, 0);
	follower_begins(3, 2);
	cr_assert_eq(answers, 0);
	follower_begins(3, 4);
	expect(PARTITION_OK, 3);
}

Test(partition_delete, that_takes_too_long_tells_how_far_it_has_got)
{
	lead(2);
	follower_begins(2, 1);
	delete_to(3);
	cr_assert_eq(answers, 0);
	cancel();
	expect(PARTITION_TIMED_OUT, 1);
	follower_begins(2, 3);
	cr_expect_eq(answers, 1);
}

Test(partition_delete, ends_with_the_leadership)
{
	lead(2);
	delete_to(3);
	cr_assert_eq(answers, 0);
	yard_follow(&yard, 2, 8);
	expect(PARTITION_NOT_LEADER, -1);
	delete_to(3);
	expect(PARTITION_NOT_LEADER, -1);
}

Test(partition_delete, of_what_may_not_go_is_refused)
{
	lead(1);
	delete_to(5);
	expect(PARTITION_OFFSET_OUT_OF_RANGE, -1);
	delete_to(-2);
	expect(PARTITION_OFFSET_OUT_OF_RANGE, -1);
	yard.config.log.cleanup_delete = false;
	yard_configure(&yard);
	delete_to(1);
	expect(PARTITION_POLICY_VIOLATION, -1);
	cr_expect_eq(log_start_offset(yard.log), 0);
}
