/* The start: what log dirs hold becomes replicas. */
#include <criterion/criterion.h>

#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

static struct depot depot;

static void
set_up(void)
{
	depot_init(&depot, 7, "log.flush.offset.checkpoint.interval.ms=1000\n"
	    "replica.high.watermark.checkpoint.interval.ms=1000\n");
	depot_start(&depot);
	cr_assert_eq(depot.error, ERROR_NONE);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_load, .init = set_up, .fini = tear_down);

/* 5 records in each of two partitions; orders-0 lies in /a, orders-1 in /b. */
static void
fill(void)
{
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(depot_lead(&depot, "orders", i, 1), KAFKA_ERROR_NONE);
		cr_assert_eq(depot_append(&depot, "orders", i, 5, 10), PARTITION_OK);
	}
	(void)depot_told(&depot);
}

static void
start(void)
{
	depot_start(&depot);
	cr_assert_eq(depot.error, ERROR_NONE, "%s", depot.complaint);
}

static void
restart(void)
{
	depot_stop(&depot);
	cr_expect(depot.is_clean);
	start();
}

Test(replicas_load, finds_its_partitions_and_leads_none)
{
	fill();
	restart();
	cr_assert_not_null(depot_hosted(&depot, "orders"));
	cr_expect_eq(depot_hosted(&depot, "orders")->partition_count, 2);
	cr_expect(uuid_equal(depot_hosted(&depot, "orders")->id, depot.topic_id));
	cr_expect_str_eq(depot_told(&depot), "");
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 0), PARTITION_NOT_LEADER);
	cr_expect_eq(depot_lead(&depot, "orders", 0, 2), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 5);
}

Test(replicas_load, F13_finds_them_after_a_kill)
{
	fill();
	depot_run(&depot, 3 * DEPOT_SECOND_US);
	depot_kill(&depot);
	start();
	for (int i = 0; i < 2; i++) {
		cr_expect_eq(depot_lead(&depot, "orders", i, 2), KAFKA_ERROR_NONE);
		cr_expect_eq(depot_latest(&depot, "orders", i), 5);
		cr_expect_eq(depot_append(&depot, "orders", i, 1, 10), PARTITION_OK);
	}
}

Test(replicas_load, F14_a_torn_tail_is_cut_and_the_rest_is_served)
{
	struct disk_file *file;
	size_t written;

	fill();
	depot_kill(&depot);
	cr_assert_eq(disk_open(depot.disk, "/a/orders-0/00000000000000000000.log", DISK_WRITE,
	    &file), ERROR_NONE);
	int64_t size;
	cr_assert_eq(disk_size(file, &size), ERROR_NONE);
	cr_assert_eq(disk_write(file, "\0\0\0\0\0\0\0\5\0\0\1\0torn", 16, size, &written),
	    ERROR_NONE);
	cr_assert_eq(disk_close(file), ERROR_NONE);
	start();
	cr_expect_eq(depot_lead(&depot, "orders", 0, 2), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 5);
	cr_expect_eq(log_size(depot_replica(&depot, "orders", 0)->stored->log), size);
}

Test(replicas_load, F13_a_power_cut_leaves_a_log_that_serves)
{
	fill();
	depot_run(&depot, 3 * DEPOT_SECOND_US);
	depot_power_cut(&depot, SIM_DISK_KEEP_RANDOM);
	start();
	for (int i = 0; i < 2; i++) {
		cr_expect_eq(depot_lead(&depot, "orders", i, 2), KAFKA_ERROR_NONE);
		cr_expect_leq(depot_latest(&depot, "orders", i), 5);
		cr_expect_eq(depot_append(&depot, "orders", i, 1, 10), PARTITION_OK);
	}
}

/* Else what is appended at those offsets would be taken for known to all, after a kill. */
Test(replicas_load, F19_a_high_watermark_behind_the_log_end_falls_before_anything_is_appended)
{
	fill();
	depot_run(&depot, 3 * DEPOT_SECOND_US);
	depot_kill(&depot);
	depot_write(&depot, "/a/replication-offset-checkpoint", "0\n1\norders 0 9\n");
	start();
	cr_expect_str_eq(depot_text(&depot, "/a/replication-offset-checkpoint"),
	    "0\n1\norders 0 5\n");
}

Test(replicas_load, F16_hints_that_are_damaged_or_gone_take_no_dir_offline)
{
	fill();
	depot_run(&depot, 3 * DEPOT_SECOND_US);
	depot_stop(&depot);
	depot_write(&depot, "/a/orders-0/partition.metadata", "version: x\n");
	depot_write(&depot, "/a/orders-0/leader-epoch-checkpoint", "junk");
	depot_write(&depot, "/a/orders-0/00000000000000000000.index", "junk");
	depot_write(&depot, "/a/orders-0/00000000000000000000.timeindex", "junk");
	depot_write(&depot, "/a/replication-offset-checkpoint", "0\n7\nx\n");
	depot_write(&depot, "/a/recovery-point-offset-checkpoint", "junk");
	depot_write(&depot, "/a/log-start-offset-checkpoint", "-1\n");
	cr_assert_eq(disk_unlink(depot.disk, "/a/.kafka_cleanshutdown"), ERROR_NONE);
	start();
	cr_expect_eq(depot_dir(&depot, 0)->state, ERROR_NONE);
	cr_expect_eq(depot_lead(&depot, "orders", 0, 2), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 5);
	cr_expect(uuid_equal(depot_hosted(&depot, "orders")->id, depot.topic_id));
}

Test(replicas_load, F16_hints_that_are_missing_are_made_again)
{
	static const char *const hints[] = { "/a/orders-0/partition.metadata",
		"/a/orders-0/leader-epoch-checkpoint",
		"/a/orders-0/00000000000000000000.index",
		"/a/orders-0/00000000000000000000.timeindex",
		"/a/orders-0/00000000000000000005.snapshot", "/a/replication-offset-checkpoint",
		"/a/recovery-point-offset-checkpoint", "/a/log-start-offset-checkpoint",
		"/a/.kafka_cleanshutdown" };

	fill();
	depot_stop(&depot);
	for (size_t i = 0; i < ARRAY_LENGTH(hints); i++)
		cr_expect_eq(disk_unlink(depot.disk, hints[i]), ERROR_NONE, "%s", hints[i]);
	start();
	cr_expect_eq(depot_dir(&depot, 0)->state, ERROR_NONE);
	cr_expect_eq(depot_lead(&depot, "orders", 0, 2), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 5);
	depot_stop(&depot);
	for (size_t i = 0; i < ARRAY_LENGTH(hints); i++)
		cr_expect(depot_exists(&depot, hints[i]), "%s", hints[i]);
}

Test(replicas_load, F16_damaged_meta_properties_take_their_dir_offline_and_no_other)
{
	fill();
	depot_stop(&depot);
	depot_write(&depot, "/a/meta.properties", "version=zero\n");
	start();
	cr_expect_null(depot_partition(&depot, "orders", 0));
	cr_expect_not_null(depot_partition(&depot, "orders", 1));
	cr_expect_neq(depot_dir(&depot, 0)->complaint[0], '\0');
	cr_expect_str_eq(depot_told(&depot), "", "who opened the dirs knows");
}

Test(replicas_load, F31_dirs_of_another_cluster_or_broker_are_refused)
{
	depot_stop(&depot);
	depot.cluster_id = "another";
	depot_start(&depot);
	cr_expect_eq(depot.error, ERROR_MALFORMED);
	cr_expect_str_eq(depot.complaint,
	    "/a: meta.properties has cluster.id cluster, expected another");
	depot_stop(&depot);
	depot.cluster_id = "cluster";
	depot_write(&depot, "/b/meta.properties", "broker.id=9\nversion=0\ncluster.id=cluster\n");
	depot_start(&depot);
	cr_expect_eq(depot.error, ERROR_MALFORMED);
}

Test(replicas_load, a_dir_in_use_is_refused)
{
	struct disk_lock *lock;

	depot_stop(&depot);
	cr_assert_eq(disk_lock(depot.disk, "/b/.lock", &lock), ERROR_NONE);
	depot_start(&depot);
	cr_expect_eq(depot.error, ERROR_BUSY);
	cr_expect_str_eq(depot.complaint, "/b is used by another process");
	disk_unlock(depot.disk, lock);
}

Test(replicas_load, a_log_that_cannot_be_read_takes_its_dir_offline_and_no_other)
{
	fill();
	cr_assert_eq(depot_lead(&depot, "orders", 2, 1), KAFKA_ERROR_NONE);
	depot_kill(&depot);
	cr_assert_eq(sim_disk_break_read(depot.machine.disk,
	    "/a/orders-2/00000000000000000000.log", 0, 100), ERROR_NONE);
	cr_assert_eq(sim_disk_break_read(depot.machine.disk,
	    "/a/orders-0/00000000000000000000.log", 0, 100), ERROR_NONE);
	(void)depot_told(&depot);
	start();
	cr_expect_str_eq(depot_told(&depot), "failed /a, 1 left\n");
	cr_expect_null(depot_partition(&depot, "orders", 0));
	cr_expect_null(depot_partition(&depot, "orders", 2));
	cr_expect_not_null(depot_partition(&depot, "orders", 1));
	cr_expect_eq(depot_lead(&depot, "orders", 1, 2), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_lead(&depot, "orders", 0, 2), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}

Test(replicas_load, without_a_dir_that_works_there_is_no_start)
{
	fill();
	depot_stop(&depot);
	cr_assert_eq(disk_make_directory(depot.disk, "/a/holidays"), ERROR_NONE);
	cr_assert_eq(disk_make_directory(depot.disk, "/b/holidays"), ERROR_NONE);
	depot_start(&depot);
	cr_expect_eq(depot.error, ERROR_OFFLINE);
	cr_expect_str_eq(depot.complaint,
	    "/a/holidays: not the name of a partition's directory");
}

/* Its logs were not looked at: the next start has to recover them. */
Test(replicas_load, a_partition_in_two_dirs_stops_the_start_and_closes_nothing)
{
	fill();
	depot_kill(&depot);
	cr_assert_eq(disk_make_directory(depot.disk, "/b/orders-0"), ERROR_NONE);
	depot_write(&depot, "/b/orders-0/00000000000000000000.log", "");
	depot_start(&depot);
	cr_expect_eq(depot.error, ERROR_EXISTS);
	cr_expect_not_null(strstr(depot.complaint, "the same partition is in /a"));
	depot_stop(&depot);
	cr_expect_not(depot.is_clean);
	cr_expect_not(depot_exists(&depot, "/a/.kafka_cleanshutdown"));
	cr_expect_not(depot_exists(&depot, "/b/.kafka_cleanshutdown"));
}

Test(replicas_load, a_deletion_goes_on_after_a_restart)
{
	fill();
	cr_assert_eq(depot_delete(&depot, "orders", 0), KAFKA_ERROR_NONE);
	restart();
	cr_expect_null(depot_partition(&depot, "orders", 0));
	cr_expect_eq(depot_names(&depot, "/a", "-delete"), 1);
	depot_run(&depot, 50 * (int64_t)DEPOT_SECOND_US);
	cr_expect_eq(depot_names(&depot, "/a", "-delete"), 1);
	depot_run(&depot, 15 * (int64_t)DEPOT_SECOND_US);
	cr_expect_eq(depot_names(&depot, "/a", "-delete"), 0);
	cr_expect_eq(depot_lead(&depot, "orders", 0, 0), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 0);
}

Test(replicas_load, strays_are_left_alone)
{
	depot_stop(&depot);
	cr_assert_eq(disk_make_directory(depot.disk,
	    "/a/orders-0.0123456789abcdef0123456789abcdef-stray"), ERROR_NONE);
	start();
	depot_run(&depot, 70 * (int64_t)DEPOT_SECOND_US);
	cr_expect_eq(depot_names(&depot, "/a", "-stray"), 1);
	cr_expect_null(depot_hosted(&depot, "orders"));
}

/* Settings that change while logs are loaded are those of the logs in the end. */
Test(replicas_load, takes_the_settings_as_they_are_when_a_log_is_loaded)
{
	fill();
	depot_stop(&depot);
	depot_begin(&depot);
	while (depot.replicas->load_count == 0)
		depot_run(&depot, 100);
	cr_assert_not(depot.is_loaded);
	topic_settings_release(depot.settings);
	depot.settings = depot_settings_new(&depot);
	depot.settings->config.log.retention_ms = 4711;
	depot_wait(&depot, &depot.is_loaded);
	cr_expect_eq(log_config(depot_replica(&depot, "orders", 0)->stored->log)->retention_ms,
	    4711);
}

/* Segments of one batch each, on a disk that takes seconds for each read. */
Test(replicas_load, a_long_recovery_says_how_far_it_is)
{
	depot.settings->config.log.segment_bytes = 200;
	depot_delete(&depot, "orders", 0);
	cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_NONE);
	for (int i = 0; i < 5; i++)
		cr_assert_eq(depot_append(&depot, "orders", 0, 1, 100), PARTITION_OK);
	depot_power_cut(&depot, SIM_DISK_KEEP_ALL);
	depot.machine.disk->read_us = 5 * DEPOT_SECOND_US;
	start();
	cr_expect(depot_has_logged(&depot, "0 of 1 logs are loaded"));
	cr_expect(depot_has_logged(&depot, "orders-0: 5 of 5 segments are recovered"));
	cr_expect(depot_has_logged(&depot, "1 logs are loaded"));
}
