/*
 * zk/payload_acl.h: /kafka-acl/TYPE/NAME and /kafka-acl-extended/prefixed/TYPE/NAME:
 * the ACL entries of a resource. What the words mean is src/security's business.
 */
#ifndef KLAMM_ZK_PAYLOAD_ACL_H
#define KLAMM_ZK_PAYLOAD_ACL_H

#include "zk/payload.h"

struct payload_acl_entry {
	struct slice principal;       /* User:alice */
	struct slice permission_type; /* Allow, Deny */
	struct slice host;            /* "*": all */
	struct slice operation;       /* Read, ClusterAction, ... */
};

struct payload_acl {
	const struct payload_acl_entry *entries;
	size_t count;
};

NODISCARD enum error payload_acl_decode(struct slice bytes, struct arena *arena,
    struct payload_acl *acl, struct payload_complaint *complaint);
void payload_acl_encode(const struct payload_acl *acl, struct buffer *out);

#endif
