/*
 * group/subscription.h: the topics that consumers subscribe to, out of the
 * metadata with which they joined: version int16, topics as an array of
 * strings, and more that later versions add behind them.
 */
#ifndef KLAMM_GROUP_SUBSCRIPTION_H
#define KLAMM_GROUP_SUBSCRIPTION_H

#include "base/slice.h"

/* Borrows from the metadata that was added. */
struct subscriptions {
	struct slice *topics;
	size_t count;
	size_t capacity;
};

void subscriptions_init(struct subscriptions *subscriptions);
void subscriptions_fini(struct subscriptions *subscriptions);
/* False when it is no subscription. */
bool subscriptions_add(struct subscriptions *subscriptions, struct slice metadata);
/* After the last one was added. */
void subscriptions_sort(struct subscriptions *subscriptions);
bool subscriptions_have(const struct subscriptions *subscriptions, struct slice topic);

#endif
