#include "log/log_dirs.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "log_dirs_fixture.h"
#include "tests/sim/log_fixture.h"

static struct log_dirs_fixture fixture;
static struct log_dir *guilty;

static void
setup(void)
{
	log_dirs_fixture_init(&fixture);
}

static void
teardown(void)
{
	log_dirs_fixture_fini(&fixture);
}

TestSuite(log_dirs, .init = setup, .fini = teardown);

static enum error
start(void)
{
	return log_dirs_fixture_start(&fixture, &guilty);
}

Test(log_dirs, a_new_dir_gets_its_owners_names)
{
	cr_assert_eq(start(), ERROR_NONE);
	cr_expect_eq(log_dirs_broker_id(fixture.dirs), 1);
	cr_expect_str_eq(log_dirs_cluster_id(fixture.dirs), "cluster");
	cr_expect(log_dirs_fixture_exists(&fixture, "/a/meta.properties"));
	cr_expect(log_dirs_fixture_exists(&fixture, "/b/.lock"));
}

Test(log_dirs, a_dir_in_use_stops_the_start)
{
	struct disk_lock *lock;

	cr_assert_eq(disk_make_directory(fixture.port, "/b"), ERROR_NONE);
	cr_assert_eq(disk_lock(fixture.port, "/b/.lock", &lock), ERROR_NONE);
	cr_expect_eq(start(), ERROR_BUSY);
	cr_expect_str_eq(guilty->complaint, "/b is used by another process");
	disk_unlock(fixture.port, lock);
}

Test(log_dirs, another_brokers_dir_stops_the_start)
{
	cr_assert_eq(start(), ERROR_NONE);
	log_dirs_fixture_stop(&fixture, true);
	fixture.broker_id = 2;
	cr_expect_eq(start(), ERROR_MALFORMED);
	cr_expect_str_eq(guilty->complaint, "/a: meta.properties has broker.id 1, expected 2");
}

Test(log_dirs, another_clusters_dir_stops_the_start)
{
	cr_assert_eq(start(), ERROR_NONE);
	log_dirs_fixture_stop(&fixture, true);
	fixture.cluster_id = "other";
	cr_expect_eq(start(), ERROR_MALFORMED);
	cr_expect_str_eq(guilty->complaint,
	    "/a: meta.properties has cluster.id cluster, expected other");
}

Test(log_dirs, dirs_of_two_brokers_stop_the_start)
{
	cr_assert_eq(start(), ERROR_NONE);
	log_dirs_fixture_stop(&fixture, true);
	log_dirs_fixture_write(&fixture, "/b/meta.properties",
	    "broker.id=9\nversion=0\ncluster.id=cluster\n");
	cr_expect_eq(start(), ERROR_MALFORMED);
	cr_expect_eq(guilty, &fixture.dirs->dirs[1]);
}

Test(log_dirs, a_damaged_meta_file_takes_its_dir_offline_alone)
{
	cr_assert_eq(start(), ERROR_NONE);
	log_dirs_fixture_stop(&fixture, true);
	log_dirs_fixture_write(&fixture, "/a/meta.properties", "version=zero\n");
	cr_assert_eq(start(), ERROR_NONE);
	cr_expect_neq(fixture.dirs->dirs[0].state, ERROR_NONE);
	cr_expect_neq(fixture.dirs->dirs[0].complaint[0], '\0');
	cr_expect_eq(fixture.dirs->dirs[1].state, ERROR_NONE);
	cr_expect_eq(log_dirs_online_count(fixture.dirs), 1);
}

Test(log_dirs, a_foreign_directory_takes_its_dir_offline)
{
	cr_assert_eq(start(), ERROR_NONE);
	log_dirs_fixture_stop(&fixture, true);
	cr_assert_eq(disk_make_directory(fixture.port, "/b/holidays"), ERROR_NONE);
	cr_assert_eq(start(), ERROR_NONE);
	cr_expect_eq(fixture.dirs->dirs[1].state, ERROR_MALFORMED);
	cr_expect_str_eq(fixture.dirs->dirs[1].complaint,
	    "/b/holidays: not the name of a partition's directory");
}

Test(log_dirs, places_partitions_where_fewest_are)
{
	cr_assert_eq(start(), ERROR_NONE);
	for (int i = 0; i < 6; i++)
		cr_assert_not_null(log_dirs_fixture_create(&fixture, "orders", i));
	cr_expect_eq(fixture.dirs->dirs[0].log_count, 3);
	cr_expect_eq(fixture.dirs->dirs[1].log_count, 3);
	cr_expect_null(log_dirs_fixture_create(&fixture, "orders", 3), "it is there");
	cr_expect_null(log_dirs_fixture_create(&fixture, "bad name", 3));
	cr_expect(log_dirs_fixture_exists(&fixture, "/a/orders-0/partition.metadata"));
}

Test(log_dirs, finds_its_partitions_after_a_clean_stop)
{
	cr_assert_eq(start(), ERROR_NONE);
	struct log_partition *partition = log_dirs_fixture_create(&fixture, "orders", 4);
	log_dirs_fixture_fill(&fixture, partition, 20);
	log_set_high_watermark(partition->log, 15);
	log_dirs_fixture_stop(&fixture, true);
	cr_expect(log_dirs_fixture_exists(&fixture, "/a/.kafka_cleanshutdown"));
	cr_expect_not(log_dirs_fixture_exists(&fixture, "/a/.lock"));

	cr_assert_eq(start(), ERROR_NONE);
	cr_expect_not(log_dirs_fixture_exists(&fixture, "/a/.kafka_cleanshutdown"));
	cr_expect(fixture.dirs->dirs[0].was_clean);
	partition = log_dirs_find(fixture.dirs, slice_of_text("orders"), 4);
	cr_assert_not_null(partition);
	cr_expect_eq(log_end_offset(partition->log), 20);
	cr_expect_eq(log_high_watermark(partition->log), 15);
	cr_expect_eq(log_recovery_point(partition->log), 20);
}

Test(log_dirs, finds_its_partitions_after_a_kill)
{
	cr_assert_eq(start(), ERROR_NONE);
	struct log_partition *partition = log_dirs_fixture_create(&fixture, "orders", 4);
	log_dirs_fixture_fill(&fixture, partition, 20);
	log_set_high_watermark(partition->log, 15);
	log_dirs_fixture_checkpoint(&fixture, LOG_DIR_HIGH_WATERMARK);
	log_dirs_fixture_stop(&fixture, false);

	cr_assert_eq(start(), ERROR_NONE);
	cr_expect_not(fixture.dirs->dirs[0].was_clean);
	partition = log_dirs_find(fixture.dirs, slice_of_text("orders"), 4);
	cr_expect_eq(log_end_offset(partition->log), 20);
	cr_expect_eq(log_high_watermark(partition->log), 15);
}

Test(log_dirs, a_damaged_checkpoint_counts_as_empty)
{
	cr_assert_eq(start(), ERROR_NONE);
	log_dirs_fixture_fill(&fixture, log_dirs_fixture_create(&fixture, "orders", 0), 20);
	log_dirs_fixture_stop(&fixture, false);
	log_dirs_fixture_write(&fixture, "/a/recovery-point-offset-checkpoint", "0\n7\nx\n");
	cr_assert_eq(start(), ERROR_NONE);
	cr_expect_eq(fixture.dirs->dirs[0].state, ERROR_NONE);
	cr_expect_neq(fixture.dirs->dirs[0].complaint[0], '\0');
	cr_expect_eq(log_end_offset(log_dirs_find(fixture.dirs, slice_of_text("orders"), 0)->log),
	    20);
}

Test(log_dirs, a_partition_in_two_dirs_stops_the_start)
{
	cr_assert_eq(start(), ERROR_NONE);
	cr_assert_not_null(log_dirs_fixture_create(&fixture, "orders", 0));
	log_dirs_fixture_stop(&fixture, true);
	cr_assert_eq(disk_make_directory(fixture.port, "/b/orders-0"), ERROR_NONE);
	log_dirs_fixture_write(&fixture, "/b/orders-0/00000000000000000000.log", "");
	cr_expect_eq(start(), ERROR_EXISTS);
	cr_expect_eq(guilty, &fixture.dirs->dirs[1]);
}

/* A crash has left it, while /a was away. */
Test(log_dirs, a_directory_without_a_segment_is_older_than_the_partition)
{
	cr_assert_eq(start(), ERROR_NONE);
	log_dirs_fixture_fill(&fixture, log_dirs_fixture_create(&fixture, "orders", 0), 20);
	log_dirs_fixture_stop(&fixture, true);
	cr_assert_eq(disk_make_directory(fixture.port, "/b/orders-0"), ERROR_NONE);
	cr_assert_eq(start(), ERROR_NONE);
	cr_expect_eq(log_end_offset(log_dirs_find(fixture.dirs, slice_of_text("orders"), 0)->log),
	    20);
	cr_expect_not(log_dirs_fixture_exists(&fixture, "/b/orders-0"));
}

Test(log_dirs, a_deleted_partition_goes_after_its_delay)
{
	struct log_deletion deletion;

	cr_assert_eq(start(), ERROR_NONE);
	struct log_partition *partition = log_dirs_fixture_create(&fixture, "orders", 0);
	log_dirs_fixture_fill(&fixture, partition, 5);
	log_deletion_prepare(fixture.dirs, partition, 1000, &deletion);
	log_deletion_run(&deletion);
	cr_assert_eq(log_deletion_done(fixture.dirs, &deletion), ERROR_NONE);
	cr_expect_null(log_dirs_find(fixture.dirs, slice_of_text("orders"), 0));
	cr_expect_not(log_dirs_fixture_exists(&fixture, "/a/orders-0"));
	cr_expect_null(log_dirs_take_condemned(fixture.dirs, 60999));

	/* It is found again by a start, too. */
	log_dirs_fixture_stop(&fixture, true);
	cr_assert_eq(start(), ERROR_NONE);
	struct log_condemned *condemned = log_dirs_take_condemned(fixture.dirs, INT64_MAX);
	cr_assert_not_null(condemned);
	cr_expect(log_dirs_fixture_exists(&fixture, condemned->path));
	log_condemned_run(condemned);
	cr_expect_not(log_dirs_fixture_exists(&fixture, condemned->path));
	cr_expect_eq(log_condemned_done(condemned), ERROR_NONE);
}

Test(log_dirs, an_offline_dir_takes_its_logs_with_it)
{
	cr_assert_eq(start(), ERROR_NONE);
	struct log_partition *first = log_dirs_fixture_create(&fixture, "orders", 0);
	struct log_partition *second = log_dirs_fixture_create(&fixture, "orders", 1);
	log_dirs_set_offline(fixture.dirs, first->dir, ERROR_IO);
	cr_expect_eq(log_state(first->log), ERROR_OFFLINE);
	cr_expect_eq(log_state(second->log), ERROR_NONE);
	cr_expect_eq(log_dirs_online_count(fixture.dirs), 1);
	struct log_partition *third = log_dirs_fixture_create(&fixture, "orders", 2);
	cr_expect_eq(third->dir, second->dir);
}

Test(log_dirs, creating_on_a_full_disk_leaves_nothing_and_heals)
{
	cr_assert_eq(start(), ERROR_NONE);
	fixture.disk->capacity = 1;
	cr_expect_null(log_dirs_fixture_create(&fixture, "orders", 0));
	cr_expect_null(log_dirs_find(fixture.dirs, slice_of_text("orders"), 0));
	cr_expect_eq(log_dirs_online_count(fixture.dirs), 2);
	fixture.disk->capacity = 1 << 30;
	cr_expect_not_null(log_dirs_fixture_create(&fixture, "orders", 0));
}

Test(log_dirs, a_new_partition_inherits_no_offsets_of_its_namesake)
{
	struct log_deletion deletion;

	cr_assert_eq(start(), ERROR_NONE);
	struct log_partition *partition = log_dirs_fixture_create(&fixture, "orders", 0);
	log_dirs_fixture_fill(&fixture, partition, 20);
	log_set_high_watermark(partition->log, 20);
	cr_assert_eq(log_advance_start_offset(partition->log, 15), ERROR_NONE);
	cr_assert_eq(log_flush_now(partition->log, LOG_FLUSH_ALL, 1), ERROR_NONE);
	for (int i = 0; i < LOG_DIR_CHECKPOINT_COUNT; i++)
		log_dirs_fixture_checkpoint(&fixture, (enum log_dir_checkpoint)i);
	log_deletion_prepare(fixture.dirs, partition, 1000, &deletion);
	log_deletion_run(&deletion);
	cr_assert_eq(log_deletion_done(fixture.dirs, &deletion), ERROR_NONE);

	partition = log_dirs_fixture_create(&fixture, "orders", 0);
	log_dirs_fixture_fill(&fixture, partition, 5);
	log_dirs_fixture_stop(&fixture, false);
	cr_assert_eq(start(), ERROR_NONE);
	partition = log_dirs_find(fixture.dirs, slice_of_text("orders"), 0);
	cr_expect_eq(log_start_offset(partition->log), 0);
	cr_expect_eq(log_end_offset(partition->log), 5);
	cr_expect_eq(log_recovery_point(partition->log), 0);
}

Test(log_dirs, a_checkpoint_is_not_ahead_of_a_log_that_is_being_closed)
{
	cr_assert_eq(start(), ERROR_NONE);
	struct log_partition *partition = log_dirs_fixture_create(&fixture, "orders", 4);
	log_dirs_fixture_fill(&fixture, partition, 20);
	struct log *log = log_partition_take(partition);
	log_dirs_fixture_checkpoint(&fixture, LOG_DIR_RECOVERY_POINT);
	sim_disk_power_cut(fixture.disk, SIM_DISK_KEEP_NOTHING);
	log_free(log);
	log_dirs_fixture_stop(&fixture, false);

	cr_assert_eq(start(), ERROR_NONE);
	partition = log_dirs_find(fixture.dirs, slice_of_text("orders"), 4);
	int64_t offset;
	cr_expect(offset_checkpoint_get(&partition->dir->checkpoints[LOG_DIR_RECOVERY_POINT],
	    slice_of_text("orders"), 4, &offset));
	cr_expect_eq(offset, 0);
	cr_expect_eq(log_state(partition->log), ERROR_NONE);
}

/* ------------------------------------------- many new partitions at a time */

enum { MANY = 6 };

static void
prepare_many(struct log_load *loads)
{
	for (int i = 0; i < MANY; i++)
		cr_assert_eq(log_dirs_create(fixture.dirs, slice_of_text("many"), i,
		    (struct uuid){ { 1 } }, 1000, &loads[i]), ERROR_NONE);
}

Test(log_dirs, checkpoints_are_renewed_once_for_many_new_partitions)
{
	struct log_load loads[MANY];
	int renewals = 0;

	cr_assert_eq(start(), ERROR_NONE);
	prepare_many(loads);
	for (int i = 0; i < MANY; i++) {
		renewals += loads[i].renews;
		cr_expect_neq(loads[i].renews, loads[i].relies);
	}
	cr_expect_eq(renewals, 2, "once in each dir");
	for (int i = 0; i < MANY; i++) {
		log_load_run(&loads[i]);
		cr_assert_eq(log_load_done(&loads[i]), ERROR_NONE);
	}
	cr_assert_eq(log_dirs_create(fixture.dirs, slice_of_text("later"), 0, (struct uuid){ { 2 } },
	    1000, &loads[0]), ERROR_NONE);
	cr_expect_not(loads[0].renews || loads[0].relies);
	log_load_run(&loads[0]);
	cr_assert_eq(log_load_done(&loads[0]), ERROR_NONE);
}

Test(log_dirs, who_relies_on_a_renewal_that_failed_is_not_made)
{
	struct log_load loads[MANY];

	cr_assert_eq(start(), ERROR_NONE);
	prepare_many(loads);
	for (int i = 0; i < MANY; i++) {
		fixture.disk->capacity = loads[i].renews ? 1 : 1 << 30;
		log_load_run(&loads[i]);
	}
	for (int i = 0; i < MANY; i++)
		cr_expect_eq(log_load_done(&loads[i]), ERROR_NO_SPACE, "%d", i);
	prepare_many(loads);
	for (int i = 0; i < MANY; i++) {
		log_load_run(&loads[i]);
		cr_expect_eq(log_load_done(&loads[i]), ERROR_NONE);
	}
}
