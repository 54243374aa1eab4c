/* What a partition does while another log takes the place of its own. */
#include <criterion/criterion.h>

#include "partition/partition_follow.h"
#include "tests/unit/partition/mover.h"
#include "wire/batch.h"
#include "wire/kafka_error.h"

static struct depot depot;
static struct log_partition *future;
static struct log_swap log_swap;
static struct partition_swap swap;
static bool is_answered;

static struct log_load load;

/* A copy of orders-0 in /b that is nobody's. */
static void
set_up(void)
{
	depot_init(&depot, 33, "");
	mover_begin(&depot);
	cr_assert_eq(depot_append(&depot, "orders", 0, 5, 100), PARTITION_OK);
	depot_enter(&depot);
	cr_assert_eq(log_dirs_create_future(depot.dirs, depot_dir(&depot, 1),
	    slice_of_text("orders"), 0, depot.topic_id, 1, &load), ERROR_NONE);
	log_load_run(&load);
	cr_assert_eq(log_load_done(&load), ERROR_NONE);
	depot_leave(&depot);
	future = load.partition;
	is_answered = false;
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(partition_swap, .init = set_up, .fini = tear_down);

static void
answered(struct partition_operation *operation UNUSED)
{
	is_answered = true;
}

static void
begin_swap(void)
{
	struct replica *replica = depot_replica(&depot, "orders", 0);

	depot_enter(&depot);
	log_swap_prepare(depot.dirs, replica->stored, future, 1, &log_swap);
	log_swap_announce(&log_swap);
	cr_assert_eq(log_swap_announced(&log_swap), ERROR_NONE);
	swap.log = &log_swap;
	swap.operation.loop = depot.process.world.control;
	swap.operation.answered = answered;
	partition_swap(replica->partition, &swap);
	depot_leave(&depot);
}

static enum partition_status
end_swap(void)
{
	struct replica *replica = depot_replica(&depot, "orders", 0);
	enum partition_status status;

	depot_wait(&depot, &is_answered);
	status = swap.operation.status;
	depot_enter(&depot);
	if (status == PARTITION_OK) {
		log_swap_done(depot.dirs, &log_swap);
		replica->stored = future;
		log_free(log_swap.old);
	}
	log_swap_fini(&log_swap);
	depot_leave(&depot);
	return status;
}

static enum partition_status
ask(void)
{
	begin_swap();
	return end_swap();
}

Test(partition_swap, has_the_new_log_afterwards)
{
	cr_expect_eq(ask(), PARTITION_OK);
	cr_expect_eq(depot_partition(&depot, "orders", 0)->log, future->log);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 5);
	cr_expect_eq(depot_append(&depot, "orders", 0, 5, 100), PARTITION_OK);
	cr_expect_eq(log_end_offset(future->log), 10);
}

/* Another leader's records, which were cut here since: a copy with them is of no use. */
Test(partition_swap, is_refused_to_a_copy_that_parts)
{
	struct log_append set = { .origin = LOG_FROM_LEADER };
	struct log_sample sample = { .records = 1, .value_size = 10 };
	struct buffer bytes;

	buffer_init(&bytes);
	log_sample_batch(&bytes, &sample, 0);
	set.bytes = bytes.bytes;
	set.size = bytes.size;
	batch_set_partition_leader_epoch(bytes.bytes, 0);
	depot_enter(&depot);
	cr_assert_eq(log_append_as_follower(future->log, &set, 1), ERROR_NONE);
	depot_leave(&depot);
	buffer_fini(&bytes);
	cr_expect_eq(ask(), PARTITION_OFFSET_NOT_AVAILABLE);
	cr_expect_neq(depot_partition(&depot, "orders", 0)->log, future->log);
	cr_expect_eq(depot_append(&depot, "orders", 0, 5, 100), PARTITION_OK);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 10);
}

Test(partition_swap, waits_for_jobs_while_cold_reads_wait_for_it)
{
	struct partition *partition = depot_partition(&depot, "orders", 0);

	depot_enter(&depot);
	partition->jobs++; /* somebody has a piece of its log */
	depot_leave(&depot);
	sim_disk_sync_all(depot.machine.disk);
	sim_disk_drop_cache(depot.machine.disk);
	begin_swap();
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_not(is_answered);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 100), PARTITION_OK, "appends go on");
	depot_enter(&depot);
	partition->jobs--;
	depot_leave(&depot);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 0), PARTITION_OK, "its next event lets it begin");
	cr_expect_eq(end_swap(), PARTITION_OK);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 6);
}

static bool has_followed;

static void
followed(struct partition_operation *operation UNUSED)
{
	has_followed = true;
}

/* Under klamm.flush.before.ack who follows asks for no more before what it has is on disk. */
Test(partition_swap, lets_go_on_who_has_waited_for_a_sync_of_the_old_log)
{
	struct depot_order order = { .topic = "orders", .leader = 2, .leader_epoch = 3,
		.replicas = 2, .is_old = true, .leader_is_dead = true };
	struct partition_follow follow = { .operation.answered = followed,
		.answer = { .type = FOLLOWER_RECORDS, .leader_epoch = 3, .asked_offset = 5,
		    .diverging_epoch = -1 } };
	struct partition *partition = depot_partition(&depot, "orders", 0);
	struct buffer bytes;

	partition->home->flush_before_ack = true;
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_assert_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	buffer_init(&bytes);
	log_sample_batch(&bytes, &(struct log_sample){ .records = 1, .value_size = 10 }, 5);
	batch_set_base_offset(bytes.bytes, 5);
	batch_set_partition_leader_epoch(bytes.bytes, 3);
	follow.answer.records = buffer_slice(&bytes);
	follow.operation.loop = depot.process.world.control;
	depot_enter(&depot);
	partition->jobs++; /* somebody has a piece of its log */
	depot_leave(&depot);
	begin_swap();
	depot_enter(&depot);
	partition_follow(partition, &follow);
	depot_leave(&depot);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_assert_not(is_answered);
	cr_assert_not(has_followed);
	depot_enter(&depot);
	partition->jobs--;
	depot_leave(&depot);
	(void)depot_fetch(&depot, "orders", 0, 0); /* its next event lets it begin */
	cr_expect_eq(end_swap(), PARTITION_OK);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect(has_followed);
	cr_expect_eq(follow.operation.status, PARTITION_OK);
	cr_expect_eq(follow.next.offset, 6);
	buffer_fini(&bytes);
}

Test(partition_swap, is_refused_when_the_log_is_gone)
{
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_dir(&depot, 0), ERROR_IO);
	depot_leave(&depot);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_eq(ask(), PARTITION_STORAGE);
}
