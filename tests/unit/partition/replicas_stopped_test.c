/* StopReplica without deletion may come late: who was stopped asks whom to follow. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "partition/replicas_private.h"
#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

#define SECONDS * (int64_t)DEPOT_SECOND_US

enum { EPOCH_OF_DELETION = -2 };

static struct depot depot;

static void
start(const char *given)
{
	depot_init(&depot, 6, given);
	depot.settings->config.min_insync_replicas = 2;
	depot_start(&depot);
	cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_lead(&depot, "orders", 1, 1), KAFKA_ERROR_NONE);
	depot_run(&depot, 2 SECONDS);
	(void)depot_told(&depot);
}

static void
set_up(void)
{
	start("");
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_stopped, .init = set_up, .fini = tear_down);

static int
send(const struct depot_order *order)
{
	depot_send_leader_and_isr(&depot, order, 1);
	return depot_code(&depot, order->topic, 0);
}

/* To follow broker 2, out of the ISR. */
static int
follow(const char *topic, int32_t epoch, bool is_old)
{
	return send(&(struct depot_order){ .topic = topic, .leader_epoch = epoch, .leader = 2,
	    .replicas = 3, .isr = 2, .first_in_isr = 2, .is_old = is_old, .leader_is_dead = true });
}

static void
stop(const char *topic, int32_t epoch)
{
	struct depot_order it = { .topic = topic, .leader_epoch = epoch };

	depot_send_stop_replica(&depot, &it, 1);
	cr_assert_eq(depot_code(&depot, topic, 0), KAFKA_ERROR_NONE);
}

static int
asks_within(int64_t us)
{
	(void)depot_asks(&depot);
	depot_run(&depot, us);
	return depot_asks(&depot);
}

static void
expect_it_asks_until_it_is_told(const char *topic, int32_t epoch)
{
	cr_expect_geq(asks_within(10 SECONDS), 1, "whom to follow");
	cr_expect_eq(follow(topic, epoch, true), KAFKA_ERROR_NONE, "the epoch that it has");
	cr_expect_eq(asks_within(400 SECONDS), 0);
}

/* Answered as not new, obeyed as new, and stopped for the first answer: a controller of Kafka. */
Test(replicas_stopped, who_may_have_been_in_a_dir_that_is_offline_asks)
{
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_dir(&depot, 0), ERROR_IO);
	depot_leave(&depot);
	depot_run(&depot, 2 SECONDS);
	cr_expect_eq(follow("others", 5, true), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(follow("others", 5, false), KAFKA_ERROR_NONE);
	stop("others", 5);
	expect_it_asks_until_it_is_told("others", 5);
}

Test(replicas_stopped, who_could_not_be_made_for_want_of_space_asks)
{
	depot.machine.disk->capacity = 1;
	cr_expect_eq(follow("others", 5, false), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	depot.machine.disk->capacity = INT64_MAX;
	cr_expect_eq(follow("others", 5, false), KAFKA_ERROR_NONE);
	stop("others", 5);
	expect_it_asks_until_it_is_told("others", 5);
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

/* It leads, and is given up and stopped, as its disk hangs. */
static void
hang(int64_t us)
{
	struct depot_order lead = { .topic = "orders", .leader_epoch = 2, .replicas = 3 };

	tear_down();
	start("klamm.disk.hang.ms=4000\n");
	cr_assert_eq(send(&lead), KAFKA_ERROR_NONE);
	work(2);
	depot.machine.disk->hangs_until_us = depot.sim.now_us + us;
	work(10);
	cr_expect_eq(send(&lead), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	stop("orders", 3);
}

/* Refused while it waited for its disk, in the epoch of another controller. */
Test(replicas_stopped, whose_disk_hung_twice_asks)
{
	hang(110 SECONDS);
	cr_expect_eq(follow("orders", 3, true), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	depot_run(&depot, 130 SECONDS);
	cr_expect_eq(follow("orders", 4, true), KAFKA_ERROR_NONE);
	stop("orders", 4);
	expect_it_asks_until_it_is_told("orders", 4);
}

/* It asks nothing meanwhile, so that nobody names it. */
Test(replicas_stopped, whose_disk_hangs_for_long_asks_when_it_goes_on)
{
	hang(2400 SECONDS);
	cr_expect_eq(asks_within(2300 SECONDS), 0);
	cr_expect_geq(asks_within(200 SECONDS), 1);
	cr_expect_eq(depot.replicas->given_up, 1);
}

/* A reassignment stops one after the other. */
Test(replicas_stopped, however_many_follow_the_first_one_asks_soon)
{
	char names[10][16];
	int asks;

	for (int i = 0; i < 10; i++) {
		snprintf(names[i], sizeof(names[i]), "t%d", i);
		cr_assert_eq(depot_lead(&depot, names[i], 0, 1), KAFKA_ERROR_NONE);
	}
	(void)depot_asks(&depot);
	for (int i = 0; i < 10; i++) {
		stop(names[i], 1);
		depot_run(&depot, 1 SECONDS);
	}
	asks = depot_asks(&depot);
	cr_expect(asks >= 2 && asks <= 5, "%d", asks);
	cr_expect_leq(asks_within(300 SECONDS), 10, "less and less often");
}

/* By one controller, which died before it elected anybody; for the next one it has led all the time. */
Test(replicas_stopped, who_was_told_of_no_leader_leads_the_epoch_that_it_has)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 7, .leader = -1, .replicas = 3,
		.is_old = true };

	cr_expect_eq(send(&order), KAFKA_ERROR_NONE);
	order.leader = 0;
	cr_expect_eq(send(&order), KAFKA_ERROR_NONE);
	cr_expect(depot_replica(&depot, "orders", 0)->leads);
	cr_expect_eq(send(&order), KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
}

/* Its topic goes, or it has moved away: nobody would answer. */
Test(replicas_stopped, for_a_deletion_asks_nothing)
{
	stop("orders", EPOCH_OF_DELETION);
	cr_expect_eq(asks_within(400 SECONDS), 0);
}

/* What was to delete it died with the controller. */
Test(replicas_stopped, whom_nobody_names_any_more_asks_for_a_while)
{
	stop("orders", 1);
	cr_expect_geq(asks_within(1800 SECONDS), 5);
	depot_run(&depot, 600 SECONDS);
	cr_expect_eq(asks_within(4000 SECONDS), 0);
	cr_expect_eq(depot.replicas->given_up, 0);
}

/* It is told of no leader: as long as it hears that, it is wanted here. */
Test(replicas_stopped, whom_nobody_leads_asks_on)
{
	stop("orders", 1);
	for (int i = 0; i < 10; i++) {
		cr_expect_geq(asks_within(400 SECONDS), 1);
		cr_expect_eq(send(&(struct depot_order){ .topic = "orders", .leader_epoch = 2 + i,
		    .leader = -1, .replicas = 3, .is_old = true }), KAFKA_ERROR_NONE);
	}
}

/* The first write to a dir that has gone bad is that of the new log. */
Test(replicas_stopped, a_new_log_is_made_in_another_dir_where_one_fails_with_it)
{
	depot_break(&depot, "/a", true);
	cr_expect_eq(follow("others", 0, false), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	depot_run(&depot, 3 SECONDS);
	cr_expect_eq(log_dirs_online_count(depot.dirs), 1);
	cr_expect_eq(follow("others", 0, true), KAFKA_ERROR_NONE);
	cr_expect(depot_exists(&depot, "/b/others-0"));
}
