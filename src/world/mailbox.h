/*
 * world/mailbox.h: lock-free queue, many writers, one reader. Nodes are
 * embedded in what is queued. One writer's nodes keep their order.
 */
#ifndef KLAMM_WORLD_MAILBOX_H
#define KLAMM_WORLD_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct mailbox_node {
	_Atomic(struct mailbox_node *) next;
};

struct mailbox {
	_Atomic(struct mailbox_node *) newest;
	struct mailbox_node *oldest; /* the reader's */
	struct mailbox_node stub;
};

void mailbox_init(struct mailbox *mailbox);
/* Any thread. */
void mailbox_put(struct mailbox *mailbox, struct mailbox_node *node);
/*
 * The reader: the oldest node, NULL when there is none or when a writer is
 * between its two steps; mailbox_is_empty() tells which.
 */
struct mailbox_node *mailbox_take(struct mailbox *mailbox);

/* The reader: the oldest node that it can see, left in place; NULL: none. */
static inline struct mailbox_node *
mailbox_peek(struct mailbox *mailbox)
{
	if (mailbox->oldest != &mailbox->stub)
		return mailbox->oldest;
	return atomic_load_explicit(&mailbox->stub.next, memory_order_acquire);
}

/* The reader; false also while a writer is between its two steps. */
static inline bool
mailbox_is_empty(struct mailbox *mailbox)
{
	return mailbox->oldest == &mailbox->stub &&
	    atomic_load_explicit(&mailbox->newest, memory_order_acquire) == &mailbox->stub;
}

#endif
