/*
 * world/workers.h: threads for what blocks: sync, cold reads, recovery,
 * deletion, name look-ups. A result comes back as a message to a loop.
 */
#ifndef KLAMM_WORLD_WORKERS_H
#define KLAMM_WORLD_WORKERS_H

#include "world/loop.h"

/* Embedded in a piece of work; the submitter's until `done` was called. */
struct work {
	struct mailbox_node node;
	struct loop *loop;                /* where `done` runs */
	void (*run)(struct work *work);   /* on a worker; may block */
	void (*done)(struct work *work);  /* on the loop; may free the work */
	struct loop_message finished;
	void *queue;                      /* pieces with one queue (not NULL) run in order, one at a time */
};

struct workers {
	void (*submit)(struct workers *workers, struct work *work);
};

/* Any thread. */
static inline void
workers_submit(struct workers *workers, struct work *work)
{
	workers->submit(workers, work);
}

#endif
