/*
 * controller/doubts_prefix.h: whether a replica that is not in sync has all that the
 * best one in sync has left (doubts.h): a Fetch of where that one ends, as a tool
 * (replica id -2), whose answer says whether the logs part before (KIP-595). It wants no
 * bytes: a klammd reads nothing for it, and the batch that Kafka sends is not looked at.
 * Private.
 */
#ifndef KLAMM_CONTROLLER_DOUBTS_PREFIX_H
#define KLAMM_CONTROLLER_DOUBTS_PREFIX_H

#include "base/arena.h"
#include "controller/doubts.h"
#include "wire/messages.h"

enum { DOUBTS_PREFIX_VERSION = 12 }; /* the last one with names, the first that tells where logs part */

/* What is to be asked of the broker, and is asked now; in the arena. May be of no topic. */
struct fetch_request *doubts_prefix_request(struct doubts *doubts, const struct context *context,
    int32_t broker, struct arena *arena);
/* What was asked and is not answered is to be asked again. `response` NULL: nothing is. */
void doubts_prefix_take(struct doubts *doubts, int32_t broker, int64_t broker_epoch,
    const struct fetch_request *request, const struct fetch_response *response);

#endif
