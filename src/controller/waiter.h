/*
 * controller/waiter.h: calls whose work is begun wait until it shows: topics
 * are led, or gone, and our own broker has heard of it (Kafka waits for its
 * metadata cache), or until their time is over. Private.
 */
#ifndef KLAMM_CONTROLLER_WAITER_H
#define KLAMM_CONTROLLER_WAITER_H

#include "controller/reign.h"

enum waiter_kind {
	WAITER_LED,  /* all partitions from `first_partition` on have leaders */
	WAITER_GONE, /* also when its deletion has to wait for a broker that is away */
};

struct waiter_topic {
	int32_t index; /* of its result */
	struct slice name;
	struct uuid id;
	int32_t first_partition;
};

/*
 * Takes over the call: it is answered when all of the topics are there; those
 * that are not, by then, with REQUEST_TIMED_OUT. The topics are copied.
 */
void waiter_begin(struct reign *reign, struct controller_call *call, enum waiter_kind kind,
    const struct waiter_topic *topics, size_t count, int64_t deadline_us);
/* The context has changed, or our own broker has answered. */
void waiters_check(struct reign *reign);
/* The reign is over: all of them are answered NOT_CONTROLLER. */
void waiters_drop(struct reign *reign);

/* Pure. */
bool waiter_topic_is_there(const struct context *context, enum waiter_kind kind,
    const struct waiter_topic *topic);

#endif
