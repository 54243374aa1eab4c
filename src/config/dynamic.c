#include "config/dynamic.h"

#include <string.h>

static bool
gives_topic_default(enum config_key_id id)
{
	for (int topic = 0; topic < CONFIG_TOPIC_KEY_COUNT; topic++) {
		const struct config_key *key = &config_keys[CONFIG_TOPIC_KEY_FIRST + topic];

		for (size_t i = 0; i < key->synonym_count; i++) {
			if (key->synonyms[i] == id)
				return true;
		}
	}
	return false;
}

/* A value that cannot be read differs from all, and is told of when the whole is read. */
static bool
says_the_same(const struct broker_config *file, const struct config_key *key, const char *text)
{
	const char *held = broker_value(file, config_key_id(key))->text;
	char reason[CONFIG_REASON_SIZE];
	struct config_value value;
	bool same;

	if (config_value_parse(key, text, &value, reason) != ERROR_NONE)
		return false;
	same = held == NULL || value.text == NULL ? held == value.text :
	    strcmp(held, value.text) == 0;
	config_value_fini(&value);
	return same;
}

/* A served key that is no topic's default. */
static void
refuse(const struct broker_config *file, const struct config_key *key,
    const struct config_entry *entry, bool own, struct config_problems *problems)
{
	struct config_place place = { .key = entry->name,
		.value = key->type == CONFIG_TYPE_PASSWORD ? NULL : entry->value };

	if (key->change == CONFIG_CHANGE_READ_ONLY)
		config_problems_add(problems, CONFIG_PROBLEM_REMARK, place,
		    "it does not change while a broker runs, and is ignored in ZooKeeper");
	else if (key->change == CONFIG_CHANGE_PER_BROKER && !own)
		config_problems_add(problems, CONFIG_PROBLEM_REMARK, place,
		    "it is of one broker alone, and is ignored for all of them");
	else if (!says_the_same(file, key, entry->value))
		config_problems_add(problems, CONFIG_PROBLEM_BINDING, place,
		    "klamm takes this from its file alone, which says otherwise");
}

/* Kafka's rule: what is set dynamically wins over all that may give the same value. */
static void
set_over(struct config_map *merged, const struct config_key *key, const struct config_entry *entry)
{
	enum config_key_id members[CONFIG_SYNONYMS_MAX];
	size_t count = key == NULL ? 0 : config_key_family(config_key_id(key), members);

	for (size_t i = 0; i < count; i++)
		config_map_remove(merged, slice_of_text(config_keys[members[i]].name));
	config_map_set(merged, slice_of_text(entry->name), slice_of_text(entry->value), 0);
}

static bool
is_dynamic_only(const struct config_key *key)
{
	return key->change == CONFIG_CHANGE_DYNAMIC_ONLY && key->stage == CONFIG_STAGE_SERVED;
}

/* What no file may say. */
static void
set_dynamic_only(struct broker_config *config, const struct config_map *from,
    struct config_problems *problems)
{
	CONFIG_MAP_FOREACH(link, from) {
		const struct config_entry *entry = config_map_entry(link);
		const struct config_key *key =
		    config_key_find(CONFIG_SCOPE_BROKER, slice_of_text(entry->name));
		char reason[CONFIG_REASON_SIZE];
		struct config_value value;

		if (key == NULL || !is_dynamic_only(key))
			continue;
		if (config_value_parse(key, entry->value, &value, reason) != ERROR_NONE)
			config_problems_add(problems, CONFIG_PROBLEM_INVALID,
			    (struct config_place){ .key = entry->name, .value = entry->value }, "%s",
			    reason);
		else
			broker_config_set(config, config_key_id(key), &value);
	}
}

static void
merge(struct config_map *merged, const struct broker_config *file, const struct config_map *from,
    bool own, struct config_problems *problems)
{
	CONFIG_MAP_FOREACH(link, from) {
		const struct config_entry *entry = config_map_entry(link);
		struct slice name = slice_of_text(entry->name);
		const struct config_key *key = config_key_find(CONFIG_SCOPE_BROKER, name);

		if (key != NULL && is_dynamic_only(key))
			config_map_remove(merged, name); /* of them set_dynamic_only takes care */
		else if (key != NULL && key->change == CONFIG_CHANGE_DYNAMIC_ONLY)
			config_problems_add(problems, CONFIG_PROBLEM_HARMLESS,
			    (struct config_place){ .key = entry->name, .value = entry->value },
			    "klamm does not serve this; %s", key->comment == NULL ? "" : key->comment);
		else if (key != NULL && key->stage == CONFIG_STAGE_SERVED &&
		    !gives_topic_default(config_key_id(key)))
			refuse(file, key, entry, own, problems);
		else
			set_over(merged, key, entry);
	}
}

bool
dynamic_config_counts(const struct config_entry *entry, bool own)
{
	struct slice name = slice_of_text(entry->name);
	const struct config_key *key = config_key_find(CONFIG_SCOPE_BROKER, name);

	if (key == NULL)
		return own || config_key_find_prefixed(name) == NULL;
	return key->change != CONFIG_CHANGE_READ_ONLY &&
	    (own || key->change != CONFIG_CHANGE_PER_BROKER);
}

static bool
is_in(const struct config_map *map, const char *key)
{
	return key != NULL && config_map_find(map, slice_of_text(key)) != NULL;
}

struct broker_config *
dynamic_config_new(const struct broker_config *file, const struct config_map *cluster_wide,
    const struct config_map *own, struct config_problems *problems)
{
	struct config_problems all;
	struct broker_config *config;
	struct config_map merged;
	size_t before = problems->errors;

	config_map_init(&merged);
	config_problems_init(&all);
	CONFIG_MAP_FOREACH(link, &file->given) {
		const struct config_entry *entry = config_map_entry(link);

		config_map_set(&merged, slice_of_text(entry->name), slice_of_text(entry->value),
		    entry->line);
	}
	merge(&merged, file, cluster_wide, false, problems);
	merge(&merged, file, own, true, problems);
	config = broker_config_new(&merged, &all);
	for (size_t i = 0; i < all.count; i++) {
		const struct config_problem *it = &all.items[i];

		/* Of its other keys the file has been told already. */
		if (config_problem_is_error(it) || is_in(cluster_wide, it->key) || is_in(own, it->key))
			config_problems_add(problems, it->kind, (struct config_place){ it->key,
			    it->value, it->line }, "%s", it->reason);
	}
	config_problems_fini(&all);
	config_map_fini(&merged);
	if (config != NULL) {
		set_dynamic_only(config, cluster_wide, problems);
		set_dynamic_only(config, own, problems);
	}
	if (problems->errors == before)
		return config;
	broker_config_free(config);
	return NULL;
}

/* ------------------------------------------------------------ asked for */

static bool
has_effect(const struct config_key *key)
{
	return is_dynamic_only(key) ||
	    (key->stage == CONFIG_STAGE_SERVED && gives_topic_default(config_key_id(key)));
}

/* NULL: it may stand there. */
static const char *
fault_of(const struct broker_config *file, const struct config_key *key,
    const struct config_entry *entry, bool own, char reason[CONFIG_REASON_SIZE])
{
	struct config_value value;

	if (key->change == CONFIG_CHANGE_READ_ONLY)
		return "it cannot be updated dynamically";
	if (key->change == CONFIG_CHANGE_PER_BROKER && !own)
		return "it is of one broker alone, whose id must be named";
	if (config_value_parse(key, entry->value, &value, reason) != ERROR_NONE)
		return reason;
	config_value_fini(&value);
	if (has_effect(key) || says_the_same(file, key, entry->value))
		return NULL;
	return "klamm does not take it dynamically yet";
}

/* Kafka lets anything stand that is no key: it may be of a plugin. */
static void
check_entry(const struct broker_config *file, const struct config_entry *entry, bool own,
    struct config_problems *problems)
{
	struct slice name = slice_of_text(entry->name);
	const struct config_key *key = config_key_find(CONFIG_SCOPE_BROKER, name);
	struct config_place place = { .key = entry->name };
	char reason[CONFIG_REASON_SIZE];
	const char *fault = NULL;

	if (key != NULL) {
		place.value = key->type == CONFIG_TYPE_PASSWORD ? NULL : entry->value;
		fault = fault_of(file, key, entry, own, reason);
	} else if (config_key_find_prefixed(name) != NULL) {
		fault = own ? "klamm does not take it dynamically yet" :
		              "it is of one broker alone, whose id must be named";
	}
	if (fault != NULL)
		config_problems_add(problems, CONFIG_PROBLEM_INVALID, place, "%s", fault);
}

static bool
stood_there(const struct config_map *before, const struct config_entry *entry)
{
	const struct config_entry *old = config_map_find(before, slice_of_text(entry->name));

	return old != NULL && strcmp(old->value, entry->value) == 0;
}

void
dynamic_config_check(const struct broker_config *file, const struct config_map *cluster_wide,
    const struct config_map *own, bool of_own, const struct config_map *before,
    struct config_problems *problems)
{
	CONFIG_MAP_FOREACH(link, of_own ? own : cluster_wide) {
		const struct config_entry *entry = config_map_entry(link);

		if (!stood_there(before, entry))
			check_entry(file, entry, of_own, problems);
	}
	if (problems->errors == 0)
		broker_config_free(dynamic_config_new(file, cluster_wide, own, problems));
}
