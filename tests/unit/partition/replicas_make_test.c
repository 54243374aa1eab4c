/* The new logs of one LeaderAndIsr, made together. */
#include <criterion/criterion.h>

#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

enum { FEW = 40, MANY = 1100 };

static struct depot depot;
static struct depot_order orders[MANY];

static void
set_up(void)
{
	depot_init(&depot, 11, "");
	depot_start(&depot);
	cr_assert_eq(depot.error, ERROR_NONE);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_make, .init = set_up, .fini = tear_down);

static void
lead(int count)
{
	for (int i = 0; i < count; i++)
		orders[i] = (struct depot_order){ .topic = "orders", .index = i };
	depot_send_leader_and_isr(&depot, orders, count);
}

static int
count_answers(int count, enum kafka_error code)
{
	int found = 0;

	for (int i = 0; i < count; i++)
		found += depot_code(&depot, "orders", i) == code;
	return found;
}

/* Directory, id (three) and segment (three): seven changes of the disk each, and checkpoints. */
Test(replicas_make, those_of_one_request_share_their_syncs)
{
	uint64_t before = depot.machine.disk->operations;

	lead(FEW);
	cr_expect_eq(count_answers(FEW, KAFKA_ERROR_NONE), FEW);
	uint64_t changes = depot.machine.disk->operations - before;
	cr_expect_lt(changes, 9 * FEW, "%d", (int)changes);
	cr_expect_eq(depot_dir(&depot, 0)->log_count, FEW / 2);
	cr_expect_eq(depot_append(&depot, "orders", FEW - 1, 0, 10), PARTITION_OK);
}

Test(replicas_make, a_request_may_have_more_than_one_piece_of_work_takes)
{
	lead(MANY);
	cr_expect_eq(count_answers(MANY, KAFKA_ERROR_NONE), MANY);
	cr_expect_eq(depot_dir(&depot, 0)->log_count + depot_dir(&depot, 1)->log_count, MANY);
}

Test(replicas_make, a_sync_that_fails_is_of_all)
{
	cr_assert_eq(depot_lead(&depot, "first", 0, 0), KAFKA_ERROR_NONE);
	depot.machine.disk->sync_error = 1000;
	lead(FEW);
	int refused = count_answers(FEW, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	depot.machine.disk->sync_error = 0;
	cr_expect_eq(refused, FEW, "%d", refused);
	cr_expect_neq(depot_dir(&depot, 0)->state, ERROR_NONE);
	cr_expect_neq(depot_dir(&depot, 1)->state, ERROR_NONE);
}

/* -------------------------------------------- while a log dir is away (F24) */

/* The broker is taken off the partition, which it has in /a, and is made a replica anew. */
static void
make_anew_without(const char *dir)
{
	cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_append(&depot, "orders", 0, 5, 10), PARTITION_OK);
	cr_assert(depot_exists(&depot, "/a/orders-0"));
	depot_stop(&depot);
	depot_break(&depot, dir, true);
	depot_start(&depot);
	replicas_set_broker_epoch(depot.replicas, 30);
	cr_assert_null(depot_partition(&depot, "orders", 0));
	cr_assert_eq(depot_lead(&depot, "orders", 0, 4), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_append(&depot, "orders", 0, 2, 10), PARTITION_OK);
	cr_assert(depot_exists(&depot, "/b/orders-0"));
	depot_run(&depot, DEPOT_SECOND_US);
	depot_stop(&depot);
	depot_break(&depot, dir, false);
}

Test(replicas_make, F24_what_a_dir_has_that_was_away_is_older_than_what_was_made_meanwhile)
{
	make_anew_without("/a");
	depot_start(&depot);
	cr_assert_eq(depot.error, ERROR_NONE, "%s", depot.complaint);
	cr_expect_not(depot_exists(&depot, "/a/orders-0"));
	cr_assert_eq(depot_lead(&depot, "orders", 0, 5), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 2);
}

/* It was moved there: the mark of that is lower. */
Test(replicas_make, F24_also_where_it_had_been_moved_to_the_dir_that_was_away)
{
	make_anew_without("/a");
	depot_write(&depot, "/a/orders-0/klamm-moved", "3\n");
	depot_start(&depot);
	cr_assert_eq(depot.error, ERROR_NONE, "%s", depot.complaint);
	cr_assert_eq(depot_lead(&depot, "orders", 0, 5), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 2);
}

/* The older one was led again, while the newer one's dir was away in its turn. */
Test(replicas_make, F24_where_each_dir_was_away_once_nobody_knows_which_is_newer)
{
	make_anew_without("/a");
	depot_break(&depot, "/b", true);
	depot_start(&depot);
	cr_assert_eq(depot_lead(&depot, "orders", 0, 6), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 5);
	depot_run(&depot, DEPOT_SECOND_US);
	depot_stop(&depot);
	depot_break(&depot, "/b", false);
	depot_start(&depot);
	cr_expect_eq(depot.error, ERROR_EXISTS);
	cr_expect(depot_exists(&depot, "/a/orders-0"));
	cr_expect(depot_exists(&depot, "/b/orders-0"));
}

#define NOTE "/klamm-failed-log-dirs"

/* The broker ended when it had no dir any more, and noted both wherever that could be written. */
Test(replicas_make, F24_where_the_newer_ones_dir_has_failed_too_it_is_the_newer_one_still)
{
	make_anew_without("/a");
	depot_write(&depot, "/a" NOTE, "0\n/a\n/b\n");
	depot_write(&depot, "/b" NOTE, "0\n/a\n/b\n");
	depot_start(&depot);
	cr_assert_eq(depot.error, ERROR_NONE, "%s", depot.complaint);
	cr_expect_not(depot_exists(&depot, "/a/orders-0"));
	cr_assert_eq(depot_lead(&depot, "orders", 0, 5), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 2);
}

/* Of the older one's dir nobody knows whether it was gone on with. */
Test(replicas_make, F24_where_a_note_is_damaged_nobody_knows_which_is_newer)
{
	make_anew_without("/a");
	depot_write(&depot, "/a" NOTE, "what");
	depot_start(&depot);
	cr_expect_eq(depot.error, ERROR_EXISTS);
}
