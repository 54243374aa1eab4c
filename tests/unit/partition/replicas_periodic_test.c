/* What has to be done from time to time. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

#define SECONDS * (int64_t)DEPOT_SECOND_US

static struct depot depot;

/* Small segments, of which all but the active one are too many; records are old. */
static void
set_up(void)
{
	depot_init(&depot, 10, "log.flush.offset.checkpoint.interval.ms=1000\n"
	    "replica.high.watermark.checkpoint.interval.ms=1000\n"
	    "log.flush.start.offset.checkpoint.interval.ms=1000\n"
	    "log.initial.task.delay.ms=1000\n"
	    "log.retention.check.interval.ms=10000\n"
	    "producer.id.expiration.check.interval.ms=1000\n");
	depot.settings->config.log.segment_bytes = 1000;
	depot.settings->config.log.retention_ms = -1;
	depot_start(&depot);
	cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_NONE);
	(void)depot_told(&depot);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_periodic, .init = set_up, .fini = tear_down);

static void
configure(struct log_config config)
{
	struct topic_settings *changed = depot_settings_new(&depot);

	changed->config.log = config;
	depot_enter(&depot);
	replicas_set_settings(depot.replicas, slice_of_text("orders"), changed);
	depot_leave(&depot);
	topic_settings_release(depot.settings);
	depot.settings = changed;
}

static void
retain_bytes(int64_t bytes)
{
	struct log_config config = depot.settings->config.log;

	config.retention_bytes = bytes;
	configure(config);
}

Test(replicas_periodic, writes_checkpoints)
{
	cr_assert_eq(depot_append(&depot, "orders", 0, 5, 10), PARTITION_OK);
	depot_run(&depot, 3 SECONDS);
	cr_expect_str_eq(depot_text(&depot, "/a/replication-offset-checkpoint"),
	    "0\n1\norders 0 5\n");
	cr_expect(depot_exists(&depot, "/b/replication-offset-checkpoint"));
	cr_expect_str_eq(depot_text(&depot, "/a/recovery-point-offset-checkpoint"),
	    "0\n1\norders 0 0\n");
	cr_expect_str_eq(depot_text(&depot, "/a/log-start-offset-checkpoint"), "0\n0\n");
}

Test(replicas_periodic, flushes_what_rolls_and_keeps_its_recovery_point)
{
	cr_assert_eq(depot_append(&depot, "orders", 0, 5, 400), PARTITION_OK);
	depot_run(&depot, 3 SECONDS);
	cr_expect_gt(log_recovery_point(depot_replica(&depot, "orders", 0)->stored->log), 0);
	cr_expect_null(strstr(depot_text(&depot, "/a/recovery-point-offset-checkpoint"),
	    "orders 0 0\n"));
}

Test(replicas_periodic, removes_old_segments_and_their_files_a_minute_later)
{
	cr_assert_eq(depot_append(&depot, "orders", 0, 10, 400), PARTITION_OK);
	retain_bytes(0);
	depot_run(&depot, 25 SECONDS);
	cr_expect_gt(depot_earliest(&depot, "orders", 0), 5);
	cr_expect_gt(depot_names(&depot, "/a/orders-0", ".log.deleted"), 2);
	cr_expect_lt(replicas_topic_bytes(depot.replicas, slice_of_text("orders")), 2000);
	depot_run(&depot, 70 SECONDS);
	cr_expect_eq(depot_names(&depot, "/a/orders-0", ".deleted"), 0);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 10);
	cr_expect_str_eq(depot_told(&depot), "");
}

/* The stop comes at any time of a removal: depot_stop() looks for files left open. */
Test(replicas_periodic, a_stop_in_a_removal_leaves_no_file_open)
{
	int cut = 0;

	for (int i = 0; i < 40; i++) {
		tear_down();
		set_up();
		cr_assert_eq(depot_append(&depot, "orders", 0, 10, 400), PARTITION_OK);
		retain_bytes(0);
		while (!depot_has_logged(&depot, "segments are removed"))
			depot_run(&depot, 100);
		depot_run(&depot, i * i * 50);
		cut += list_is_empty(&depot.replicas->doomed);
		depot_stop(&depot);
		cr_expect(depot.is_clean);
		depot_start(&depot);
		cr_expect_eq(depot.error, ERROR_NONE);
		cr_expect_eq(depot_names(&depot, "/a/orders-0", ".deleted"), 0);
	}
	cr_expect_gt(cut, 0, "the stop always came after the removal");
}

static int64_t
start_offset(void)
{
	return log_start_offset(depot_replica(&depot, "orders", 0)->stored->log);
}

/* It is believed when it has lasted for ten minutes. */
Test(replicas_periodic, F27_a_clock_that_jumps_removes_nothing_at_once)
{
	struct log_config config = depot.settings->config.log;

	config.retention_ms = INT64_C(100) * 365 * 86400 * 1000; /* the samples are from 1970 */
	config.flush_messages = 1;
	configure(config);
	cr_assert_eq(depot_append(&depot, "orders", 0, 10, 400), PARTITION_OK);
	depot_run(&depot, 15 SECONDS);
	cr_assert_eq(start_offset(), 0);
	depot.machine.wall_start_ms += INT64_C(100) * 365 * 86400 * 1000;
	depot_run(&depot, 595 SECONDS);
	cr_expect_eq(depot_log_count(&depot, "the wall clock moved by"), 1);
	cr_expect_eq(start_offset(), 0);
	depot_run(&depot, 30 SECONDS);
	cr_expect_gt(start_offset(), 0);
}

Test(replicas_periodic, F20_a_checkpoint_waits_for_space)
{
	cr_assert_eq(depot_append(&depot, "orders", 0, 5, 10), PARTITION_OK);
	depot.machine.disk->capacity = 0;
	depot_run(&depot, 3 SECONDS);
	cr_expect(depot_has_logged(&depot, "a checkpoint of /a cannot be written"));
	cr_expect_eq(depot_dir(&depot, 0)->state, ERROR_NONE);
	cr_expect_str_eq(depot_told(&depot), "");
	depot.machine.disk->capacity = INT64_MAX;
	depot_run(&depot, 3 SECONDS);
	cr_expect_str_eq(depot_text(&depot, "/a/replication-offset-checkpoint"),
	    "0\n1\norders 0 5\n");
}

Test(replicas_periodic, F21_a_checkpoint_that_cannot_be_written_takes_the_dir_offline)
{
	depot_break(&depot, "/a", true);
	depot_run(&depot, 5 SECONDS);
	cr_expect_str_eq(depot_told(&depot), "resigned orders-0 1\nfailed /a, 1 left\n");
	cr_expect_null(depot_hosted(&depot, "orders"));
}

Test(replicas_periodic, F21_a_directory_that_cannot_be_removed_takes_the_dir_offline)
{
	cr_assert_eq(depot_lead(&depot, "orders", 2, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_lead(&depot, "orders", 4, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_delete(&depot, "orders", 0), KAFKA_ERROR_NONE);
	(void)depot_told(&depot);
	depot_break(&depot, depot_name(&depot, "/a", "-delete"), true);
	depot_run(&depot, 70 SECONDS);
	cr_expect_not_null(strstr(depot_told(&depot), "failed /a, 1 left\n"));
	cr_expect_eq(log_state(log_dirs_find(depot.dirs, slice_of_text("orders"), 4)->log),
	    ERROR_OFFLINE);
}

Test(replicas_periodic, F25_more_logs_than_descriptors_are_served)
{
	char name[20];

	for (int i = 0; i < 2 * DEPOT_OPEN_FILES; i++) {
		snprintf(name, sizeof(name), "topic-%d", i);
		cr_assert_eq(depot_lead(&depot, name, 0, 1), KAFKA_ERROR_NONE);
		cr_assert_eq(depot_append(&depot, name, 0, 1, 10), PARTITION_OK);
	}
	depot_run(&depot, 5 SECONDS);
	cr_expect_leq(sim_mount_open_files(depot.process.mount), DEPOT_OPEN_FILES);
	for (int i = 0; i < 2 * DEPOT_OPEN_FILES; i++) {
		snprintf(name, sizeof(name), "topic-%d", i);
		cr_expect_eq(depot_fetch(&depot, name, 0, 0), PARTITION_OK);
	}
}

/* Between two looks at retention: who was forgotten may begin anew. */
Test(replicas_periodic, forgets_producers_that_are_silent)
{
	struct log_sample sample = { .records = 1, .value_size = 10, .producer_id = 7 };
	struct log_config config = depot.settings->config.log;
	int64_t offset;

	config.producer_id_expiration_ms = 3000;
	configure(config);
	sample.timestamp = clock_wall_ms(depot.process.world.clock);
	cr_assert_eq(depot_append_once(&depot, "orders", 0, &sample, &offset), PARTITION_OK);
	cr_assert_eq(offset, 0);
	depot_run(&depot, 2 SECONDS);
	cr_assert_eq(depot_append_once(&depot, "orders", 0, &sample, &offset), PARTITION_OK);
	cr_expect_eq(offset, 0, "the duplicate is known");
	depot_run(&depot, 4 SECONDS);
	cr_assert_eq(depot_append_once(&depot, "orders", 0, &sample, &offset), PARTITION_OK);
	cr_expect_eq(offset, 1);
}
