#include "config/topic_settings.h"

#include <criterion/criterion.h>

#include "tests/unit/config/given.h"

static struct given given;
static struct config_map overrides;
static struct config_problems problems;

static void
setup(void)
{
	given_init(&given);
	given_set(&given, "log.retention.ms=1234\n");
	config_map_init(&overrides);
	config_problems_init(&problems);
}

static void
teardown(void)
{
	config_problems_fini(&problems);
	config_map_fini(&overrides);
	given_fini(&given);
}

TestSuite(topic_settings, .init = setup, .fini = teardown);

static void
set(const char *name, const char *value)
{
	config_map_set(&overrides, slice_of_text(name), slice_of_text(value), 0);
}

Test(topic_settings, no_overrides_leave_the_defaults_of_the_broker)
{
	struct topic_settings *settings = topic_settings_new(given.config, &overrides, &problems);

	cr_expect_eq(settings->config.log.retention_ms, 1234);
	cr_expect_eq(settings->config.min_insync_replicas, 1);
	cr_expect_eq(problems.count, 0);
	topic_settings_release(settings);
}

Test(topic_settings, an_override_wins)
{
	set("retention.ms", "99");
	set("min.insync.replicas", "2");
	struct topic_settings *settings = topic_settings_new(given.config, &overrides, &problems);

	cr_expect_eq(settings->config.log.retention_ms, 99);
	cr_expect_eq(settings->config.min_insync_replicas, 2);
	topic_settings_release(settings);
}

Test(topic_settings, what_is_wrong_is_told_and_leaves_the_default)
{
	set("retention.ms", "soon");
	set("no.such.key", "1");
	struct topic_settings *settings = topic_settings_new(given.config, &overrides, &problems);

	cr_expect_eq(settings->config.log.retention_ms, 1234);
	cr_expect_eq(problems.count, 2);
	cr_expect_eq(problems.errors, 0, "a topic that is there cannot be refused");
	topic_settings_release(settings);
}

Test(topic_settings, the_last_holder_frees_it)
{
	struct topic_settings *settings = topic_settings_new(given.config, &overrides, &problems);

	cr_expect_eq(topic_settings_hold(settings), settings);
	topic_settings_release(settings);
	cr_expect_eq(settings->config.log.retention_ms, 1234, "the other one still reads");
	topic_settings_release(settings);
	topic_settings_release(NULL);
}

Test(topic_settings, hold_the_replicas_that_are_throttled)
{
	set("leader.replication.throttled.replicas", "0:1,1:2");
	set("follower.replication.throttled.replicas", "*");
	struct topic_settings *settings = topic_settings_new(given.config, &overrides, &problems);

	cr_expect(throttled_replicas_have(&settings->leader_throttled, 1, 2));
	cr_expect_not(throttled_replicas_have(&settings->leader_throttled, 1, 1));
	cr_expect(throttled_replicas_have(&settings->follower_throttled, 1, 1));
	cr_expect_eq(problems.count, 0);
	topic_settings_release(settings);
}
