/*
 * api/request_kinds.h: what requests are counted as: by their API key, but for
 * Fetch, which is one of a follower or of a consumer (as Kafka's metrics have it).
 */
#ifndef KLAMM_API_REQUEST_KINDS_H
#define KLAMM_API_REQUEST_KINDS_H

#include "api/request.h"
#include "metrics/render.h"

enum {
	REQUEST_KIND_FETCH_FOLLOWER = METRICS_REQUEST_KINDS - 2,
	REQUEST_KIND_FETCH_CONSUMER = METRICS_REQUEST_KINDS - 1,
};

/* Its body is decoded. */
int request_kind(const struct request *request);

/* Names as Kafka spells them: of kinds, and of error codes. */
extern const struct metrics_names request_kind_names;

#endif
