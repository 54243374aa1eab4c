#include "config/describe.h"

#include <criterion/criterion.h>

#include "config/dynamic.h"
#include "tests/unit/config/given.h"

static struct given given;
static struct config_description found;
static size_t told;
static const char *wanted;

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

TestSuite(describe, .init = setup, .fini = teardown);

static void
tell(void *context, const struct config_description *description)
{
	(void)context;
	told++;
	if (strcmp(description->name, wanted) == 0)
		found = *description;
}

static void
describe_broker(const char *key)
{
	wanted = key;
	told = 0;
	memset(&found, 0, sizeof(found));
	config_describe_broker(&(struct config_layers){ .file = given.config, .now = given.config },
	    tell, NULL);
}

static void
expect_synonym(size_t at, const char *name, const char *value, enum config_source source)
{
	cr_assert_lt(at, found.synonym_count, "%s", found.name);
	cr_expect_str_eq(found.synonyms[at].name, name);
	cr_expect_str_eq(found.synonyms[at].value, value);
	cr_expect_eq(found.synonyms[at].source, source);
}

Test(describe, a_default_comes_from_itself)
{
	given_set(&given, "");
	describe_broker("num.partitions");
	cr_expect_gt(told, 300);
	cr_expect_str_eq(found.value, "1");
	cr_expect_eq(found.source, CONFIG_SOURCE_DEFAULT);
	cr_expect_eq(found.type, CONFIG_TYPE_INT);
	cr_expect(found.read_only);
	cr_expect_not(found.sensitive);
	cr_expect_eq(found.synonym_count, 1);
	expect_synonym(0, "num.partitions", "1", CONFIG_SOURCE_DEFAULT);
}

Test(describe, what_was_set_comes_first)
{
	given_set(&given, "log.retention.ms=5\nlog.retention.hours=1");
	describe_broker("log.retention.ms");
	cr_expect_str_eq(found.value, "5");
	cr_expect_eq(found.source, CONFIG_SOURCE_STATIC_BROKER);
	cr_expect_not(found.read_only);
	cr_expect_eq(found.synonym_count, 3);
	expect_synonym(0, "log.retention.ms", "5", CONFIG_SOURCE_STATIC_BROKER);
	expect_synonym(1, "log.retention.hours", "1", CONFIG_SOURCE_STATIC_BROKER);
	expect_synonym(2, "log.retention.hours", "168", CONFIG_SOURCE_DEFAULT);
}

Test(describe, nothing_stands_before_the_key_itself)
{
	given_set(&given, "log.retention.ms=5\nlog.retention.hours=1");
	describe_broker("log.retention.hours");
	expect_synonym(0, "log.retention.hours", "1", CONFIG_SOURCE_STATIC_BROKER);
	describe_broker("log.retention.minutes");
	cr_expect_null(found.value);
	cr_expect_eq(found.synonym_count, 0);
	cr_expect_eq(found.source, CONFIG_SOURCE_DEFAULT);
}

Test(describe, secrets_and_foreign_keys_are_not_told)
{
	given_set(&given, "password.encoder.secret=hunter2\nmy.own.key=hunter2");
	describe_broker("password.encoder.secret");
	cr_expect(found.sensitive);
	cr_expect_null(found.value);
	cr_assert_eq(found.synonym_count, 1);
	cr_expect_null(found.synonyms[0].value);
	describe_broker("my.own.key");
	cr_expect(found.sensitive && found.read_only);
	cr_expect_null(found.value);
	cr_expect_eq(found.type, CONFIG_TYPE_UNKNOWN);
}

Test(describe, internal_keys_are_told_only_when_set)
{
	given_set(&given, "");
	describe_broker("klamm.loops");
	cr_expect_null(found.name, "a Kafka client does not see what is klamm's own");
	describe_broker("log.initial.task.delay.ms");
	cr_expect_null(found.name);
	given_set(&given, "log.initial.task.delay.ms=5");
	describe_broker("log.initial.task.delay.ms");
	cr_expect_str_eq(found.value, "5");
}

static void
describe_topic(const char *text, const char *key)
{
	struct config_map overrides;
	struct config_problems problems;
	static struct topic_values values;
	struct topic_config config;

	config_map_init(&overrides);
	config_problems_init(&problems);
	topic_values_fini(&values);
	config_map_read(&overrides, slice_of_text(text), &problems);
	topic_config_parse(given.config, &overrides, TOPIC_CONFIG_FOUND, &values, &config, &problems);
	wanted = key;
	told = 0;
	config_describe_topic(&(struct config_layers){ .file = given.config, .now = given.config },
	    &overrides, &values, tell, NULL);
	cr_expect_eq(told, CONFIG_TOPIC_KEY_COUNT);
	config_problems_fini(&problems);
	config_map_fini(&overrides);
}

Test(describe, a_topic_tells_where_its_values_come_from)
{
	given_set(&given, "log.segment.bytes=2048");
	describe_topic("", "segment.bytes");
	cr_expect_str_eq(found.value, "2048");
	cr_expect_eq(found.source, CONFIG_SOURCE_STATIC_BROKER);
	cr_expect_eq(found.synonym_count, 2);
	expect_synonym(1, "log.segment.bytes", "1073741824", CONFIG_SOURCE_DEFAULT);
	cr_expect_not(found.read_only);
	describe_topic("segment.bytes=4096", "segment.bytes");
	cr_expect_eq(found.source, CONFIG_SOURCE_TOPIC);
	expect_synonym(0, "segment.bytes", "4096", CONFIG_SOURCE_TOPIC);
	expect_synonym(1, "log.segment.bytes", "2048", CONFIG_SOURCE_STATIC_BROKER);
}

Test(describe, hours_are_no_synonym_of_milliseconds_that_nobody_set)
{
	given_set(&given, "log.retention.hours=1");
	describe_topic("", "retention.ms");
	cr_expect_str_eq(found.value, "3600000");
	cr_expect_eq(found.source, CONFIG_SOURCE_DEFAULT, "as Kafka tells it");
	cr_expect_eq(found.synonym_count, 0);
}

Test(describe, a_topics_older_bound_does_not_change_the_newer_ones)
{
	given_set(&given, "");
	describe_topic("message.timestamp.difference.max.ms=5", "message.timestamp.after.max.ms");
	cr_expect_str_eq(found.value, "9223372036854775807");
	given_set(&given, "log.message.timestamp.difference.max.ms=5");
	describe_topic("", "message.timestamp.after.max.ms");
	cr_expect_str_eq(found.value, "5");
}

static struct config_map of_all, own;
static struct broker_config *now;

/* What ZooKeeper says, in the format of server.properties. */
static void
set_layers(struct config_layers *layers, const char *of_cluster, const char *of_broker)
{
	struct config_problems problems;

	config_map_init(&of_all);
	config_map_init(&own);
	config_problems_init(&problems);
	config_map_read(&of_all, slice_of_text(of_cluster), &problems);
	config_map_read(&own, slice_of_text(of_broker), &problems);
	now = dynamic_config_new(given.config, &of_all, &own, &problems);
	cr_assert_not_null(now);
	config_problems_fini(&problems);
	*layers = (struct config_layers){ given.config, now, &of_all, &own };
}

static void
fini_layers(void)
{
	broker_config_free(now);
	config_map_fini(&of_all);
	config_map_fini(&own);
}

Test(describe, what_stands_in_zookeeper_comes_before_the_file)
{
	struct config_layers layers;

	given_set(&given, "log.retention.ms=5\nlog.segment.bytes=2048");
	set_layers(&layers, "log.retention.ms=6\nlog.segment.bytes=4096\nplugin=x\nbroker.id=9",
	    "log.retention.ms=7\nplugin=y");
	wanted = "log.retention.ms";
	config_describe_broker(&layers, tell, NULL);
	cr_expect_str_eq(found.value, "7");
	cr_expect_eq(found.source, CONFIG_SOURCE_DYNAMIC_BROKER);
	expect_synonym(0, "log.retention.ms", "7", CONFIG_SOURCE_DYNAMIC_BROKER);
	expect_synonym(1, "log.retention.ms", "6", CONFIG_SOURCE_DYNAMIC_DEFAULT);
	expect_synonym(2, "log.retention.ms", "5", CONFIG_SOURCE_STATIC_BROKER);
	wanted = "log.segment.bytes";
	config_describe_broker(&layers, tell, NULL);
	cr_expect_str_eq(found.value, "4096");
	cr_expect_eq(found.source, CONFIG_SOURCE_DYNAMIC_DEFAULT);
	wanted = "broker.id";
	config_describe_broker(&layers, tell, NULL);
	cr_expect_eq(found.source, CONFIG_SOURCE_DEFAULT, "what is ignored is not told");
	wanted = "plugin";
	config_describe_broker(&layers, tell, NULL);
	cr_expect_eq(found.source, CONFIG_SOURCE_DYNAMIC_BROKER);
	cr_expect_null(found.value);
	fini_layers();
}

Test(describe, of_all_brokers_tells_what_is_set_for_all_of_them)
{
	struct config_layers layers;

	given_set(&given, "log.retention.ms=5");
	set_layers(&layers, "log.retention.ms=6\nbroker.id=9\nplugin=x", "log.segment.bytes=4096");
	wanted = "log.retention.ms";
	told = 0;
	config_describe_cluster(&layers, tell, NULL);
	cr_expect_eq(told, 2);
	cr_expect_str_eq(found.value, "6");
	cr_expect_eq(found.synonym_count, 1);
	expect_synonym(0, "log.retention.ms", "6", CONFIG_SOURCE_DYNAMIC_DEFAULT);
	fini_layers();
}
