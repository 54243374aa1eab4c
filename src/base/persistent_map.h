/*
 * base/persistent_map.h: an immutable map from bytes to counted values. A
 * change gives a new map that shares all but one path with the old one, so
 * that an image of 100,000 topics is published for the price of one. Any
 * thread may read a map that it holds.
 *
 * NULL is the empty map everywhere. Keys lie in their values (the map borrows
 * them), so a value under a key must hold the same bytes for its whole life.
 * Iteration is in the order of bytes, whatever the history.
 */
#ifndef KLAMM_BASE_PERSISTENT_MAP_H
#define KLAMM_BASE_PERSISTENT_MAP_H

#include <stdbool.h>

#include "base/counted.h"
#include "base/slice.h"

struct persistent_map;

/* Another holder of the same map; gives `map` back. */
struct persistent_map *persistent_map_hold(struct persistent_map *map);
void persistent_map_release(struct persistent_map *map);

size_t persistent_map_count(const struct persistent_map *map);
/* Borrowed from the map; NULL when it is not there. */
struct counted *persistent_map_find(const struct persistent_map *map, struct slice key);

/*
 * Take `map` and `value` (their holders' shares go into the result), which
 * replaces a value under the same key. `key` lies in `value`.
 */
struct persistent_map *persistent_map_take_with(struct persistent_map *map, struct slice key,
    struct counted *value);
/* Takes `map`; the same map when the key is not there. */
struct persistent_map *persistent_map_take_without(struct persistent_map *map, struct slice key);

/* A walk in ascending order, over a map that is held meanwhile. */
enum { PERSISTENT_MAP_DEPTH_MAX = 64 };
struct persistent_map_walk {
	const struct persistent_map *stack[PERSISTENT_MAP_DEPTH_MAX];
	int depth;
};
void persistent_map_walk_init(struct persistent_map_walk *walk, const struct persistent_map *map);
/* NULL after the last one. */
struct counted *persistent_map_walk_next(struct persistent_map_walk *walk);

#endif
