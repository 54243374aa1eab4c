/*
 * zk/payload_controller_epoch.h: /controller_epoch, decimal text. Fencing goes by the
 * znode's version, not by this number.
 */
#ifndef KLAMM_ZK_PAYLOAD_CONTROLLER_EPOCH_H
#define KLAMM_ZK_PAYLOAD_CONTROLLER_EPOCH_H

#include "zk/payload.h"

/* `*epoch` is 0 or more, and below INT32_MAX, so that it can grow. */
NODISCARD enum error payload_controller_epoch_decode(struct slice bytes, int32_t *epoch,
    struct payload_complaint *complaint);
void payload_controller_epoch_encode(int32_t epoch, struct buffer *out);

#endif
