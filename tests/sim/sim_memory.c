#include "tests/sim/sim_memory.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"

/*
 * Open addressing by the block's address. The order in it never shows: blocks
 * are only looked up, and freed all at once.
 */
struct entry {
	void *block;
	struct sim_memory *owner;
};

static struct entry *table;
static size_t capacity; /* a power of two */
static size_t used;
static struct sim_memory *current;

struct sim_memory *
sim_memory_enter(struct sim_memory *owner)
{
	struct sim_memory *before = current;

	current = owner;
	return before;
}

static size_t
place_of(const void *block)
{
	uint64_t hash = (uint64_t)(uintptr_t)block * 0x9e3779b97f4a7c15;

	return (size_t)(hash >> 20) & (capacity - 1);
}

static void
put(void *block, struct sim_memory *owner)
{
	size_t place = place_of(block);

	while (table[place].block != NULL)
		place = (place + 1) & (capacity - 1);
	table[place] = (struct entry){ block, owner };
}

static void
grow(void)
{
	struct sim_memory *owner = sim_memory_enter(NULL);
	struct entry *old = table;
	size_t old_capacity = capacity;

	capacity = capacity == 0 ? 1024 : capacity * 2;
	table = memory_array(capacity, sizeof(*table));
	for (size_t i = 0; i < old_capacity; i++) {
		if (old[i].block != NULL)
			put(old[i].block, old[i].owner);
	}
	free(old);
	sim_memory_enter(owner);
}

void
sim_memory_remember_for(void *block, struct sim_memory *owner)
{
	if (owner == NULL || block == NULL)
		return;
	if (used * 2 >= capacity)
		grow();
	put(block, owner);
	used++;
	owner->blocks++;
}

void
sim_memory_remember(void *block)
{
	sim_memory_remember_for(block, current);
}

/* Closes the gap, so that look-ups may stop at the first empty place. */
static void
take_out(size_t gap)
{
	size_t place = gap;

	for (;;) {
		size_t wanted;

		place = (place + 1) & (capacity - 1);
		if (table[place].block == NULL)
			break;
		wanted = place_of(table[place].block);
		if (((place - wanted) & (capacity - 1)) >= ((place - gap) & (capacity - 1))) {
			table[gap] = table[place];
			gap = place;
		}
	}
	table[gap] = (struct entry){ NULL, NULL };
}

struct sim_memory *
sim_memory_forget(void *block)
{
	size_t place;

	if (used == 0 || block == NULL)
		return NULL;
	for (place = place_of(block); table[place].block != NULL; place = (place + 1) & (capacity - 1)) {
		if (table[place].block == block) {
			struct sim_memory *owner = table[place].owner;

			take_out(place);
			used--;
			owner->blocks--;
			return owner;
		}
	}
	return NULL;
}

void
sim_memory_free_all(struct sim_memory *owner)
{
	size_t count = owner->blocks, found = 0;
	void **blocks;

	assert(current != owner);
	if (count == 0)
		return;
	blocks = sim_memory_new(count * sizeof(*blocks));
	for (size_t i = 0; i < capacity; i++) {
		if (table[i].block != NULL && table[i].owner == owner)
			blocks[found++] = table[i].block;
	}
	assert(found == count);
	for (size_t i = 0; i < count; i++)
		free(blocks[i]);
	free(blocks);
	assert(owner->blocks == 0);
}

void *
sim_memory_new(size_t size)
{
	struct sim_memory *owner = sim_memory_enter(NULL);
	void *memory = memory_new(size);

	sim_memory_enter(owner);
	return memory;
}

void *
sim_memory_resize(void *memory, size_t size)
{
	struct sim_memory *owner = sim_memory_enter(NULL);

	memory = memory_resize(memory, size);
	sim_memory_enter(owner);
	return memory;
}
