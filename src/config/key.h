/*
 * config/key.h: the table of all keys of the configuration, made of keys.tsv.
 * Names, types, defaults and valid values are Kafka 3.9's (ConfigDef of
 * AbstractKafkaConfig and LogConfig); klamm's own keys carry its name. Pure.
 */
#ifndef KLAMM_CONFIG_KEY_H
#define KLAMM_CONFIG_KEY_H

#include "base/slice.h"
#include "config/key_names.h"

enum config_scope {
	CONFIG_SCOPE_BROKER,
	CONFIG_SCOPE_TOPIC,
	CONFIG_SCOPE_CLIENT, /* users and clients */
	CONFIG_SCOPE_IP,
};

/* The numbers are those of DescribeConfigs. */
enum config_type {
	CONFIG_TYPE_BOOLEAN = 1,
	CONFIG_TYPE_STRING = 2,
	CONFIG_TYPE_INT = 3,
	CONFIG_TYPE_SHORT = 4,
	CONFIG_TYPE_LONG = 5,
	CONFIG_TYPE_DOUBLE = 6,
	CONFIG_TYPE_LIST = 7,
	CONFIG_TYPE_CLASS = 8,
	CONFIG_TYPE_PASSWORD = 9,
};

/* How a value changes while the broker runs. */
enum config_change {
	CONFIG_CHANGE_READ_ONLY,
	CONFIG_CHANGE_PER_BROKER,
	CONFIG_CHANGE_CLUSTER_WIDE,
	CONFIG_CHANGE_PER_TOPIC,
	CONFIG_CHANGE_PER_ENTITY,
	CONFIG_CHANGE_DYNAMIC_ONLY, /* Kafka does not know it in server.properties */
};

/* What klamm does with a key (keys.tsv says why). */
enum config_stage {
	CONFIG_STAGE_SERVED,
	CONFIG_STAGE_HARMLESS, /* not served, and nobody is hurt: a warning */
	CONFIG_STAGE_BINDING,  /* not served, and the broker may not start with it */
};

/* What makes a binding key bind; where it is not in use the key is harmless. */
enum config_when {
	CONFIG_WHEN_ALWAYS,
	CONFIG_WHEN_SASL,
	CONFIG_WHEN_SSL,
	CONFIG_WHEN_REMOTE,
	CONFIG_WHEN_ZOOKEEPER_TLS,
	CONFIG_WHEN_COUNT,
};

enum config_check {
	CONFIG_CHECK_OR_MINUS_ONE = 1 << 0, /* -1 beside the range */
	CONFIG_CHECK_ANY_CASE = 1 << 1,     /* of the choices */
	CONFIG_CHECK_NOT_NULL = 1 << 2,
	CONFIG_CHECK_NOT_EMPTY = 1 << 3,
	CONFIG_CHECK_VERSION = 1 << 4,  /* a version of Kafka's protocol */
	CONFIG_CHECK_REPLICAS = 1 << 5, /* * or partition:broker pairs */
};

enum { CONFIG_SYNONYMS_MAX = 3 };

struct config_key {
	const char *name;
	const char *default_text; /* NULL: not set */
	const char *choices;      /* "a|b|c", of a list: each element; NULL: anything */
	const char *comment;      /* NULL, or why the stage is what it is */
	double minimum;
	double maximum;
	enum config_scope scope;
	enum config_type type;
	enum config_change change;
	enum config_stage stage;
	enum config_when when;
	unsigned checks; /* of enum config_check */
	/* Of a topic's key: the keys of the broker that give its default; the first set one does. */
	size_t synonym_count;
	enum config_key_id synonyms[CONFIG_SYNONYMS_MAX];
	bool internal; /* told by DescribeConfigs only when it is set; klamm's own ones too */
	bool deprecated;
	bool listener_prefix; /* also as listener.name.NAME.KEY */
};

extern const struct config_key config_keys[CONFIG_KEY_COUNT];
extern const uint16_t config_key_seeds[CONFIG_KEY_SEEDS];
extern const int16_t config_key_slots[CONFIG_KEY_SLOTS];

/* One probe of a perfect hash; NULL when there is no such key. */
const struct config_key *config_key_find(enum config_scope scope, struct slice name);
/*
 * The key of the broker behind listener.name.NAME.KEY and, for SASL,
 * listener.name.NAME.MECHANISM.KEY; NULL when `name` is not of that form.
 */
const struct config_key *config_key_find_prefixed(struct slice name);
enum config_key_id config_key_id(const struct config_key *key);
/*
 * The keys of the broker that may give the value of `id`, in the order in which
 * they are asked, itself among them (brokerConfigSynonyms of Kafka 3.9); how many.
 */
size_t config_key_family(enum config_key_id id, enum config_key_id members[CONFIG_SYNONYMS_MAX]);

#endif
