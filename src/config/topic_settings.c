/* config/topic_settings.c: the typed configuration of one topic, counted. */
#include "config/topic_settings.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/memory.h"

static void
settings_free(struct counted *counted)
{
	struct topic_settings *settings = container_of(counted, struct topic_settings, counted);

	throttled_replicas_fini(&settings->leader_throttled);
	throttled_replicas_fini(&settings->follower_throttled);
	free(settings);
}

struct topic_settings *
topic_settings_new(const struct broker_config *broker, const struct config_map *overrides,
    struct config_problems *problems)
{
	struct topic_settings *settings = memory_new(sizeof(*settings));
	struct topic_values values;

	counted_init(&settings->counted, settings_free);
	topic_config_parse(broker, overrides, TOPIC_CONFIG_FOUND, &values, &settings->config,
	    problems);
	throttled_replicas_read(&settings->leader_throttled,
	    topic_value(&values, CONFIG_TOPIC_LEADER_REPLICATION_THROTTLED_REPLICAS)->text);
	throttled_replicas_read(&settings->follower_throttled,
	    topic_value(&values, CONFIG_TOPIC_FOLLOWER_REPLICATION_THROTTLED_REPLICAS)->text);
	topic_values_fini(&values);
	return settings;
}
