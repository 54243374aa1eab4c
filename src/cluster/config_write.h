/*
 * cluster/config_write.h: the configuration of a topic or of brokers changed in
 * ZooKeeper, as the broker does that is asked to (zookeeper.md 5.14): read,
 * changed, looked at, written unless somebody else wrote meanwhile (then all of
 * it again), and told at /config/changes. What came of it is learnt from there,
 * by this broker as by the others. On the control loop. While ZooKeeper is away
 * a write waits, until topic_configs_stop.
 */
#ifndef KLAMM_CLUSTER_CONFIG_WRITE_H
#define KLAMM_CLUSTER_CONFIG_WRITE_H

#include "cluster/topic_configs.h"
#include "config/alter.h"

enum config_write_result {
	CONFIG_WRITTEN,          /* or it could have been, with validate_only */
	CONFIG_WRITE_REFUSED,    /* what is asked may not stand there */
	CONFIG_WRITE_NO_TOPIC,
	CONFIG_WRITE_NO_CONTROLLER, /* none, or not one of a ZooKeeper cluster */
	CONFIG_WRITE_FAILED,     /* what stands there cannot be read, an error of ZooKeeper, the stop */
};

enum config_write_entity {
	CONFIG_WRITE_TOPIC,   /* `topic` */
	CONFIG_WRITE_BROKER,  /* this one */
	CONFIG_WRITE_BROKERS, /* all of them: "<default>" */
};

/* Its maker's until `done`, called once; what it points to stays until then. */
struct config_write {
	enum config_write_entity entity;
	struct slice topic;
	const struct config_alteration *alterations;
	size_t count;
	bool replaces; /* all that stood there goes first (AlterConfigs) */
	bool validate_only;
	void (*done)(struct config_write *write, enum config_write_result result,
	    struct slice reason);
};

/* `reason` of done() is for the client, valid inside the call; it may be null. */
void config_write_begin(struct topic_configs *configs, struct config_write *write);

#endif
