#include <criterion/criterion.h>

#include "tests/unit/partition/yard.h"

static struct yard yard;
static struct yard_append appends[4];
static struct yard_fetch fetch;

static void
open_with(bool flush_before_ack)
{
	yard.flush_before_ack = flush_before_ack;
	yard_open(&yard);
	yard_lead(&yard, 7, 1, 1);
	yard_let_go(&yard);
	yard.holds_work = true;
}

static void
set_up(void)
{
	yard_init(&yard);
	yard.config.log.segment_bytes = 1 << 20;
}

static void
tear_down(void)
{
	yard_fini(&yard);
}

TestSuite(partition_flush, .init = set_up, .fini = tear_down);

static void
expect_status(int number, enum partition_status status)
{
	cr_expect_eq(appends[number].tally.answers, 1, "number %d", number);
	cr_expect_eq(appends[number].append.operation.status, status, "number %d: %d", number,
	    (int)appends[number].append.operation.status);
}

static void
forget(int count)
{
	for (int i = 0; i < count; i++)
		yard_forget_append(&appends[i]);
}

/* What is left of the partition's only segment after the power was cut now. */
static int64_t
size_after_a_power_cut(void)
{
	struct sim_disk *disk = sim_disk_fork(yard.disk, 1);
	struct disk_status status = { .size = 0 };

	sim_disk_power_cut(disk, SIM_DISK_KEEP_NOTHING);
	struct sim_mount *mount = sim_disk_mount(disk);
	cr_assert_eq(disk_status(sim_mount_port(mount), YARD_PATH "/00000000000000000000.log",
	    &status), ERROR_NONE);
	sim_mount_free(mount);
	sim_disk_free(disk);
	return status.size;
}

/* -------------------------------------------------------- flush before ack */

Test(partition_flush, comes_before_the_ack)
{
	open_with(true);
	yard_append(&yard, &appends[0], 2, -1);
	cr_expect_eq(appends[0].told, 1);
	yard.holds_results = true;
	yard_let_work(&yard);
	yard_run(&yard);
	cr_expect_eq(appends[0].tally.answers, 0);
	cr_expect_eq(log_high_watermark(yard.log), 0);
	yard_let_go(&yard);
	expect_status(0, PARTITION_OK);
	cr_expect_eq(appends[0].append.base_offset, 0);
	cr_expect_eq(log_high_watermark(yard.log), 2);
	cr_expect_eq(size_after_a_power_cut(), log_size(yard.log));
	forget(1);
}

Test(partition_flush, comes_before_a_reader_sees_it)
{
	open_with(true);
	yard_wait_for(&yard, &fetch, 0);
	yard_append(&yard, &appends[0], 1, 1);
	expect_status(0, PARTITION_OK);
	cr_expect_eq(fetch.tally.answers, 0, "acks 1 does not wait, readers do");
	yard_let_go(&yard);
	cr_expect_eq(fetch.fetch.operation.status, PARTITION_OK);
	cr_expect_eq(yard_count(&fetch, 0), 1);
	yard_forget_fetch(&fetch);
	forget(1);
}

Test(partition_flush, is_shared_by_all_that_came_while_another_ran)
{
	open_with(true);
	for (int i = 0; i < 4; i++)
		yard_append(&yard, &appends[i], 1, -1);
	cr_expect_eq(yard_work_count(&yard), 1, "one at a time");
	yard_let_work(&yard);
	yard_run(&yard);
	expect_status(0, PARTITION_OK);
	cr_expect_eq(appends[1].tally.answers, 0);
	cr_expect_eq(yard_work_count(&yard), 1, "and the next one at once");
	yard_let_work(&yard);
	yard_run(&yard);
	for (int i = 1; i < 4; i++)
		expect_status(i, PARTITION_OK);
	cr_expect_lt(appends[1].tally.order, appends[3].tally.order);
	cr_expect_eq(yard_work_count(&yard), 0);
	forget(4);
}

Test(partition_flush, counts_the_followers_too)
{
	open_with(true);
	yard_lead(&yard, 8, 3, 2);
	yard_append(&yard, &appends[0], 1, -1);
	yard_follower_has(&yard, 2, 1);
	cr_expect_eq(appends[0].tally.answers, 0);
	yard_let_go(&yard);
	expect_status(0, PARTITION_OK);
	forget(1);
}

Test(partition_flush, that_fails_acknowledges_nobody)
{
	open_with(true);
	yard_append(&yard, &appends[0], 1, -1);
	yard_append(&yard, &appends[1], 1, -1);
	yard_wait_for(&yard, &fetch, 0);
	yard.disk->sync_error = 1000;
	yard_let_go(&yard);
	yard.disk->sync_error = 0;
	expect_status(0, PARTITION_STORAGE);
	expect_status(1, PARTITION_STORAGE);
	cr_expect_eq(fetch.fetch.operation.status, PARTITION_STORAGE);
	cr_expect_eq(fetch.fetch.high_watermark, -1);
	cr_expect_eq(yard.faults, PARTITION_FAULT_WRITE);
	cr_expect_eq(log_state(yard.log), ERROR_OFFLINE);
	cr_expect_eq(log_high_watermark(yard.log), 0);
	yard_append(&yard, &appends[2], 1, -1);
	expect_status(2, PARTITION_STORAGE);
	cr_expect_eq(yard_work_count(&yard), 0, "no second sync is believed");
	yard_forget_fetch(&fetch);
	forget(3);
}

Test(partition_flush, answers_nobody_twice_after_the_leader_resigned)
{
	open_with(true);
	yard_append(&yard, &appends[0], 1, -1);
	yard_follow(&yard, 2, 8);
	expect_status(0, PARTITION_NOT_LEADER);
	yard_let_go(&yard);
	cr_expect_eq(log_flushed_offset(yard.log), 1);
	cr_expect_eq(log_high_watermark(yard.log), 0, "the new leader will tell");
	forget(1);
}

Test(partition_flush, makes_up_for_what_a_new_leader_has_not_on_disk)
{
	open_with(false);
	yard_append(&yard, &appends[0], 1, -1);
	yard_follow(&yard, 2, 8);
	yard.home->flush_before_ack = true; /* as after a restart */
	yard_append(&yard, &appends[1], 1, -1);
	cr_expect_eq(log_flushed_offset(yard.log), 0);
	yard_lead(&yard, 9, 1, 1);
	yard_let_go(&yard);
	cr_expect_eq(log_flushed_offset(yard.log), 1);
	cr_expect_eq(log_high_watermark(yard.log), 1);
	forget(2);
}

/* ------------------------------------------------------------ what is due */

Test(partition_flush, is_due_after_so_many_messages)
{
	yard.config.log.flush_messages = 3;
	open_with(false);
	yard_append(&yard, &appends[0], 2, -1);
	cr_expect_eq(yard_work_count(&yard), 0);
	yard_append(&yard, &appends[1], 1, -1);
	expect_status(1, PARTITION_OK);
	cr_expect_eq(yard_work_count(&yard), 1);
	yard_let_go(&yard);
	cr_expect_eq(log_recovery_point(yard.log), 3);
	cr_expect_eq(size_after_a_power_cut(), log_size(yard.log));
	forget(2);
}

Test(partition_flush, is_due_after_some_time)
{
	struct partition_upkeep upkeep;

	yard.config.log.flush_ms = 1000;
	open_with(false);
	yard_append(&yard, &appends[0], 1, 1);
	cr_expect_eq(yard_work_count(&yard), 0);
	yard_upkeep(&yard, &upkeep, PARTITION_FLUSH_IF_DUE,
	    clock_wall_ms(yard.process.world.clock) + 1000);
	cr_expect_eq(yard_work_count(&yard), 1);
	yard_let_go(&yard);
	cr_expect_eq(log_recovery_point(yard.log), 1);
	forget(1);
}

Test(partition_flush, is_not_due_without_a_reason)
{
	struct partition_upkeep upkeep;

	open_with(false);
	yard_append(&yard, &appends[0], 1, -1);
	yard_upkeep(&yard, &upkeep, PARTITION_FLUSH_IF_DUE, INT64_C(1) << 50);
	cr_expect_eq(yard_work_count(&yard), 0);
	forget(1);
}

Test(partition_flush, of_records_needs_no_room_for_the_rest)
{
	yard.config.log.flush_messages = 1;
	open_with(true);
	/* The leader epochs are written with all of it, and there is no room for them. */
	yard.disk->capacity = (yard.disk->pages_used + 1) * SIM_PAGE_SIZE;
	yard_append(&yard, &appends[0], 1, -1);
	yard_let_go(&yard);
	cr_expect_eq(yard.faults, PARTITION_FAULT_FULL);
	expect_status(0, PARTITION_OK);
	cr_expect_eq(log_flushed_offset(yard.log), 1);
	cr_expect_eq(log_recovery_point(yard.log), 0);
	forget(1);
}

/* ----------------------------------------------------------------- the end */

static void
surrendered(struct partition_operation *operation)
{
	cr_expect_eq(operation->status, PARTITION_OK);
	operation->loop = NULL;
}

Test(partition_flush, keeps_the_log_until_it_is_done)
{
	struct partition_surrender surrender = { .gone = PARTITION_NOT_LEADER,
		.operation = { .loop = yard.process.world.control, .answered = surrendered } };

	open_with(true);
	yard_append(&yard, &appends[0], 1, -1);
	yard_append(&yard, &appends[1], 1, -1);
	yard_enter(&yard, YARD_CONTROL);
	partition_surrender(yard.partition, &surrender);
	yard_leave(&yard);
	yard_run(&yard);
	expect_status(0, PARTITION_NOT_LEADER);
	expect_status(1, PARTITION_NOT_LEADER);
	cr_expect_not_null(surrender.operation.loop);
	yard_let_go(&yard);
	cr_expect_null(surrender.operation.loop);
	cr_expect_eq(log_flushed_offset(surrender.log), 1, "and no other flush begins");
	log_free(surrender.log);
	forget(2);
}
