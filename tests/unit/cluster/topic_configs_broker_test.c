#include <criterion/criterion.h>

#include "tests/unit/cluster/configured.h"

#define CONFIG(text) "{\"version\":1,\"config\":{" text "}}"

static struct configured it;

static void
setup(void)
{
	configured_init(&it, "broker.id=1\nlog.retention.ms=1000\n");
	configured_topic(&it, "orders", CONFIG("\"retention.ms\":\"7\""));
	configured_topic(&it, "parts", CONFIG(""));
}

static void
teardown(void)
{
	configured_fini(&it);
}

TestSuite(broker_znodes, .init = setup, .fini = teardown);

static void
expect_failure(const char *words)
{
	configured_begin(&it);
	shore_run(&it.shore, SHORE_SECOND_US);
	cr_assert_eq(it.done, 1);
	cr_expect_not_null(strstr(it.failure, words), "%s", it.failure);
}

Test(broker_znodes, give_topics_their_defaults)
{
	shore_create(&it.shore, "/config/brokers/<default>", CONFIG("\"log.retention.ms\":\"20\""), 0);
	configured_start(&it);
	cr_expect_eq(configured_retention_ms(&it, "orders"), 7);
	cr_expect_eq(configured_retention_ms(&it, "parts"), 20);
	cr_expect_eq(configured_retention_ms(&it, "unknown"), 20);
}

Test(broker_znodes, of_this_broker_win)
{
	shore_create(&it.shore, "/config/brokers/<default>", CONFIG("\"log.retention.ms\":\"20\""), 0);
	shore_create(&it.shore, "/config/brokers/1", CONFIG("\"log.retention.ms\":\"30\""), 0);
	shore_create(&it.shore, "/config/brokers/2", CONFIG("\"log.retention.ms\":\"40\""), 0);
	configured_start(&it);
	cr_expect_eq(configured_retention_ms(&it, "parts"), 30);
}

Test(broker_znodes, that_change_change_all_topics_without_a_value_of_their_own)
{
	configured_start(&it);
	configured_change(&it, "brokers/<default>", CONFIG("\"log.retention.ms\":\"20\""));
	shore_run(&it.shore, SHORE_SECOND_US);
	cr_expect_eq(configured_retention_ms(&it, "orders"), 7);
	cr_expect_eq(configured_retention_ms(&it, "parts"), 20);
	cr_expect_eq(configured_retention_ms(&it, "unknown"), 20);
	cr_expect_eq(it.changed, 2);
	configured_change(&it, "brokers/<default>", CONFIG(""));
	shore_run(&it.shore, SHORE_SECOND_US);
	cr_expect_eq(configured_retention_ms(&it, "parts"), 1000, "back to the file");
}

Test(broker_znodes, with_a_binding_key_stop_the_start)
{
	shore_create(&it.shore, "/config/brokers/1",
	    CONFIG("\"max.connection.creation.rate\":\"5\""), 0);
	expect_failure("/config/brokers/1 in ZooKeeper: max.connection.creation.rate=5: klamm does not");
}

Test(broker_znodes, with_a_bad_value_stop_the_start)
{
	shore_create(&it.shore, "/config/brokers/<default>", CONFIG("\"log.retention.ms\":\"soon\""),
	    0);
	expect_failure("/config/brokers/<default> in ZooKeeper: log.retention.ms=soon: ");
}

Test(broker_znodes, that_cannot_be_read_stop_the_start_and_stay)
{
	shore_create(&it.shore, "/config/brokers/<default>", "{junk", 0);
	expect_failure("/config/brokers/<default> in ZooKeeper cannot be read: ");
	cr_expect_str_eq(shore_data(&it.shore, "/config/brokers/<default>"), "{junk");
}

Test(broker_znodes, with_keys_that_do_no_harm_are_warned_about)
{
	shore_create(&it.shore, "/config/brokers/1", CONFIG("\"num.io.threads\":\"5\""), 0);
	configured_start(&it);
	cr_expect(shore_has_logged(&it.shore, 0, "/config/brokers in ZooKeeper: num.io.threads=5: "));
}

Test(broker_znodes, that_turn_bad_change_nothing_while_the_broker_runs)
{
	configured_start(&it);
	configured_change(&it, "brokers/1", CONFIG("\"log.retention.ms\":\"20\""));
	configured_change(&it, "brokers/1", "{junk");
	configured_change(&it, "brokers/<default>", CONFIG("\"max.connections\":\"5\""));
	shore_run(&it.shore, SHORE_SECOND_US);
	cr_expect_eq(configured_retention_ms(&it, "parts"), 20);
	cr_expect(shore_has_logged(&it.shore, 0, "/config/brokers/1 in ZooKeeper cannot be read: "));
	cr_expect(shore_has_logged(&it.shore, 0, "what was known before stays"));
	configured_change(&it, "brokers/1", CONFIG("\"log.retention.ms\":\"30\""));
	shore_run(&it.shore, SHORE_SECOND_US);
	cr_expect_eq(configured_retention_ms(&it, "parts"), 20, "max.connections still stands there");
	cr_expect(shore_has_logged(&it.shore, 0,
	    "/config/brokers/<default> in ZooKeeper: max.connections=5: "));
	configured_change(&it, "brokers/<default>", CONFIG(""));
	shore_run(&it.shore, SHORE_SECOND_US);
	cr_expect_eq(configured_retention_ms(&it, "parts"), 30);
	cr_expect_eq(it.done, 1);
}

Test(broker_znodes, are_read_anew_after_an_expiry)
{
	configured_start(&it);
	shore_cut(&it.shore, 0);
	shore_run(&it.shore, 10 * SHORE_SECOND_US);
	shore_create(&it.shore, "/config/brokers/1", CONFIG("\"log.retention.ms\":\"30\""), 0);
	shore_mend(&it.shore, 0);
	shore_run(&it.shore, 5 * SHORE_SECOND_US);
	cr_expect_eq(configured_retention_ms(&it, "parts"), 30);
}
