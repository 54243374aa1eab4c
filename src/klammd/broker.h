/*
 * klammd/broker.h: one whole broker over one world: start-up and shutdown in
 * Kafka's order (zookeeper.md 5.1, 5.10), and what connects the rooms. The
 * same object runs in the daemon and in the simulator.
 */
#ifndef KLAMM_KLAMMD_BROKER_H
#define KLAMM_KLAMMD_BROKER_H

#include "config/broker_config.h"
#include "metrics/snapshot.h"
#include "world/guardian.h"
#include "world/world.h"

struct broker;

/* On the control loop. */
struct broker_handler {
	/* It serves: "[KafkaServer id=N] started" is in the log. */
	void (*started)(struct broker_handler *handler, int32_t broker_id);
	/* It cannot start, or cannot go on (no log dir is left): broker_stop it. `reason` is for people. */
	void (*failed)(struct broker_handler *handler, const char *reason);
	/* Nothing of it runs any more; free it (not inside this call). `clean`: as a clean shutdown. */
	void (*stopped)(struct broker_handler *handler, bool clean);
};

struct broker_options {
	struct world *world;
	const struct broker_config *config; /* borrowed */
	struct guardian *guardian;          /* NULL: none */
	struct broker_handler *handler;
	unsigned open_files;                /* how many logs may keep open at once */
	int many_new_logs;                  /* log_dirs_options.many */
	const char *host_name;              /* the machine's, told where a listener names no host */
	/* Where ZooKeeper is, if not where the config says (the embedded one's port). NULL: as it says. */
	const char *zookeeper_connect;
};

struct broker *broker_new(const struct broker_options *options);
void broker_free(struct broker *broker);
/* On the control loop, once. */
void broker_start(struct broker *broker);
/* On the control loop; a second call changes nothing. Bounded also without ZooKeeper. */
void broker_stop(struct broker *broker);
/* The port of a listener, as bound; 0 before. */
uint16_t broker_port(const struct broker *broker, const char *listener);

/* On the control loop, at any time: why it does not serve (static text); NULL: it does. */
const char *broker_not_ready(const struct broker *broker);
/* The same: what it has for the metrics. */
void broker_snapshot(const struct broker *broker, struct snapshot *snapshot);

#endif
