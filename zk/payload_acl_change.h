/*
 * zk/payload_acl_change.h: which resource's ACL was changed: text in
 * /kafka-acl-changes, JSON in /kafka-acl-extended-changes. The latter is told
 * by its pattern type.
 */
#ifndef KLAMM_ZK_PAYLOAD_ACL_CHANGE_H
#define KLAMM_ZK_PAYLOAD_ACL_CHANGE_H

#include "zk/payload.h"

struct payload_acl_change {
	struct slice resource_type; /* TOPIC, TRANSACTIONAL_ID, ... */
	struct slice name;
	struct slice pattern_type;  /* PREFIXED; null in the text form, which is always LITERAL */
};

/* JSON when it begins with "{", else text. */
NODISCARD enum error payload_acl_change_decode(struct slice bytes, struct arena *arena,
    struct payload_acl_change *change, struct payload_complaint *complaint);
void payload_acl_change_encode(const struct payload_acl_change *change, struct buffer *out);

#endif
