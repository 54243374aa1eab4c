/* group/deadline.h: what is to happen at a time, in a heap of its owner's. Zeroed memory waits for nothing. */
#ifndef KLAMM_GROUP_DEADLINE_H
#define KLAMM_GROUP_DEADLINE_H

#include "base/heap.h"
#include "base/macros.h"

struct deadline {
	struct heap_node node;
	int kind; /* the owner's */
};

static inline bool
deadline_is_set(const struct deadline *deadline)
{
	return heap_contains(&deadline->node);
}

static inline void
deadline_clear(struct heap *heap, struct deadline *deadline)
{
	if (deadline_is_set(deadline))
		heap_remove(heap, &deadline->node);
}

static inline void
deadline_set(struct heap *heap, struct deadline *deadline, int64_t at_us)
{
	deadline_clear(heap, deadline);
	heap_insert(heap, &deadline->node, at_us);
}

/* INT64_MAX: nothing waits. */
static inline int64_t
deadline_first(const struct heap *heap)
{
	const struct heap_node *node = heap_first(heap);

	return node == NULL ? INT64_MAX : node->key;
}

/* Takes out one that is due; NULL: none is. */
static inline struct deadline *
deadline_take(struct heap *heap, int64_t now_us)
{
	struct heap_node *node = heap_first(heap);

	if (node == NULL || node->key > now_us)
		return NULL;
	heap_remove(heap, node);
	return container_of(node, struct deadline, node);
}

#endif
