#include "base/heap.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

void
heap_init(struct heap *heap)
{
	*heap = (struct heap){ 0 };
}

void
heap_fini(struct heap *heap)
{
	free(heap->nodes);
	heap_init(heap);
}

static bool
before(const struct heap_node *a, const struct heap_node *b)
{
	return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static void
put(struct heap *heap, size_t place, struct heap_node *node)
{
	heap->nodes[place - 1] = node;
	node->place = place;
}

static void
sift_up(struct heap *heap, struct heap_node *node)
{
	size_t place = node->place;

	while (place > 1 && before(node, heap->nodes[place / 2 - 1])) {
		put(heap, place, heap->nodes[place / 2 - 1]);
		place /= 2;
	}
	put(heap, place, node);
}

static void
sift_down(struct heap *heap, struct heap_node *node)
{
	size_t place = node->place;

	for (;;) {
		size_t child = place * 2;

		if (child > heap->count)
			break;
		if (child < heap->count && before(heap->nodes[child], heap->nodes[child - 1]))
			child++;
		if (!before(heap->nodes[child - 1], node))
			break;
		put(heap, place, heap->nodes[child - 1]);
		place = child;
	}
	put(heap, place, node);
}

void
heap_insert(struct heap *heap, struct heap_node *node, int64_t key)
{
	assert(node->place == 0);
	if (heap->count == heap->capacity) {
		heap->capacity = heap->capacity == 0 ? 16 : heap->capacity * 2;
		heap->nodes = memory_resize(heap->nodes, heap->capacity * sizeof(*heap->nodes));
	}
	node->key = key;
	node->order = heap->next_order++;
	put(heap, ++heap->count, node);
	sift_up(heap, node);
}

struct heap_node *
heap_first(const struct heap *heap)
{
	return heap->count == 0 ? NULL : heap->nodes[0];
}

void
heap_remove(struct heap *heap, struct heap_node *node)
{
	struct heap_node *last;

	assert(node->place != 0 && node->place <= heap->count);
	assert(heap->nodes[node->place - 1] == node);
	last = heap->nodes[--heap->count];
	if (last != node) {
		put(heap, node->place, last);
		sift_up(heap, last);
		sift_down(heap, last);
	}
	node->place = 0;
}
