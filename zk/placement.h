/*
 * zk/placement.h: which brokers get the replicas of new partitions. Leaders go
 * round the brokers from a random start; followers are shifted against them, by
 * one more each full round. With racks the brokers take turns by rack, and
 * no rack gets a second replica while another has none (KIP-36).
 */
#ifndef KLAMM_ZK_PLACEMENT_H
#define KLAMM_ZK_PLACEMENT_H

#include "base/error.h"
#include "base/slice.h"

struct placement_broker {
	int32_t id;
	struct slice rack; /* null: none */
};

struct placement_request {
	const struct placement_broker *brokers; /* by rising id */
	size_t broker_count;
	int32_t partitions;         /* how many are new */
	int32_t replication_factor;
	/*
	 * A new topic: random indexes of brokers, and first_partition 0. More partitions:
	 * the index of the first replica of partition 0 for both (0 when that
	 * broker is gone), and the number of partitions that there are.
	 */
	uint32_t start;
	uint32_t shift;
	int32_t first_partition;
};

/*
 * Writes partitions * replication_factor broker ids, partition by partition,
 * the preferred leader first. Racks count only if each broker has one.
 * ERROR_INVALID_ARGUMENT: no partition, no replica, or more replicas than
 * brokers.
 */
NODISCARD enum error placement_assign(const struct placement_request *request,
    int32_t *replicas);

#endif
