/* What LeaderAndIsr makes of a partition. */
#include <criterion/criterion.h>

#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

#define METADATA "/a/orders-0/partition.metadata"

static const struct uuid other_id = { .bytes = { 9, 9, 9 } };

static struct depot depot;

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

TestSuite(replicas_lead, .init = set_up, .fini = tear_down);

static int
lead(struct depot_order order)
{
	depot_send_leader_and_isr(&depot, &order, 1);
	return depot_code(&depot, order.topic, order.index);
}

Test(replicas_lead, a_new_partition_is_made_led_and_told_of)
{
	cr_expect_eq(depot_lead(&depot, "orders", 0, 3), KAFKA_ERROR_NONE);
	cr_expect_str_eq(depot_told(&depot), "elected orders-0 3\n");
	cr_assert_not_null(depot_hosted(&depot, "orders"));
	cr_expect(uuid_equal(depot_hosted(&depot, "orders")->id, depot.topic_id));
	cr_expect(depot_exists(&depot, "/a/orders-0/partition.metadata"));
	cr_expect_eq(depot_append(&depot, "orders", 0, 3, 10), PARTITION_OK);
	cr_expect_eq(depot_latest(&depot, "orders", 0), 3);
}

Test(replicas_lead, a_lower_or_equal_epoch_changes_nothing)
{
	cr_expect_eq(depot_lead(&depot, "orders", 0, 3), KAFKA_ERROR_NONE);
	(void)depot_told(&depot);
	cr_expect_eq(depot_lead(&depot, "orders", 0, 3), KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	cr_expect_eq(depot_lead(&depot, "orders", 0, 2), KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	cr_expect_str_eq(depot_told(&depot), "");
}

/* F4: a session that expired and came back ends in a LeaderAndIsr with a higher epoch. */
Test(replicas_lead, a_higher_epoch_is_told_and_cuts_nothing)
{
	cr_expect_eq(depot_lead(&depot, "orders", 0, 3), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_append(&depot, "orders", 0, 5, 10), PARTITION_OK);
	(void)depot_told(&depot);
	cr_expect_eq(depot_lead(&depot, "orders", 0, 4), KAFKA_ERROR_NONE);
	cr_expect_str_eq(depot_told(&depot), "elected orders-0 4\n");
	cr_expect_eq(depot_latest(&depot, "orders", 0), 5);
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 10), PARTITION_OK);
}

Test(replicas_lead, another_leader_ends_ours)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 4, .leader = 2 };

	cr_expect_eq(depot_lead(&depot, "orders", 0, 3), KAFKA_ERROR_NONE);
	(void)depot_told(&depot);
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	cr_expect_str_eq(depot_told(&depot), "resigned orders-0 3\n");
	cr_expect_eq(depot_append(&depot, "orders", 0, 1, 10), PARTITION_NOT_LEADER);
	cr_expect_eq(depot_fetch(&depot, "orders", 0, 0), PARTITION_NOT_LEADER);
}

/* ------------------------------------------------------------ making a log */

Test(replicas_lead, new_partitions_go_where_fewest_are)
{
	for (int i = 0; i < 6; i++)
		cr_expect_eq(depot_lead(&depot, "orders", i, 0), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_dir(&depot, 0)->log_count, 3);
	cr_expect_eq(depot_dir(&depot, 1)->log_count, 3);
}

/* The longest name whose directory is a name: TOPIC-N, and TOPIC-N.ID-delete is cut. */
Test(replicas_lead, the_longest_topic_name_is_made_and_deleted)
{
	char name[LOG_TOPIC_NAME_MAX + 2];

	memset(name, 'x', sizeof(name));
	name[LOG_TOPIC_NAME_MAX] = '\0';
	cr_expect_eq(depot_lead(&depot, name, 99999, 0), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_append(&depot, name, 99999, 1, 10), PARTITION_OK);
	cr_expect_eq(depot_delete(&depot, name, 99999), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_names(&depot, "/a", "-delete"), 1);
	depot_run(&depot, 65 * (int64_t)DEPOT_SECOND_US);
	cr_expect_eq(depot_names(&depot, "/a", "-delete"), 0);
	cr_expect_null(strstr(depot_told(&depot), "failed"));
}

Test(replicas_lead, what_is_no_topics_name_is_refused_and_harms_no_dir)
{
	char name[LOG_TOPIC_NAME_MAX + 2];

	memset(name, 'x', sizeof(name));
	name[LOG_TOPIC_NAME_MAX + 1] = '\0';
	cr_expect_eq(depot_lead(&depot, name, 0, 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(depot_lead(&depot, "..", 0, 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(depot_lead(&depot, "a/b", 0, 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(depot_lead(&depot, "", 0, 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(depot_lead(&depot, "orders", -1, 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_str_eq(depot_told(&depot), "");
	cr_expect_eq(depot_lead(&depot, "orders", 0, 0), KAFKA_ERROR_NONE);
}

/* The only replica, and its dir was wiped: it leads again, as in Kafka, but not silently. */
Test(replicas_lead, one_that_is_not_new_and_in_no_dir_is_made_with_an_error_line)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 7, .is_old = true };

	cr_expect_eq(lead(order), KAFKA_ERROR_NONE);
	cr_expect(depot_has_logged(&depot,
	    "ERROR orders-0 is not new, but in no log dir: it is made without records"));
	cr_expect_eq(depot_latest(&depot, "orders", 0), 0);
}

Test(replicas_lead, what_a_crash_left_of_a_creation_is_used)
{
	cr_assert_eq(disk_make_directory(depot.disk, "/a/orders-0"), ERROR_NONE);
	depot_write(&depot, METADATA, "");
	cr_expect_eq(depot_lead(&depot, "orders", 0, 0), KAFKA_ERROR_NONE);
	cr_expect_not_null(strstr(depot_text(&depot, METADATA), "topic_id: AQID"));
}

Test(replicas_lead, F20_a_creation_without_space_is_refused_and_works_later)
{
	depot.machine.disk->capacity = 0;
	cr_expect_eq(depot_lead(&depot, "orders", 0, 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_str_eq(depot_told(&depot), "");
	depot.machine.disk->capacity = INT64_MAX;
	cr_expect_eq(depot_lead(&depot, "orders", 0, 0), KAFKA_ERROR_NONE);
}

Test(replicas_lead, F21_a_creation_that_fails_takes_the_dir_offline)
{
	depot_break(&depot, "/a", true);
	cr_expect_eq(depot_lead(&depot, "orders", 0, 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_str_eq(depot_told(&depot), "failed /a, 1 left\n");
	cr_expect_eq(depot_lead(&depot, "orders", 0, 0), KAFKA_ERROR_NONE, "in /b");
}

/* ----------------------------------------------------------------- topic ids */

static void
lead_without_id(void)
{
	struct depot_order order = { .topic = "orders", .leader_epoch = 3, .anonymous = true };

	cr_assert_eq(lead(order), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_append(&depot, "orders", 0, 3, 10), PARTITION_OK);
	cr_assert_not(depot_exists(&depot, METADATA));
}

Test(replicas_lead, a_topic_id_that_is_learned_later_is_written)
{
	lead_without_id();
	cr_expect_eq(depot_lead(&depot, "orders", 0, 4), KAFKA_ERROR_NONE);
	cr_expect_not_null(strstr(depot_text(&depot, METADATA), "topic_id: AQID"));
	cr_expect(uuid_equal(depot_hosted(&depot, "orders")->id, depot.topic_id));
	cr_expect(uuid_equal(partition_topic_id(depot_partition(&depot, "orders", 0)),
	    depot.topic_id));
	depot_stop(&depot);
	depot_start(&depot);
	cr_expect(uuid_equal(depot_hosted(&depot, "orders")->id, depot.topic_id));
}

/* The controller may tell the id and nothing else. */
Test(replicas_lead, a_topic_id_comes_with_an_equal_epoch_and_not_with_a_lower_one)
{
	lead_without_id();
	(void)depot_told(&depot);
	cr_expect_eq(depot_lead(&depot, "orders", 0, 2), KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	cr_expect_not(depot_exists(&depot, METADATA));
	cr_expect_eq(depot_lead(&depot, "orders", 0, 3), KAFKA_ERROR_NONE);
	cr_expect(depot_exists(&depot, METADATA));
	cr_expect_eq(depot_lead(&depot, "orders", 0, 3), KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	cr_expect_str_eq(depot_told(&depot), "");
}

Test(replicas_lead, a_topic_id_without_space_for_it_is_known_all_the_same)
{
	lead_without_id();
	depot.machine.disk->capacity = 0;
	cr_expect_eq(depot_lead(&depot, "orders", 0, 4), KAFKA_ERROR_NONE);
	depot.machine.disk->capacity = INT64_MAX;
	cr_expect(uuid_equal(depot_hosted(&depot, "orders")->id, depot.topic_id));
	cr_expect(depot_has_logged(&depot, "partition.metadata cannot be written"));
	cr_expect_null(strstr(depot_told(&depot), "failed"));
}

Test(replicas_lead, F21_a_topic_id_that_cannot_be_written_takes_the_dir_offline)
{
	lead_without_id();
	depot_break(&depot, "/a", true);
	cr_expect_eq(depot_lead(&depot, "orders", 0, 4), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_not_null(strstr(depot_told(&depot), "failed /a, 1 left\n"));
}

/* Deleted while this log was away, and made again: it never serves what it had. */
Test(replicas_lead, a_log_of_an_older_topic_is_set_aside)
{
	struct depot_order order = { .topic = "orders", .topic_id = other_id };

	cr_assert_eq(depot_lead(&depot, "orders", 0, 7), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_append(&depot, "orders", 0, 5, 10), PARTITION_OK);
	depot_stop(&depot);
	depot_start(&depot);
	(void)depot_told(&depot);
	cr_expect_eq(lead(order), KAFKA_ERROR_NONE);
	cr_expect_str_eq(depot_told(&depot), "elected orders-0 0\n");
	cr_expect_eq(depot_latest(&depot, "orders", 0), 0);
	cr_expect(uuid_equal(depot_hosted(&depot, "orders")->id, other_id));
	cr_expect_eq(depot_names(&depot, "/a", "-stray"), 1);
	cr_expect(depot_has_logged(&depot, "WARN orders-0 is of an older topic of that name"));
	depot_kill(&depot);
	depot_start(&depot);
	cr_expect(uuid_equal(depot_hosted(&depot, "orders")->id, other_id));
	cr_expect_eq(depot_names(&depot, "/a", "-stray"), 1);
}

/* A partition that leads is no other case; its siblings follow one by one. */
Test(replicas_lead, every_partition_of_an_older_topic_is_set_aside)
{
	struct depot_order orders[] = { { .topic = "orders", .topic_id = other_id },
		{ .topic = "orders", .index = 1, .topic_id = other_id } };

	cr_assert_eq(depot_lead(&depot, "orders", 0, 7), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_lead(&depot, "orders", 1, 7), KAFKA_ERROR_NONE);
	(void)depot_told(&depot);
	depot_send_leader_and_isr(&depot, orders, 2);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_code(&depot, "orders", 1), KAFKA_ERROR_NONE);
	cr_expect_not_null(strstr(depot.told, "resigned orders-0 7\n"));
	cr_expect_not_null(strstr(depot.told, "resigned orders-1 7\n"));
	cr_expect(uuid_equal(depot_hosted(&depot, "orders")->id, other_id));
}

/* One partition could not be deleted with its topic, as its dir was gone. */
Test(replicas_lead, a_failed_dir_does_not_keep_a_topic_made_again_from_its_id)
{
	struct depot_order order = { .topic = "orders", .index = 1, .topic_id = other_id };

	cr_assert_eq(depot_lead(&depot, "orders", 0, 7), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_lead(&depot, "orders", 1, 7), KAFKA_ERROR_NONE);
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_dir(&depot, 0), ERROR_IO);
	depot_leave(&depot);
	cr_expect_eq(depot_delete(&depot, "orders", 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(depot_delete(&depot, "orders", 1), KAFKA_ERROR_NONE);
	cr_expect_eq(lead(order), KAFKA_ERROR_NONE);
	cr_expect(uuid_equal(depot_hosted(&depot, "orders")->id, other_id));
	order.index = 0;
	cr_expect_eq(lead(order), KAFKA_ERROR_KAFKA_STORAGE_ERROR, "its dir may come back with it");
}

Test(replicas_lead, F21_a_log_that_cannot_be_set_aside_takes_the_dir_offline)
{
	struct depot_order order = { .topic = "orders", .topic_id = other_id };

	cr_assert_eq(depot_lead(&depot, "orders", 0, 7), KAFKA_ERROR_NONE);
	depot_break(&depot, "/a", true);
	cr_expect_eq(lead(order), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_not_null(strstr(depot_told(&depot), "failed /a, 1 left\n"));
}

/* The log is given, and nobody has heard of it yet. */
Test(replicas_lead, a_log_of_a_failed_dir_is_not_set_aside)
{
	struct depot_order order = { .topic = "orders", .topic_id = other_id };

	cr_assert_eq(depot_lead(&depot, "orders", 0, 7), KAFKA_ERROR_NONE);
	depot_send_leader_and_isr(&depot, &order, 1);
	while (depot_replica(&depot, "orders", 0)->partition->log != NULL)
		depot_run(&depot, 1);
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_dir(&depot, 0), ERROR_IO);
	depot_leave(&depot);
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(lead(order), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_not(depot_exists(&depot, "/b/orders-0"));
}

Test(replicas_lead, a_dir_may_fail_while_a_log_is_set_aside)
{
	for (int delay_us = 0; delay_us < 100000; delay_us += delay_us / 4 + 50) {
		struct depot_order order = { .topic = "orders", .topic_id = other_id };

		tear_down();
		set_up();
		cr_assert_eq(depot_lead(&depot, "orders", 0, 7), KAFKA_ERROR_NONE);
		depot_send_leader_and_isr(&depot, &order, 1);
		depot_run(&depot, delay_us);
		depot_enter(&depot);
		replicas_fail_dir(depot.replicas, depot_dir(&depot, 0), ERROR_IO);
		depot_leave(&depot);
		depot_wait(&depot, &depot.is_answered);
		depot_run(&depot, DEPOT_SECOND_US);
		if (depot_partition(&depot, "orders", 0) != NULL)
			cr_expect_eq(depot_replica(&depot, "orders", 0)->stored->dir,
			    depot_dir(&depot, 1));
	}
}
