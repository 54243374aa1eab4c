/*
 * base/memory.h: allocation that does not fail: when the system has no memory
 * left the process ends (style section 4), which the log survives as a kill.
 */
#ifndef KLAMM_BASE_MEMORY_H
#define KLAMM_BASE_MEMORY_H

#include <stddef.h>

/* Zeroed memory, freed with free(). */
void *memory_new(size_t size);
/* Zeroed array; `count * size` may not overflow. */
void *memory_array(size_t count, size_t size);
/* Grown or shrunk; the new part is not set. `memory` may be NULL. */
void *memory_resize(void *memory, size_t size);
/* A terminated copy of `size` bytes, freed with free(). */
char *memory_text(const void *bytes, size_t size);

#endif
