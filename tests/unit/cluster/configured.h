/*
 * tests/unit/cluster/configured.h: a broker's topic_configs before a simulated
 * ZooKeeper that has its start-up paths, and what it was told.
 */
#ifndef KLAMM_TESTS_UNIT_CLUSTER_CONFIGURED_H
#define KLAMM_TESTS_UNIT_CLUSTER_CONFIGURED_H

#include "cluster/topic_configs.h"
#include "tests/unit/cluster/shore.h"
#include "tests/unit/config/given.h"

struct configured {
	struct shore shore;
	struct given given;
	struct topic_configs *configs;
	int done;             /* of the start */
	char failure[1024];   /* "": none */
	int ensured;          /* how often an ensure is done */
	int changed;          /* calls of `changed` */
	char changes[4096];   /* names, each with a blank */
};

/* Broker 1 on side 0, with a session; nothing is started. `file`: server.properties. */
void configured_init(struct configured *it, const char *file);
void configured_fini(struct configured *it);
/* Starts without waiting. */
void configured_begin(struct configured *it);
/* The same, until it is done; it must not fail. */
void configured_start(struct configured *it);
void configured_ensure(struct configured *it, const char *topic);
void configured_look(struct configured *it, const char *topic);
void configured_stop(struct configured *it);
void configured_forget(struct configured *it, const char *topic);
/* A topic in ZooKeeper; `config` is its payload, NULL: no znode. */
void configured_topic(struct configured *it, const char *topic, const char *config);
/* By the operator; `entity` as "topics/orders". The notification comes afterwards. */
void configured_change(struct configured *it, const char *entity, const char *config);
void configured_notify(struct configured *it, const char *payload);
int64_t configured_retention_ms(struct configured *it, const char *topic);

#endif
