/* Replicas of a full log dir (F20): given up where enough others are in sync. */
#include <criterion/criterion.h>

#include "partition/replicas_private.h"
#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

#define SECONDS * (int64_t)DEPOT_SECOND_US

enum { CAPACITY = 4 << 20, RECORD = 60000 };

static struct depot depot;

/* A log of nearly 4 MiB, led by this broker alone. */
static void
set_up(void)
{
	int count = 0;

	depot_init(&depot, 16, "");
	depot.settings->config.log.retention_ms = -1;
	depot.settings->config.min_insync_replicas = 2;
	depot.machine.disk->capacity = CAPACITY;
	depot_start(&depot);
	cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_NONE);
	depot_run(&depot, 2 SECONDS);
	while (count < 100 && depot_append(&depot, "orders", 0, 1, RECORD) == PARTITION_OK)
		count++;
	cr_assert_lt(count, 100);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_full, .init = set_up, .fini = tear_down);

static int
order(int32_t epoch, int32_t leader, int first_in_isr, int isr)
{
	struct depot_order it = { .topic = "orders", .leader_epoch = epoch, .leader = leader,
		.replicas = 3, .isr = isr, .first_in_isr = first_in_isr, .leader_is_dead = true };

	depot_send_leader_and_isr(&depot, &it, 1);
	return depot_code(&depot, "orders", 0);
}

/* Its producers come again and again, and its followers. */
static void
be_refused_once(void)
{
	cr_assert_eq(depot_append(&depot, "orders", 0, 1, RECORD), PARTITION_STORAGE);
	(void)depot_fetch_as(&depot, 2, "orders", 0, 0);
	(void)depot_fetch_as(&depot, 3, "orders", 0, 0);
	depot_run(&depot, 1 SECONDS);
}

static void
be_refused(void)
{
	for (int i = 0; i < 6; i++)
		be_refused_once();
}

/* It leads three in sync, is refused space, and has had time to ask. */
static void
lack_space(void)
{
	cr_assert_eq(order(2, 0, 0, 3), KAFKA_ERROR_NONE);
	be_refused();
}

static void
stop_it(void)
{
	struct depot_order stop = { .topic = "orders", .leader_epoch = 3 };

	depot_send_stop_replica(&depot, &stop, 1);
	cr_assert_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
}

static void
expect_it_asks_whom_to_follow(void)
{
	(void)depot_asks(&depot);
	depot_run(&depot, 10 SECONDS);
	cr_expect_geq(depot_asks(&depot), 1, "whom to follow");
}

/* Longer than the longest wait between two asks. */
static void
expect_it_is_quiet(void)
{
	(void)depot_asks(&depot);
	depot_run(&depot, 400 SECONDS);
	cr_expect_eq(depot_asks(&depot), 0);
}

Test(replicas_full, a_leader_is_given_up_and_then_follows)
{
	cr_assert_eq(order(2, 0, 0, 3), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, RECORD), PARTITION_STORAGE);
	cr_expect_eq(depot_asks(&depot), 0);
	be_refused();
	cr_expect_geq(depot_asks(&depot), 1);
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 0), PARTITION_OK, "it is read until then");
	stop_it();
	expect_it_asks_whom_to_follow();
	cr_expect_eq(order(3, 2, 2, 0), KAFKA_ERROR_NONE, "in the epoch of StopReplica");
	expect_it_is_quiet();
}

/* An election meanwhile does not have it back. */
Test(replicas_full, a_later_epoch_is_given_up_too)
{
	lack_space();
	cr_expect_eq(order(3, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(order(4, 0, 0, 2), KAFKA_ERROR_NONE, "the other one alone could take nothing");
}

Test(replicas_full, where_too_few_others_are_in_sync_it_leads_on)
{
	cr_assert_eq(order(2, 0, 0, 2), KAFKA_ERROR_NONE);
	be_refused();
	cr_expect_eq(depot_asks(&depot), 0);
	cr_expect_eq(order(3, 0, 0, 2), KAFKA_ERROR_NONE);
}

Test(replicas_full, that_nobody_appends_to_stays)
{
	depot_run(&depot, 2 SECONDS);
	depot.machine.disk->capacity *= 2; /* what was refused before is forgotten */
	depot_run(&depot, 2 SECONDS);
	depot.machine.disk->capacity = CAPACITY;
	cr_assert_eq(order(2, 0, 0, 3), KAFKA_ERROR_NONE);
	depot_run(&depot, 20 SECONDS);
	cr_expect_eq(depot_asks(&depot), 0);
	cr_expect_eq(order(3, 0, 0, 3), KAFKA_ERROR_NONE);
}

Test(replicas_full, a_follower_in_sync_leaves)
{
	cr_assert_eq(order(2, 2, 0, 3), KAFKA_ERROR_NONE);
	for (int i = 0; i < 6; i++) {
		depot_enter(&depot);
		replicas_partition_failed(depot.replicas,
		    depot_replica(&depot, "orders", 0)->partition, PARTITION_FAULT_FULL);
		depot_leave(&depot);
		depot_run(&depot, 1 SECONDS);
	}
	cr_expect_geq(depot_asks(&depot), 1);
	cr_expect_eq(order(2, 2, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(order(3, 2, 2, 0), KAFKA_ERROR_NONE, "out of the ISR it follows");
}

/* As when the controller has died before it had another one lead. */
Test(replicas_full, that_has_space_again_is_taken_back)
{
	lack_space();
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	depot.machine.disk->capacity *= 2;
	(void)depot_asks(&depot);
	depot_run(&depot, 5 SECONDS);
	cr_expect_geq(depot_asks(&depot), 1);
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_NONE);
	expect_it_is_quiet();
}

/* However long it has asked in vain. */
Test(replicas_full, that_was_stopped_asks_as_soon_as_there_is_space)
{
	lack_space();
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	stop_it();
	depot.machine.disk->capacity = depot.machine.disk->pages_used * SIM_PAGE_SIZE;
	depot_run(&depot, 1000 SECONDS);
	(void)depot_asks(&depot);
	depot.machine.disk->capacity = 2 * CAPACITY;
	depot_run(&depot, 3 SECONDS);
	cr_expect_eq(depot_asks(&depot), 1);
}

Test(replicas_full, asks_less_and_less_often)
{
	lack_space();
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	stop_it();
	(void)depot_asks(&depot);
	depot_run(&depot, 1000 SECONDS);
	cr_expect_geq(depot_asks(&depot), 5);
	depot_run(&depot, 1000 SECONDS);
	cr_expect_leq(depot_asks(&depot), 4);
}

/* It was answered before there was space, and is obeyed by the controller afterwards. */
Test(replicas_full, that_was_taken_back_and_is_stopped_after_all_asks)
{
	lack_space();
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	depot.machine.disk->capacity *= 2;
	depot_run(&depot, 10 SECONDS);
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_NONE);
	stop_it();
	expect_it_asks_whom_to_follow();
	cr_expect_eq(order(3, 2, 2, 0), KAFKA_ERROR_NONE);
	expect_it_is_quiet();
}

/* A request that was under way is refused like the first one, and each has it stopped. */
Test(replicas_full, that_is_stopped_for_each_refusal_asks_each_time)
{
	lack_space();
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	for (int i = 0; i < 2; i++) {
		stop_it();
		expect_it_asks_whom_to_follow();
		cr_expect_eq(order(3, 2, 2, 0), KAFKA_ERROR_NONE);
	}
	expect_it_is_quiet();
}

/* Of a log dir that is offline, for all that the controller knows, nobody is told who is elected. */
Test(replicas_full, that_nobody_leads_asks_on)
{
	lack_space();
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	stop_it();
	cr_expect_eq(order(4, -1, 2, 2), KAFKA_ERROR_NONE);
	expect_it_asks_whom_to_follow();
	cr_expect_eq(order(5, 2, 2, 2), KAFKA_ERROR_NONE);
	expect_it_is_quiet();
}

/* Of the time before it followed: it has not been refused anything since. */
Test(replicas_full, that_is_elected_again_is_not_given_up_unasked)
{
	lack_space();
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	stop_it();
	cr_expect_eq(order(3, 2, 2, 0), KAFKA_ERROR_NONE);
	cr_expect_eq(order(4, 2, 0, 3), KAFKA_ERROR_NONE, "it has joined, and nothing has come");
	cr_expect_eq(order(5, 0, 0, 3), KAFKA_ERROR_NONE);
}

/* However long others have asked in vain. */
Test(replicas_full, that_is_stopped_asks_soon)
{
	lack_space();
	depot.machine.disk->capacity = depot.machine.disk->pages_used * SIM_PAGE_SIZE;
	for (int i = 0; i < 900; i++)
		be_refused_once();
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	stop_it();
	(void)depot_asks(&depot);
	depot_run(&depot, 10 SECONDS);
	cr_expect_geq(depot_asks(&depot), 1);
}

/* It had room for a while, and another replica has waited for its leader all the time. */
Test(replicas_full, whose_dir_is_full_again_asks_soon)
{
	cr_assert_eq(depot_lead(&depot, "others", 0, 1), KAFKA_ERROR_NONE);
	lack_space();
	for (int i = 0; i < 300; i++)
		be_refused_once();
	depot_send_stop_replica(&depot, &(struct depot_order){ .topic = "others", .leader_epoch = 1 }, 1);
	depot.machine.disk->capacity = INT64_MAX;
	depot_run(&depot, 60 SECONDS);
	cr_expect_eq(depot.replicas->given_up, 1);
	cr_expect_leq(depot.replicas->relief_wait_us, 2 SECONDS);
}

/* All that lack space are asked at once: somebody has to be left. */
Test(replicas_full, the_last_one_assigned_stays_for_a_while)
{
	struct depot_order last = { .topic = "orders", .leader_epoch = 2, .is_last = true };

	depot_send_leader_and_isr(&depot, &last, 1);
	cr_assert_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	be_refused();
	cr_expect_geq(depot_asks(&depot), 1);
	depot_send_leader_and_isr(&depot, &last, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	be_refused();
	be_refused();
	depot_send_leader_and_isr(&depot, &last, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}

/* They may be dead, with their sessions: nobody would lead, or whoever has lost what it had. */
Test(replicas_full, that_has_not_heard_of_the_others_leads_on)
{
	static const int32_t alive[] = { 1, 2, 3 };

	depot_enter(&depot);
	replicas_set_live_brokers(depot.replicas, alive, 3);
	depot_leave(&depot);
	cr_assert_eq(order(2, 0, 0, 3), KAFKA_ERROR_NONE);
	for (int i = 0; i < 6; i++) {
		cr_assert_eq(depot_append(&depot, "orders", 0, 1, RECORD), PARTITION_STORAGE);
		(void)depot_fetch_as(&depot, 3, "orders", 0, 0);
		depot_run(&depot, 1 SECONDS);
	}
	(void)depot_asks(&depot);
	depot_run(&depot, 1 SECONDS);
	cr_expect_eq(depot_asks(&depot), 0);
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	be_refused();
	cr_expect_eq(order(2, 0, 0, 3), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}
