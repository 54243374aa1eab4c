#include "world/mailbox.h"

void
mailbox_init(struct mailbox *mailbox)
{
	*mailbox = (struct mailbox){ .newest = &mailbox->stub, .oldest = &mailbox->stub };
}

/* A writer that is stopped between its two steps hides its node and all newer ones. */
void
mailbox_put(struct mailbox *mailbox, struct mailbox_node *node)
{
	struct mailbox_node *before;

	atomic_store_explicit(&node->next, NULL, memory_order_relaxed);
	before = atomic_exchange_explicit(&mailbox->newest, node, memory_order_acq_rel);
	atomic_store_explicit(&before->next, node, memory_order_release);
}

/*
 * A node can be given away when it has a successor, since only then has the
 * next writer done with it; the stub is the successor of the newest one.
 */
struct mailbox_node *
mailbox_take(struct mailbox *mailbox)
{
	struct mailbox_node *oldest = mailbox_peek(mailbox);
	struct mailbox_node *next;

	if (oldest == NULL)
		return NULL;
	mailbox->oldest = oldest;
	next = atomic_load_explicit(&oldest->next, memory_order_acquire);
	if (next == NULL) {
		if (atomic_load_explicit(&mailbox->newest, memory_order_acquire) != oldest)
			return NULL;
		mailbox_put(mailbox, &mailbox->stub);
		next = atomic_load_explicit(&oldest->next, memory_order_acquire);
		if (next == NULL)
			return NULL; /* a writer came first; the stub stands behind its node */
	}
	mailbox->oldest = next;
	return oldest;
}
