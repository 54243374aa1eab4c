/*
 * controller/create_topics.h: what a request to create a topic comes to:
 * refused with a code and a reason, or who replicates what and with which
 * configuration (zookeeper.md 5.5; ZkAdminManager, AdminZkClient of Kafka 3.9).
 * Pure; what only ZooKeeper knows is asked by create_topics_call.c.
 */
#ifndef KLAMM_CONTROLLER_CREATE_TOPICS_H
#define KLAMM_CONTROLLER_CREATE_TOPICS_H

#include "config/broker_config.h"
#include "controller/context.h"
#include "wire/messages.h"
#include "zk/payload_config.h"

/* A znode, with all that stands beside it in a request, has to be below 1 MiB. */
enum { CREATE_TOPIC_BYTES_MAX = 1000 * 1000 };

/* What the decision is made of. */
struct create_topic_input {
	const struct context *context;
	const struct broker_config *config;
	uint32_t start, shift; /* random: of the placement */
	bool is_automatic;     /* internal topics have numbers and configurations of their own */
};

struct create_topic_plan {
	int16_t code;        /* an error, and why; or NONE */
	const char *reason;
	struct payload_assignments assignments;
	int32_t replication_factor;
	struct payload_config config;
};

/* All of the plan lies in the arena, or is borrowed from the request. */
void create_topic_plan(const struct create_topic_input *input,
    const struct create_topics_request_creatable_topic *asked, struct arena *arena,
    struct create_topic_plan *plan);
/* Each key with its value, as the answer of version 5 and later tells it. */
void create_topic_describe(const struct broker_config *config,
    const struct payload_config *overrides, struct arena *arena,
    struct create_topics_response_creatable_topic_result *result);

/* Live brokers by id, with their racks. */
struct placement_broker;
size_t placement_brokers(const struct context *context, struct arena *arena,
    struct placement_broker **brokers);

#endif
