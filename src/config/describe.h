/*
 * config/describe.h: what DescribeConfigs answers: each key with its value,
 * where that comes from, and which other keys could have given it, in the
 * order in which they are asked (ConfigHelper of Kafka 3.9). Pure.
 */
#ifndef KLAMM_CONFIG_DESCRIBE_H
#define KLAMM_CONFIG_DESCRIBE_H

#include "config/broker_config.h"

/* The numbers are those of DescribeConfigs. */
enum config_source {
	CONFIG_SOURCE_TOPIC = 1,
	CONFIG_SOURCE_DYNAMIC_BROKER = 2,  /* /config/brokers/ID */
	CONFIG_SOURCE_DYNAMIC_DEFAULT = 3, /* /config/brokers/<default> */
	CONFIG_SOURCE_STATIC_BROKER = 4,
	CONFIG_SOURCE_DEFAULT = 5,
};

enum { CONFIG_TYPE_UNKNOWN = 0 };

struct config_synonym {
	const char *name;
	const char *value; /* NULL when it may not be told */
	enum config_source source;
};

struct config_description {
	const char *name;
	const char *value; /* NULL: null, or not told */
	const char *documentation; /* NULL: none */
	enum config_source source;
	int8_t type; /* enum config_type, or unknown */
	bool read_only;
	bool sensitive;
	size_t synonym_count;
	/* The topic's own value; what was set in three places, and the defaults, of each key of the broker. */
	struct config_synonym synonyms[1 + 4 * CONFIG_SYNONYMS_MAX];
};

/* What a broker's values come from; all borrowed. */
struct config_layers {
	const struct broker_config *file;
	const struct broker_config *now; /* with what ZooKeeper says over it; may be the file's */
	const struct config_map *of_all; /* /config/brokers/<default>; NULL: nothing */
	const struct config_map *own;    /* /config/brokers/ID; NULL: nothing */
};

/* Told once for each key; everything in the description is borrowed. */
typedef void config_teller(void *context, const struct config_description *description);

/* The keys of the broker, and what was given without being one. */
void config_describe_broker(const struct config_layers *layers, config_teller *tell,
    void *context);
/* What ZooKeeper holds for all brokers, and counts. */
void config_describe_cluster(const struct config_layers *layers, config_teller *tell,
    void *context);
/* `overrides` and `values` as topic_config_parse took (with `now`) and gave them. */
void config_describe_topic(const struct config_layers *layers, const struct config_map *overrides,
    const struct topic_values *values, config_teller *tell, void *context);

#endif
