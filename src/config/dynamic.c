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

static void
merge(struct config_map *merged, const struct broker_config *file, const struct config_map *from,
    bool own, struct config_problems *problems)
{
	CONFIG_MAP_FOREACH(link, from) {
		const struct config_entry *entry = config_map_entry(link);
		struct slice name = slice_of_text(entry->name);
		const struct config_key *key = config_key_find(CONFIG_SCOPE_BROKER, name);

		if (key != NULL && key->change == CONFIG_CHANGE_DYNAMIC_ONLY)
			config_problems_add(problems, CONFIG_PROBLEM_HARMLESS,
			    (struct config_place){ .key = entry->name, .value = entry->value },
			    "klamm does not serve this; %s", key->comment == NULL ? "" : key->comment);
		else if (key != NULL && key->stage == CONFIG_STAGE_SERVED &&
		    !gives_topic_default(config_key_id(key)))
			refuse(file, key, entry, own, problems);
		else
			config_map_set(merged, name, slice_of_text(entry->value), 0);
	}
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
	if (problems->errors == before)
		return config;
	broker_config_free(config);
	return NULL;
}
