/*
 * cluster/life.h: this broker's membership of the cluster (zookeeper.md 5.1):
 * start-up paths, cluster id, broker id, registration, and registration again
 * after an expired session. On the control loop, over zk/.
 */
#ifndef KLAMM_CLUSTER_LIFE_H
#define KLAMM_CLUSTER_LIFE_H

#include "config/broker_config.h"
#include "zk/payload_broker.h"
#include "zk/session.h"

struct life;

struct life_endpoint {
	const char *listener;
	const char *protocol; /* PLAINTEXT */
	const char *host;
	int32_t port;
};

/* On the control loop. `reason` is for people, valid inside the call. */
struct life_handler {
	/* Step 1 is done: paths are made, the cluster has this id, and this broker that one. */
	void (*identified)(struct life_handler *handler, const char *cluster_id, int32_t broker_id);
	/*
	 * Registered, the first time or after an expiry, in the session at hand:
	 * elect. `epoch` is the czxid of our znode.
	 */
	void (*registered)(struct life_handler *handler, int64_t epoch);
	/* The session with our registration is gone. A new registration follows by itself. */
	void (*expired)(struct life_handler *handler);
	/*
	 * Start-up cannot go on: another broker has this id or endpoint, ZooKeeper
	 * was not there for zookeeper.connection.timeout.ms, ... After the first
	 * registration it is not called: to register again is tried for ever.
	 */
	void (*failed)(struct life_handler *handler, const char *reason);
};

struct life_options {
	struct zk_session *session;
	struct world *world;
	const struct broker_config *config; /* borrowed */
	struct life_handler *handler;
	/* What meta.properties say: -1 and "" when they say nothing. */
	int32_t known_broker_id;
	const char *known_cluster_id;
	/*
	 * What is told of logs that may lack records (zk/payload_broker.h), with each
	 * registration; in the arena. NULL: of none.
	 */
	size_t (*list_doubts)(void *context, struct arena *arena,
	    const struct payload_doubtful_topic **topics);
	void *context;
};

struct life *life_new(const struct life_options *options);
/*
 * Waits for the session, makes the start-up paths, reads or makes /cluster/id
 * (a mismatch with what is known is a failure, F31), finds the broker's id
 * (broker.id, meta.properties, /brokers/seqid). Warns about children of
 * /kafka-acl* as there is no authorizer. Then `identified`.
 */
void life_identify(struct life *life);
/*
 * Step 2, once listeners are bound: conflicts of endpoints are looked for
 * (start only), then registers; `endpoints` are copied and used again after an expiry.
 */
void life_register(struct life *life, const struct life_endpoint *endpoints, size_t count);
/* list_doubts has another answer: our znode gets it, now or with the next registration. */
void life_doubts_changed(struct life *life);
/* No handler is called any more. */
void life_close(struct life *life);
/* After the session was stopped, and before it is freed: it holds calls of ours until then. */
void life_free(struct life *life);

#endif
