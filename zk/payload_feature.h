/*
 * zk/payload_feature.h: /feature, the finalized features. The znode's version is the
 * feature epoch of ApiVersions. Version 1 (IBP below 3.3) has minimum levels.
 */
#ifndef KLAMM_ZK_PAYLOAD_FEATURE_H
#define KLAMM_ZK_PAYLOAD_FEATURE_H

#include "zk/payload.h"

enum payload_feature_status { PAYLOAD_FEATURE_DISABLED = 0, PAYLOAD_FEATURE_ENABLED = 1 };

struct payload_feature_entry {
	struct slice name;
	int16_t min_version_level; /* version 1 only; else 0 */
	int16_t max_version_level;
};

struct payload_feature {
	int32_t version; /* 1 or 2 */
	enum payload_feature_status status;
	const struct payload_feature_entry *entries;
	size_t count;
};

NODISCARD enum error payload_feature_decode(struct slice bytes, struct arena *arena,
    struct payload_feature *feature, struct payload_complaint *complaint);
void payload_feature_encode(const struct payload_feature *feature, struct buffer *out);

#endif
