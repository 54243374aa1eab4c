/* cluster/topic_configs_private.h: what its files share. */
#ifndef KLAMM_CLUSTER_TOPIC_CONFIGS_PRIVATE_H
#define KLAMM_CLUSTER_TOPIC_CONFIGS_PRIVATE_H

#include "cluster/topic_configs.h"
#include "config/broker_config.h"
#include "zk/operations.h"
#include "zk/paths.h"
#include "zk/payload.h"

enum { CONFIG_ARENA_BYTES = 4 << 20 };

/* What stands for brokers: for all of them, or for this one. */
struct broker_znode {
	struct topic_configs *configs;
	struct zk_call call;
	char *path;
	struct config_map map;
	char *complaint; /* why it could not be read; NULL */
};

/* Configurations of a kind that klamm does not serve yet, to be warned of once. */
struct unserved_configs {
	struct topic_configs *configs;
	enum paths_entity_type type;
	struct zk_call call;
	bool looking;
	bool told;
};

struct topic_configs {
	struct topic_configs_options options;
	struct hash_table entries; /* struct config_entry_of */
	struct list waiting;
	struct topic_settings *defaults;
	struct zk_listener listener;
	bool begun;   /* topic_configs_start */
	bool started; /* and it has come to its end */
	bool is_stopped;
	struct zk_call call; /* of the start: /brokers/topics */
	void (*started_done)(void *context, const char *failure);
	void *started_context;
	struct {
		struct broker_znode of_all, own;
		int left;  /* of the two, being read */
		bool again;
		char id_text[16];
		/* The file with what they say over it; NULL: the file alone. */
		struct broker_config *config;
		struct config_map of_all_applied, own_applied; /* what they said then */
	} broker;
	struct list writes; /* config_write.c */
	struct unserved_configs unserved[PATHS_ENTITY_TYPES];
	/* Changes. */
	struct zk_watch watch;
	struct zk_call changes;
	struct zk_create_path create;
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
	bool is_looked_at; /* and no more: see topic_configs_look */
};

struct config_entry_of *topic_configs_entry(struct topic_configs *configs, struct slice topic);
/* Again when it is being read. */
void topic_configs_read_entry(struct config_entry_of *entry);
/* False, with the complaint: it is no configuration. */
bool config_map_take(struct config_map *map, struct slice bytes,
    struct payload_complaint *complaint);

/* The file, with what ZooKeeper says over it. */
const struct broker_config *topic_configs_broker(const struct topic_configs *configs);
/* All settings are made anew, as the broker's own configuration has changed. */
void topic_configs_renew(struct topic_configs *configs);
/* Each problem is a line of the log, behind `where`. */
void topic_configs_tell(struct topic_configs *configs, struct slice where,
    const struct config_problems *problems);

/* topic_configs_broker.c: /config/brokers. */
void broker_znodes_init(struct topic_configs *configs);
void broker_znodes_fini(struct topic_configs *configs);
void broker_znodes_set_id(struct topic_configs *configs, int32_t broker_id);
/* Reads both, again when they are being read; then broker_znodes_known. */
void broker_znodes_read(struct topic_configs *configs);
/* topic_configs_start.c; `failure`: with it no broker may start. */
void broker_znodes_known(struct topic_configs *configs, const char *failure);

/* topic_configs_unserved.c: of users, clients and addresses. */
void unserved_configs_init(struct topic_configs *configs);
void unserved_configs_look(struct topic_configs *configs, enum paths_entity_type type);

/* config_write.c: who waits for a write is answered; what is out may still come. */
void config_writes_stop(struct topic_configs *configs);
/* The session was stopped. */
void config_writes_fini(struct topic_configs *configs);

void config_changes_init(struct topic_configs *configs);
/* The session was stopped. */
void config_changes_fini(struct topic_configs *configs);
/* Reads the children of /config/changes, and sets the watch. */
void config_changes_read(struct topic_configs *configs);

#endif
