#include "controller/reign_config.h"

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

/* False: the bytes cannot be read. */
static bool
parse(const struct broker_config *config, struct slice bytes, struct topic_values *values)
{
	struct config_problems problems;
	struct config_map overrides;
	struct topic_config topic;
	bool is_read;

	config_map_init(&overrides);
	is_read = slice_is_null(bytes) || decode(bytes, &overrides);
	if (is_read) {
		config_problems_init(&problems);
		topic_config_parse(config, &overrides, TOPIC_CONFIG_FOUND, values, &topic, &problems);
		config_problems_fini(&problems);
	}
	config_map_fini(&overrides);
	return is_read;
}

bool
reign_config_allows_unclean(const struct broker_config *config, struct slice bytes)
{
	struct topic_values values;
	bool result;

	if (!parse(config, bytes, &values))
		return false;
	result = topic_value(&values, CONFIG_TOPIC_UNCLEAN_LEADER_ELECTION_ENABLE)->boolean;
	topic_values_fini(&values);
	return result;
}

int32_t
reign_config_min_insync(const struct broker_config *config, struct slice bytes)
{
	struct topic_values values;
	int64_t result;

	if (!parse(config, bytes, &values))
		return 0;
	result = topic_value(&values, CONFIG_TOPIC_MIN_INSYNC_REPLICAS)->integer;
	topic_values_fini(&values);
	return (int32_t)result;
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
