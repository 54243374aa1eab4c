/*
 * zk/payload_config.h: the configuration of a topic, client, user, broker or IP
 * address: names and values, both text. A znode without data has no settings.
 * What stands in the text of a value is src/config's and src/security's business.
 */
#ifndef KLAMM_ZK_PAYLOAD_CONFIG_H
#define KLAMM_ZK_PAYLOAD_CONFIG_H

#include "zk/payload.h"

struct payload_config_entry {
	struct slice name;
	struct slice value;
};

struct payload_config {
	const struct payload_config_entry *entries; /* in the order of the document */
	size_t count;
};

/* The value of `name`; null when it is not there. */
struct slice payload_config_find(const struct payload_config *config, struct slice name);
NODISCARD enum error payload_config_decode(struct slice bytes, struct arena *arena,
    struct payload_config *config, struct payload_complaint *complaint);
void payload_config_encode(const struct payload_config *config, struct buffer *out);

#endif
