/*
 * zk/payload_reassignment.h: /admin/reassign_partitions, as old tools write it.
 */
#ifndef KLAMM_ZK_PAYLOAD_REASSIGNMENT_H
#define KLAMM_ZK_PAYLOAD_REASSIGNMENT_H

#include "zk/payload.h"

struct payload_reassignment_entry {
	struct payload_topic_partition partition;
	struct payload_int32_list replicas;
};

struct payload_reassignment {
	const struct payload_reassignment_entry *entries; /* of a partition named twice the last counts */
	size_t count;
};

NODISCARD enum error payload_reassignment_decode(struct slice bytes, struct arena *arena,
    struct payload_reassignment *reassignment, struct payload_complaint *complaint);
void payload_reassignment_encode(const struct payload_reassignment *reassignment, struct buffer *out);

#endif
