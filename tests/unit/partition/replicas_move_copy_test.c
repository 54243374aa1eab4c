/* What is copied of a replica that moves, when its log is cut and when something fails. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "partition/partition_follow.h"
#include "partition/replicas_move_private.h"
#include "tests/unit/partition/mover.h"
#include "wire/batch.h"
#include "wire/kafka_error.h"

static struct depot depot;

static void
set_up(void)
{
	depot_init(&depot, 31, "klamm.flush.before.ack=true\n");
	mover_begin(&depot);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_move_copy, .init = set_up, .fini = tear_down);

/* -------------------------------------------------- the replica's log is cut */

/* When the step at hand is over nothing more is copied, until it is let go. */
static struct replica_move *
hold(void)
{
	struct replica_move *move = depot_replica(&depot, "orders", 0)->move;

	depot_enter(&depot);
	move->is_at_work = false;
	depot.replicas->moves_at_work--;
	move->later_us = INT64_MAX;
	depot_leave(&depot);
	while (move->is_out)
		depot_run(&depot, 50);
	return move;
}

static bool follow_answered;

static void
followed(struct partition_operation *operation UNUSED)
{
	follow_answered = true;
}

/* What the leader of the epoch says. */
static void
follow(struct follower_answer answer)
{
	struct partition *partition = depot_partition(&depot, "orders", 0);
	struct partition_follow follow = {
		.operation = { .loop = depot.process.world.control, .answered = followed },
		.answer = answer,
	};

	follow.answer.leader_epoch = 2;
	follow.answer.asked_offset = log_end_offset(partition->log);
	follow_answered = false;
	depot_enter(&depot);
	partition_follow(partition, &follow);
	depot_leave(&depot);
	depot_wait(&depot, &follow_answered);
	cr_assert_eq(follow.operation.status, PARTITION_OK);
}

static void
append_of_epoch(int32_t epoch, int64_t offset)
{
	struct log_sample sample = { .records = 1, .value_size = 100 };
	struct buffer bytes;

	buffer_init(&bytes);
	log_sample_batch(&bytes, &sample, 0);
	batch_set_base_offset(bytes.bytes, offset);
	batch_set_partition_leader_epoch(bytes.bytes, epoch);
	follow((struct follower_answer){ .type = FOLLOWER_RECORDS, .high_watermark = offset,
		.diverging_epoch = -1, .records = buffer_slice(&bytes) });
	buffer_fini(&bytes);
}

/*
 * The copy has records of epoch 1 that the replica has lost to the leader of epoch 2,
 * and the replica has as many again.
 */
Test(replicas_move_copy, is_cut_where_its_replica_was_cut)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 2, .leader = 2,
		.replicas = 2 };
	struct replica_move *move;
	const struct leader_epoch *latest;

	cr_assert_eq(depot_append(&depot, "orders", 0, 40, 60000), PARTITION_OK);
	cr_assert_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	while (log_published(depot_replica(&depot, "orders", 0)->move->future->log).end_offset < 10)
		depot_run(&depot, 100);
	move = hold();
	cr_assert_lt(log_end_offset(move->future->log), 40, "in the midst of it");
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_assert_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	follow((struct follower_answer){ .type = FOLLOWER_BEGINS });
	follow((struct follower_answer){ .type = FOLLOWER_RECORDS, .diverging_epoch = 1,
		.diverging_end_offset = 5 });
	cr_assert_eq(log_end_offset(depot_partition(&depot, "orders", 0)->log), 5);
	for (int offset = 5; offset < 50; offset++)
		append_of_epoch(2, offset);
	move->later_us = 0;
	mover_wait(&depot, "orders", 0);
	mover_expect_in(&depot, "/b", "/a");
	cr_expect_eq(log_end_offset(depot_partition(&depot, "orders", 0)->log), 50);
	latest = leader_epochs_latest(log_leader_epochs(depot_partition(&depot, "orders", 0)->log));
	cr_expect_eq(latest->epoch, 2);
	cr_expect_eq(latest->start_offset, 5);
	cr_expect_eq(log_size(depot_partition(&depot, "orders", 0)->log) / 60000, 5);
}

/* It had all of it: what the replica has lost is not brought back. */
Test(replicas_move_copy, is_cut_to_a_shorter_replica)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 2, .leader = 2,
		.replicas = 2 };
	struct replica_move *move;

	cr_assert_eq(depot_append(&depot, "orders", 0, 40, 60000), PARTITION_OK);
	cr_assert_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	while (log_published(depot_replica(&depot, "orders", 0)->move->future->log).end_offset < 10)
		depot_run(&depot, 100);
	move = hold();
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_assert_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	follow((struct follower_answer){ .type = FOLLOWER_BEGINS });
	follow((struct follower_answer){ .type = FOLLOWER_RECORDS, .diverging_epoch = 1,
		.diverging_end_offset = 5 });
	move->later_us = 0;
	mover_wait(&depot, "orders", 0);
	mover_expect_in(&depot, "/b", "/a");
	cr_expect_eq(log_end_offset(depot_partition(&depot, "orders", 0)->log), 5);
}

/* As a power cut may leave it, which keeps what names it likes: the replica does not lose them, too. */
Test(replicas_move_copy, begins_again_without_its_beginning)
{
	char path[512];

	cr_assert_eq(depot_append(&depot, "orders", 0, 40, 60000), PARTITION_OK);
	cr_assert_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	while (log_published(depot_replica(&depot, "orders", 0)->move->future->log).end_offset < 20)
		depot_run(&depot, 100);
	(void)hold();
	depot_stop(&depot);
	snprintf(path, sizeof(path), "%s/00000000000000000000.log",
	    depot_name(&depot, "/b", "-future"));
	cr_assert_eq(disk_unlink(depot.disk, path), ERROR_NONE);
	mover_restart(&depot);
	mover_wait(&depot, "orders", 0);
	mover_expect_in(&depot, "/b", "/a");
	cr_expect_eq(depot_earliest(&depot, "orders", 0), 0);
	for (int offset = 0; offset < 40; offset++)
		cr_expect_eq(depot_fetch(&depot, "orders", 0, offset), PARTITION_OK);
}

/* ------------------------------------------- crashes and failures, at each call */

enum { RECORDS = 12 };

static int records; /* that were acknowledged */

static int twins; /* how often it was in both dirs */

/* The disk's calls from the request on are counted. */
static struct sim_disk *
begin_again(void)
{
	depot_fini(&depot);
	set_up();
	cr_assert_eq(depot_append(&depot, "orders", 0, RECORDS, 60000), PARTITION_OK);
	records = RECORDS;
	return depot.machine.disk;
}

static void
expect_all_records(uint64_t at)
{
	cr_expect_eq(depot_latest(&depot, "orders", 0), records, "after call %d: %lld", (int)at,
	    (long long)depot_latest(&depot, "orders", 0));
}

/* Everything that was acknowledged is there, in one dir or the other, and the move ends. */
static void
expect_end(uint64_t at)
{
	twins += depot_exists(&depot, "/a/orders-0") && depot_exists(&depot, "/b/orders-0");
	mover_restart(&depot);
	expect_all_records(at);
	if (depot_exists(&depot, "/a/orders-0"))
		cr_expect_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	mover_wait(&depot, "orders", 0);
	mover_expect_in(&depot, "/b", "/a");
	expect_all_records(at);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 100), PARTITION_OK);
	for (int offset = 0; offset <= records; offset++)
		cr_expect_eq(depot_fetch(&depot, "orders", 0, offset), PARTITION_OK);
}

static void
crash_everywhere(bool power, enum sim_disk_crash crash, enum sim_disk_when when)
{
	bool is_dead = true;

	for (uint64_t at = 1; is_dead; at++) {
		struct sim_disk *disk = begin_again();

		disk->crash_at = disk->operations + at;
		disk->crash_when = when;
		mover_begin_asking(&depot, "orders", 0, "/b");
		depot_run(&depot, DEPOT_SECOND_US / 2);
		is_dead = sim_mount_is_dead(depot.process.mount);
		disk->crash_at = 0;
		if (power)
			depot_power_cut(&depot, crash);
		else
			depot_kill(&depot);
		expect_end(at);
		cr_assert_lt(at, 2000);
	}
	cr_expect_gt(twins, 0);
}

Test(replicas_move_copy, goes_on_after_a_kill)
{
	crash_everywhere(false, 0, SIM_DISK_PARTLY);
}

Test(replicas_move_copy, goes_on_after_a_power_cut)
{
	crash_everywhere(true, SIM_DISK_KEEP_NOTHING, SIM_DISK_AFTER);
}

Test(replicas_move_copy, goes_on_after_a_power_cut_that_leaves_pieces)
{
	crash_everywhere(true, SIM_DISK_KEEP_RANDOM, SIM_DISK_AFTER);
}

/* Whichever dir has failed: after the next start all is where it should be. */
Test(replicas_move_copy, ends_when_a_sync_fails)
{
	for (uint64_t at = 1; at < 200; at++) {
		struct sim_disk *disk = begin_again();

		disk->sync_error_at = disk->operations + at;
		mover_begin_asking(&depot, "orders", 0, "/b");
		depot_run(&depot, DEPOT_SECOND_US / 2);
		disk->sync_error_at = 0;
		if (!depot_replica(&depot, "orders", 0)->is_offline) {
			expect_all_records(at);
			cr_expect_eq(depot_append(&depot, "orders", 0, 1, 100), PARTITION_OK);
			records++;
		}
		depot_stop(&depot);
		expect_end(at);
	}
}
