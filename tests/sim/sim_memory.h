/*
 * tests/sim/sim_memory.h: whose memory it is. A simulated process that is
 * killed frees nothing by itself, so what it allocated is remembered under its
 * name and freed by the simulator. In the program `sim` the linker sends
 * malloc and its kin through here (--wrap); in programs that are linked
 * without that, nothing is remembered and nothing freed.
 */
#ifndef KLAMM_TESTS_SIM_SIM_MEMORY_H
#define KLAMM_TESTS_SIM_SIM_MEMORY_H

#include <stddef.h>

/* An owner; only its address counts. */
struct sim_memory {
	size_t blocks;
};

/* Allocations belong to `owner` from now on (NULL: nobody); the owner until now. */
struct sim_memory *sim_memory_enter(struct sim_memory *owner);
/* Frees all that the owner has. */
void sim_memory_free_all(struct sim_memory *owner);

/* For the simulated ends, which are called by processes: nobody's memory, zeroed. */
void *sim_memory_new(size_t size);
/* Nobody's; the new part is not set. */
void *sim_memory_resize(void *memory, size_t size);

/* For the wrappers. */
void sim_memory_remember(void *block);
/* The owner, NULL when the block is nobody's. */
struct sim_memory *sim_memory_forget(void *block);
void sim_memory_remember_for(void *block, struct sim_memory *owner);

#endif
