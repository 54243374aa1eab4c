/*
 * zk/payload_producer_id_block.h: /latest_producer_id_block, the block of producer
 * ids that was handed out last. The znode is made without data: none yet, which
 * is the caller's to tell apart (ERROR_MALFORMED here).
 */
#ifndef KLAMM_ZK_PAYLOAD_PRODUCER_ID_BLOCK_H
#define KLAMM_ZK_PAYLOAD_PRODUCER_ID_BLOCK_H

#include "zk/payload.h"

struct payload_producer_id_block {
	int32_t broker;
	int64_t first; /* both belong to the block */
	int64_t last;
};

NODISCARD enum error payload_producer_id_block_decode(struct slice bytes, struct arena *arena,
    struct payload_producer_id_block *block, struct payload_complaint *complaint);
void payload_producer_id_block_encode(const struct payload_producer_id_block *block, struct buffer *out);

#endif
