/*
 * base/heap.h: intrusive binary heap, smallest key first; equal keys leave in
 * the order in which they came, so that runs can be replayed.
 */
#ifndef KLAMM_BASE_HEAP_H
#define KLAMM_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded in what is queued. Zeroed memory is a node outside any heap. */
struct heap_node {
	int64_t key;
	uint64_t order;
	size_t place; /* index + 1; 0 outside a heap */
};

struct heap {
	struct heap_node **nodes;
	size_t count;
	size_t capacity;
	uint64_t next_order;
};

void heap_init(struct heap *heap);
/* Frees the heap's own memory; nodes are the caller's. */
void heap_fini(struct heap *heap);
/* The node must be outside any heap. */
void heap_insert(struct heap *heap, struct heap_node *node, int64_t key);
/* The node with the smallest key, left in place; NULL when empty. */
struct heap_node *heap_first(const struct heap *heap);
/* The node must be in this heap. */
void heap_remove(struct heap *heap, struct heap_node *node);

static inline bool
heap_contains(const struct heap_node *node)
{
	return node->place != 0;
}

#endif
