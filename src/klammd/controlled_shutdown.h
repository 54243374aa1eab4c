/*
 * klammd/controlled_shutdown.h: before a broker stops it asks the controller to
 * give what it leads to others (zookeeper.md 5.10), some times, until nothing is
 * left: controlled.shutdown.max.retries, .retry.backoff.ms. Then it stops in any
 * case. On the control loop; who carries the question is its owner's.
 */
#ifndef KLAMM_KLAMMD_CONTROLLED_SHUTDOWN_H
#define KLAMM_KLAMMD_CONTROLLED_SHUTDOWN_H

#include "config/broker_config.h"
#include "wire/messages.h"
#include "world/world.h"

struct controlled_shutdown {
	struct world *world;
	const struct broker_config *config;
	int64_t patience_ms; /* with all attempts */
	/*
	 * Sends the request and has controlled_shutdown_answered called once; the
	 * request stays until then. There is one at a time.
	 */
	void (*ask)(struct controlled_shutdown *shutdown,
	    const struct controlled_shutdown_request *request, int64_t deadline_us);
	/* Once. What is still asked is not waited for. */
	void (*done)(struct controlled_shutdown *shutdown);
	/* its own */
	struct controlled_shutdown_request request;
	int32_t broker_id;
	int64_t broker_epoch;
	int attempts_left;
	bool asks;            /* a request is out */
	bool is_over;
	struct timer retry;
	struct timer patience; /* of the whole */
};

/* The fields up to `done` are set. `done` may be called inside. */
void controlled_shutdown_start(struct controlled_shutdown *shutdown, int32_t broker_id,
    int64_t broker_epoch);
/* The broker has registered anew: the next attempt says so. */
void controlled_shutdown_set_epoch(struct controlled_shutdown *shutdown, int64_t broker_epoch);
/* `response` NULL: there was no answer. */
void controlled_shutdown_answered(struct controlled_shutdown *shutdown, enum error error,
    const struct controlled_shutdown_response *response);

#endif
