/* config/topic_settings.c: the typed configuration of one topic, counted. */
#include "config/topic_settings.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/memory.h"

static void
settings_free(struct counted *counted)
{
	free(container_of(counted, struct topic_settings, counted));
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
	topic_values_fini(&values);
	return settings;
}
