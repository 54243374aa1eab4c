/*
 * api/names.h: names in the lists of a request: which come twice, and where an
 * answer of another room tells of one. Pure.
 */
#ifndef KLAMM_API_NAMES_H
#define KLAMM_API_NAMES_H

#include "api/request.h"

enum name_repeat {
	NAME_ONCE,
	NAME_FIRST, /* of several that are equal */
	NAME_AGAIN,
};

/* One mark for each name, in the arena. Null equals null. */
const uint8_t *names_repeats(struct request *request, const struct slice *names, size_t count);

/* Items with a name in them, as arrays of messages are. */
struct named_items {
	const void *items;
	size_t count;
	size_t size;        /* of an item */
	size_t name_offset; /* of its struct slice */
	size_t next;        /* where to look first; 0 to begin with */
};
/*
 * The item of that name; NULL when there is none. One step where the order is
 * that of the questions.
 */
const void *named_items_find(struct named_items *items, struct slice name);

#endif
