/*
 * zk/payload_log_dir_event.h: /log_dir_event_notification/log_dir_event_N: a log
 * directory of a broker has failed (KIP-112).
 */
#ifndef KLAMM_ZK_PAYLOAD_LOG_DIR_EVENT_H
#define KLAMM_ZK_PAYLOAD_LOG_DIR_EVENT_H

#include "zk/payload.h"

enum payload_log_dir_event_type { PAYLOAD_LOG_DIR_FAILED = 1 };

struct payload_log_dir_event {
	int32_t broker;
	int32_t event; /* Kafka looks at the broker only, so any number is read */
};

NODISCARD enum error payload_log_dir_event_decode(struct slice bytes, struct arena *arena,
    struct payload_log_dir_event *event, struct payload_complaint *complaint);
void payload_log_dir_event_encode(const struct payload_log_dir_event *event, struct buffer *out);

#endif
