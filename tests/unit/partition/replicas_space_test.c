/* A full disk (F20), as clients of a broker see it. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

#define SECONDS * (int64_t)DEPOT_SECOND_US

enum { CAPACITY = 4 << 20 };

static struct depot depot;

/* Of the 4 MiB a twentieth is kept. */
static void
set_up(void)
{
	depot_init(&depot, 12, "log.initial.task.delay.ms=1000\n"
	    "log.retention.check.interval.ms=5000\n"
	    "log.flush.scheduler.interval.ms=1000\n"
	    "replica.high.watermark.checkpoint.interval.ms=1000\n");
	depot.settings->config.log.segment_bytes = 600000;
	depot.settings->config.log.retention_ms = -1;
	depot.settings->config.log.file_delete_delay_ms = 1000;
	depot.machine.disk->ordered_journal = true; /* what is unlinked is free soon */
	depot.machine.disk->capacity = CAPACITY;
	depot_start(&depot);
	cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_NONE);
	(void)depot_told(&depot);
	depot_run(&depot, 2 SECONDS);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_space, .init = set_up, .fini = tear_down);

/* Until it is refused. */
static int
fill(void)
{
	int count = 0;

	while (count < 100 && depot_append(&depot, "orders", 0, 1, 60000) == PARTITION_OK)
		count++;
	cr_assert_lt(count, 100);
	return count;
}

static int64_t
free_bytes(void)
{
	struct disk_space space;

	cr_assert_eq(disk_space(depot.disk, "/", &space), ERROR_NONE);
	return space.free;
}

Test(replicas_space, F20_appends_are_refused_before_the_disk_is_full)
{
	int count = fill();

	cr_expect_gt(count, 30);
	cr_expect_geq(free_bytes(), CAPACITY / 40);
	depot_run(&depot, 5 SECONDS);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 60000), PARTITION_STORAGE);
	cr_expect_str_eq(depot_told(&depot), "", "no dir is offline");
	cr_expect_eq(depot_log_count(&depot, "ERROR log dir /a: "), 1, "%s", depot.log);
	cr_expect_eq(depot_latest(&depot, "orders", 0), count);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 0), PARTITION_OK);
}

Test(replicas_space, F20_upkeep_has_the_reserve)
{
	int count = fill();
	char line[64];

	snprintf(line, sizeof(line), "orders 0 %d\n", count);
	depot_run(&depot, 5 SECONDS);
	cr_expect_not_null(strstr(depot_text(&depot, "/a/replication-offset-checkpoint"), line));
	cr_expect_not(depot_has_logged(&depot, "cannot be written"));
	cr_expect_eq(depot_lead(&depot, "invoices", 0, 1), KAFKA_ERROR_NONE, "it is small");
	depot_stop(&depot);
	cr_expect(depot.is_clean);
}

Test(replicas_space, F20_heals_when_space_returns)
{
	int count = fill();

	depot_run(&depot, 2 SECONDS);
	depot.machine.disk->capacity *= 2;
	depot_run(&depot, 2 SECONDS);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 60000), PARTITION_OK);
	cr_expect_eq(depot_latest(&depot, "orders", 0), count + 1);
	cr_expect(depot_has_logged(&depot, "INFO log dir /a takes appends again"));
}

/* Retention goes on while appends are refused, and makes room for them. */
Test(replicas_space, F20_retention_makes_room)
{
	struct topic_settings *changed = depot_settings_new(&depot);

	changed->config.log = depot.settings->config.log;
	changed->config.log.retention_bytes = 1 << 20;
	(void)fill();
	depot_run(&depot, 2 SECONDS);
	depot_enter(&depot);
	replicas_set_settings(depot.replicas, slice_of_text("orders"), changed);
	depot_leave(&depot);
	topic_settings_release(changed);
	depot_run(&depot, 30 SECONDS);
	cr_expect_gt(depot_earliest(&depot, "orders", 0), 0);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 60000), PARTITION_OK);
}

/* Somebody else has filled it to the brim: what is written in part is taken back. */
Test(replicas_space, F20_a_disk_that_is_full_at_once_takes_no_dir_offline)
{
	cr_expect_eq(depot_append(&depot, "orders", 0, 3, 1000), PARTITION_OK);
	depot.machine.disk->capacity = depot.machine.disk->pages_used * SIM_PAGE_SIZE +
	    SIM_PAGE_SIZE;
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 60000), PARTITION_STORAGE);
	depot_run(&depot, 5 SECONDS);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 60000), PARTITION_STORAGE);
	cr_expect_str_eq(depot_told(&depot), "");
	cr_expect_eq(depot_latest(&depot, "orders", 0), 3);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 0), PARTITION_OK);
	depot.machine.disk->capacity = CAPACITY;
	depot_run(&depot, 2 SECONDS);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 60000), PARTITION_OK);
	depot_kill(&depot);
	depot_start(&depot);
	cr_expect_eq(depot_lead(&depot, "orders", 0, 2), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 4);
}

/* What is open goes on, the rest is refused until there are descriptors again. */
Test(replicas_space, F25_without_descriptors_no_dir_goes_offline)
{
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 100), PARTITION_OK);
	depot.machine.disk->files_max = sim_mount_open_files(depot.process.mount);
	cr_expect_eq(depot_lead(&depot, "invoices", 0, 1), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 100), PARTITION_OK);
	depot.machine.disk->files_max = 0;
	cr_expect_eq(depot_append(&depot, "orders", 0, 12, 60000), PARTITION_STORAGE, "a roll");
	depot_run(&depot, 5 SECONDS);
	cr_expect_null(strstr(depot_told(&depot), "failed"));
	depot.machine.disk->files_max = INT32_MAX;
	cr_expect_eq(depot_lead(&depot, "invoices", 0, 1), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 60000), PARTITION_OK);
}

Test(replicas_space, a_dir_that_is_gone_is_offline)
{
	cr_assert_eq(disk_rename(depot.disk, "/a", "/c"), ERROR_NONE);
	depot_run(&depot, 3 SECONDS);
	cr_expect_str_eq(depot_told(&depot), "resigned orders-0 1\nfailed /a, 1 left\n");
}
