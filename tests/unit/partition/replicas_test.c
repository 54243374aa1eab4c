/* What loops see of replicas, and settings. */
#include <criterion/criterion.h>

#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

static struct depot depot;

static void
set_up(void)
{
	depot_init(&depot, 9, "");
	depot_start(&depot);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas, .init = set_up, .fini = tear_down);

static int64_t
bytes_of(const char *topic)
{
	return replicas_topic_bytes(depot.replicas, slice_of_text(topic));
}

Test(replicas, a_map_that_is_held_does_not_change)
{
	struct persistent_map *before;

	cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_NONE);
	before = persistent_map_hold(depot.hosted);
	cr_assert_eq(depot_lead(&depot, "orders", 4, 1), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_hosted(&depot, "orders")->partition_count, 5);
	cr_assert_eq(depot_delete(&depot, "orders", 0), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_delete(&depot, "orders", 4), KAFKA_ERROR_NONE);
	cr_expect_null(depot_hosted(&depot, "orders"));
	struct hosted_topic *old = container_of(persistent_map_find(before,
	    slice_of_text("orders")), struct hosted_topic, counted);
	cr_expect_eq(old->partition_count, 1);
	cr_expect_not_null(old->partitions[0]);
	persistent_map_release(before);
}

Test(replicas, changed_settings_reach_every_partition_and_the_map)
{
	struct topic_settings *changed = depot_settings_new(&depot);

	cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_lead(&depot, "orders", 1, 1), KAFKA_ERROR_NONE);
	changed->config.log.retention_ms = 4711;
	changed->config.max_message_bytes = 17;
	depot_enter(&depot);
	replicas_set_settings(depot.replicas, slice_of_text("orders"), changed);
	replicas_set_settings(depot.replicas, slice_of_text("unknown"), changed);
	depot_leave(&depot);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_eq(depot_hosted(&depot, "orders")->settings->config.max_message_bytes, 17);
	for (int i = 0; i < 2; i++)
		cr_expect_eq(log_config(depot_replica(&depot, "orders", i)->stored->log)
				 ->retention_ms, 4711);
	topic_settings_release(changed);
}

/* The log is made with the settings of before, and has the new ones in the end. */
Test(replicas, settings_that_change_while_a_partition_is_made_are_its_settings)
{
	struct topic_settings *changed = depot_settings_new(&depot);
	struct depot_order order = { .topic = "orders" };

	changed->config.log.retention_ms = 4711;
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_assert_not(depot.is_answered);
	topic_settings_release(depot.settings);
	depot.settings = changed;
	cr_expect_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	cr_expect_eq(log_config(depot_replica(&depot, "orders", 0)->stored->log)->retention_ms,
	    4711);
}

Test(replicas, knows_how_large_a_topic_is_as_it_was_loaded)
{
	cr_expect_eq(bytes_of("orders"), -1);
	cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_NONE);
	cr_expect_eq(bytes_of("orders"), 0);
	cr_assert_eq(depot_append(&depot, "orders", 0, 3, 1000), PARTITION_OK);
	depot_stop(&depot);
	depot_start(&depot);
	cr_expect_gt(bytes_of("orders"), 3000);
}

Test(replicas, a_compacted_topic_is_warned_of)
{
	depot.settings->config.log.cleanup_compact = true;
	cr_assert_eq(depot_lead(&depot, "orders", 0, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_lead(&depot, "orders", 1, 1), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_log_count(&depot, "topic orders has cleanup.policy=compact"), 1);
}
