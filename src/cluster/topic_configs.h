/*
 * cluster/topic_configs.h: the configurations of topics as they stand in
 * ZooKeeper, read when they are asked for and again when /config/changes says
 * so (zookeeper.md 5.14). Also tells of other entities' changes, which later
 * issues serve. On the control loop.
 */
#ifndef KLAMM_CLUSTER_TOPIC_CONFIGS_H
#define KLAMM_CLUSTER_TOPIC_CONFIGS_H

#include "config/describe.h"
#include "config/topic_settings.h"
#include "zk/session.h"

struct topic_configs;

struct topic_configs_options {
	struct zk_session *session;
	struct world *world;
	const struct broker_config *config; /* borrowed */
	/* The settings of a topic that was read before are other ones now. Borrowed. */
	void (*changed)(void *context, struct slice topic, struct topic_settings *settings);
	/* What ZooKeeper says of brokers is something else now. Borrowed; NULL: nobody listens. */
	void (*broker_changed)(void *context, const struct broker_config *now);
	void *context;
};

struct topic_configs *topic_configs_new(const struct topic_configs_options *options);
/* Once the session was stopped, and before it is freed. */
void topic_configs_free(struct topic_configs *configs);

/*
 * Watches /config/changes, and reads all topics of /brokers/topics, pipelined;
 * `done` when the settings of each are known. What stands in
 * /config/brokers/<default> and /config/brokers/ID gives topics their defaults
 * (config/dynamic.h); `failure`, valid inside the call, when it is not served,
 * or cannot be read. Of users, clients and addresses it is warned of.
 */
void topic_configs_start(struct topic_configs *configs, int32_t broker_id,
    void (*done)(void *context, const char *failure), void *context);
/*
 * Reads those of the topics that are not known yet; `done` when all are (a
 * topic without a znode has the defaults). Names are copied.
 */
void topic_configs_ensure(struct topic_configs *configs, const struct slice *topics, size_t count,
    void (*done)(void *context), void *context);
/*
 * The same for topics that may have no replica here, and are not kept track of:
 * what was read by this alone is read again.
 */
void topic_configs_look(struct topic_configs *configs, const struct slice *topics, size_t count,
    void (*done)(void *context), void *context);
/* Who waits for settings is told at once, now and from now on. */
void topic_configs_stop(struct topic_configs *configs);
/* For the caller; the defaults when it was never read. */
struct topic_settings *topic_configs_find(struct topic_configs *configs, struct slice topic);
/* The topic is gone from the cluster. */
void topic_configs_forget(struct topic_configs *configs, struct slice topic);

/* What /config/topics holds of it, as last read; borrowed. NULL: it was never read. */
const struct config_map *topic_configs_overrides(struct topic_configs *configs,
    struct slice topic);
/* What the broker's own values come from; all of it borrowed until the next event. */
void topic_configs_layers(const struct topic_configs *configs, struct config_layers *layers);

#endif
