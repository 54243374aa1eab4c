/*
 * zk/payload_controller.h: /controller, who the controller is. Of a KRaft
 * migration controller it has an epoch above 0 and is persistent: then ZooKeeper
 * brokers neither elect nor write configurations (KIP-866).
 */
#ifndef KLAMM_ZK_PAYLOAD_CONTROLLER_H
#define KLAMM_ZK_PAYLOAD_CONTROLLER_H

#include "zk/payload.h"

struct payload_controller {
	int32_t broker;
	int64_t timestamp_ms;
	int32_t kraft_controller_epoch; /* -1: none; version 1 did not have it */
};

NODISCARD enum error payload_controller_decode(struct slice bytes, struct arena *arena,
    struct payload_controller *controller, struct payload_complaint *complaint);
void payload_controller_encode(const struct payload_controller *controller, struct buffer *out);

#endif
