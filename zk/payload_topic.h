/*
 * zk/payload_topic.h: /brokers/topics/T, who replicates what. Version 1 had the
 * partitions only, 2 added reassignments (KIP-455), 3 the topic's id (KIP-516).
 */
#ifndef KLAMM_ZK_PAYLOAD_TOPIC_H
#define KLAMM_ZK_PAYLOAD_TOPIC_H

#include "base/uuid.h"
#include "zk/payload.h"

struct payload_assignment {
	int32_t partition;
	struct payload_int32_list replicas; /* the preferred leader first */
};

/* In the order of the document, one for a partition. */
struct payload_assignments {
	const struct payload_assignment *entries;
	size_t count;
};

struct payload_topic {
	struct uuid topic_id; /* zero: none yet */
	struct payload_assignments partitions;
	/* Only of partitions under reassignment. */
	struct payload_assignments adding_replicas;
	struct payload_assignments removing_replicas;
};

/* The replicas of a partition; an empty list when there are none. */
struct payload_int32_list payload_assignments_find(struct payload_assignments assignments,
    int32_t partition);
NODISCARD enum error payload_topic_decode(struct slice bytes, struct arena *arena,
    struct payload_topic *topic, struct payload_complaint *complaint);
/* Always as version 3; the id is left out when it is zero (IBP below 2.8). */
void payload_topic_encode(const struct payload_topic *topic, struct buffer *out);

#endif
