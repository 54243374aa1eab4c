/* The end of a broker's replicas. */
#include <criterion/criterion.h>

#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

static struct depot depot;

static void
set_up(void)
{
	depot_init(&depot, 8, "");
	depot_start(&depot);
	cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_append(&depot, "orders", 0, 3, 10), PARTITION_OK);
	(void)depot_told(&depot);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_stop, .init = set_up, .fini = tear_down);

Test(replicas_stop, closes_everything_and_says_so)
{
	depot_stop(&depot);
	cr_expect(depot.is_clean);
	cr_expect(depot_exists(&depot, "/a/.kafka_cleanshutdown"));
	cr_expect(depot_exists(&depot, "/b/.kafka_cleanshutdown"));
	cr_expect_not(depot_exists(&depot, "/a/.lock"));
	cr_expect_not_null(strstr(depot_text(&depot, "/a/recovery-point-offset-checkpoint"),
	    "orders 0 3\n"));
	cr_expect_not_null(strstr(depot_text(&depot, "/a/replication-offset-checkpoint"),
	    "orders 0 3\n"));
}

struct parked {
	struct partition_fetch fetch;
	bool is_answered;
};

static void
fetched(struct partition_operation *operation)
{
	container_of(operation, struct parked, fetch.operation)->is_answered = true;
}

Test(replicas_stop, answers_what_is_parked)
{
	struct parked parked = { .fetch = { .offset = 3, .max_bytes = 100, .wait = true,
		.current_leader_epoch = -1, .last_fetched_epoch = -1 } };

	parked.fetch.operation.loop = depot.process.world.control;
	parked.fetch.operation.answered = fetched;
	depot_enter(&depot);
	partition_fetch(depot_partition(&depot, "orders", 0), &parked.fetch);
	depot_leave(&depot);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_not(parked.is_answered);
	depot_stop(&depot);
	cr_expect(parked.is_answered);
	cr_expect_eq(parked.fetch.operation.status, PARTITION_NOT_LEADER);
}

Test(replicas_stop, with_a_failed_dir_is_not_clean_and_the_other_dir_is)
{
	cr_assert_eq(depot_lead(&depot, "orders", 1, 1), KAFKA_ERROR_NONE);
	depot_break(&depot, "/a", true);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 10), PARTITION_STORAGE);
	depot_run(&depot, DEPOT_SECOND_US);
	depot_stop(&depot);
	cr_expect_not(depot.is_clean);
	cr_expect_not(depot_exists(&depot, "/a/.kafka_cleanshutdown"));
	cr_expect(depot_exists(&depot, "/b/.kafka_cleanshutdown"));
}

/* The append, the failure and the stop come at once. */
Test(replicas_stop, a_dir_that_fails_with_it_is_not_clean)
{
	depot_break(&depot, "/a", true);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 10), PARTITION_STORAGE);
	depot_stop(&depot);
	cr_expect_not(depot.is_clean);
	cr_expect_not(depot_exists(&depot, "/a/.kafka_cleanshutdown"));
}

Test(replicas_stop, before_all_is_loaded_marks_nothing_as_clean_that_was_not)
{
	for (int delay_us = 0; delay_us < 200000; delay_us += delay_us / 2 + 100) {
		depot_kill(&depot);
		depot_begin(&depot);
		depot_run(&depot, delay_us);
		depot_stop(&depot);
		depot_start(&depot);
		cr_assert_eq(depot.error, ERROR_NONE);
		cr_expect_eq(depot_lead(&depot, "orders", 0, 2), KAFKA_ERROR_NONE);
		cr_expect_eq(depot_latest(&depot, "orders", 0), 3);
	}
}

Test(replicas_stop, waits_for_a_request_that_is_being_obeyed)
{
	struct depot_order orders[] = { { .topic = "orders", .index = 1 },
		{ .topic = "orders", .leader_epoch = 5 } };

	depot_send_leader_and_isr(&depot, orders, 2);
	depot_stop(&depot);
	cr_expect(depot.is_answered);
	cr_expect(depot.is_clean);
}

/* F38: what is known of producers outlives a clean stop, and a kill. */
Test(replicas_stop, F38_a_producers_retry_is_a_duplicate_after_a_restart)
{
	struct log_sample sample = { .records = 2, .value_size = 10, .producer_id = 77,
		.timestamp = depot.machine.wall_start_ms };
	int64_t first, again;

	cr_expect_eq(depot_append_once(&depot, "orders", 0, &sample, &first), PARTITION_OK);
	cr_expect_eq(first, 3);
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			depot_stop(&depot);
		else
			depot_kill(&depot);
		depot_start(&depot);
		cr_assert_eq(depot_lead(&depot, "orders", 0, 2 + i), KAFKA_ERROR_NONE);
		cr_expect_eq(depot_append_once(&depot, "orders", 0, &sample, &again), PARTITION_OK);
		cr_expect_eq(again, first);
		cr_expect_eq(depot_latest(&depot, "orders", 0), 5);
	}
	sample.base_sequence = 7;
	depot_run(&depot, 6 * (int64_t)DEPOT_SECOND_US);
	cr_expect_eq(depot_append_once(&depot, "orders", 0, &sample, NULL),
	    PARTITION_OUT_OF_ORDER_SEQUENCE);
}
