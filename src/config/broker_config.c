#include "config/broker_config.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "config/broker_config_private.h"

const struct config_value *
broker_value(const struct broker_config *config, enum config_key_id id)
{
	assert(config_keys[id].scope == CONFIG_SCOPE_BROKER);
	return &config->values[id - CONFIG_BROKER_KEY_FIRST];
}

const struct config_entry *
broker_given(const struct broker_config *config, enum config_key_id id)
{
	return config_map_find(&config->given, slice_of_text(config_keys[id].name));
}

struct config_place
broker_config_place(const struct broker_config *config, enum config_key_id id)
{
	const struct config_key *key = &config_keys[id];
	const struct config_entry *entry = broker_given(config, id);
	bool hidden = key->type == CONFIG_TYPE_PASSWORD;

	return (struct config_place){
		.key = key->name,
		.value = hidden ? NULL : broker_value(config, id)->text,
		.line = entry == NULL ? 0 : entry->line,
	};
}

/* ------------------------------------------------------------ reading */

static void
read_entry(struct broker_config *config, const struct config_entry *entry,
    const struct config_key *key, bool prefixed, struct config_problems *problems)
{
	char reason[CONFIG_REASON_SIZE];
	struct config_value value;
	struct config_place place = {
		.key = entry->name,
		.value = key->type == CONFIG_TYPE_PASSWORD ? NULL : entry->value,
		.line = entry->line,
	};

	if (config_value_parse(key, entry->value, &value, reason) != ERROR_NONE) {
		config_problems_add(problems, CONFIG_PROBLEM_INVALID, place, "%s", reason);
		return;
	}
	if (prefixed) {
		/* A value of one listener is not the value of the broker. */
		config_value_fini(&value);
		return;
	}
	struct config_value *kept = &config->values[config_key_id(key) - CONFIG_BROKER_KEY_FIRST];
	config_value_fini(kept);
	*kept = value;
}

static void
copy_value(struct broker_config *config, enum config_key_id from, enum config_key_id to)
{
	struct config_value *target = &config->values[to - CONFIG_BROKER_KEY_FIRST];
	struct config_value copy = *broker_value(config, from);

	copy.text = memory_text(copy.text, strlen(copy.text));
	config_value_fini(target);
	*target = copy;
}

/* broker.id and node.id stand for each other where one is not set. */
static void
share_id(struct broker_config *config)
{
	bool broker = broker_given(config, CONFIG_BROKER_ID) != NULL;
	bool node = broker_given(config, CONFIG_NODE_ID) != NULL;

	if (broker && !node)
		copy_value(config, CONFIG_BROKER_ID, CONFIG_NODE_ID);
	else if (node && !broker)
		copy_value(config, CONFIG_NODE_ID, CONFIG_BROKER_ID);
}

void
broker_config_read(struct broker_config *config, struct config_problems *problems)
{
	for (int i = 0; i < CONFIG_BROKER_KEY_COUNT; i++)
		config_value_default(&config_keys[CONFIG_BROKER_KEY_FIRST + i], &config->values[i]);
	CONFIG_MAP_FOREACH(link, &config->given) {
		const struct config_entry *entry = config_map_entry(link);
		struct slice name = slice_of_text(entry->name);
		const struct config_key *key = config_key_find(CONFIG_SCOPE_BROKER, name);
		const struct config_key *prefixed = config_key_find_prefixed(name);
		if (key != NULL && key->change != CONFIG_CHANGE_DYNAMIC_ONLY)
			read_entry(config, entry, key, false, problems);
		else if (prefixed != NULL)
			read_entry(config, entry, prefixed, true, problems);
		else
			config_problems_add(problems, CONFIG_PROBLEM_UNKNOWN,
			    (struct config_place){ .key = entry->name, .line = entry->line },
			    key != NULL ? "only changes dynamically; here it is ignored" :
			    "no such key; it is ignored");
	}
	share_id(config);
}

/* ------------------------------------------------------------ its life */

struct broker_config *
broker_config_new(const struct config_map *given, struct config_problems *problems)
{
	struct broker_config *config = memory_new(sizeof(*config));
	struct config_map no_overrides;
	struct topic_values values;

	config_map_init(&config->given);
	config_map_add(&config->given, given);
	broker_config_read(config, problems);
	broker_config_read_listeners(config, problems);
	broker_config_fill(config, problems);
	broker_config_check_rules(config, problems);
	broker_config_check_stages(config, problems);
	config_map_init(&no_overrides);
	topic_config_parse(config, &no_overrides, TOPIC_CONFIG_FOUND, &values,
	    &config->topic_defaults, problems);
	topic_values_fini(&values);
	config_map_fini(&no_overrides);
	if (problems->errors == 0)
		return config;
	broker_config_free(config);
	return NULL;
}

void
broker_config_set(struct broker_config *config, enum config_key_id id,
    struct config_value *take_value)
{
	struct config_value *kept = &config->values[id - CONFIG_BROKER_KEY_FIRST];

	config_value_fini(kept);
	*kept = *take_value;
	*take_value = (struct config_value){ 0 };
}

void
broker_config_free(struct broker_config *config)
{
	if (config == NULL)
		return;
	listeners_fini(&config->listeners.bound);
	listeners_fini(&config->listeners.advertised);
	for (size_t i = 0; i < config->logs.dir_count; i++)
		free(config->logs.dirs[i]);
	free(config->logs.dirs);
	for (int i = 0; i < CONFIG_BROKER_KEY_COUNT; i++)
		config_value_fini(&config->values[i]);
	config_map_fini(&config->given);
	free(config);
}
