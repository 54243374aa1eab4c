/*
 * api/leader_endpoints.h: where leaders are that an answer names in its
 * refusals, so that the client need not ask for metadata (KIP-951): each once,
 * as the listener of the request shows it.
 */
#ifndef KLAMM_API_LEADER_ENDPOINTS_H
#define KLAMM_API_LEADER_ENDPOINTS_H

#include "api/request.h"

struct leader_endpoint {
	const struct image_broker *broker;
	const struct image_endpoint *endpoint;
};

/* Zeroed: none. In the request's memory, with texts of its view. */
struct leader_endpoints {
	struct leader_endpoint *items;
	size_t count;
	bool *named; /* by place among the brokers of the image */
};

/* Nothing when it is not alive, or has no such listener. */
void leader_endpoints_add(struct leader_endpoints *endpoints, struct request *request,
    int32_t leader);

#endif
