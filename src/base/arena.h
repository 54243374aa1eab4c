/*
 * base/arena.h: memory that lives as long as one request. Allocation is a
 * bump of a pointer; all of it is freed at once. The cap is an ordinary error
 * (NULL), so that no peer makes the broker allocate without a limit.
 */
#ifndef KLAMM_BASE_ARENA_H
#define KLAMM_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t used;                /* bytes handed out */
	size_t cap;                 /* bytes that may be handed out */
};

void arena_init(struct arena *arena, size_t cap);
void arena_fini(struct arena *arena);

/* Zeroed, aligned for any type; NULL when the cap would be passed. */
void *arena_new(struct arena *arena, size_t size);
/* The same for an array; an overflowing product is like a passed cap. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/* A copy of `size` bytes with a terminating zero; NULL at the cap. */
char *arena_text(struct arena *arena, const void *bytes, size_t size);

#endif
