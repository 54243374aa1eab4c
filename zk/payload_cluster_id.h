/*
 * zk/payload_cluster_id.h: /cluster/id. Kafka takes any text for an id, and so
 * does the decoder; zk/cluster_id.h makes one.
 */
#ifndef KLAMM_ZK_PAYLOAD_CLUSTER_ID_H
#define KLAMM_ZK_PAYLOAD_CLUSTER_ID_H

#include "zk/payload.h"

struct payload_cluster_id {
	struct slice id; /* not empty */
};

NODISCARD enum error payload_cluster_id_decode(struct slice bytes, struct arena *arena,
    struct payload_cluster_id *cluster, struct payload_complaint *complaint);
void payload_cluster_id_encode(const struct payload_cluster_id *cluster, struct buffer *out);

#endif
