/*
 * zk/payload_config_change.h: /config/changes/config_change_N, whose configuration
 * was changed. Version 1, of topics and clients only, is still read.
 */
#ifndef KLAMM_ZK_PAYLOAD_CONFIG_CHANGE_H
#define KLAMM_ZK_PAYLOAD_CONFIG_CHANGE_H

#include "zk/paths.h"
#include "zk/payload.h"

struct payload_config_change {
	struct paths_entity entity; /* names sanitized, as in the path */
};

NODISCARD enum error payload_config_change_decode(struct slice bytes, struct arena *arena,
    struct payload_config_change *change, struct payload_complaint *complaint);
/* As version 2. */
void payload_config_change_encode(const struct payload_config_change *change, struct buffer *out);

#endif
