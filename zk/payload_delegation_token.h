/*
 * zk/payload_delegation_token.h: /delegation_token/tokens/ID. Principals are sanitized
 * (zk/paths.h). Versions 1 and 2 had no requester: it was the owner.
 */
#ifndef KLAMM_ZK_PAYLOAD_DELEGATION_TOKEN_H
#define KLAMM_ZK_PAYLOAD_DELEGATION_TOKEN_H

#include "zk/payload.h"

struct payload_delegation_token {
	int64_t issue_timestamp_ms;
	const struct slice *renewers;
	size_t renewer_count;
	struct slice requester;
	struct slice token_id;
	struct slice owner;
	int64_t expiry_timestamp_ms;
	int64_t max_timestamp_ms;
};

NODISCARD enum error payload_delegation_token_decode(struct slice bytes, struct arena *arena,
    struct payload_delegation_token *token, struct payload_complaint *complaint);
void payload_delegation_token_encode(const struct payload_delegation_token *token, struct buffer *out);

#endif
