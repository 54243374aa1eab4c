#include "cluster/topic_configs.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/cluster/configured.h"

#define RETENTION(ms) "{\"version\":1,\"config\":{\"retention.ms\":\"" #ms "\"}}"

static struct configured it;

static void
setup(void)
{
	configured_init(&it, "broker.id=1\nlog.retention.ms=1000\n");
}

static void
teardown(void)
{
	configured_fini(&it);
}

TestSuite(topic_configs, .init = setup, .fini = teardown);

Test(topic_configs, of_an_empty_cluster_are_the_defaults)
{
	configured_start(&it);
	cr_expect_eq(configured_retention_ms(&it, "orders"), 1000);
	cr_expect_null(topic_configs_overrides(it.configs, slice_of_text("orders")));
	cr_expect_not(shore_has_logged(&it.shore, 0, "WARN"), "%s", it.shore.sides[0].log);
}

Test(topic_configs, of_all_topics_are_known_after_the_start)
{
	char name[32];

	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "topic-%d", i);
		configured_topic(&it, name, RETENTION(7));
	}
	configured_topic(&it, "bare", NULL);
	configured_start(&it);
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "topic-%d", i);
		cr_expect_eq(configured_retention_ms(&it, name), 7);
	}
	cr_expect_eq(configured_retention_ms(&it, "bare"), 1000);
	cr_expect_not_null(topic_configs_overrides(it.configs, slice_of_text("bare")));
	cr_expect_str_eq(config_map_find(topic_configs_overrides(it.configs,
	    slice_of_text("topic-3")), slice_of_text("retention.ms"))->value, "7");
	cr_expect_eq(it.changed, 0, "nobody knew others");
}

Test(topic_configs, are_read_when_they_are_asked_for)
{
	configured_start(&it);
	configured_topic(&it, "orders", RETENTION(7));
	cr_expect_eq(configured_retention_ms(&it, "orders"), 1000);
	configured_ensure(&it, "orders");
	configured_ensure(&it, "orders");
	cr_expect_eq(it.ensured, 0);
	shore_run(&it.shore, SHORE_SECOND_US);
	cr_expect_eq(it.ensured, 2);
	cr_expect_eq(configured_retention_ms(&it, "orders"), 7);
	configured_ensure(&it, "orders");
	cr_expect_eq(it.ensured, 3, "what is known is there at once");
}

/* A topic without a replica here goes and comes, and nobody tells. */
Test(topic_configs, that_were_only_looked_at_are_read_again)
{
	configured_start(&it);
	configured_topic(&it, "orders", RETENTION(7));
	configured_look(&it, "orders");
	shore_run(&it.shore, SHORE_SECOND_US);
	cr_expect_eq(it.ensured, 1);
	cr_expect_eq(configured_retention_ms(&it, "orders"), 7);
	cr_assert_eq(shore_set(&it.shore, "/config/topics/orders", RETENTION(8)), ZNODE_OK);
	configured_look(&it, "orders");
	cr_expect_eq(it.ensured, 1);
	shore_run(&it.shore, SHORE_SECOND_US);
	cr_expect_eq(it.ensured, 2);
	cr_expect_eq(configured_retention_ms(&it, "orders"), 8);
	cr_assert_eq(shore_set(&it.shore, "/config/topics/orders", RETENTION(9)), ZNODE_OK);
	configured_ensure(&it, "orders");
	shore_run(&it.shore, SHORE_SECOND_US);
	cr_expect_eq(it.ensured, 3);
	cr_expect_eq(configured_retention_ms(&it, "orders"), 9);
	configured_look(&it, "orders");
	cr_expect_eq(it.ensured, 4, "now its changes are told");
}

Test(topic_configs, that_somebody_waits_for_are_not_waited_for_in_a_stop)
{
	configured_start(&it);
	configured_topic(&it, "orders", RETENTION(7));
	configured_ensure(&it, "orders");
	configured_look(&it, "others");
	cr_expect_eq(it.ensured, 0);
	configured_stop(&it);
	cr_expect_eq(it.ensured, 2);
	configured_ensure(&it, "more");
	cr_expect_eq(it.ensured, 3);
	shore_run(&it.shore, SHORE_SECOND_US);
	cr_expect_eq(it.ensured, 3);
}

Test(topic_configs, that_are_forgotten_are_the_defaults_until_they_are_asked_for)
{
	configured_topic(&it, "orders", RETENTION(7));
	configured_start(&it);
	configured_forget(&it, "orders");
	configured_forget(&it, "never-there");
	cr_expect_eq(configured_retention_ms(&it, "orders"), 1000);
	configured_ensure(&it, "orders");
	configured_forget(&it, "orders");
	shore_run(&it.shore, SHORE_SECOND_US);
	cr_expect_eq(it.ensured, 1, "who waits is not left waiting");
	configured_change(&it, "topics/orders", RETENTION(9));
	configured_forget(&it, "orders");
	shore_run(&it.shore, SHORE_SECOND_US);
	cr_expect_eq(configured_retention_ms(&it, "orders"), 1000);
}

Test(topic_configs, that_cannot_be_read_leave_the_defaults_and_the_znode)
{
	configured_topic(&it, "junk", "{junk");
	configured_topic(&it, "old", "{\"version\":99,\"config\":{}}");
	configured_topic(&it, "list", "{\"version\":1,\"config\":[1]}");
	configured_start(&it);
	cr_expect_eq(configured_retention_ms(&it, "junk"), 1000);
	cr_expect(shore_has_logged(&it.shore, 0,
	    "/config/topics/junk cannot be read, and topic junk keeps the defaults"));
	cr_expect(shore_has_logged(&it.shore, 0, "/config/topics/list cannot be read"));
	cr_expect_str_eq(shore_data(&it.shore, "/config/topics/junk"), "{junk");
}

Test(topic_configs, that_cannot_be_read_any_more_stay_as_they_were)
{
	configured_topic(&it, "orders", RETENTION(7));
	configured_start(&it);
	configured_change(&it, "topics/orders", "{junk");
	shore_run(&it.shore, SHORE_SECOND_US);
	cr_expect_eq(configured_retention_ms(&it, "orders"), 7);
	cr_expect(shore_has_logged(&it.shore, 0, "topic orders keeps its configuration"));
}

Test(topic_configs, with_a_bad_value_are_told_of_and_have_its_default)
{
	configured_topic(&it, "orders", "{\"version\":1,\"config\":{\"retention.ms\":\"soon\","
	    "\"no.such\":\"1\",\"min.insync.replicas\":\"2\"}}");
	configured_start(&it);
	cr_expect_eq(configured_retention_ms(&it, "orders"), 1000);
	cr_expect(shore_has_logged(&it.shore, 0, "/config/topics/orders: retention.ms=soon: "));
	cr_expect(shore_has_logged(&it.shore, 0, "/config/topics/orders: no.such: "));
}

/* What changed while the session was gone was notified to nobody. */
Test(topic_configs, are_read_anew_after_an_expiry)
{
	configured_topic(&it, "orders", RETENTION(7));
	configured_start(&it);
	shore_cut(&it.shore, 0);
	shore_run(&it.shore, 10 * SHORE_SECOND_US);
	shore_set(&it.shore, "/config/topics/orders", RETENTION(9));
	shore_mend(&it.shore, 0);
	shore_run(&it.shore, 5 * SHORE_SECOND_US);
	cr_expect_eq(configured_retention_ms(&it, "orders"), 9);
	configured_change(&it, "topics/orders", RETENTION(11));
	shore_run(&it.shore, SHORE_SECOND_US);
	cr_expect_eq(configured_retention_ms(&it, "orders"), 11, "and the watch is there again");
}

Test(topic_configs, survive_an_expiry_at_any_moment_of_the_start)
{
	for (int64_t at_us = 100; at_us < 9000; at_us += 300) {
		configured_topic(&it, "orders", RETENTION(7));
		configured_topic(&it, "parts", RETENTION(8));
		configured_begin(&it);
		shore_run(&it.shore, at_us);
		shore_expire(&it.shore, 0);
		cr_assert_eq(it.done, 1);
		cr_assert_str_eq(it.failure, "");
		cr_assert_eq(configured_retention_ms(&it, "orders"), 7);
		configured_change(&it, "topics/orders", RETENTION(9));
		shore_run(&it.shore, SHORE_SECOND_US);
		cr_assert_eq(configured_retention_ms(&it, "orders"), 9);
		teardown();
		setup();
	}
}

Test(topic_configs, warn_once_of_quotas_and_credentials_that_are_not_served)
{
	shore_create(&it.shore, "/config/users/alice", "{\"version\":1,\"config\":{}}", 0);
	shore_create(&it.shore, "/config/users/bob", "{\"version\":1,\"config\":{}}", 0);
	configured_start(&it);
	cr_expect(shore_has_logged(&it.shore, 0,
	    "/config/users in ZooKeeper holds quotas or credentials of 2"));
	cr_expect_not(shore_has_logged(&it.shore, 0, "/config/clients"));
	configured_change(&it, "clients/app", "{\"version\":1,\"config\":{}}");
	configured_change(&it, "clients/app", "{\"version\":1,\"config\":{}}");
	configured_change(&it, "users/alice", "{\"version\":1,\"config\":{}}");
	shore_expire(&it.shore, 0);
	cr_expect_eq(shore_log_count(&it.shore, 0, "/config/clients in ZooKeeper holds"), 1);
	cr_expect_eq(shore_log_count(&it.shore, 0, "/config/users in ZooKeeper holds"), 1);
}
