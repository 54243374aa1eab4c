/* Log dirs whose disk hangs (F23): what they lead is given up where enough others are in sync. */
#include <criterion/criterion.h>

#include "partition/replicas_private.h"
#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

#define SECONDS * (int64_t)DEPOT_SECOND_US

static struct depot depot;

static void
start(const char *given)
{
	depot_init(&depot, 23, given);
	depot.settings->config.min_insync_replicas = 2;
	depot_start(&depot);
	cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_NONE);
	depot_run(&depot, 2 SECONDS);
	(void)depot_told(&depot);
}

static void
set_up(void)
{
	start("klamm.disk.hang.ms=4000\n");
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_hang, .init = set_up, .fini = tear_down);

static int
order(int32_t epoch, int32_t leader, int first_in_isr, int isr)
{
	struct depot_order it = { .topic = "orders", .leader_epoch = epoch, .leader = leader,
		.replicas = 3, .isr = isr, .first_in_isr = first_in_isr, .leader_is_dead = true };

	depot_send_leader_and_isr(&depot, &it, 1);
	return depot_code(&depot, "orders", 0);
}

static int
order_last(int32_t epoch)
{
	struct depot_order it = { .topic = "orders", .leader_epoch = epoch, .is_last = true };

	depot_send_leader_and_isr(&depot, &it, 1);
	return depot_code(&depot, "orders", 0);
}

static void
stop_it(void)
{
	struct depot_order stop = { .topic = "orders", .leader_epoch = 3 };

	depot_send_stop_replica(&depot, &stop, 1);
	cr_assert_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
}

/* Its followers come all the time. */
static void
work(int seconds)
{
	for (int i = 0; i < seconds; i++) {
		(void)depot_fetch_as(&depot, 2, "orders", 0, 0);
		(void)depot_fetch_as(&depot, 3, "orders", 0, 0);
		depot_run(&depot, 1 SECONDS);
	}
}

static void
hang_for(int seconds)
{
	depot.machine.disk->hangs_until_us = depot.sim.now_us + seconds SECONDS;
}

/* It leads three in sync, and its disk has hung long enough; for a while more. */
static void
hang(int seconds)
{
	cr_assert_eq(order(2, 0, 0, 3), KAFKA_ERROR_NONE);
	work(2);
	hang_for(10 + seconds);
	work(10);
}

Test(replicas_hang, F23_a_leader_is_given_up_and_follows_when_the_disk_goes_on)
{
	hang(100);
	cr_expect_eq(depot_log_count(&depot, "/a hangs: nothing"), 1);
	cr_expect_geq(depot_asks(&depot), 1);
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 0), PARTITION_OK, "it is read until then");
	stop_it();
	(void)depot_asks(&depot);
	depot_run(&depot, 80 SECONDS);
	cr_expect_eq(depot_asks(&depot), 0);
	cr_expect_eq(order(3, 2, 2, 2), KAFKA_ERROR_KAFKA_STORAGE_ERROR, "to follow it needs the disk");
	depot_run(&depot, 30 SECONDS);
	cr_expect_eq(depot_log_count(&depot, "/a goes on"), 1);
	cr_expect_geq(depot_asks(&depot), 1, "whom to follow");
	cr_expect_eq(order(3, 2, 2, 2), KAFKA_ERROR_NONE, "in the epoch of StopReplica");
	(void)depot_asks(&depot);
	depot_run(&depot, 400 SECONDS);
	cr_expect_eq(depot_asks(&depot), 0);
}

/* No answer waits for the disk. */
Test(replicas_hang, F23_it_is_given_up_while_nothing_ends)
{
	int64_t before_us;

	hang(60);
	before_us = depot.sim.now_us;
	cr_expect_eq(order(3, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	stop_it();
	cr_expect_eq(order(4, 2, 2, 2), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_lt(depot.sim.now_us - before_us, 1 SECONDS);
}

Test(replicas_hang, a_busy_disk_is_not_a_hung_one)
{
	cr_assert_eq(order(2, 0, 0, 3), KAFKA_ERROR_NONE);
	for (int i = 0; i < 20; i++) {
		hang_for(3);
		work(5);
	}
	cr_expect_eq(depot_asks(&depot), 0);
	cr_expect_eq(order(3, 0, 0, 3), KAFKA_ERROR_NONE);
}

Test(replicas_hang, where_too_few_others_are_in_sync_it_leads_on)
{
	cr_assert_eq(order(2, 0, 0, 2), KAFKA_ERROR_NONE);
	hang_for(20);
	work(15);
	cr_expect(depot_has_logged(&depot, " hangs: nothing"));
	cr_expect_eq(depot_asks(&depot), 0);
	cr_expect_eq(order(3, 0, 0, 2), KAFKA_ERROR_NONE);
}

/* They may be dead, with their sessions. */
Test(replicas_hang, that_has_not_heard_of_the_others_leads_on)
{
	static const int32_t alive[] = { 1, 2, 3 };

	depot_enter(&depot);
	replicas_set_live_brokers(depot.replicas, alive, 3);
	depot_leave(&depot);
	cr_assert_eq(order(2, 0, 0, 3), KAFKA_ERROR_NONE);
	depot_run(&depot, 6 SECONDS);
	hang_for(30);
	depot_run(&depot, 15 SECONDS);
	cr_expect(depot_has_logged(&depot, " hangs: nothing"));
	cr_expect_eq(depot_asks(&depot), 0);
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	work(1);
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}

/* All may hang at once, on one storage: somebody has to be left. */
Test(replicas_hang, the_last_one_assigned_leads_on_for_a_while)
{
	cr_assert_eq(order_last(2), KAFKA_ERROR_NONE);
	hang_for(60);
	work(10);
	cr_expect_geq(depot_asks(&depot), 1);
	cr_expect_eq(order_last(2), KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	work(15);
	cr_expect_eq(order_last(2), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}

Test(replicas_hang, who_is_only_now_to_lead_does_so_first)
{
	cr_assert_eq(order(2, 2, 0, 3), KAFKA_ERROR_NONE);
	hang_for(60);
	depot_run(&depot, 15 SECONDS);
	cr_expect(depot_has_logged(&depot, " hangs: nothing"));
	cr_expect_eq(order(2, 2, 0, 3), KAFKA_ERROR_STALE_CONTROLLER_EPOCH, "who follows stays");
	cr_expect_eq(order(3, 0, 0, 3), KAFKA_ERROR_NONE);
	(void)depot_asks(&depot);
	work(5);
	cr_expect_geq(depot_asks(&depot), 1);
	cr_expect_eq(order(3, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}

/* Another dir has been full for so long that its replicas ask every five minutes. */
Test(replicas_hang, does_not_wait_behind_a_dir_that_stays_full)
{
	struct dir_watch *other = &depot.replicas->watches[1];
	int64_t now_us;

	cr_assert_eq(order(2, 0, 0, 3), KAFKA_ERROR_NONE);
	work(2);
	now_us = clock_monotonic_us(depot.replicas->world->clock);
	other->is_full = true;
	other->full_us = now_us - 60 SECONDS;
	other->refused_us = now_us + 60 SECONDS;
	depot.replicas->relief_wait_us = 300 SECONDS;
	depot.replicas->relief_us = now_us + 300 SECONDS;
	hang_for(60);
	work(10);
	cr_expect(other->is_full);
	cr_expect_geq(depot_asks(&depot), 1);
}

/* As when the controller has died before it had another one lead. */
Test(replicas_hang, that_goes_on_is_taken_back)
{
	hang(10);
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	(void)depot_asks(&depot);
	work(5);
	cr_expect_geq(depot_asks(&depot), 1, "it leads still");
	work(20);
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_NONE);
	(void)depot_asks(&depot);
	depot_run(&depot, 400 SECONDS);
	cr_expect_eq(depot_asks(&depot), 0);
}

/* One on its way at a time, of each kind. */
Test(replicas_hang, checkpoints_do_not_pile_up)
{
	hang_for(1000);
	depot_run(&depot, 900 SECONDS);
	cr_expect_leq(depot.replicas->out, 2 * LOG_DIR_CHECKPOINT_COUNT + 2);
}

/* ---------------------------------------------------------- other settings */

TestSuite(replicas_hang_limit, .fini = tear_down);

Test(replicas_hang_limit, without_it_a_leader_leads_on)
{
	start("klamm.disk.hang.ms=-1\nreplica.high.watermark.checkpoint.interval.ms=1000\n");
	hang(60);
	work(20);
	cr_expect_not(depot_has_logged(&depot, " hangs: nothing"));
	cr_expect_eq(depot_asks(&depot), 0);
	cr_expect_eq(order(3, 0, 0, 3), KAFKA_ERROR_NONE);
}

/* However seldom checkpoints are wanted. */
Test(replicas_hang_limit, is_kept_within_a_half_of_it)
{
	start("klamm.disk.hang.ms=4000\nreplica.high.watermark.checkpoint.interval.ms=1000000\n");
	depot_run(&depot, 20 SECONDS);
	hang_for(60);
	depot_run(&depot, 7 SECONDS);
	cr_expect(depot_has_logged(&depot, " hangs: nothing"));
}
