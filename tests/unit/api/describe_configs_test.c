#include "fixture.h"

typedef struct describe_configs_request_describe_configs_resource asked_resource;
typedef struct describe_configs_response_describe_configs_result told_resource;
typedef struct describe_configs_response_describe_configs_resource_result told_config;

enum { LAST_VERSION = 4, TOPIC = 2, BROKER = 4, BROKER_LOGGER = 8, RESOURCES_MAX = 4 };

static struct describe_configs_request body;
static struct config_map overrides;

static int looked_at; /* topics */

/* Instead of src/cluster's. */
void
topic_configs_look(struct topic_configs *configs, const struct slice *topics, size_t count,
    void (*done)(void *context), void *context)
{
	cr_assert_eq(configs, fixture.services.topic_configs);
	cr_assert_eq(loop_current(), &fixture.control.loop);
	for (size_t i = 0; i < count; i++)
		cr_assert(slice_equal_text(topics[i], "t") || slice_equal_text(topics[i], "unread"));
	looked_at += (int)count;
	done(context);
}

/* Instead of src/cluster's: topics "t" and "read" were read, on the control loop. */
const struct config_map *
topic_configs_overrides(struct topic_configs *configs, struct slice topic)
{
	cr_assert_eq(configs, fixture.services.topic_configs);
	cr_assert_eq(loop_current(), &fixture.control.loop);
	return slice_equal_text(topic, "t") || slice_equal_text(topic, "read") ? &overrides : NULL;
}

static struct config_map of_all, own; /* in ZooKeeper */

/* Instead of src/cluster's. */
void
topic_configs_layers(const struct topic_configs *configs, struct config_layers *layers)
{
	cr_assert_eq(configs, fixture.services.topic_configs);
	cr_assert_eq(loop_current(), &fixture.control.loop);
	*layers = (struct config_layers){ fixture.given.config, fixture.given.config, &of_all, &own };
}

static void
setup(void)
{
	struct config_problems problems;

	fixture_init();
	body = describe_configs_request_defaults;
	body.resources.items = fixture_array(RESOURCES_MAX, sizeof(*body.resources.items));
	body.resources.count = 0;
	config_map_init(&overrides);
	config_map_init(&of_all);
	config_map_init(&own);
	config_problems_init(&problems);
	config_map_read(&overrides, slice_of_text("retention.ms=1234"), &problems);
	cr_assert_eq(problems.count, 0);
	config_problems_fini(&problems);
	fixture_add_partition("t", 0, 1, NULL, NULL, NULL);
	fixture_add_partition("unread", 0, 1, NULL, NULL, NULL);
	fixture_publish(1);
}

static void
teardown(void)
{
	config_map_fini(&overrides);
	config_map_fini(&of_all);
	config_map_fini(&own);
	fixture_fini();
}

TestSuite(describe_configs, .init = setup, .fini = teardown);

/* Of the keys, all when it is NULL. */
static void
add(int8_t type, const char *name, const char *key)
{
	asked_resource *resource = &body.resources.items[body.resources.count++];

	*resource = describe_configs_request_describe_configs_resource_defaults;
	resource->resource_type = type;
	resource->resource_name = fixture_text(name);
	resource->configuration_keys.count = -1;
	if (key == NULL)
		return;
	resource->configuration_keys.items = fixture_array(1, sizeof(struct slice));
	resource->configuration_keys.items[0] = fixture_text(key);
	resource->configuration_keys.count = 1;
}

static void
handle(int16_t version)
{
	fixture_handle(api_describe_configs, API_KEY_DESCRIBE_CONFIGS, version, &body);
}

static const told_resource *
told(int32_t at)
{
	const struct describe_configs_response *response = fixture.answer;

	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	cr_assert_eq(response->throttle_time_ms, 0);
	cr_assert_eq(response->results.count, body.resources.count);
	return &response->results.items[at];
}

/* NULL: it is not told. */
static const told_config *
config(int32_t at, const char *name)
{
	for (int32_t i = 0; i < told(at)->configs.count; i++)
		if (slice_equal_text(told(at)->configs.items[i].name, name))
			return &told(at)->configs.items[i];
	return NULL;
}

static void
expect_refused(int32_t at, int16_t code)
{
	cr_assert_eq(told(at)->error_code, code, "%d", told(at)->error_code);
	cr_assert_eq(told(at)->configs.count, 0);
	cr_assert_eq(told(at)->resource_type, body.resources.items[at].resource_type);
	cr_assert(slice_equal(told(at)->resource_name, body.resources.items[at].resource_name));
}

/* Which may have no replica on this broker. */
Test(describe_configs, looks_at_the_topics_that_there_are)
{
	looked_at = 0;
	add(TOPIC, "t", "retention.ms");
	add(TOPIC, "unknown", NULL);
	add(BROKER, "1", "broker.id");
	add(TOPIC, "unread", NULL);
	handle(4);
	cr_assert_eq(looked_at, 2);
	cr_assert_not_null(config(0, "retention.ms"));
}

Test(describe_configs, tells_what_a_topic_overrides_and_its_defaults)
{
	add(TOPIC, "t", NULL);
	for (int16_t version = 0; version <= LAST_VERSION; version++) {
		handle(version);
		cr_assert_eq(told(0)->error_code, KAFKA_ERROR_NONE);
		cr_assert(slice_is_null(told(0)->error_message));
		cr_assert_gt(told(0)->configs.count, 20);
		cr_expect_slice(config(0, "retention.ms")->value, "1234");
		cr_expect_slice(config(0, "cleanup.policy")->value, "delete");
		cr_assert_eq(config(0, "retention.ms")->is_default, false);
		cr_assert_eq(config(0, "cleanup.policy")->is_default, version == 0);
		if (version >= 1) {
			cr_assert_eq(config(0, "retention.ms")->config_source, 1);
			cr_assert_eq(config(0, "cleanup.policy")->config_source, 5);
		}
		cr_assert_not(config(0, "retention.ms")->read_only);
		cr_assert_not(config(0, "retention.ms")->is_sensitive);
		cr_assert_leq(config(0, "retention.ms")->synonyms.count, 0, "nobody asked");
		cr_assert_eq(config(0, "retention.ms")->config_type, version >= 3 ? 5 : 0);
		if (version >= 3)
			cr_assert(slice_is_null(config(0, "retention.ms")->documentation));
	}
}

Test(describe_configs, tells_only_the_keys_that_are_asked_for)
{
	add(TOPIC, "t", "cleanup.policy");
	add(TOPIC, "t", "no.such.key");
	add(TOPIC, "t", NULL);
	body.resources.items[2].configuration_keys.count = 0; /* as null */
	handle(4);
	cr_assert_eq(told(0)->configs.count, 1);
	cr_expect_slice(told(0)->configs.items[0].name, "cleanup.policy");
	cr_assert_eq(told(1)->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(told(1)->configs.count, 0);
	cr_assert_gt(told(2)->configs.count, 20);
}

Test(describe_configs, tells_synonyms_when_it_is_asked_to)
{
	add(TOPIC, "t", "cleanup.policy");
	add(TOPIC, "t", "retention.ms");
	body.include_synonyms = true;
	for (int16_t version = 1; version <= LAST_VERSION; version++) {
		const told_config *told_of;

		handle(version);
		told_of = config(0, "cleanup.policy");
		cr_assert_eq(told_of->synonyms.count, 1);
		cr_expect_slice(told_of->synonyms.items[0].name, "log.cleanup.policy");
		cr_expect_slice(told_of->synonyms.items[0].value, "delete");
		cr_assert_eq(told_of->synonyms.items[0].source, 5);
		told_of = config(1, "retention.ms");
		cr_expect_slice(told_of->synonyms.items[0].name, "retention.ms");
		cr_expect_slice(told_of->synonyms.items[0].value, "1234");
		cr_assert_eq(told_of->synonyms.items[0].source, 1);
	}
}

Test(describe_configs, knows_no_topic_that_is_not_there_or_was_not_read)
{
	add(TOPIC, "nobody", NULL);
	add(TOPIC, "read", NULL);
	add(TOPIC, "unread", NULL);
	add(TOPIC, "t", "cleanup.policy");
	for (int16_t version = 0; version <= LAST_VERSION; version++) {
		handle(version);
		for (int32_t i = 0; i < 3; i++)
			expect_refused(i, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
		cr_assert_eq(told(3)->configs.count, 1);
	}
}

Test(describe_configs, knows_what_is_no_name_of_a_topic)
{
	static const char *const wrong[] = { "", ".", "..", "a b", "a/b", "\xc3\xa4" };

	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		body.resources.count = 0;
		add(TOPIC, wrong[i], NULL);
		handle(4);
		expect_refused(0, KAFKA_ERROR_INVALID_TOPIC_EXCEPTION);
		cr_assert_not(slice_is_null(told(0)->error_message));
	}
}

Test(describe_configs, tells_no_configs_of_all_brokers_together)
{
	add(BROKER, "", NULL);
	handle(4);
	cr_assert_eq(told(0)->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(told(0)->configs.count, 0);
}

Test(describe_configs, tells_what_stands_in_zookeeper)
{
	config_map_set(&of_all, slice_of_text("log.segment.bytes"), slice_of_text("4096"), 0);
	config_map_set(&own, slice_of_text("log.segment.bytes"), slice_of_text("8192"), 0);
	body.include_synonyms = true;
	add(BROKER, "", NULL);
	add(BROKER, "1", "log.segment.bytes");
	add(TOPIC, "t", "segment.bytes");
	handle(4);
	cr_assert_eq(told(0)->configs.count, 1);
	cr_expect_slice(config(0, "log.segment.bytes")->value, "4096");
	cr_expect_eq(config(0, "log.segment.bytes")->config_source, 3);
	cr_expect_eq(config(1, "log.segment.bytes")->config_source, 2);
	cr_expect_eq(config(1, "log.segment.bytes")->synonyms.count, 3);
	cr_expect_eq(config(2, "segment.bytes")->config_source, 2);
}

Test(describe_configs, tells_its_own_brokers_alone)
{
	fixture_configure("num.partitions=7\nmy.plugin.key=x");
	add(BROKER, "1", NULL);
	add(BROKER, "2", NULL);
	add(BROKER, "one", NULL);
	add(BROKER, "01", NULL);
	handle(4);
	cr_expect_slice(config(0, "num.partitions")->value, "7");
	cr_assert_eq(config(0, "num.partitions")->config_source, 4);
	cr_assert(config(0, "num.partitions")->read_only);
	cr_assert_not_null(config(0, "my.plugin.key"));
	expect_refused(1, KAFKA_ERROR_INVALID_REQUEST);
	expect_refused(2, KAFKA_ERROR_INVALID_REQUEST);
	cr_assert_not(slice_is_null(told(2)->error_message));
}

Test(describe_configs, never_tells_what_is_secret)
{
	fixture_configure("ssl.key.password=secret\nlistener.name.a.sasl.jaas.config=secret");
	add(BROKER, "1", NULL);
	handle(4);
	cr_assert(config(0, "ssl.key.password")->is_sensitive);
	cr_assert(slice_is_null(config(0, "ssl.key.password")->value));
	for (int32_t i = 0; i < told(0)->configs.count; i++)
		cr_assert_not(slice_equal_text(told(0)->configs.items[i].value, "secret"), "%.*s",
		    (int)told(0)->configs.items[i].name.size,
		    (const char *)told(0)->configs.items[i].name.bytes);
}

Test(describe_configs, refuses_other_kinds_of_resources)
{
	static const int8_t types[] = { 0, 1, 3, 5, BROKER_LOGGER, 16, 32, -1 };

	for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
		body.resources.count = 0;
		add(types[i], "1", NULL);
		handle(4);
		expect_refused(0, KAFKA_ERROR_INVALID_REQUEST);
	}
}

Test(describe_configs, of_nothing_is_answered_with_nothing)
{
	for (int16_t version = 0; version <= LAST_VERSION; version++) {
		handle(version);
		cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	}
}

/* Each few bytes of such a request would take 40 KB. */
Test(describe_configs, of_more_than_memory_may_hold_closes_the_connection)
{
	fixture.arena_cap = 64 * 1024;
	for (int i = 0; i < RESOURCES_MAX; i++)
		add(BROKER, "2", NULL);
	handle(4);
	cr_assert_eq(fixture.end, FIXTURE_CLOSED);
}

Test(describe_configs, of_few_keys_takes_little_memory)
{
	fixture.arena_cap = 64 * 1024;
	for (int i = 0; i < RESOURCES_MAX; i++)
		add(TOPIC, "t", "cleanup.policy");
	handle(4);
	cr_assert_eq(told(RESOURCES_MAX - 1)->configs.count, 1);
}
