/*
 * The configuration. The first byte chooses what the rest is: a
 * server.properties, the configs of a topic, a list of listeners, or one value
 * of the key that the next two bytes choose.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "config/describe.h"
#include "config/dev.h"
#include "config/number.h"

static void
look_at(void *context, const struct config_description *description)
{
	size_t *told = context;

	assert(description->name != NULL);
	assert(!description->sensitive || description->value == NULL);
	for (size_t i = 0; i < description->synonym_count; i++)
		assert(!description->sensitive || description->synonyms[i].value == NULL);
	(*told)++;
}

static void
print_all(const struct config_problems *problems)
{
	struct buffer text;

	buffer_init(&text);
	for (size_t i = 0; i < problems->count; i++)
		config_problem_print(&problems->items[i], "file", &text);
	for (size_t i = 0; i < text.size; i++)
		assert(text.bytes[i] >= 0x20 && text.bytes[i] < 0x7f);
	buffer_fini(&text);
}

/* What the broker's file gives, over what --dev sets. */
static void
use_broker(struct slice input)
{
	struct config_map map;
	struct config_problems problems;
	size_t told = 0;

	config_map_init(&map);
	config_problems_init(&problems);
	config_dev(&map, "/data");
	config_map_read(&map, input, &problems);
	struct broker_config *config = broker_config_new(&map, &problems);
	assert((config == NULL) == (problems.errors > 0));
	print_all(&problems);
	if (config != NULL) {
		assert(config->listeners.bound.count > 0 && config->logs.dir_count > 0);
		config_describe_broker(&(struct config_layers){ .file = config, .now = config },
		    look_at, &told);
		assert(told > 0);
	}
	broker_config_free(config);
	config_problems_fini(&problems);
	config_map_fini(&map);
}

static void
use_topic(struct slice input)
{
	struct config_map map, overrides;
	struct config_problems problems;
	struct topic_values values;
	struct topic_config topic;
	size_t told = 0;

	config_map_init(&map);
	config_map_init(&overrides);
	config_problems_init(&problems);
	config_dev(&map, "/data");
	struct broker_config *config = broker_config_new(&map, &problems);
	assert(config != NULL);
	config_map_read(&overrides, input, &problems);
	size_t errors = problems.errors;
	topic_config_parse(config, &overrides, TOPIC_CONFIG_FOUND, &values, &topic, &problems);
	assert(problems.errors == errors);
	assert(topic.log.segment_bytes >= 14);
	config_describe_topic(&(struct config_layers){ .file = config, .now = config }, &overrides,
	    &values, look_at, &told);
	print_all(&problems);
	topic_values_fini(&values);
	broker_config_free(config);
	config_problems_fini(&problems);
	config_map_fini(&overrides);
	config_map_fini(&map);
}

static void
use_listeners(const char *text)
{
	char reason[CONFIG_REASON_SIZE];
	struct listener_protocols protocols;
	struct listeners listeners;

	if (listener_protocols_parse(&protocols, "A:PLAINTEXT,B:SSL,C:PLAINTEXT", reason) !=
	    ERROR_NONE)
		abort();
	if (listeners_parse(&listeners, text, &protocols, true, reason) == ERROR_NONE) {
		assert(listeners.count <= 3);
		for (size_t i = 0; i < listeners.count; i++) {
			assert(listeners_find(&listeners, listeners.items[i].name) == (int)i);
			(void)listener_is_wildcard(&listeners.items[i]);
		}
	}
	listeners_fini(&listeners);
	listener_protocols_fini(&protocols);
}

/* The one spelling of a value is a value too, and the same. */
static void
use_value(enum config_key_id id, const char *text)
{
	char reason[CONFIG_REASON_SIZE];
	struct config_value value, again;

	if (config_value_parse(&config_keys[id], text, &value, reason) != ERROR_NONE)
		return;
	if (config_value_parse(&config_keys[id], value.text, &again, reason) != ERROR_NONE)
		abort();
	assert(strcmp(value.text, again.text) == 0);
	config_value_fini(&value);
	config_value_fini(&again);
	(void)config_number_version(text);
}

FUZZ_TARGET(config)
{
	if (size < 3)
		return 0;
	char *text = memory_text(bytes + 3, size - 3);
	switch (bytes[0] % 4) {
	case 0:
		use_broker(slice_of(bytes + 1, size - 1));
		break;
	case 1:
		use_topic(slice_of(bytes + 1, size - 1));
		break;
	case 2:
		use_listeners(text);
		break;
	default:
		use_value((enum config_key_id)((bytes[1] << 8 | bytes[2]) % CONFIG_KEY_COUNT), text);
		break;
	}
	free(text);
	return 0;
}
