#include "config/describe.h"

/* What else than a key itself may give its value, in order (brokerConfigSynonyms). */
static const enum config_key_id families[][CONFIG_SYNONYMS_MAX] = {
	{ CONFIG_LOG_ROLL_MS, CONFIG_LOG_ROLL_HOURS, CONFIG_KEY_COUNT },
	{ CONFIG_LOG_ROLL_JITTER_MS, CONFIG_LOG_ROLL_JITTER_HOURS, CONFIG_KEY_COUNT },
	{ CONFIG_LOG_RETENTION_MS, CONFIG_LOG_RETENTION_MINUTES, CONFIG_LOG_RETENTION_HOURS },
};

/* The family of a key; how many they are. */
static size_t
family_of(enum config_key_id id, enum config_key_id members[CONFIG_SYNONYMS_MAX])
{
	members[0] = id;
	if (id == CONFIG_LOG_FLUSH_INTERVAL_MS) {
		/* One way only: the scheduler's own key has no synonym. */
		members[1] = CONFIG_LOG_FLUSH_SCHEDULER_INTERVAL_MS;
		return 2;
	}
	for (size_t family = 0; family < ARRAY_LENGTH(families); family++) {
		size_t count = 0;
		bool found = false;
		for (; count < CONFIG_SYNONYMS_MAX; count++) {
			if (families[family][count] == CONFIG_KEY_COUNT)
				break;
			found |= families[family][count] == id;
		}
		if (found) {
			memcpy(members, families[family], sizeof(families[family]));
			return count;
		}
	}
	return 1;
}

static void
add_synonym(struct config_description *description, const char *name, const char *value,
    enum config_source source)
{
	description->synonyms[description->synonym_count++] = (struct config_synonym){
		.name = name,
		.value = description->sensitive ? NULL : value,
		.source = source,
	};
}

/*
 * What was set comes before all defaults. Of the family only what follows the
 * key itself is told; where the key has no entry, nothing is.
 */
static void
add_synonyms(const struct broker_config *broker, enum config_key_id id,
    struct config_description *description)
{
	enum config_key_id members[CONFIG_SYNONYMS_MAX];
	size_t count = family_of(id, members);
	bool reached = false;

	for (size_t i = 0; i < count; i++) {
		const struct config_entry *given = broker_given(broker, members[i]);
		reached |= given != NULL && members[i] == id;
		if (given != NULL && reached)
			add_synonym(description, given->name, given->value,
			    CONFIG_SOURCE_STATIC_BROKER);
	}
	for (size_t i = 0; i < count; i++) {
		const struct config_key *key = &config_keys[members[i]];
		reached |= key->default_text != NULL && members[i] == id;
		if (key->default_text != NULL && reached)
			add_synonym(description, key->name, key->default_text,
			    CONFIG_SOURCE_DEFAULT);
	}
}

static struct config_description
describe_key(const struct config_key *key)
{
	return (struct config_description){
		.name = key->name,
		.documentation = key->comment,
		.source = CONFIG_SOURCE_DEFAULT,
		.type = (int8_t)key->type,
		.sensitive = key->type == CONFIG_TYPE_PASSWORD,
	};
}

static void
finish(struct config_description *description)
{
	if (description->synonym_count > 0)
		description->source = description->synonyms[0].source;
}

/* Kafka tells of unknown keys too; what they hold might be secret. */
static void
describe_foreign(const struct config_entry *entry, config_teller *tell, void *context)
{
	struct config_description description = {
		.name = entry->name,
		.type = CONFIG_TYPE_UNKNOWN,
		.read_only = true,
		.sensitive = true,
	};

	add_synonym(&description, entry->name, NULL, CONFIG_SOURCE_STATIC_BROKER);
	finish(&description);
	tell(context, &description);
}

void
config_describe_broker(const struct broker_config *broker, config_teller *tell, void *context)
{
	for (int i = 0; i < CONFIG_BROKER_KEY_COUNT; i++) {
		const enum config_key_id id = (enum config_key_id)(CONFIG_BROKER_KEY_FIRST + i);
		const struct config_key *key = &config_keys[id];
		if (key->change == CONFIG_CHANGE_DYNAMIC_ONLY ||
		    (key->internal && broker_given(broker, id) == NULL))
			continue;
		struct config_description description = describe_key(key);
		description.read_only = key->change == CONFIG_CHANGE_READ_ONLY;
		description.value = description.sensitive ? NULL : broker_value(broker, id)->text;
		add_synonyms(broker, id, &description);
		finish(&description);
		tell(context, &description);
	}
	CONFIG_MAP_FOREACH(link, &broker->given) {
		const struct config_entry *entry = config_map_entry(link);
		const struct config_key *key =
		    config_key_find(CONFIG_SCOPE_BROKER, slice_of_text(entry->name));
		if (key == NULL || key->change == CONFIG_CHANGE_DYNAMIC_ONLY)
			describe_foreign(entry, tell, context);
	}
}

void
config_describe_topic(const struct broker_config *broker, const struct config_map *overrides,
    const struct topic_values *values, config_teller *tell, void *context)
{
	for (int i = 0; i < CONFIG_TOPIC_KEY_COUNT; i++) {
		const enum config_key_id id = (enum config_key_id)(CONFIG_TOPIC_KEY_FIRST + i);
		const struct config_key *key = &config_keys[id];
		struct config_description description = describe_key(key);
		description.value = topic_value(values, id)->text;
		if (config_map_find(overrides, slice_of_text(key->name)) != NULL)
			add_synonym(&description, key->name, description.value,
			    CONFIG_SOURCE_TOPIC);
		if (key->synonym_count > 0)
			add_synonyms(broker, key->synonyms[0], &description);
		finish(&description);
		tell(context, &description);
	}
}
