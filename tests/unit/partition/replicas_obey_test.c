/* LeaderAndIsr and StopReplica. */
#include <criterion/criterion.h>

#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

static struct depot depot;

static void
set_up(void)
{
	depot_init(&depot, 5, "");
	depot_start(&depot);
	cr_assert_eq(depot.error, ERROR_NONE);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_obey, .init = set_up, .fini = tear_down);

/* ------------------------------------------------------------- LeaderAndIsr */

Test(replicas_obey, answers_by_name_where_topics_have_no_id)
{
	struct depot_order orders[] = { { .topic = "orders", .anonymous = true },
		{ .topic = "invoices", .index = 2, .anonymous = true } };

	depot_send_leader_and_isr(&depot, orders, 2);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_code(&depot, "invoices", 2), KAFKA_ERROR_NONE);
	cr_expect_eq(depot.led.partition_errors.count, 2);
	cr_expect_not(depot_exists(&depot, "/a/orders-0/partition.metadata"));
	cr_expect_eq(depot_hosted(&depot, "invoices")->partition_count, 3);
	cr_expect_null(depot_partition(&depot, "invoices", 0));
}

/* A topic of an old tool beside others. */
Test(replicas_obey, answers_by_id_where_any_topic_has_one)
{
	struct depot_order orders[] = { { .topic = "orders", .anonymous = true },
		{ .topic = "invoices", .index = 2 } };

	depot_send_leader_and_isr(&depot, orders, 2);
	depot_wait(&depot, &depot.is_answered);
	cr_assert_eq(depot.led.topics.count, 2);
	cr_expect_eq(depot.led.partition_errors.count, 0);
	cr_expect(uuid_is_zero(depot.led.topics.items[0].topic_id));
	cr_expect_not(uuid_is_zero(depot.led.topics.items[1].topic_id));
	cr_expect_eq(depot.led.topics.items[1].partition_errors.items[0].partition_index, 2);
}

Test(replicas_obey, who_is_not_assigned_makes_nothing)
{
	static int32_t other[] = { 7 };
	struct depot_order order = { .topic = "orders" };

	depot_send_leader_and_isr(&depot, &order, 0);
	depot_wait(&depot, &depot.is_answered);
	depot_send_leader_and_isr(&depot, &order, 1);
	depot_wait(&depot, &depot.is_answered);
	depot.leader_and_isr.topic_states.items[0].topic_name = slice_of_text("strange");
	depot.leader_and_isr.topic_states.items[0].partition_states.items[0].replicas.items = other;
	depot_enter(&depot);
	replicas_leader_and_isr(depot.replicas, &depot.leader_and_isr, &depot.arena, &depot.led,
	    depot_answered, &depot);
	depot_leave(&depot);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_eq(depot.led.topics.items[0].partition_errors.items[0].error_code,
	    KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_expect_null(depot_hosted(&depot, "strange"));
}

/* Of the wire nothing is believed: no path, and no array of that size. */
Test(replicas_obey, what_no_topic_can_have_is_not_made)
{
	struct depot_order orders[] = { { .topic = "../orders" },
		{ .topic = "orders", .index = INT32_MAX }, { .topic = "orders", .index = -1 },
		{ .topic = "orders", .index = 3, .leader_epoch = -5 },
		{ .topic = "orders", .index = 1 } };

	depot_send_leader_and_isr(&depot, orders, 5);
	for (int i = 0; i < 4; i++)
		cr_expect_eq(depot_code(&depot, orders[i].topic, orders[i].index),
		    KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(depot_code(&depot, "orders", 1), KAFKA_ERROR_NONE);
	cr_expect_null(depot_hosted(&depot, "../orders"));
	cr_expect_eq(depot_hosted(&depot, "orders")->partition_count, 2);
}

Test(replicas_obey, a_partition_named_twice_is_made_once_and_the_last_word_counts)
{
	struct depot_order orders[] = { { .topic = "orders", .leader_epoch = 3 },
		{ .topic = "orders", .leader_epoch = 5 } };

	depot_send_leader_and_isr(&depot, orders, 2);
	cr_expect_eq(depot_answer_count(&depot), 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	cr_expect_str_eq(depot_told(&depot), "elected orders-0 5\n");
}

/* -------------------------------------------------------------- StopReplica */

Test(replicas_obey, a_deleted_partition_is_gone_at_once_and_its_files_after_a_minute)
{
	cr_expect_eq(depot_lead(&depot, "orders", 0, 3), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_append(&depot, "orders", 0, 3, 10), PARTITION_OK);
	(void)depot_told(&depot);
	cr_expect_eq(depot_delete(&depot, "orders", 0), KAFKA_ERROR_NONE);
	cr_expect_str_eq(depot_told(&depot), "resigned orders-0 3\n");
	cr_expect_null(depot_hosted(&depot, "orders"));
	cr_expect_not(depot_exists(&depot, "/a/orders-0"));
	cr_expect_eq(depot_names(&depot, "/a", "-delete"), 1);
	depot_run(&depot, 50 * (int64_t)DEPOT_SECOND_US);
	cr_expect_eq(depot_names(&depot, "/a", "-delete"), 1);
	depot_run(&depot, 12 * (int64_t)DEPOT_SECOND_US);
	cr_expect_eq(depot_names(&depot, "/a", "-delete"), 0);
}

Test(replicas_obey, a_stop_without_deletion_keeps_the_log)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 3 };

	cr_expect_eq(depot_lead(&depot, "orders", 0, 3), KAFKA_ERROR_NONE);
	(void)depot_told(&depot);
	depot_send_stop_replica(&depot, &order, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	cr_expect_str_eq(depot_told(&depot), "resigned orders-0 3\n");
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 10), PARTITION_NOT_LEADER);
	cr_expect_eq(depot_lead(&depot, "orders", 0, 4), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 10), PARTITION_OK);
}

Test(replicas_obey, a_stop_of_an_older_leader_epoch_is_fenced)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 2, .deletes = true };

	cr_expect_eq(depot_lead(&depot, "orders", 0, 3), KAFKA_ERROR_NONE);
	depot_send_stop_replica(&depot, &order, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_FENCED_LEADER_EPOCH);
	cr_expect_not_null(depot_partition(&depot, "orders", 0));
}

Test(replicas_obey, what_is_not_here_is_stopped_already)
{
	cr_expect_eq(depot_delete(&depot, "orders", 0), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_delete(&depot, "orders", -1), KAFKA_ERROR_NONE);
}

Test(replicas_obey, a_partition_named_twice_is_deleted_once)
{
	struct depot_order orders[] = {
		{ .topic = "orders", .leader_epoch = -2, .deletes = true },
		{ .topic = "orders", .leader_epoch = -2, .deletes = true },
		{ .topic = "orders", .index = 1, .leader_epoch = -2, .deletes = true },
	};

	cr_expect_eq(depot_lead(&depot, "orders", 0, 3), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_lead(&depot, "orders", 1, 3), KAFKA_ERROR_NONE);
	depot_send_stop_replica(&depot, orders, 3);
	cr_expect_eq(depot_answer_count(&depot), 2);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_code(&depot, "orders", 1), KAFKA_ERROR_NONE);
	cr_expect_null(depot_hosted(&depot, "orders"));
}

/* The dir fails while the partition is on its way out, however far it has come. */
Test(replicas_obey, a_dir_may_fail_during_a_deletion)
{
	for (int delay_us = 0; delay_us < 60000; delay_us += delay_us / 4 + 50) {
		struct depot_order order = { .topic = "orders", .leader_epoch = -2,
			.deletes = true };
		int code;

		tear_down();
		set_up();
		cr_assert_eq(depot_lead(&depot, "orders", 0, 3), KAFKA_ERROR_NONE);
		cr_assert_eq(depot_append(&depot, "orders", 0, 3, 10), PARTITION_OK);
		(void)depot_told(&depot);
		depot_send_stop_replica(&depot, &order, 1);
		depot_run(&depot, delay_us);
		depot_enter(&depot);
		replicas_fail_dir(depot.replicas, depot_dir(&depot, 0), ERROR_IO);
		depot_leave(&depot);
		code = depot_code(&depot, "orders", 0);
		cr_expect(code == KAFKA_ERROR_NONE || code == KAFKA_ERROR_KAFKA_STORAGE_ERROR);
		cr_expect_null(depot_hosted(&depot, "orders"));
		cr_expect_eq(depot_log_count(&depot, "assert"), 0);
		cr_expect_not_null(strstr(depot_told(&depot), "failed /a, 1 left\n"));
	}
}

/* The log is given, and nobody has heard of it yet: it stays where it is. */
Test(replicas_obey, a_log_of_a_failed_dir_is_not_deleted)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = -2, .deletes = true };

	cr_assert_eq(depot_lead(&depot, "orders", 0, 3), KAFKA_ERROR_NONE);
	depot_send_stop_replica(&depot, &order, 1);
	while (depot_replica(&depot, "orders", 0)->partition->log != NULL)
		depot_run(&depot, 1);
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_dir(&depot, 0), ERROR_IO);
	depot_leave(&depot);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect(depot_exists(&depot, "/a/orders-0"));
	cr_expect_eq(depot_lead(&depot, "orders", 0, 4), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_not(depot_exists(&depot, "/b/orders-0"));
}

Test(replicas_obey, a_deletion_that_fails_takes_the_dir_offline_once)
{
	cr_assert_eq(depot_lead(&depot, "orders", 0, 3), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_lead(&depot, "orders", 1, 3), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_lead(&depot, "orders", 2, 3), KAFKA_ERROR_NONE);
	(void)depot_told(&depot);
	depot_break(&depot, "/a", true);
	cr_expect_eq(depot_delete(&depot, "orders", 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	depot_run(&depot, 10 * DEPOT_SECOND_US);
	cr_expect_str_eq(depot_told(&depot),
	    "resigned orders-0 3\nresigned orders-2 3\nfailed /a, 1 left\n");
	cr_expect_null(depot_partition(&depot, "orders", 2));
	cr_expect_not_null(depot_partition(&depot, "orders", 1), "in /b");
	cr_expect_eq(depot_delete(&depot, "orders", 2), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}
