/* Replicas that could not be made for want of space (F20). */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

#define SECONDS * (int64_t)DEPOT_SECOND_US

static struct depot depot;

static void
set_up(void)
{
	depot_init(&depot, 22, "");
	depot_start(&depot);
	depot_run(&depot, 2 SECONDS);
	depot.machine.disk->capacity = 0;
	depot_run(&depot, 2 SECONDS);
	cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_unmade, .init = set_up, .fini = tear_down);

static int
lead_old(const char *topic)
{
	struct depot_order order = { .topic = topic, .leader_epoch = 1, .is_old = true };

	depot_send_leader_and_isr(&depot, &order, 1);
	return depot_code(&depot, topic, 0);
}

Test(replicas_unmade, F20_wait_until_there_is_room)
{
	depot_run(&depot, 30 SECONDS);
	cr_expect_eq(depot_asks(&depot), 0);
	depot.machine.disk->capacity = INT64_MAX;
	depot_run(&depot, 3 SECONDS);
	cr_expect_eq(depot_asks(&depot), 1);
	cr_expect_eq(lead_old("orders"), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 10), PARTITION_OK);
	depot_run(&depot, 100 SECONDS);
	cr_expect_eq(depot_asks(&depot), 0);
}

/* Whatever else is offline, it was new and is nowhere. */
Test(replicas_unmade, are_made_while_another_dir_is_offline)
{
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_dir(&depot, 1), ERROR_IO);
	depot_leave(&depot);
	depot.machine.disk->capacity = INT64_MAX;
	depot_run(&depot, 3 SECONDS);
	cr_expect_eq(lead_old("invoices"), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(lead_old("orders"), KAFKA_ERROR_NONE);
}

Test(replicas_unmade, ask_less_and_less_often_and_at_last_no_more)
{
	depot.machine.disk->capacity = INT64_MAX;
	depot_run(&depot, 10 SECONDS);
	cr_expect_leq(depot_asks(&depot), 4);
	depot_run(&depot, 1000 SECONDS);
	cr_expect_leq(depot_asks(&depot), 10);
	depot_run(&depot, 1000 SECONDS);
	cr_expect_eq(depot_asks(&depot), 0);
}

/* As a controller does with a replica whose log dir is offline. */
Test(replicas_unmade, that_are_stopped_are_asked_for)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 1 };

	depot_send_stop_replica(&depot, &order, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	depot.machine.disk->capacity = INT64_MAX;
	depot_run(&depot, 3 SECONDS);
	cr_expect_eq(depot_asks(&depot), 1);
}

Test(replicas_unmade, that_are_deleted_are_not_asked_for)
{
	cr_expect_eq(depot_delete(&depot, "orders", 0), KAFKA_ERROR_NONE);
	depot.machine.disk->capacity = INT64_MAX;
	depot_run(&depot, 10 SECONDS);
	cr_expect_eq(depot_asks(&depot), 0);
}

Test(replicas_unmade, of_an_older_topic_say_nothing_of_a_new_one)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 1, .is_old = true,
		.topic_id = { .bytes = { 7 } } };

	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_dir(&depot, 1), ERROR_IO);
	depot_leave(&depot);
	depot.machine.disk->capacity = INT64_MAX;
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}
