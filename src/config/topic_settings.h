/*
 * config/topic_settings.h: the configuration of one topic as all threads see
 * it: immutable and counted; a change of /config/topics makes another one.
 */
#ifndef KLAMM_CONFIG_TOPIC_SETTINGS_H
#define KLAMM_CONFIG_TOPIC_SETTINGS_H

#include "base/counted.h"
#include "config/throttled_replicas.h"
#include "config/topic_config.h"

struct topic_settings {
	struct counted counted;
	struct topic_config config;
	struct throttled_replicas leader_throttled;
	struct throttled_replicas follower_throttled;
};

/*
 * What stands in ZooKeeper over the broker's defaults (TOPIC_CONFIG_FOUND);
 * `overrides` may be empty. `problems` get what is wrong, which leaves a default.
 */
struct topic_settings *topic_settings_new(const struct broker_config *broker,
    const struct config_map *overrides, struct config_problems *problems);

static inline struct topic_settings *
topic_settings_hold(struct topic_settings *settings)
{
	counted_hold(&settings->counted);
	return settings;
}

static inline void
topic_settings_release(struct topic_settings *settings)
{
	counted_release(settings == NULL ? NULL : &settings->counted);
}

#endif
