#include "config/dynamic.h"

#include <criterion/criterion.h>

#include "tests/unit/config/given.h"

static struct given file;
static struct given result; /* its problems, and what came of it */
static struct config_map cluster_wide, own;

static void
setup(void)
{
	given_init(&file);
	given_init(&result);
	config_map_init(&cluster_wide);
	config_map_init(&own);
}

static void
teardown(void)
{
	config_map_fini(&own);
	config_map_fini(&cluster_wide);
	given_fini(&result);
	given_fini(&file);
}

TestSuite(dynamic_config, .init = setup, .fini = teardown);

/* All in the format of server.properties. */
static void
make(const char *of_file, const char *of_cluster, const char *of_broker)
{
	given_set(&file, of_file);
	cr_assert_not_null(file.config);
	config_map_read(&cluster_wide, slice_of_text(of_cluster), &result.problems);
	config_map_read(&own, slice_of_text(of_broker), &result.problems);
	cr_assert_eq(result.problems.count, 0);
	result.config = dynamic_config_new(file.config, &cluster_wide, &own, &result.problems);
}

static void
expect(enum config_problem_kind kind, const char *key, const char *words)
{
	cr_expect_not_null(given_problem(&result, kind, key, words), "%s: %s", key,
	    given_print(&result));
}

Test(dynamic_config, of_nothing_is_that_of_the_file)
{
	make("log.retention.ms=5\nno.such.key=1\nnum.io.threads=3", "", "");
	cr_assert_not_null(result.config);
	cr_expect_eq(result.config->topic_defaults.log.retention_ms, 5);
	cr_expect_eq(result.problems.count, 0, "%s", given_print(&result));
}

Test(dynamic_config, gives_topics_their_defaults_the_broker_s_own_winning)
{
	make("log.retention.hours=1\nmin.insync.replicas=1", "log.retention.ms=7\nmin.insync.replicas=2",
	    "min.insync.replicas=3");
	cr_assert_not_null(result.config, "%s", given_print(&result));
	cr_expect_eq(result.config->topic_defaults.log.retention_ms, 7);
	cr_expect_eq(result.config->topic_defaults.min_insync_replicas, 3);
	cr_expect_eq(result.problems.count, 0, "%s", given_print(&result));
}

Test(dynamic_config, with_a_binding_key_is_refused)
{
	make("", "max.connection.creation.rate=5", "");
	cr_assert_null(result.config);
	expect(CONFIG_PROBLEM_BINDING, "max.connection.creation.rate", "does not serve this yet");
}

Test(dynamic_config, with_a_binding_key_that_nothing_uses_is_warned_about)
{
	make("", "", "ssl.keystore.type=PKCS12\nlistener.name.x.ssl.keystore.password=secret");
	expect(CONFIG_PROBLEM_HARMLESS, "ssl.keystore.type", "nothing here uses it");
	cr_expect_null(strstr(given_print(&result), "secret"));
}

Test(dynamic_config, with_a_value_that_cannot_be_read_is_refused)
{
	make("", "", "log.retention.ms=soon");
	cr_assert_null(result.config);
	expect(CONFIG_PROBLEM_INVALID, "log.retention.ms", "");
}

Test(dynamic_config, with_a_served_key_that_would_be_ignored_is_refused)
{
	make("max.connections=10", "max.connections=20", "");
	cr_assert_null(result.config);
	expect(CONFIG_PROBLEM_BINDING, "max.connections", "from its file alone");
}

Test(dynamic_config, with_a_served_key_that_says_what_the_file_says_is_fine)
{
	make("max.connections=10", "max.connections= 10 ", "");
	cr_assert_not_null(result.config);
	cr_expect_eq(result.problems.count, 0, "%s", given_print(&result));
}

Test(dynamic_config, of_keys_that_do_not_count_there_warns)
{
	make("", "listeners=PLAINTEXT://:1\nnum.io.threads=9\nwhat.is.this=1\n"
	    "leader.replication.throttled.rate=5", "log.dirs=/x\nbroker.id=7");
	cr_assert_not_null(result.config, "%s", given_print(&result));
	expect(CONFIG_PROBLEM_REMARK, "listeners", "of one broker alone");
	expect(CONFIG_PROBLEM_REMARK, "log.dirs", "does not change while a broker runs");
	expect(CONFIG_PROBLEM_REMARK, "broker.id", "does not change while a broker runs");
	expect(CONFIG_PROBLEM_HARMLESS, "num.io.threads", "does not serve this");
	expect(CONFIG_PROBLEM_HARMLESS, "leader.replication.throttled.rate", "does not serve this");
	expect(CONFIG_PROBLEM_UNKNOWN, "what.is.this", "");
	cr_expect_eq(result.config->identity.id, file.config->identity.id);
}

Test(dynamic_config, listeners_of_the_broker_itself_are_refused_when_they_differ)
{
	make("listeners=PLAINTEXT://:9092", "", "listeners=PLAINTEXT://:9093");
	cr_assert_null(result.config);
	expect(CONFIG_PROBLEM_BINDING, "listeners", "from its file alone");
}
