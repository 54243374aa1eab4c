/*
 * controller/create_partitions.h: what a request for more partitions comes to:
 * refused with a code and a reason, or who replicates the new ones
 * (zookeeper.md 5.6; ZkAdminManager, AdminZkClient of Kafka 3.9). Pure.
 */
#ifndef KLAMM_CONTROLLER_CREATE_PARTITIONS_H
#define KLAMM_CONTROLLER_CREATE_PARTITIONS_H

#include "controller/context.h"
#include "wire/messages.h"

struct create_partitions_plan {
	int16_t code;       /* an error, and why; or NONE */
	const char *reason;
	int32_t first;      /* number of the first new one */
	struct payload_assignments added;
};

/* The plan lies in the arena, or is borrowed from the request. */
void create_partitions_plan(const struct context *context,
    const struct create_partitions_request_create_partitions_topic *asked, struct arena *arena,
    struct create_partitions_plan *plan);

#endif
