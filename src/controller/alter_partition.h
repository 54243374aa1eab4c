/*
 * controller/alter_partition.h: what becomes of an ISR that a leader asks for
 * (AlterPartition; zookeeper.md 5.8, protocol.md 13, KIP-497). A plain function
 * of what is asked and what is known:
 *
 *  1. Epochs that are newer than ours: NOT_CONTROLLER, another one knows more.
 *  2. An older leader epoch: FENCED_LEADER_EPOCH.
 *  3. What stands there already is the answer, whatever its partition epoch.
 *  4. An older partition epoch: INVALID_UPDATE_VERSION.
 *  5. RECOVERING with others in sync, or after RECOVERED: INVALID_REQUEST; as
 *     is one who does not lead, and an ISR without the leader or with somebody
 *     twice.
 *  6. A broker that is no replica: INVALID_REQUEST, and the leader has to hear
 *     who its replicas are. It has been told of a reassignment that was taken
 *     back since, by a controller that died before it could say so.
 *  7. A member that is not alive, or shuts down (KIP-841), or joins from another
 *     life than the one that is known (KIP-903): INELIGIBLE_REPLICA.
 *
 * Private.
 */
#ifndef KLAMM_CONTROLLER_ALTER_PARTITION_H
#define KLAMM_CONTROLLER_ALTER_PARTITION_H

#include "controller/context.h"

struct alter_partition_member {
	int32_t broker;
	int64_t epoch; /* as the leader knows it; -1: not told */
};

struct alter_partition {
	int32_t broker; /* who asks */
	int32_t leader_epoch;
	int32_t partition_epoch;
	int8_t recovery; /* as in the request */
	const struct alter_partition_member *isr;
	size_t isr_count;
};

/* More replicas than that nobody has: it bounds what is looked at. */
enum { ALTER_PARTITION_ISR_MAX = 1000 };

enum alter_partition_verdict {
	ALTER_PARTITION_REFUSED, /* `*code` */
	ALTER_PARTITION_ASTRAY,  /* the same; see 6. */
	ALTER_PARTITION_SAME,    /* nothing is to be written */
	ALTER_PARTITION_CHANGED, /* `*next` is to be written; its ISR is in the arena */
};

enum alter_partition_verdict alter_partition_decide(const struct context *context,
    const struct context_partition *partition, const struct alter_partition *asked,
    struct arena *arena, struct payload_partition_state *next, int16_t *code);

#endif
