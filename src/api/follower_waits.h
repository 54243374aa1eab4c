/*
 * api/follower_waits.h: the Fetches of followers that wait on one loop. When this
 * broker begins to lead a partition, those who follow it are mostly in the midst
 * of a Fetch that does not name it yet, and have one out at a time: that one is
 * answered at once, and those that come next soon, until the followers have heard
 * of their new leader too. Otherwise a first acks=all would wait for what is left
 * of replica.fetch.wait.max.ms. On the loop.
 */
#ifndef KLAMM_API_FOLLOWER_WAITS_H
#define KLAMM_API_FOLLOWER_WAITS_H

#include <stdint.h>

#include "base/list.h"

enum {
	FOLLOWER_HURRY_US = 1000 * 1000,      /* how long followers may need to hear of it */
	FOLLOWER_HURRY_WAIT_US = 20 * 1000,   /* what a Fetch waits at most meanwhile */
};

struct follower_wait {
	struct list link;
	/* It is to be answered with what there is; inside, it may leave the list. */
	void (*hurry)(struct follower_wait *wait);
};

struct follower_waits {
	struct list waiting;
	int64_t hurry_until_us; /* monotonic */
};

void follower_waits_init(struct follower_waits *waits);
/* This broker leads more than before; monotonic microseconds. */
void follower_waits_hurry(struct follower_waits *waits, int64_t now_us);
/* Until when a Fetch that may wait until `deadline_us` does wait. */
int64_t follower_waits_deadline(const struct follower_waits *waits, int64_t now_us,
    int64_t deadline_us);
void follower_waits_add(struct follower_waits *waits, struct follower_wait *wait);
/* Also when it does not wait. */
void follower_waits_remove(struct follower_wait *wait);

#endif
