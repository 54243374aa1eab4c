/*
 * controller/names.h: names of a request that comes from outside, and which of
 * them come more than once; in one pass, however many there are. Pure. Private.
 */
#ifndef KLAMM_CONTROLLER_NAMES_H
#define KLAMM_CONTROLLER_NAMES_H

#include "base/arena.h"
#include "base/hash_table.h"

struct names {
	struct hash_table table;
	struct arena *arena;
};

/* The seed keeps a client from choosing names that collide. */
void names_init(struct names *names, struct arena *arena, const uint64_t seed[2]);
void names_fini(struct names *names);
/* The name is borrowed. */
void names_add(struct names *names, struct slice name);
bool names_has_twice(const struct names *names, struct slice name);
bool names_has(const struct names *names, struct slice name);

#endif
