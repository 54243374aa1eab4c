#include "cluster/config_write.h"
#include "fixture.h"

enum { TOPIC = 2, BROKER = 4, BROKER_LOGGER = 8, CLIENT_METRICS = 16, RESOURCES_MAX = 4,
	KEYS_MAX = 4 };

static struct alter_configs_request body;
static struct incremental_alter_configs_request incremental;

/* What came to ZooKeeper's room, and what it says. */
static struct config_write *asked[RESOURCES_MAX];
static int asked_count;
static enum config_write_result result;
static const char *reason;

/* Instead of src/cluster's. */
void
config_write_begin(struct topic_configs *configs, struct config_write *write)
{
	cr_assert_eq(configs, fixture.services.topic_configs);
	cr_assert_eq(loop_current(), &fixture.control.loop);
	asked[asked_count++] = write;
	write->done(write, result, reason == NULL ? slice_null() : slice_of_text(reason));
}

static void
setup(void)
{
	fixture_init();
	body = alter_configs_request_defaults;
	body.resources.items = fixture_array(RESOURCES_MAX, sizeof(*body.resources.items));
	body.resources.count = 0;
	incremental = incremental_alter_configs_request_defaults;
	incremental.resources.items =
	    fixture_array(RESOURCES_MAX, sizeof(*incremental.resources.items));
	incremental.resources.count = 0;
	asked_count = 0;
	result = CONFIG_WRITTEN;
	reason = NULL;
	fixture_add_partition("t", 0, 1, NULL, NULL, NULL);
	fixture_publish(1);
}

TestSuite(alter_configs, .init = setup, .fini = fixture_fini);

/* A resource of the plain request, without keys. */
static struct alter_configs_request_alter_configs_resource *
add(int8_t type, const char *name)
{
	struct alter_configs_request_alter_configs_resource *it =
	    &body.resources.items[body.resources.count++];

	*it = alter_configs_request_alter_configs_resource_defaults;
	it->resource_type = type;
	it->resource_name = fixture_text(name);
	it->configs.items = fixture_array(KEYS_MAX, sizeof(*it->configs.items));
	it->configs.count = 0;
	return it;
}

static void
add_key(struct alter_configs_request_alter_configs_resource *it, const char *name,
    const char *value)
{
	it->configs.items[it->configs.count++] = (struct alter_configs_request_alterable_config){
		.name = fixture_text(name), .value = fixture_text(value) };
}

static struct incremental_alter_configs_request_alter_configs_resource *
add_incremental(int8_t type, const char *name, int8_t operation, const char *key,
    const char *value)
{
	struct incremental_alter_configs_request_alter_configs_resource *it =
	    &incremental.resources.items[incremental.resources.count++];

	*it = incremental_alter_configs_request_alter_configs_resource_defaults;
	it->resource_type = type;
	it->resource_name = fixture_text(name);
	it->configs.items = fixture_array(1, sizeof(*it->configs.items));
	it->configs.count = 1;
	it->configs.items[0] = (struct incremental_alter_configs_request_alterable_config){
		.name = fixture_text(key), .config_operation = operation,
		.value = fixture_text(value) };
	return it;
}

static void
expect(int32_t at, enum kafka_error error, const char *message)
{
	const struct alter_configs_response *response = fixture.answer;

	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	cr_assert_eq(response->responses.count, body.resources.count);
	cr_expect_eq(response->responses.items[at].error_code, error, "%d",
	    response->responses.items[at].error_code);
	cr_expect_eq(response->responses.items[at].resource_type,
	    body.resources.items[at].resource_type);
	cr_expect(slice_equal(response->responses.items[at].resource_name,
	    body.resources.items[at].resource_name));
	if (message == NULL)
		cr_expect(slice_is_null(response->responses.items[at].error_message));
	else
		cr_expect_slice(response->responses.items[at].error_message, message);
}

static void
handle(void)
{
	fixture_handle(api_alter_configs, API_KEY_ALTER_CONFIGS, 2, &body);
}

Test(alter_configs, of_a_topic_and_of_brokers_are_written)
{
	for (int16_t version = 0; version <= 2; version++) {
		asked_count = 0;
		body.resources.count = 0;
		add_key(add(TOPIC, "t"), "retention.ms", "5");
		add_key(add(BROKER, "1"), "log.retention.ms", "6");
		add_key(add(BROKER, ""), "log.retention.ms", "7");
		fixture_handle(api_alter_configs, API_KEY_ALTER_CONFIGS, version, &body);
		cr_assert_eq(asked_count, 3);
		for (int i = 0; i < 3; i++)
			expect(i, KAFKA_ERROR_NONE, NULL);
	}
	cr_expect_eq(asked[0]->entity, CONFIG_WRITE_TOPIC);
	cr_expect_slice(asked[0]->topic, "t");
	cr_expect(asked[0]->replaces);
	cr_expect_not(asked[0]->validate_only);
	cr_assert_eq(asked[0]->count, 1);
	cr_expect_slice(asked[0]->alterations[0].name, "retention.ms");
	cr_expect_slice(asked[0]->alterations[0].value, "5");
	cr_expect_eq(asked[0]->alterations[0].operation, CONFIG_ALTER_SET);
	cr_expect_eq(asked[1]->entity, CONFIG_WRITE_BROKER);
	cr_expect_eq(asked[2]->entity, CONFIG_WRITE_BROKERS);
}

Test(alter_configs, one_by_one_keep_the_operation)
{
	const struct incremental_alter_configs_response *response;

	incremental.validate_only = true;
	add_incremental(TOPIC, "t", CONFIG_ALTER_APPEND, "cleanup.policy", "compact");
	add_incremental(BROKER, "1", CONFIG_ALTER_DELETE, "log.retention.ms", NULL);
	add_incremental(TOPIC, "nobody", CONFIG_ALTER_SET, "cleanup.policy", "compact");
	for (int16_t version = 0; version <= 1; version++) {
		asked_count = 0;
		fixture_handle(api_incremental_alter_configs, API_KEY_INCREMENTAL_ALTER_CONFIGS, version,
		    &incremental);
		cr_assert_eq(asked_count, 2);
		response = fixture.answer;
		cr_assert_eq(response->responses.count, 3);
		cr_expect_eq(response->responses.items[0].error_code, KAFKA_ERROR_NONE);
		cr_expect_eq(response->responses.items[1].error_code, KAFKA_ERROR_NONE);
		cr_expect_eq(response->responses.items[2].error_code,
		    KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
		cr_expect_slice(response->responses.items[2].resource_name, "nobody");
	}
	cr_expect_not(asked[0]->replaces);
	cr_expect(asked[0]->validate_only);
	cr_expect_eq(asked[0]->alterations[0].operation, CONFIG_ALTER_APPEND);
	cr_expect_eq(asked[1]->alterations[0].operation, CONFIG_ALTER_DELETE);
	cr_expect(slice_is_null(asked[1]->alterations[0].value));
}

Test(alter_configs, of_other_kinds_of_resources_and_other_brokers_are_refused)
{
	static const int8_t types[] = { BROKER_LOGGER, CLIENT_METRICS, 0, -1 };

	for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
		add(types[i], "1");
	handle();
	for (int32_t i = 0; i < (int32_t)ARRAY_LENGTH(types); i++)
		expect(i, KAFKA_ERROR_INVALID_REQUEST, "only topics and brokers have configs here");
	body.resources.count = 0;
	add(BROKER, "2");
	add(BROKER, "01");
	add(TOPIC, "");
	add(TOPIC, "nobody");
	handle();
	expect(0, KAFKA_ERROR_INVALID_REQUEST, "this is broker 1, which changes its own configs alone");
	expect(1, KAFKA_ERROR_INVALID_REQUEST, "this is broker 1, which changes its own configs alone");
	expect(2, KAFKA_ERROR_INVALID_REQUEST, "there are no configs of all topics together");
	expect(3, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION, "the topic does not exist");
	cr_expect_eq(asked_count, 0);
}

Test(alter_configs, that_come_twice_are_refused)
{
	struct alter_configs_request_alter_configs_resource *twice;

	add_key(add(TOPIC, "t"), "retention.ms", "5");
	add_key(add(BROKER, "1"), "log.retention.ms", "5");
	add_key(add(TOPIC, "t"), "segment.ms", "5");
	handle();
	expect(0, KAFKA_ERROR_INVALID_REQUEST, "each resource may be there only once");
	expect(1, KAFKA_ERROR_NONE, NULL);
	expect(2, KAFKA_ERROR_INVALID_REQUEST, "each resource may be there only once");
	cr_expect_eq(asked_count, 1);
	body.resources.count = 0;
	twice = add(TOPIC, "t");
	add_key(twice, "retention.ms", "5");
	add_key(twice, "segment.ms", "5");
	add_key(twice, "retention.ms", "6");
	handle();
	expect(0, KAFKA_ERROR_INVALID_REQUEST, "each key may be there only once");
}

Test(alter_configs, without_a_value_are_refused)
{
	add_key(add(TOPIC, "t"), "retention.ms", NULL);
	handle();
	expect(0, KAFKA_ERROR_INVALID_REQUEST, "the value of retention.ms may not be null");
	cr_expect_eq(asked_count, 0);
}

Test(alter_configs, are_told_what_came_of_them)
{
	static const struct {
		enum config_write_result result;
		enum kafka_error of_topic, of_broker;
	} all[] = {
		{ CONFIG_WRITE_REFUSED, KAFKA_ERROR_INVALID_CONFIG, KAFKA_ERROR_INVALID_REQUEST },
		{ CONFIG_WRITE_NO_TOPIC, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION,
		    KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION },
		{ CONFIG_WRITE_NO_CONTROLLER, KAFKA_ERROR_STALE_CONTROLLER_EPOCH,
		    KAFKA_ERROR_STALE_CONTROLLER_EPOCH },
		{ CONFIG_WRITE_FAILED, KAFKA_ERROR_UNKNOWN_SERVER_ERROR,
		    KAFKA_ERROR_UNKNOWN_SERVER_ERROR },
	};

	add(TOPIC, "t");
	add(BROKER, "1");
	reason = "why";
	for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
		asked_count = 0;
		result = all[i].result;
		handle();
		expect(0, all[i].of_topic, "why");
		expect(1, all[i].of_broker, "why");
	}
}

Test(alter_configs, of_nothing_are_answered_with_nothing)
{
	handle();
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
}

Test(alter_configs, of_more_resources_than_memory_may_hold_are_closed)
{
	fixture.arena_cap = 700;
	for (int i = 0; i < RESOURCES_MAX; i++)
		add(TOPIC, "t");
	fixture_handle(api_alter_configs, API_KEY_ALTER_CONFIGS, 2, &body);
	cr_assert_eq(fixture.end, FIXTURE_CLOSED);
	cr_assert_eq(asked_count, 0);
}
