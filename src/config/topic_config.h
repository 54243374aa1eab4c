/*
 * config/topic_config.h: the configuration of one topic: what /config/topics
 * says over what the broker's own keys give as defaults (LogConfig and
 * extractLogConfigMap of Kafka 3.9). Pure.
 */
#ifndef KLAMM_CONFIG_TOPIC_CONFIG_H
#define KLAMM_CONFIG_TOPIC_CONFIG_H

#include "config/map.h"
#include "config/value.h"
#include "log/log_config.h"
#include "wire/compression.h"

struct broker_config;

/* What the rooms take. */
struct topic_config {
	struct log_config log;
	bool keep_codec;                /* compression.type=producer */
	struct compression compression; /* else this */
	bool log_append_time;
	int64_t timestamp_before_max_ms;
	int64_t timestamp_after_max_ms;
	int32_t max_message_bytes;
	int32_t min_insync_replicas;
};

/* Every key of a topic with its value. */
struct topic_values {
	struct config_value values[CONFIG_TOPIC_KEY_COUNT]; /* from CONFIG_TOPIC_KEY_FIRST */
};

enum topic_config_mode {
	/* A client asks for it: unknown keys, and what is not served, are errors (INVALID_CONFIG). */
	TOPIC_CONFIG_ASKED,
	/* It stands in ZooKeeper: unknown keys are warnings, a bad value leaves the default. */
	TOPIC_CONFIG_FOUND,
};

/*
 * `values` is always filled, and freed with topic_values_fini. What is wrong
 * is in `problems`, one for each key at least; config_problem_print makes the
 * text for the client.
 */
void topic_config_parse(const struct broker_config *broker, const struct config_map *overrides,
    enum topic_config_mode mode, struct topic_values *values, struct topic_config *config,
    struct config_problems *problems);
void topic_values_fini(struct topic_values *values);

/* Of a key of a topic. */
const struct config_value *topic_value(const struct topic_values *values, enum config_key_id id);

#endif
