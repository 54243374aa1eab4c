/*
 * base/persistent_map.c: an AVL tree whose nodes are counted. A change copies
 * the nodes of its path, save those that nobody else holds: these are changed
 * in place, so that a map which is built alone costs no copies.
 */
#include "base/persistent_map.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/memory.h"

struct persistent_map {
	struct counted counted;
	struct persistent_map *left;
	struct persistent_map *right;
	struct slice key; /* in the value */
	struct counted *value;
	size_t count;
	int height;
};

static void
node_free(struct counted *counted)
{
	struct persistent_map *node = container_of(counted, struct persistent_map, counted);

	persistent_map_release(node->left);
	persistent_map_release(node->right);
	counted_release(node->value);
	free(node);
}

struct persistent_map *
persistent_map_hold(struct persistent_map *map)
{
	if (map != NULL)
		counted_hold(&map->counted);
	return map;
}

void
persistent_map_release(struct persistent_map *map)
{
	counted_release(map == NULL ? NULL : &map->counted);
}

size_t
persistent_map_count(const struct persistent_map *map)
{
	return map == NULL ? 0 : map->count;
}

struct counted *
persistent_map_find(const struct persistent_map *map, struct slice key)
{
	while (map != NULL) {
		int order = slice_compare(key, map->key);

		if (order == 0)
			return map->value;
		map = order < 0 ? map->left : map->right;
	}
	return NULL;
}

/* Takes `value`. */
static struct persistent_map *
leaf_new(struct slice key, struct counted *value)
{
	struct persistent_map *node = memory_new(sizeof(*node));

	counted_init(&node->counted, node_free);
	node->key = key;
	node->value = value;
	node->count = 1;
	node->height = 1;
	return node;
}

/*
 * Takes `node`; the same content in a node that may be changed. Who holds the
 * last share is alone with it: another thread could only have got a share from
 * one that is still held. The order of the load makes what those who let go
 * had read precede our change.
 */
static struct persistent_map *
take_own(struct persistent_map *node)
{
	if (atomic_load_explicit(&node->counted.holders, memory_order_acquire) == 1)
		return node;
	counted_hold(node->value);
	struct persistent_map *copy = leaf_new(node->key, node->value);
	copy->left = persistent_map_hold(node->left);
	copy->right = persistent_map_hold(node->right);
	copy->count = node->count;
	copy->height = node->height;
	persistent_map_release(node);
	return copy;
}

static int
height_of(const struct persistent_map *node)
{
	return node == NULL ? 0 : node->height;
}

static void
measure(struct persistent_map *node)
{
	int left = height_of(node->left);
	int right = height_of(node->right);

	node->height = (left > right ? left : right) + 1;
	node->count = persistent_map_count(node->left) + persistent_map_count(node->right) + 1;
}

/* Its left child, which is there, becomes the root. Both must be our own. */
static struct persistent_map *
rotate_right(struct persistent_map *node)
{
	struct persistent_map *root = node->left;

	node->left = root->right;
	root->right = node;
	measure(node);
	measure(root);
	return root;
}

static struct persistent_map *
rotate_left(struct persistent_map *node)
{
	struct persistent_map *root = node->right;

	node->right = root->left;
	root->left = node;
	measure(node);
	measure(root);
	return root;
}

static struct persistent_map *
lower_left(struct persistent_map *node)
{
	node->left = take_own(node->left);
	if (height_of(node->left->left) < height_of(node->left->right)) {
		node->left->right = take_own(node->left->right);
		node->left = rotate_left(node->left);
	}
	return rotate_right(node);
}

static struct persistent_map *
lower_right(struct persistent_map *node)
{
	node->right = take_own(node->right);
	if (height_of(node->right->right) < height_of(node->right->left)) {
		node->right->left = take_own(node->right->left);
		node->right = rotate_right(node->right);
	}
	return rotate_left(node);
}

/* Of a node of our own, one of whose children has grown or shrunk by one. */
static struct persistent_map *
balance(struct persistent_map *node)
{
	int left = height_of(node->left);
	int right = height_of(node->right);

	if (left > right + 1)
		return lower_left(node);
	if (right > left + 1)
		return lower_right(node);
	measure(node);
	return node;
}

struct persistent_map *
persistent_map_take_with(struct persistent_map *map, struct slice key, struct counted *value)
{
	assert(value != NULL);
	if (map == NULL)
		return leaf_new(key, value);
	map = take_own(map);

	int order = slice_compare(key, map->key);

	if (order == 0) {
		counted_release(map->value);
		map->key = key;
		map->value = value;
		return map;
	}
	if (order < 0)
		map->left = persistent_map_take_with(map->left, key, value);
	else
		map->right = persistent_map_take_with(map->right, key, value);
	return balance(map);
}

/* Takes `map`, which is not empty; `*first` is its first node alone, our own. */
static struct persistent_map *
take_without_first(struct persistent_map *map, struct persistent_map **first)
{
	map = take_own(map);
	if (map->left == NULL) {
		struct persistent_map *rest = map->right;

		map->right = NULL;
		*first = map;
		return rest;
	}
	map->left = take_without_first(map->left, first);
	return balance(map);
}

/* Takes both; all keys of `left` are below those of `right`. */
static struct persistent_map *
take_joined(struct persistent_map *left, struct persistent_map *right)
{
	struct persistent_map *root;

	if (left == NULL)
		return right;
	if (right == NULL)
		return left;
	right = take_without_first(right, &root);
	root->left = left;
	root->right = right;
	return balance(root);
}

/* The key is there. */
static struct persistent_map *
take_removed(struct persistent_map *map, struct slice key)
{
	map = take_own(map);

	int order = slice_compare(key, map->key);

	if (order == 0) {
		struct persistent_map *joined = take_joined(map->left, map->right);

		map->left = NULL;
		map->right = NULL;
		persistent_map_release(map);
		return joined;
	}
	if (order < 0)
		map->left = take_removed(map->left, key);
	else
		map->right = take_removed(map->right, key);
	return balance(map);
}

struct persistent_map *
persistent_map_take_without(struct persistent_map *map, struct slice key)
{
	if (persistent_map_find(map, key) == NULL)
		return map;
	return take_removed(map, key);
}

static void
push_left_spine(struct persistent_map_walk *walk, const struct persistent_map *map)
{
	for (; map != NULL; map = map->left) {
		assert(walk->depth < PERSISTENT_MAP_DEPTH_MAX);
		walk->stack[walk->depth++] = map;
	}
}

void
persistent_map_walk_init(struct persistent_map_walk *walk, const struct persistent_map *map)
{
	walk->depth = 0;
	push_left_spine(walk, map);
}

struct counted *
persistent_map_walk_next(struct persistent_map_walk *walk)
{
	if (walk->depth == 0)
		return NULL;
	const struct persistent_map *node = walk->stack[--walk->depth];
	push_left_spine(walk, node->right);
	return node->value;
}
