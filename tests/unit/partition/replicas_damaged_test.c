/* Damaged logs (F15): given up where others are in sync, else led on. */
#include <criterion/criterion.h>

#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

#define SECONDS * (int64_t)DEPOT_SECOND_US
#define LOG_0 "/a/orders-0/00000000000000000000.log"

enum { RECORDS = 200 };

static struct depot depot;

static void
set_up(void)
{
	depot_init(&depot, 15, "");
	depot_start(&depot);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_damaged, .init = set_up, .fini = tear_down);

static int
order(int32_t epoch, int32_t leader, int isr)
{
	struct depot_order it = { .topic = "orders", .leader_epoch = epoch, .leader = leader,
		.replicas = 2, .isr = isr, .leader_is_dead = true };

	depot_send_leader_and_isr(&depot, &it, 1);
	return depot_code(&depot, "orders", 0);
}

/* In the second of many records: a start in order looks at the last ones alone. */
static void
damage(void)
{
	int64_t size;

	cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_append(&depot, "orders", 0, RECORDS, 10), PARTITION_OK);
	size = log_size(depot_replica(&depot, "orders", 0)->stored->log) / RECORDS;
	cr_assert_eq(sim_disk_flip(depot.machine.disk, LOG_0, size + BATCH_HEADER_BYTES + 5, 1),
	    ERROR_NONE);
}

/* The start reads nothing: the first reader finds it. */
static void
start_again(void)
{
	depot_stop(&depot);
	depot_start(&depot);
}

Test(replicas_damaged, is_given_up_by_its_leader_when_another_is_in_sync)
{
	damage();
	start_again();
	cr_assert_eq(order(2, 0, 2), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 1), PARTITION_STORAGE);
	depot_run(&depot, 2 SECONDS);
	cr_expect_geq(depot_asks(&depot), 1, "the controller is to tell it again");
	cr_expect(depot_has_logged(&depot, "orders-0: offsets 1 to 1 are damaged"));
	cr_expect_eq(order(2, 0, 2), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_not_null(depot_partition(&depot, "orders", 0), "it leads on until then");
}

Test(replicas_damaged, that_is_stopped_asks_whom_to_follow)
{
	struct depot_order stop = { .topic = "orders", .leader_epoch = 3 };

	damage();
	start_again();
	cr_assert_eq(order(2, 0, 2), KAFKA_ERROR_NONE);
	(void)depot_fetch(&depot, "orders", 0, 1);
	depot_run(&depot, 2 SECONDS);
	cr_expect_eq(order(2, 0, 2), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	depot_send_stop_replica(&depot, &stop, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	(void)depot_told(&depot);
	depot_run(&depot, 10 SECONDS);
	cr_expect_geq(depot_asks(&depot), 1);
	/* The epoch is that of StopReplica; now only broker 2 is in the ISR. */
	struct depot_order follow = { .topic = "orders", .leader_epoch = 3, .leader = 2,
		.replicas = 1, .leader_is_dead = true };
	depot_send_leader_and_isr(&depot, &follow, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	(void)depot_told(&depot);
	depot_run(&depot, 100 SECONDS);
	cr_expect_eq(depot_asks(&depot), 0);
}

Test(replicas_damaged, that_is_alone_in_sync_leads_on_and_says_which_records_are_lost)
{
	damage();
	start_again();
	cr_assert_eq(order(2, 0, 1), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 0), PARTITION_OK);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 1), PARTITION_CORRUPT_MESSAGE);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 2), PARTITION_OK);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 10), PARTITION_OK);
	depot_run(&depot, 100 SECONDS);
	cr_expect_eq(depot_asks(&depot), 0);
	cr_expect_eq(order(3, 0, 1), KAFKA_ERROR_NONE);
}

Test(replicas_damaged, that_a_recovery_has_seen_is_not_taken_over)
{
	damage();
	depot_kill(&depot);
	depot_start(&depot);
	cr_expect_eq(order(2, 0, 2), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(order(3, 2, 2), KAFKA_ERROR_KAFKA_STORAGE_ERROR, "nor followed in sync");
	cr_expect_eq(order(4, 0, 1), KAFKA_ERROR_NONE, "when there is no other it leads");
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 1), PARTITION_CORRUPT_MESSAGE);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 2), PARTITION_OK);
}

/* The controller heard of it only after it had told whom to follow: nobody else would have it follow again. */
Test(replicas_damaged, that_follows_and_is_stopped_late_asks_whom_to_follow)
{
	struct depot_order stop = { .topic = "orders", .leader_epoch = 3 };
	struct depot_order follow = { .topic = "orders", .leader_epoch = 3, .leader = 2,
		.replicas = 2, .first_in_isr = 2, .leader_is_dead = true };

	damage();
	start_again();
	cr_assert_eq(order(2, 0, 2), KAFKA_ERROR_NONE);
	(void)depot_fetch(&depot, "orders", 0, 1);
	cr_expect_eq(order(2, 0, 2), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	depot_send_leader_and_isr(&depot, &follow, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	(void)depot_asks(&depot);
	depot_run(&depot, 10 SECONDS);
	cr_expect_eq(depot_asks(&depot), 0);
	depot_send_stop_replica(&depot, &stop, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	depot_run(&depot, 10 SECONDS);
	cr_expect_geq(depot_asks(&depot), 1);
	depot_send_leader_and_isr(&depot, &follow, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	(void)depot_asks(&depot);
	depot_run(&depot, 400 SECONDS);
	cr_expect_eq(depot_asks(&depot), 0);
}

/* The next power cut must not have it cut there, with all that follows. */
Test(replicas_damaged, has_its_recovery_point_on_disk_before_the_start_ends)
{
	damage();
	depot_kill(&depot);
	depot_start(&depot);
	cr_expect(depot_has_logged(&depot, "orders-0: offsets 1 to 1 are damaged"));
	depot_power_cut(&depot, SIM_DISK_KEEP_NOTHING);
	depot_start(&depot);
	cr_assert_eq(depot_lead(&depot, "orders", 0, 2), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_latest(&depot, "orders", 0), RECORDS);
}
