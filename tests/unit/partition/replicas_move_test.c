/* Replicas that move between log dirs (KIP-113). */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/partition/mover.h"
#include "wire/kafka_error.h"

static struct depot depot;

static void
set_up(void)
{
	depot_init(&depot, 31, "klamm.flush.before.ack=true\n");
	mover_begin(&depot);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_move, .init = set_up, .fini = tear_down);

static void
expect_in(const char *dir, const char *other)
{
	mover_expect_in(&depot, dir, other);
}

static void
restart(void)
{
	mover_restart(&depot);
}

Test(replicas_move, copies_all_and_takes_its_place)
{
	cr_assert_eq(depot_append(&depot, "orders", 0, 40, 60000), PARTITION_OK);
	cr_expect_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_names(&depot, "/b", "-future"), 1);
	mover_wait(&depot, "orders", 0);
	expect_in("/b", "/a");
	cr_expect_eq(depot_names(&depot, "/a", "-delete"), 1);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 40);
	for (int offset = 0; offset < 40; offset++)
		cr_expect_eq(depot_fetch(&depot, "orders", 0, offset), PARTITION_OK);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 100), PARTITION_OK);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 41);
	cr_expect(depot_has_logged(&depot, "orders-0: moved from /a to /b"));
	cr_expect_str_eq(depot_text(&depot, "/b/orders-0/klamm-moved"), "-");
	cr_expect_not_null(strstr(depot_text(&depot, "/b/orders-0/partition.metadata"), "topic_id"));
	depot_stop(&depot);
	cr_expect(depot.is_clean);
	restart();
	cr_expect_eq(depot_latest(&depot, "orders", 0), 41);
}

Test(replicas_move, goes_on_under_appends)
{
	cr_expect_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	for (int i = 0; i < 200; i++)
		cr_assert_eq(depot_append(&depot, "orders", 0, 1, 2000), PARTITION_OK);
	mover_wait(&depot, "orders", 0);
	expect_in("/b", "/a");
	cr_expect_eq(depot_latest(&depot, "orders", 0), 200);
}

static void
throttle(int64_t rate)
{
	struct replicas_throttles throttles = { REPLICATION_QUOTA_NONE, REPLICATION_QUOTA_NONE, rate };

	depot_enter(&depot);
	replicas_set_throttles(depot.replicas, &throttles);
	depot_leave(&depot);
}

/* 4 MB, 100 KB a second; the rate is that of the last 11 seconds. */
Test(replicas_move, as_slowly_as_its_throttle_says)
{
	int64_t begun_us;

	for (int i = 0; i < 4; i++)
		cr_assert_eq(depot_append(&depot, "orders", 0, 10, 100000), PARTITION_OK);
	throttle(100000);
	begun_us = depot.sim.now_us;
	cr_expect_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	mover_wait(&depot, "orders", 0);
	expect_in("/b", "/a");
	cr_expect_gt(depot.sim.now_us - begun_us, 25 * (int64_t)DEPOT_SECOND_US);
	cr_expect_lt(depot.sim.now_us - begun_us, 60 * (int64_t)DEPOT_SECOND_US);
}

Test(replicas_move, at_once_when_its_throttle_goes)
{
	int64_t begun_us;

	for (int i = 0; i < 4; i++)
		cr_assert_eq(depot_append(&depot, "orders", 0, 10, 100000), PARTITION_OK);
	throttle(0);
	cr_expect_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	depot_run(&depot, 15 * (int64_t)DEPOT_SECOND_US);
	cr_expect_not_null(depot_replica(&depot, "orders", 0)->move);
	begun_us = depot.sim.now_us;
	throttle(REPLICATION_QUOTA_NONE);
	mover_wait(&depot, "orders", 0);
	expect_in("/b", "/a");
	cr_expect_lt(depot.sim.now_us - begun_us, 5 * (int64_t)DEPOT_SECOND_US);
}

Test(replicas_move, of_a_replica_without_records)
{
	cr_expect_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	mover_wait(&depot, "orders", 0);
	expect_in("/b", "/a");
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 100), PARTITION_OK);
}

/* The log starts behind 0: the copy begins there. */
Test(replicas_move, takes_what_retention_has_left)
{
	struct topic_settings *changed = depot_settings_new(&depot);

	changed->config.log = depot.settings->config.log;
	changed->config.log.retention_bytes = 100000;
	cr_assert_eq(depot_append(&depot, "orders", 0, 40, 30000), PARTITION_OK);
	depot_enter(&depot);
	replicas_set_settings(depot.replicas, slice_of_text("orders"), changed);
	depot_leave(&depot);
	topic_settings_release(changed);
	depot_run(&depot, 30 * (int64_t)DEPOT_SECOND_US);
	cr_assert_gt(depot_earliest(&depot, "orders", 0), 0);
	cr_expect_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	mover_wait(&depot, "orders", 0);
	expect_in("/b", "/a");
	cr_expect_gt(depot_earliest(&depot, "orders", 0), 0);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 40);
}

Test(replicas_move, keeps_what_producers_have_sent)
{
	struct log_sample sample = { .records = 1, .value_size = 10, .producer_id = 7,
		.base_sequence = 0 };
	int64_t first, again;

	cr_assert_eq(depot_append_once(&depot, "orders", 0, &sample, &first), PARTITION_OK);
	cr_expect_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	mover_wait(&depot, "orders", 0);
	cr_expect_eq(depot_append_once(&depot, "orders", 0, &sample, &again), PARTITION_OK);
	cr_expect_eq(again, first);
}

Test(replicas_move, back_and_forth)
{
	cr_assert_eq(depot_append(&depot, "orders", 0, 5, 1000), PARTITION_OK);
	for (int i = 0; i < 6; i++) {
		cr_expect_eq(mover_ask(&depot, "orders", 0, i % 2 == 0 ? "/b" : "/a"),
		    KAFKA_ERROR_NONE);
		mover_wait(&depot, "orders", 0);
		cr_expect_eq(depot_append(&depot, "orders", 0, 1, 100), PARTITION_OK);
	}
	expect_in("/a", "/b");
	cr_expect_eq(depot_latest(&depot, "orders", 0), 11);
}

/* It is there already: what was begun is put away. */
Test(replicas_move, ends_where_the_replica_is)
{
	cr_assert_eq(depot_append(&depot, "orders", 0, 40, 60000), PARTITION_OK);
	cr_expect_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	cr_expect_eq(mover_ask(&depot, "orders", 0, "/a"), KAFKA_ERROR_NONE);
	expect_in("/a", "/b");
	cr_expect_null(depot_replica(&depot, "orders", 0)->move);
	cr_expect_eq(depot_names(&depot, "/b", "-delete"), 1);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 100), PARTITION_OK);
}

Test(replicas_move, that_is_begun_twice_is_one)
{
	cr_assert_eq(depot_append(&depot, "orders", 0, 40, 60000), PARTITION_OK);
	cr_expect_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	cr_expect_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_names(&depot, "/b", "-future"), 1);
	mover_wait(&depot, "orders", 0);
	expect_in("/b", "/a");
}

Test(replicas_move, ends_with_its_partition)
{
	for (int delay_us = 0; delay_us < 60000; delay_us += delay_us / 3 + 100) {
		cr_assert_eq(depot_append(&depot, "orders", 0, 20, 60000), PARTITION_OK);
		cr_assert_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
		depot_run(&depot, delay_us);
		cr_expect_eq(depot_delete(&depot, "orders", 0), KAFKA_ERROR_NONE);
		cr_expect_eq(depot_names(&depot, "/a", "orders-0"), 0);
		cr_expect_eq(depot_names(&depot, "/b", "orders-0"), 0);
		cr_expect_eq(depot_names(&depot, "/b", "-future"), 0);
		cr_assert_eq(mover_ask(&depot, "orders", 0, "/a"),
		    KAFKA_ERROR_REPLICA_NOT_AVAILABLE);
		cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_NONE);
		depot_run(&depot, 3 * (int64_t)DEPOT_SECOND_US);
	}
}

Test(replicas_move, ends_with_its_target)
{
	for (int delay_us = 0; delay_us < 60000; delay_us += delay_us / 2 + 500) {
		depot_fini(&depot);
		set_up();
		cr_assert_eq(depot_append(&depot, "orders", 0, 20, 60000), PARTITION_OK);
		cr_assert_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
		depot_run(&depot, delay_us);
		if (depot_replica(&depot, "orders", 0)->move == NULL)
			return;
		depot_break(&depot, "/b", true);
		depot_enter(&depot);
		replicas_fail_dir(depot.replicas, depot_dir(&depot, 1), ERROR_IO);
		depot_leave(&depot);
		depot_run(&depot, 5 * (int64_t)DEPOT_SECOND_US);
		cr_expect_null(depot_replica(&depot, "orders", 0)->move);
		if (depot_replica(&depot, "orders", 0)->is_offline)
			continue; /* it was there already */
		cr_expect_eq(depot_append(&depot, "orders", 0, 1, 100), PARTITION_OK);
		cr_expect_eq(depot_latest(&depot, "orders", 0), 21);
		depot_stop(&depot);
		depot_break(&depot, "/b", false);
		restart();
		mover_wait(&depot, "orders", 0);
		cr_expect_eq(depot_latest(&depot, "orders", 0), 21);
		expect_in("/b", "/a");
	}
}

/* What is copied of it is kept; it goes on when the dir is back. */
Test(replicas_move, waits_for_its_source)
{
	cr_assert_eq(depot_append(&depot, "orders", 0, 40, 60000), PARTITION_OK);
	cr_assert_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_dir(&depot, 0), ERROR_IO);
	depot_leave(&depot);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_eq(depot_names(&depot, "/b", "-future"), 1);
	depot_stop(&depot);
	restart();
	mover_wait(&depot, "orders", 0);
	expect_in("/b", "/a");
	cr_expect_eq(depot_latest(&depot, "orders", 0), 40);
}

Test(replicas_move, waits_for_room)
{
	cr_assert_eq(depot_append(&depot, "orders", 0, 40, 60000), PARTITION_OK);
	cr_assert_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	(void)depot_told(&depot);
	depot.machine.disk->capacity = 0;
	depot_run(&depot, 5 * (int64_t)DEPOT_SECOND_US);
	cr_expect_str_eq(depot_told(&depot), "");
	cr_expect_not_null(depot_replica(&depot, "orders", 0)->move);
	depot.machine.disk->capacity = INT64_MAX;
	mover_wait(&depot, "orders", 0);
	expect_in("/b", "/a");
	cr_expect_eq(depot_latest(&depot, "orders", 0), 40);
}

Test(replicas_move, of_a_topic_that_is_gone_is_put_away)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 9,
		.topic_id = { .bytes = { 9 } } };

	cr_assert_eq(depot_append(&depot, "orders", 0, 40, 60000), PARTITION_OK);
	cr_assert_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_names(&depot, "/b", "-future"), 0);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 0);
	depot_run(&depot, 3 * (int64_t)DEPOT_SECOND_US);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 0);
}

/* What nobody copies from any more is kept for an operator. */
Test(replicas_move, that_a_start_finds_without_its_replica_is_set_aside)
{
	cr_assert_eq(depot_append(&depot, "orders", 0, 40, 60000), PARTITION_OK);
	cr_assert_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	depot_stop(&depot);
	cr_assert_eq(disk_rename(depot.disk, "/a/orders-0", "/a/orders-0." HEX "-delete"),
	    ERROR_NONE);
	depot_start(&depot);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_eq(depot_names(&depot, "/b", "-future"), 0);
	cr_expect_eq(depot_names(&depot, "/b", "-stray"), 1);
	cr_expect_str_eq(depot_told(&depot), "elected orders-0 1\n");
}

/* DeleteRecords: the log starts in the midst of a batch. */
Test(replicas_move, begins_in_the_midst_of_a_batch)
{
	struct log_sample sample = { .records = 10, .value_size = 10 };

	for (int i = 0; i < 3; i++)
		cr_assert_eq(depot_append_once(&depot, "orders", 0, &sample, NULL), PARTITION_OK);
	cr_assert_eq(log_advance_start_offset(depot_partition(&depot, "orders", 0)->log, 15),
	    ERROR_NONE);
	cr_expect_eq(mover_ask(&depot, "orders", 0, "/b"), KAFKA_ERROR_NONE);
	mover_wait(&depot, "orders", 0);
	expect_in("/b", "/a");
	cr_expect_eq(depot_latest(&depot, "orders", 0), 30);
	cr_expect_eq(depot_earliest(&depot, "orders", 0), 15);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 15), PARTITION_OK);
}
