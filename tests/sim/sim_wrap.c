/*
 * The linker sends malloc and its kin here (--wrap), in the program `sim`
 * only. See sim_memory.h.
 */
#include <stddef.h>
#include <stdlib.h>

#include "tests/sim/sim_memory.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

void *
__wrap_malloc(size_t size)
{
	void *block = __real_malloc(size);

	sim_memory_remember(block);
	return block;
}

void *
__wrap_calloc(size_t count, size_t size)
{
	void *block = __real_calloc(count, size);

	sim_memory_remember(block);
	return block;
}

void *
__wrap_realloc(void *block, size_t size)
{
	struct sim_memory *owner;
	void *resized;

	if (block == NULL)
		return __wrap_malloc(size);
	/* What was nobody's stays so: the event heap grows while processes run. */
	owner = sim_memory_forget(block);
	resized = __real_realloc(block, size);
	sim_memory_remember_for(resized != NULL || size == 0 ? resized : block, owner);
	return resized;
}

void
__wrap_free(void *block)
{
	sim_memory_forget(block);
	__real_free(block);
}
