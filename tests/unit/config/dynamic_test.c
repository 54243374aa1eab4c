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
	make("", "listeners=PLAINTEXT://:1\nnum.io.threads=9\nwhat.is.this=1",
	    "log.dirs=/x\nbroker.id=7");
	cr_assert_not_null(result.config, "%s", given_print(&result));
	expect(CONFIG_PROBLEM_REMARK, "listeners", "of one broker alone");
	expect(CONFIG_PROBLEM_REMARK, "log.dirs", "does not change while a broker runs");
	expect(CONFIG_PROBLEM_REMARK, "broker.id", "does not change while a broker runs");
	expect(CONFIG_PROBLEM_HARMLESS, "num.io.threads", "does not serve this");
	expect(CONFIG_PROBLEM_UNKNOWN, "what.is.this", "");
	cr_expect_eq(result.config->identity.id, file.config->identity.id);
}

Test(dynamic_config, listeners_of_the_broker_itself_are_refused_when_they_differ)
{
	make("listeners=PLAINTEXT://:9092", "", "listeners=PLAINTEXT://:9093");
	cr_assert_null(result.config);
	expect(CONFIG_PROBLEM_BINDING, "listeners", "from its file alone");
}

/* log.retention.hours of ZooKeeper over log.retention.ms of the file, which would win in one place. */
Test(dynamic_config, wins_over_what_else_gives_the_same_value)
{
	make("log.retention.ms=5\nlog.retention.minutes=1", "log.retention.hours=2", "");
	cr_assert_not_null(result.config, "%s", given_print(&result));
	cr_expect_eq(result.config->topic_defaults.log.retention_ms, INT64_C(7200000));
}

Test(dynamic_config, of_what_is_ignored_does_not_count)
{
	static const struct {
		const char *name;
		bool own, counts;
	} all[] = {
		{ "log.retention.ms", false, true }, { "log.retention.ms", true, true },
		{ "broker.id", true, false }, { "listeners", true, true },
		{ "listeners", false, false }, { "no.such.key", false, true },
		{ "listener.name.a.ssl.keystore.type", false, false },
		{ "listener.name.a.ssl.keystore.type", true, true },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct config_entry entry = { .name = (char *)(uintptr_t)all[i].name, .value = NULL };

		cr_expect_eq(dynamic_config_counts(&entry, all[i].own), all[i].counts, "%s",
		    all[i].name);
	}
}

/* `text` is asked to stand where `old` does. */
static void
check(const char *text, const char *old, bool of_own)
{
	struct config_map before;

	config_map_init(&before);
	config_map_read(&before, slice_of_text(old), &result.problems);
	config_map_read(of_own ? &own : &cluster_wide, slice_of_text(text), &result.problems);
	cr_assert_eq(result.problems.count, 0);
	dynamic_config_check(file.config, &cluster_wide, &own, of_own, &before, &result.problems);
	config_map_fini(&before);
}

Test(dynamic_config, is_checked_as_kafka_does)
{
	given_set(&file, "max.connections=10");
	check("log.retention.ms=soon\nbroker.id=1\nlisteners=PLAINTEXT://:1\n"
	    "listener.name.a.ssl.keystore.type=x\nmax.connections=11\nmin.insync.replicas=2\n"
	    "background.threads=20", "", false);
	expect(CONFIG_PROBLEM_INVALID, "log.retention.ms", "whole number");
	expect(CONFIG_PROBLEM_INVALID, "broker.id", "cannot be updated dynamically");
	expect(CONFIG_PROBLEM_INVALID, "listeners", "one broker alone");
	expect(CONFIG_PROBLEM_INVALID, "listener.name.a.ssl.keystore.type", "one broker alone");
	expect(CONFIG_PROBLEM_INVALID, "max.connections", "not take it dynamically");
	expect(CONFIG_PROBLEM_INVALID, "background.threads", "not take it dynamically");
	cr_expect_eq(result.problems.errors, 6, "%s", given_print(&result));
}

Test(dynamic_config, that_has_an_effect_or_is_no_key_may_stand)
{
	given_set(&file, "max.connections=10");
	check("log.retention.ms=5\nmy.plugin=1\nmax.connections=10", "", true);
	cr_expect_eq(result.problems.errors, 0, "%s", given_print(&result));
}

Test(dynamic_config, that_stood_there_already_is_not_asked_about_again)
{
	given_set(&file, "");
	check("background.threads=20\nlog.retention.ms=5", "background.threads=20", false);
	cr_expect_eq(result.problems.errors, 0, "%s", given_print(&result));
}

Test(dynamic_config, with_a_rule_broken_between_keys_may_not_stand)
{
	given_set(&file, "");
	check("log.cleaner.min.compaction.lag.ms=9\nlog.cleaner.max.compaction.lag.ms=3", "", true);
	cr_expect_gt(result.problems.errors, 0);
}

Test(dynamic_config, has_rates_that_no_file_may_name)
{
	make("leader.replication.throttled.rate=3", "leader.replication.throttled.rate=5\n"
	    "follower.replication.throttled.rate=6", "leader.replication.throttled.rate=7");
	cr_assert_not_null(result.config, "%s", given_print(&result));
	cr_expect_eq(broker_value(file.config, CONFIG_LEADER_REPLICATION_THROTTLED_RATE)->integer,
	    INT64_MAX);
	cr_expect_eq(broker_value(result.config, CONFIG_LEADER_REPLICATION_THROTTLED_RATE)->integer,
	    7);
	cr_expect_eq(broker_value(result.config, CONFIG_FOLLOWER_REPLICATION_THROTTLED_RATE)->integer,
	    6);
	cr_expect_eq(result.problems.count, 0, "%s", given_print(&result));
}

Test(dynamic_config, with_a_rate_that_is_none_is_refused)
{
	make("", "leader.replication.throttled.rate=-1", "");
	cr_assert_null(result.config);
	expect(CONFIG_PROBLEM_INVALID, "leader.replication.throttled.rate", "at least 0");
}
