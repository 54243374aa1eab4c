#include "config/broker_config.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/config/given.h"

static struct given given;

static void
setup(void)
{
	given_init(&given);
}

static void
teardown(void)
{
	given_fini(&given);
}

TestSuite(broker_config, .init = setup, .fini = teardown);

Test(broker_config, one_line_is_enough)
{
	given_read(&given, "zookeeper.connect=localhost:2181/kafka");
	cr_assert_not_null(given.config, "%s", given_print(&given));
	cr_expect_eq(given.problems.count, 0);
	cr_expect_str_eq(given.config->zookeeper.connect, "localhost:2181/kafka");
	cr_expect_eq(broker_value(given.config, CONFIG_NUM_NETWORK_THREADS)->integer, 3);
}

Test(broker_config, all_errors_are_told_at_once)
{
	given_read(&given, "num.partitions=0\nlog.dirs=\nbroker.id=x\nlisteners=9092\n");
	cr_expect_null(given.config);
	cr_expect_not_null(given_problem(&given, CONFIG_PROBLEM_INVALID, "num.partitions", "least 1"));
	cr_expect_not_null(given_problem(&given, CONFIG_PROBLEM_INVALID, "log.dirs", "directory"));
	cr_expect_not_null(given_problem(&given, CONFIG_PROBLEM_INVALID, "broker.id", "32 bits"));
	cr_expect_not_null(given_problem(&given, CONFIG_PROBLEM_INVALID, "listeners", "host:port"));
	cr_expect_not_null(given_problem(&given, CONFIG_PROBLEM_INVALID, "zookeeper.connect", "set"));
	cr_expect_eq(given.problems.errors, 5, "%s", given_print(&given));
	cr_expect_not_null(strstr(given_print(&given),
	    "file:1: num.partitions=0: it must be at least 1"), "%s", given_print(&given));
}

Test(broker_config, an_unknown_key_is_a_warning_that_hides_its_value)
{
	given_set(&given, "sasl.jaas.confg=secret\nfollower.replication.throttled.rate=1");
	cr_assert_not_null(given.config);
	cr_expect_eq(given.problems.count, 2);
	cr_expect_eq(given.problems.items[0].kind, CONFIG_PROBLEM_UNKNOWN);
	cr_expect_null(strstr(given_print(&given), "secret"), "%s", given_print(&given));
	cr_expect_not_null(strstr(given.problems.items[1].reason, "dynamically"));
}

Test(broker_config, a_password_is_never_printed)
{
	given_set(&given, "klamm.zookeeper.digest=hunter2\nssl.key.password=hunter2\n"
	    "listeners=SSL://:1\nsecurity.inter.broker.protocol=SSL");
	cr_expect_null(given.config);
	cr_expect_null(strstr(given_print(&given), "hunter2"), "%s", given_print(&given));
	cr_expect_not_null(given_problem(&given, CONFIG_PROBLEM_INVALID, "klamm.zookeeper.digest",
	    "user:password"));
	cr_expect_not_null(given_problem(&given, CONFIG_PROBLEM_BINDING, "ssl.key.password", "TLS"));
}

Test(broker_config, node_id_and_broker_id_stand_for_each_other)
{
	given_set(&given, "node.id=7");
	cr_assert_not_null(given.config, "%s", given_print(&given));
	cr_expect_eq(given.config->identity.id, 7);
	given_set(&given, "broker.id=8");
	cr_expect_eq(broker_value(given.config, CONFIG_NODE_ID)->integer, 8);
	given_set(&given, "broker.id=8\nnode.id=7");
	cr_expect_null(given.config);
	cr_expect_not_null(given_problem(&given, CONFIG_PROBLEM_CONFLICT, "node.id", "same"));
}

Test(broker_config, knows_what_was_given)
{
	given_set(&given, "num.partitions= 1");
	cr_expect_str_eq(broker_given(given.config, CONFIG_NUM_PARTITIONS)->value, "1");
	cr_expect_eq(broker_given(given.config, CONFIG_NUM_PARTITIONS)->line, 1);
	cr_expect_null(broker_given(given.config, CONFIG_BROKER_ID));
}

Test(broker_config, the_sample_file_has_nothing_to_complain_of)
{
	static char text[16384];
	FILE *file = fopen(TESTS_DIR "/../etc/server.properties", "r");

	cr_assert_not_null(file);
	size_t size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	given_read(&given, text);
	cr_assert_not_null(given.config, "%s", given_print(&given));
	cr_expect_eq(given.problems.count, 0, "%s", given_print(&given));
	cr_expect_eq(given.config->listeners.bound.count, 1);
}
