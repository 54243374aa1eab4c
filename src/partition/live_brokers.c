#include "partition/live_brokers.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"

enum { EMPTY = -1, CHUNK = 32 };

/* Never taken away while the set lives, so that a reader may stand in any of them. */
struct chunk {
	_Atomic(int32_t) ids[CHUNK];
	_Atomic(struct chunk *) next;
};

struct live_brokers {
	struct chunk first;
};

static void
chunk_init(struct chunk *chunk)
{
	for (int i = 0; i < CHUNK; i++)
		atomic_init(&chunk->ids[i], EMPTY);
	atomic_init(&chunk->next, NULL);
}

static struct chunk *
next_of(const struct chunk *chunk)
{
	return atomic_load_explicit(&chunk->next, memory_order_acquire);
}

struct live_brokers *
live_brokers_new(void)
{
	struct live_brokers *brokers = memory_new(sizeof(*brokers));

	chunk_init(&brokers->first);
	return brokers;
}

void
live_brokers_free(struct live_brokers *brokers)
{
	struct chunk *next;

	if (brokers == NULL)
		return;
	for (struct chunk *chunk = next_of(&brokers->first); chunk != NULL; chunk = next) {
		next = next_of(chunk);
		free(chunk);
	}
	free(brokers);
}

static bool
is_among(const int32_t *ids, size_t count, int32_t id)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static void
add(struct live_brokers *brokers, int32_t id)
{
	struct chunk *chunk = &brokers->first;

	for (;;) {
		for (int i = 0; i < CHUNK; i++) {
			if (atomic_load_explicit(&chunk->ids[i], memory_order_relaxed) != EMPTY)
				continue;
			atomic_store_explicit(&chunk->ids[i], id, memory_order_release);
			return;
		}
		if (next_of(chunk) == NULL) {
			struct chunk *more = memory_new(sizeof(*more));

			chunk_init(more);
			atomic_store_explicit(&chunk->next, more, memory_order_release);
		}
		chunk = next_of(chunk);
	}
}

bool
live_brokers_set(struct live_brokers *brokers, const int32_t *ids, size_t count)
{
	bool is_one_gone = false;

	for (struct chunk *chunk = &brokers->first; chunk != NULL; chunk = next_of(chunk))
		for (int i = 0; i < CHUNK; i++) {
			int32_t id = atomic_load_explicit(&chunk->ids[i], memory_order_relaxed);

			if (id == EMPTY || is_among(ids, count, id))
				continue;
			atomic_store_explicit(&chunk->ids[i], EMPTY, memory_order_release);
			is_one_gone = true;
		}
	for (size_t i = 0; i < count; i++)
		if (ids[i] >= 0 && !live_brokers_contains(brokers, ids[i]))
			add(brokers, ids[i]);
	return is_one_gone;
}

bool
live_brokers_contains(const struct live_brokers *brokers, int32_t id)
{
	if (id < 0)
		return false;
	for (const struct chunk *chunk = &brokers->first; chunk != NULL; chunk = next_of(chunk))
		for (int i = 0; i < CHUNK; i++)
			if (atomic_load_explicit(&chunk->ids[i], memory_order_acquire) == id)
				return true;
	return false;
}
