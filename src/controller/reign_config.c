#include "controller/reign_config.h"

#include <stdlib.h>

#include "config/dynamic.h"
#include "zk/payload_config.h"

static bool
decode(struct slice bytes, struct config_map *map)
{
	struct payload_complaint complaint;
	struct payload_config config;
	struct arena arena;
	enum error error;

	arena_init(&arena, SIZE_MAX);
	error = payload_config_decode(bytes, &arena, &config, &complaint);
	for (size_t i = 0; error == ERROR_NONE && i < config.count; i++)
		if (memchr(config.entries[i].name.bytes, 0, config.entries[i].name.size) == NULL &&
		    memchr(config.entries[i].value.bytes, 0, config.entries[i].value.size) == NULL)
			config_map_set(map, config.entries[i].name, config.entries[i].value, 0);
	arena_fini(&arena);
	return error == ERROR_NONE;
}

static bool
allows(const struct broker_config *config, const struct config_map *overrides)
{
	struct config_problems problems;
	struct topic_values values;
	struct topic_config topic;
	bool result;

	config_problems_init(&problems);
	topic_config_parse(config, overrides, TOPIC_CONFIG_FOUND, &values, &topic, &problems);
	result = topic_value(&values, CONFIG_TOPIC_UNCLEAN_LEADER_ELECTION_ENABLE)->boolean;
	topic_values_fini(&values);
	config_problems_fini(&problems);
	return result;
}

bool
reign_config_allows_unclean(const struct broker_config *config, struct slice bytes)
{
	struct config_map overrides;
	bool result;

	config_map_init(&overrides);
	result = decode(bytes, &overrides) && allows(config, &overrides);
	config_map_fini(&overrides);
	return result;
}

/* As its leaders take it: what is no number from 1 on is as if it were not there. */
static int32_t
min_insync_of(const struct config_map *map)
{
	const struct config_entry *entry =
	    config_map_find(map, slice_of_text("min.insync.replicas"));
	char *end = NULL;
	long value = entry == NULL ? 0 : strtol(entry->value, &end, 10);

	return value >= 1 && value <= INT32_MAX && *end == 0 ? (int32_t)value : 0;
}

int32_t
reign_config_min_insync(struct slice bytes)
{
	struct config_map map;
	int32_t result;

	config_map_init(&map);
	result = decode(bytes, &map) ? min_insync_of(&map) : -1;
	config_map_fini(&map);
	return result;
}

struct broker_config *
reign_config_of_brokers(const struct broker_config *file, struct slice cluster_wide,
    struct slice own)
{
	struct config_map maps[2];
	struct config_problems problems;
	struct broker_config *config = NULL;

	config_map_init(&maps[0]);
	config_map_init(&maps[1]);
	config_problems_init(&problems);
	if ((slice_is_null(cluster_wide) || decode(cluster_wide, &maps[0])) &&
	    (slice_is_null(own) || decode(own, &maps[1])))
		config = dynamic_config_new(file, &maps[0], &maps[1], &problems);
	config_problems_fini(&problems);
	config_map_fini(&maps[0]);
	config_map_fini(&maps[1]);
	return config;
}
