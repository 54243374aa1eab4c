/* Log dirs that fail (F21): the others serve, and keep a note of it. */
#include <criterion/criterion.h>

#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

#define NOTE "klamm-failed-log-dirs"

static struct depot depot;

/* orders-0 lies in /a, orders-1 in /b. */
static void
set_up(void)
{
	depot_init(&depot, 6, "");
	depot_start(&depot);
	cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_lead(&depot, "orders", 1, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_append(&depot, "orders", 0, 3, 10), PARTITION_OK);
	(void)depot_told(&depot);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_dirs, .init = set_up, .fini = tear_down);

static void
fail(int dir)
{
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_dir(&depot, dir), ERROR_IO);
	depot_leave(&depot);
}

Test(replicas_dirs, F21_a_failed_write_takes_its_dir_offline_and_no_other)
{
	depot_break(&depot, "/a", true);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 10), PARTITION_STORAGE);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_str_eq(depot_told(&depot), "resigned orders-0 1\nfailed /a, 1 left\n");
	cr_expect_null(depot_partition(&depot, "orders", 0));
	cr_expect_eq(depot_append(&depot, "orders", 1, 1, 10), PARTITION_OK);
	cr_expect_str_eq(depot_text(&depot, "/b/" NOTE), "0\n/a\n");
	cr_expect_eq(depot_lead(&depot, "orders", 0, 2), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(depot_lead(&depot, "orders", 1, 2), KAFKA_ERROR_NONE);
}

Test(replicas_dirs, F21_what_was_written_before_a_failed_sync_is_not_acknowledged)
{
	tear_down();
	depot_init(&depot, 6, "klamm.flush.before.ack=true");
	depot_start(&depot);
	cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 10), PARTITION_OK);
	depot.machine.disk->sync_error = 1000;
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 10), PARTITION_STORAGE);
	depot.machine.disk->sync_error = 0;
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_not_null(strstr(depot_told(&depot), "failed /a, 1 left\n"));
	cr_expect_null(depot_hosted(&depot, "orders"));
}

Test(replicas_dirs, a_dir_fails_once)
{
	fail(0);
	fail(0);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_str_eq(depot_told(&depot), "resigned orders-0 1\nfailed /a, 1 left\n");
}

Test(replicas_dirs, the_last_dir_says_so)
{
	fail(0);
	fail(1);
	cr_expect_str_eq(depot_told(&depot), "resigned orders-0 1\nfailed /a, 1 left\n"
	    "resigned orders-1 1\nfailed /b, 0 left\n");
	cr_expect_null(depot_hosted(&depot, "orders"));
}

Test(replicas_dirs, one_that_cannot_take_the_note_of_another_fails_too)
{
	depot_break(&depot, "/b", true);
	fail(0);
	depot_run(&depot, 5 * DEPOT_SECOND_US);
	cr_expect_str_eq(depot_told(&depot), "resigned orders-0 1\nfailed /a, 1 left\n"
	    "resigned orders-1 1\nfailed /b, 0 left\n");
	cr_expect_null(depot_hosted(&depot, "orders"));
	cr_expect(depot_has_logged(&depot, "no log dir can note"));
}

/* Its disk may take one later, with no dir left that works. */
Test(replicas_dirs, a_note_that_nobody_could_take_is_tried_again)
{
	depot_break(&depot, "/b", true);
	depot_break(&depot, "/a", true);
	fail(0);
	depot_run(&depot, 2 * DEPOT_SECOND_US);
	depot_break(&depot, "/b", false);
	depot_run(&depot, 2 * DEPOT_SECOND_US);
	cr_expect_not_null(strstr(depot_text(&depot, "/b/" NOTE), "/a\n"));
	cr_expect_not_null(strstr(depot_text(&depot, "/b/" NOTE), "/b\n"));
}

Test(replicas_dirs, a_stop_tries_once_more_to_leave_a_note)
{
	depot_break(&depot, "/b", true);
	depot_break(&depot, "/a", true);
	fail(0);
	while (!depot_has_logged(&depot, "no log dir can note"))
		depot_run(&depot, 1000);
	depot_break(&depot, "/a", false);
	depot_stop(&depot);
	cr_expect_not_null(strstr(depot_text(&depot, "/a/" NOTE), "/a\n"));
}

Test(replicas_dirs, a_note_waits_for_space)
{
	struct sim_disk *disk = depot.machine.disk;

	disk->capacity = 0;
	fail(0);
	depot_run(&depot, 2 * DEPOT_SECOND_US);
	cr_expect_str_eq(depot_text(&depot, "/b/" NOTE), "-");
	disk->capacity = INT64_MAX;
	depot_run(&depot, 2 * DEPOT_SECOND_US);
	cr_expect_str_eq(depot_text(&depot, "/b/" NOTE), "0\n/a\n");
	cr_expect_eq(depot_dir(&depot, 1)->state, ERROR_NONE);
}

/* Whatever is answered, a partition of a failed dir is not led and not seen. */
Test(replicas_dirs, a_dir_may_fail_while_partitions_are_made_and_led)
{
	for (int delay_us = 0; delay_us < 60000; delay_us += delay_us / 4 + 50) {
		struct depot_order orders[] = { { .topic = "orders", .leader_epoch = 2 },
			{ .topic = "orders", .index = 2 }, { .topic = "orders", .index = 3 } };
		const char *told;

		tear_down();
		set_up();
		depot_send_leader_and_isr(&depot, orders, 3);
		depot_run(&depot, delay_us);
		fail(0);
		depot_wait(&depot, &depot.is_answered);
		depot_run(&depot, DEPOT_SECOND_US);
		cr_expect_eq(depot_code(&depot, "orders", 3), KAFKA_ERROR_NONE, "in /b");
		cr_expect_not_null(depot_partition(&depot, "orders", 1));
		cr_expect_null(depot_partition(&depot, "orders", 0));
		cr_expect_null(depot_partition(&depot, "orders", 2));
		told = depot_told(&depot);
		cr_expect_eq(strstr(told, "elected orders-0 2") != NULL,
		    strstr(told, "resigned orders-0 2") != NULL, "after %d us: %s", delay_us, told);
		cr_expect_eq(strstr(told, "elected orders-2") != NULL,
		    strstr(told, "resigned orders-2") != NULL, "after %d us: %s", delay_us, told);
	}
}

/* The partition leads, and nobody has heard of it yet. */
Test(replicas_dirs, a_partition_of_a_failed_dir_is_not_led)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 2 };

	depot_send_leader_and_isr(&depot, &order, 1);
	while (depot_replica(&depot, "orders", 0)->partition->leader.epoch != 2)
		depot_run(&depot, 1);
	fail(0);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_str_eq(depot_told(&depot), "resigned orders-0 1\nfailed /a, 1 left\n");
}

Test(replicas_dirs, with_a_dir_offline_only_new_partitions_are_made)
{
	struct depot_order order = { .topic = "invoices", .is_old = true };

	fail(0);
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_expect_eq(depot_code(&depot, "invoices", 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(depot_lead(&depot, "invoices", 0, 0), KAFKA_ERROR_NONE);
	cr_expect(depot_exists(&depot, "/b/invoices-0"));
}

/* ------------------------------------------------------- reads that fail (F22) */

#define LOG_IN_A "/a/orders-0/00000000000000000000.log"

static void
break_read(const char *path, int64_t size)
{
	cr_assert_eq(sim_disk_break_read(depot.machine.disk, path, 0, size), ERROR_NONE);
}

Test(replicas_dirs, F22_a_read_that_fails_is_its_partition_s_trouble)
{
	break_read(LOG_IN_A, 50);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 0), PARTITION_CORRUPT_MESSAGE);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_str_eq(depot_told(&depot), "");
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 10), PARTITION_OK);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 3), PARTITION_OK, "what came behind it");
}

Test(replicas_dirs, F22_a_second_one_within_a_minute_takes_the_dir_offline)
{
	cr_assert_eq(depot_lead(&depot, "orders", 2, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_append(&depot, "orders", 2, 1, 10), PARTITION_OK);
	(void)depot_told(&depot);
	break_read(LOG_IN_A, 1 << 20);
	break_read("/a/orders-2/00000000000000000000.log", 1 << 20);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 1), PARTITION_CORRUPT_MESSAGE);
	depot_run(&depot, 59 * (int64_t)DEPOT_SECOND_US);
	cr_expect_str_eq(depot_told(&depot), "");
	cr_expect_eq(depot_fetch(&depot, "orders", 2, 0), PARTITION_CORRUPT_MESSAGE);
	depot_run(&depot, DEPOT_SECOND_US / 2);
	cr_expect_str_eq(depot_told(&depot),
	    "resigned orders-0 1\nresigned orders-2 1\nfailed /a, 1 left\n");
	cr_expect_eq(depot_append(&depot, "orders", 1, 1, 10), PARTITION_OK);
}

Test(replicas_dirs, F22_of_one_partition_they_do_not_however_often_it_is_asked_for)
{
	break_read(LOG_IN_A, 1 << 20);
	for (int i = 0; i < 4; i++)
		cr_expect_eq(depot_fetch(&depot, "orders", 0, 1), PARTITION_CORRUPT_MESSAGE);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_str_eq(depot_told(&depot), "");
	cr_expect_eq(depot_log_count(&depot, "orders-0: a segment cannot be read"), 1);
}

Test(replicas_dirs, F22_one_in_each_of_two_dirs_does_not)
{
	cr_assert_eq(depot_append(&depot, "orders", 1, 1, 10), PARTITION_OK);
	break_read(LOG_IN_A, 1 << 20);
	break_read("/b/orders-1/00000000000000000000.log", 1 << 20);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 1), PARTITION_CORRUPT_MESSAGE);
	cr_expect_eq(depot_fetch(&depot, "orders", 1, 0), PARTITION_CORRUPT_MESSAGE);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_str_eq(depot_told(&depot), "");
}

/* F15: the disk reads well what is not sound. */
Test(replicas_dirs, F15_damage_takes_no_dir_offline)
{
	cr_assert_eq(sim_disk_flip(depot.machine.disk, LOG_IN_A, 16, 0xff), ERROR_NONE);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 1), PARTITION_OK, "it is gone around");
	for (int i = 0; i < 3; i++)
		cr_expect_eq(depot_fetch(&depot, "orders", 0, 0), PARTITION_CORRUPT_MESSAGE);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_str_eq(depot_told(&depot), "");
	cr_expect(depot_has_logged(&depot, "orders-0: a segment is damaged"));
}
