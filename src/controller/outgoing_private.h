/* controller/outgoing_private.h: the making of requests, one file, shared with outgoing.c. */
#ifndef KLAMM_CONTROLLER_OUTGOING_PRIVATE_H
#define KLAMM_CONTROLLER_OUTGOING_PRIVATE_H

#include "controller/outgoing.h"

/* Of one broker: `items` are by topic, then by number, each partition once. */
void outgoing_make_leader_and_isr(const struct outgoing_sender *sender,
    const struct context_broker *broker, const struct outgoing_item *items, size_t count,
    struct controller_message *message);
void outgoing_make_stop_replica(const struct outgoing_sender *sender,
    const struct context_broker *broker, const struct outgoing_item *items, size_t count,
    struct controller_message *message);
void outgoing_make_metadata(const struct outgoing_sender *sender,
    const struct context_broker *broker, const struct outgoing_item *items, size_t count,
    struct controller_message *message);

#endif
