/*
 * controller/responses.h: requests go out, and what brokers answer becomes a
 * job: replicas on failed log dirs, replicas that were deleted. Private.
 */
#ifndef KLAMM_CONTROLLER_RESPONSES_H
#define KLAMM_CONTROLLER_RESPONSES_H

#include "controller/reign.h"

/* Sends what was gathered. */
void reign_send(struct reign *reign);

#endif
