/* cluster/topic_configs_private.h: what its files share. */
#ifndef KLAMM_CLUSTER_TOPIC_CONFIGS_PRIVATE_H
#define KLAMM_CLUSTER_TOPIC_CONFIGS_PRIVATE_H

#include "cluster/topic_configs.h"
#include "zk/payload.h"

enum { CONFIG_ARENA_BYTES = 4 << 20 };

struct topic_configs {
	struct topic_configs_options options;
	struct hash_table entries; /* struct config_entry_of */
	struct list waiting;
	struct topic_settings *defaults;
	struct zk_listener listener;
	bool started;
	/* The start: the broker's own configs, then the topics'. */
	int32_t broker_id;
	void (*started_done)(void *context, const char *failure);
	void *started_context;
	struct zk_call call;
	struct buffer path;
	char *failure;
	/* Changes. */
	struct zk_watch watch;
	struct zk_call changes;
	bool reading_changes, changes_again;
	int64_t last_sequence; /* -1: none */
	struct list notices;   /* being read or removed */
};

/* One topic; its own until topic_configs_free, or until it is forgotten. */
struct config_entry_of {
	struct hash_node node;
	struct topic_configs *configs;
	struct slice name;
	struct topic_settings *settings; /* NULL: not read yet */
	struct config_map overrides;     /* as last read */
	struct list wanted;
	struct buffer path;
	struct zk_call call;
	bool reading, again, forgotten;
};

struct config_entry_of *topic_configs_entry(struct topic_configs *configs, struct slice topic);
/* Again when it is being read. */
void topic_configs_read_entry(struct config_entry_of *entry);
/* False, with the complaint: it is no configuration. */
bool config_map_take(struct config_map *map, struct slice bytes,
    struct payload_complaint *complaint);

void config_changes_init(struct topic_configs *configs);
/* The session was stopped. */
void config_changes_fini(struct topic_configs *configs);
/* Reads the children of /config/changes, and sets the watch. */
void config_changes_read(struct topic_configs *configs);

#endif
