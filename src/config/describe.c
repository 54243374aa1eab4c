#include "config/describe.h"

#include "config/dynamic.h"

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

/* The keys that may give a value, while they are told in one place after the other. */
struct family {
	enum config_key_id id;
	enum config_key_id members[CONFIG_SYNONYMS_MAX];
	size_t count;
	bool reached; /* the key itself: what comes before it is not told */
};

/* `map` NULL: nothing. */
static void
add_layer(struct family *family, const struct config_map *map, enum config_source source,
    struct config_description *description)
{
	for (size_t i = 0; map != NULL && i < family->count; i++) {
		const struct config_entry *given =
		    config_map_find(map, slice_of_text(config_keys[family->members[i]].name));
		if (given == NULL ||
		    (source != CONFIG_SOURCE_STATIC_BROKER &&
		    !dynamic_config_counts(given, source == CONFIG_SOURCE_DYNAMIC_BROKER)))
			continue;
		family->reached |= family->members[i] == family->id;
		if (family->reached)
			add_synonym(description, given->name, given->value, source);
	}
}

/*
 * What was set comes before all defaults. Of the family only what follows the
 * key itself is told; where the key has no entry, nothing is.
 */
static void
add_synonyms(const struct config_layers *layers, enum config_key_id id,
    struct config_description *description)
{
	struct family family = { .id = id };

	family.count = config_key_family(id, family.members);
	add_layer(&family, layers->own, CONFIG_SOURCE_DYNAMIC_BROKER, description);
	add_layer(&family, layers->of_all, CONFIG_SOURCE_DYNAMIC_DEFAULT, description);
	add_layer(&family, &layers->file->given, CONFIG_SOURCE_STATIC_BROKER, description);
	for (size_t i = 0; i < family.count; i++) {
		const struct config_key *key = &config_keys[family.members[i]];
		family.reached |= key->default_text != NULL && family.members[i] == id;
		if (key->default_text != NULL && family.reached)
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

/* Those that only change dynamically are told where they are set. */
static bool
is_told(const struct config_layers *layers, enum config_key_id id)
{
	const struct config_key *key = &config_keys[id];

	return key->change != CONFIG_CHANGE_DYNAMIC_ONLY &&
	    (!key->internal || broker_given(layers->file, id) != NULL);
}

/* As Kafka has it, what only changes dynamically is told to be read-only. */
static bool
is_read_only(const struct config_key *key)
{
	return key->change == CONFIG_CHANGE_READ_ONLY || key->change == CONFIG_CHANGE_DYNAMIC_ONLY;
}

static void
describe_set_key(const struct config_layers *layers, const struct config_key *key,
    const struct config_entry *entry, config_teller *tell, void *context)
{
	struct config_description description = describe_key(key);

	description.read_only = is_read_only(key);
	description.value = description.sensitive ? NULL : entry->value;
	add_synonyms(layers, config_key_id(key), &description);
	finish(&description);
	tell(context, &description);
}

/* Kafka tells of unknown keys too; what they hold might be secret. */
static void
describe_foreign(const struct config_entry *entry, enum config_source source, config_teller *tell,
    void *context)
{
	struct config_description description = {
		.name = entry->name,
		.type = CONFIG_TYPE_UNKNOWN,
		.read_only = true,
		.sensitive = true,
	};

	add_synonym(&description, entry->name, NULL, source);
	finish(&description);
	tell(context, &description);
}

static bool
is_in(const struct config_map *map, const struct config_entry *entry)
{
	return map != NULL && config_map_find(map, slice_of_text(entry->name)) != NULL;
}

/* What is set in one place and is no key that was told already, nor set in a place that wins. */
static void
describe_rest(const struct config_layers *layers, const struct config_map *map,
    enum config_source source, config_teller *tell, void *context)
{
	if (map == NULL)
		return;
	CONFIG_MAP_FOREACH(link, map) {
		const struct config_entry *entry = config_map_entry(link);
		const struct config_key *key =
		    config_key_find(CONFIG_SCOPE_BROKER, slice_of_text(entry->name));
		bool is_dynamic_only = key != NULL && key->change == CONFIG_CHANGE_DYNAMIC_ONLY;

		if ((source != CONFIG_SOURCE_DYNAMIC_BROKER && is_in(layers->own, entry)) ||
		    (source == CONFIG_SOURCE_STATIC_BROKER && is_in(layers->of_all, entry)))
			continue;
		if (is_dynamic_only && source != CONFIG_SOURCE_STATIC_BROKER)
			describe_set_key(layers, key, entry, tell, context);
		else if (key == NULL || is_dynamic_only)
			describe_foreign(entry, source, tell, context);
	}
}

void
config_describe_broker(const struct config_layers *layers, config_teller *tell, void *context)
{
	for (int i = 0; i < CONFIG_BROKER_KEY_COUNT; i++) {
		const enum config_key_id id = (enum config_key_id)(CONFIG_BROKER_KEY_FIRST + i);
		const struct config_key *key = &config_keys[id];
		if (!is_told(layers, id))
			continue;
		struct config_description description = describe_key(key);
		description.read_only = is_read_only(key);
		description.value =
		    description.sensitive ? NULL : broker_value(layers->now, id)->text;
		add_synonyms(layers, id, &description);
		finish(&description);
		tell(context, &description);
	}
	describe_rest(layers, layers->own, CONFIG_SOURCE_DYNAMIC_BROKER, tell, context);
	describe_rest(layers, layers->of_all, CONFIG_SOURCE_DYNAMIC_DEFAULT, tell, context);
	describe_rest(layers, &layers->file->given, CONFIG_SOURCE_STATIC_BROKER, tell, context);
}

void
config_describe_cluster(const struct config_layers *layers, config_teller *tell, void *context)
{
	if (layers->of_all == NULL)
		return;
	CONFIG_MAP_FOREACH(link, layers->of_all) {
		const struct config_entry *entry = config_map_entry(link);
		const struct config_key *key =
		    config_key_find(CONFIG_SCOPE_BROKER, slice_of_text(entry->name));
		struct config_description description;

		if (!dynamic_config_counts(entry, false))
			continue;
		if (key == NULL) {
			describe_foreign(entry, CONFIG_SOURCE_DYNAMIC_DEFAULT, tell, context);
			continue;
		}
		description = describe_key(key);
		description.read_only = is_read_only(key);
		description.value = description.sensitive ? NULL : entry->value;
		add_synonym(&description, entry->name, entry->value, CONFIG_SOURCE_DYNAMIC_DEFAULT);
		finish(&description);
		tell(context, &description);
	}
}

void
config_describe_topic(const struct config_layers *layers, const struct config_map *overrides,
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
			add_synonyms(layers, key->synonyms[0], &description);
		finish(&description);
		tell(context, &description);
	}
}
