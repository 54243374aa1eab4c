/*
 * zk/payload_partitions.h: a list of partitions, which is what stands in
 * /admin/preferred_replica_election and in /isr_change_notification/isr_change_N.
 */
#ifndef KLAMM_ZK_PAYLOAD_PARTITIONS_H
#define KLAMM_ZK_PAYLOAD_PARTITIONS_H

#include "zk/payload.h"

struct payload_partitions {
	const struct payload_topic_partition *entries;
	size_t count;
};

NODISCARD enum error payload_partitions_decode(struct slice bytes, struct arena *arena,
    struct payload_partitions *partitions, struct payload_complaint *complaint);
void payload_partitions_encode(const struct payload_partitions *partitions, struct buffer *out);

#endif
