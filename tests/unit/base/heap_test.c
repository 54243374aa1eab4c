#include "base/heap.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "base/macros.h"
#include "base/prng.h"

Test(heap, begins_empty)
{
	struct heap heap;

	heap_init(&heap);
	cr_expect_null(heap_first(&heap));
	heap_fini(&heap);
}

Test(heap, gives_the_smallest_key_first)
{
	static const int64_t keys[] = { 5, INT64_MAX, -3, 0, INT64_MIN, 9, 5 };
	static const int64_t sorted[] = { INT64_MIN, -3, 0, 5, 5, 9, INT64_MAX };
	struct heap_node nodes[ARRAY_LENGTH(keys)] = { 0 };
	struct heap heap;

	heap_init(&heap);
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
		heap_insert(&heap, &nodes[i], keys[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		cr_expect_eq(heap_first(&heap)->key, sorted[i]);
		heap_remove(&heap, heap_first(&heap));
	}
	cr_expect_null(heap_first(&heap));
	heap_fini(&heap);
}

Test(heap, equal_keys_leave_in_the_order_in_which_they_came)
{
	enum { COUNT = 100 };
	struct heap_node nodes[COUNT] = { 0 };
	struct heap heap;

	heap_init(&heap);
	for (int i = 0; i < COUNT; i++)
		heap_insert(&heap, &nodes[i], 7);
	/* Who leaves and comes back stands at the end again. */
	heap_remove(&heap, &nodes[0]);
	heap_insert(&heap, &nodes[0], 7);
	for (int i = 1; i <= COUNT; i++) {
		cr_expect_eq(heap_first(&heap), &nodes[i % COUNT]);
		heap_remove(&heap, heap_first(&heap));
	}
	heap_fini(&heap);
}

Test(heap, a_node_knows_whether_it_is_queued)
{
	struct heap_node node = { 0 };
	struct heap heap;

	heap_init(&heap);
	cr_expect_not(heap_contains(&node));
	heap_insert(&heap, &node, 1);
	cr_expect(heap_contains(&node));
	heap_remove(&heap, &node);
	cr_expect_not(heap_contains(&node));
	heap_insert(&heap, &node, 2);
	cr_expect_eq(heap_first(&heap), &node);
	heap_fini(&heap);
}

Test(heap, does_not_queue_a_node_twice, .signal = SIGABRT)
{
	struct heap_node node = { 0 };
	struct heap heap;

	heap_init(&heap);
	heap_insert(&heap, &node, 1);
	heap_insert(&heap, &node, 2);
}

Test(heap, does_not_remove_a_node_that_is_not_queued, .signal = SIGABRT)
{
	struct heap_node node = { 0 }, other = { 0 };
	struct heap heap;

	heap_init(&heap);
	heap_insert(&heap, &other, 1);
	heap_remove(&heap, &node);
}

Test(heap, does_not_remove_from_an_empty_heap, .signal = SIGABRT)
{
	struct heap_node node = { 0 };
	struct heap heap;

	heap_init(&heap);
	heap_remove(&heap, &node);
}

Test(heap, does_not_remove_a_node_of_another_heap, .signal = SIGABRT)
{
	struct heap_node nodes[40] = { 0 }, lonely = { 0 };
	struct heap heap, other;

	heap_init(&heap);
	heap_init(&other);
	for (size_t i = 0; i < ARRAY_LENGTH(nodes); i++)
		heap_insert(&heap, &nodes[i], (int64_t)i);
	heap_insert(&other, &lonely, 0);
	heap_remove(&other, &nodes[39]);
}

/* The model: nodes in a plain array, in the order in which they came. */
enum { NODES = 300 };

struct model {
	struct heap_node nodes[NODES];
	struct heap_node *queued[NODES];
	size_t count;
};

static struct heap_node *
model_first(const struct model *model)
{
	struct heap_node *first = NULL;

	for (size_t i = 0; i < model->count; i++) {
		if (first == NULL || model->queued[i]->key < first->key)
			first = model->queued[i];
	}
	return first;
}

static void
model_remove(struct model *model, const struct heap_node *node)
{
	size_t at = 0;

	while (model->queued[at] != node)
		at++;
	model->count--;
	for (; at < model->count; at++)
		model->queued[at] = model->queued[at + 1];
}

static void
one_random_operation(struct heap *heap, struct model *model, struct prng *prng)
{
	struct heap_node *node = &model->nodes[prng_below(prng, NODES)];

	if (!heap_contains(node)) {
		heap_insert(heap, node, prng_between(prng, -20, 20));
		model->queued[model->count++] = node;
		return;
	}
	if (prng_chance(prng, 1, 3))
		node = heap_first(heap);
	heap_remove(heap, node);
	model_remove(model, node);
}

Test(heap, agrees_with_a_sorted_model_through_random_operations)
{
	static struct model model;
	struct prng prng;
	struct heap heap;

	prng_init(&prng, 2);
	heap_init(&heap);
	for (int i = 0; i < 20000; i++) {
		one_random_operation(&heap, &model, &prng);
		cr_assert_eq(heap.count, model.count);
		cr_assert_eq(heap_first(&heap), model_first(&model));
	}
	cr_assert_gt(model.count, 0);
	while (model.count > 0) {
		struct heap_node *first = heap_first(&heap);

		cr_assert_eq(first, model_first(&model));
		heap_remove(&heap, first);
		model_remove(&model, first);
	}
	cr_assert_null(heap_first(&heap));
	heap_fini(&heap);
}
