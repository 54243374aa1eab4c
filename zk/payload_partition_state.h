/*
 * zk/payload_partition_state.h: /brokers/topics/T/partitions/N/state. The znode's
 * version is the partition epoch.
 */
#ifndef KLAMM_ZK_PAYLOAD_PARTITION_STATE_H
#define KLAMM_ZK_PAYLOAD_PARTITION_STATE_H

#include "zk/payload.h"

enum payload_leader_recovery { PAYLOAD_RECOVERED = 0, PAYLOAD_RECOVERING = 1 };

struct payload_partition_state {
	int32_t controller_epoch;
	int32_t leader; /* -1: none */
	int32_t leader_epoch;
	struct payload_int32_list isr;
	/*
	 * klamm_eligible_replicas, ours, written when there are any: those that have left the ISR
	 * since it was as large as min.insync.replicas last, as KIP-966 has it. Kafka skips it, and
	 * drops it with the next change.
	 */
	struct payload_int32_list eligible;
	/* Since IBP 3.2; RECOVERING after an unclean election. Written unless RECOVERED. */
	enum payload_leader_recovery leader_recovery;
};

NODISCARD enum error payload_partition_state_decode(struct slice bytes, struct arena *arena,
    struct payload_partition_state *state, struct payload_complaint *complaint);
void payload_partition_state_encode(const struct payload_partition_state *state, struct buffer *out);

#endif
