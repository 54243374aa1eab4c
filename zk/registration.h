/*
 * zk/registration.h: what a broker tells of itself in /brokers/ids/N, and
 * whether somebody else has its address.
 */
#ifndef KLAMM_ZK_REGISTRATION_H
#define KLAMM_ZK_REGISTRATION_H

#include "zk/payload_broker.h"

struct registration_source {
	/* The effective advertised listeners, without those of a controller. */
	const struct payload_endpoint *endpoints;
	size_t endpoint_count;
	struct slice rack; /* null: unset */
	int64_t timestamp_ms;
	int32_t version;   /* 5; 4 for an IBP below 2.7, 2 for one below 0.10.0-IV1 */
	const struct payload_doubtful_topic *doubtful; /* logs that may lack records */
	size_t doubtful_count;
};

/*
 * host and port are those of the first endpoint with protocol PLAINTEXT; the
 * map has each listener once. `broker` borrows what the source points to, its
 * map is in the arena. ERROR_NO_MEMORY at the arena's cap.
 */
NODISCARD enum error registration_make(const struct registration_source *source,
    struct arena *arena, struct payload_broker *broker);

/* An endpoint of `own` that `other` advertises too; NULL when there is none. */
const struct payload_endpoint *registration_conflict(const struct payload_broker *own,
    const struct payload_broker *other);

#endif
