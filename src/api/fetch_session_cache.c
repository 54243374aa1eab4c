#include "api/fetch_session_cache.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

static bool
id_matches(const struct hash_node *node, const void *key)
{
	return container_of(node, const struct fetch_session, by_id)->id == *(const int32_t *)key;
}

static uint64_t
hash_of(const struct fetch_session_cache *it, int32_t id)
{
	return hash_table_hash(&it->by_id, slice_of(&id, sizeof(id)));
}

struct fetch_session_cache *
fetch_session_cache_new(size_t slots, int number, int count, uint64_t seed)
{
	struct fetch_session_cache *it = memory_new(sizeof(*it));
	uint64_t seeds[2];

	assert(number >= 0 && number < count);
	it->slots = slots / (size_t)count + ((size_t)number < slots % (size_t)count);
	it->partitions_max = (size_t)FETCH_SESSION_ALL_PARTITIONS_MAX / (size_t)count;
	prng_init(&it->prng, seed);
	seeds[0] = prng_next(&it->prng);
	seeds[1] = prng_next(&it->prng);
	list_init(&it->by_use);
	hash_table_init(&it->by_id, seeds, id_matches);
	return it;
}

void
fetch_session_cache_free(struct fetch_session_cache *it)
{
	if (it == NULL)
		return;
	LIST_FOREACH(link, &it->by_use) {
		struct fetch_session *session = container_of(link, struct fetch_session, by_use);

		assert(!session->is_in_use);
		fetch_session_cache_remove(it, session);
	}
	hash_table_fini(&it->by_id);
	free(it);
}

struct fetch_session *
fetch_session_cache_find(const struct fetch_session_cache *it, int32_t id)
{
	struct hash_node *node = hash_table_find(&it->by_id, hash_of(it, id), &id);

	return node == NULL ? NULL : container_of(node, struct fetch_session, by_id);
}

bool
fetch_session_cache_touch(struct fetch_session_cache *it, struct fetch_session *session,
    int64_t now_us)
{
	it->partitions -= session->cached_count;
	session->cached_count = fetch_session_count(session);
	it->partitions += session->cached_count;
	session->used_us = now_us;
	list_remove(&session->by_use);
	list_append(&it->by_use, &session->by_use);
	return it->partitions <= it->partitions_max;
}

/* ------------------------------------------------------------------- places */

/* Of two, by what they are worth, then by age of their ids, so that there is an order. */
static bool
is_worth_less(const struct fetch_session *one, const struct fetch_session *other)
{
	if (one->is_privileged != other->is_privileged)
		return other->is_privileged;
	if (one->cached_count != other->cached_count)
		return one->cached_count < other->cached_count;
	return one->id < other->id;
}

static bool
may_lose_its_place(const struct fetch_session *session, bool to_privileged, int64_t now_us)
{
	return now_us - session->created_us > FETCH_SESSION_IDLE_US ||
	    (to_privileged && !session->is_privileged);
}

/* The one that is worth least; NULL: all keep their places. */
static struct fetch_session *
find_cheapest(const struct fetch_session_cache *it, bool to_privileged, int64_t now_us)
{
	struct fetch_session *cheapest = NULL;

	LIST_FOREACH(link, &it->by_use) {
		struct fetch_session *session = container_of(link, struct fetch_session, by_use);

		if (may_lose_its_place(session, to_privileged, now_us) &&
		    (cheapest == NULL || is_worth_less(session, cheapest)))
			cheapest = session;
	}
	return cheapest;
}

static struct fetch_session *
find_victim(const struct fetch_session_cache *it, bool is_privileged, size_t partitions,
    int64_t now_us)
{
	struct fetch_session *oldest = container_of(it->by_use.next, struct fetch_session, by_use);
	struct fetch_session *cheapest;

	if (list_is_empty(&it->by_use))
		return NULL; /* there are no slots */
	if (now_us - oldest->used_us > FETCH_SESSION_IDLE_US)
		return oldest;
	cheapest = find_cheapest(it, is_privileged, now_us);
	if (cheapest == NULL || (cheapest->is_privileged && !is_privileged) ||
	    (cheapest->is_privileged == is_privileged && cheapest->cached_count >= partitions))
		return NULL;
	return cheapest;
}

bool
fetch_session_cache_make_room(struct fetch_session_cache *it, bool is_privileged,
    size_t partitions, int64_t now_us)
{
	struct fetch_session *victim;

	if (partitions > FETCH_SESSION_PARTITIONS_MAX ||
	    it->partitions + partitions > it->partitions_max)
		return false;
	if (fetch_session_cache_count(it) < it->slots)
		return true;
	victim = find_victim(it, is_privileged, partitions, now_us);
	if (victim == NULL)
		return false;
	fetch_session_cache_remove(it, victim);
	return true;
}

void
fetch_session_cache_add(struct fetch_session_cache *it, struct fetch_session *session,
    int64_t now_us)
{
	assert(!session->is_cached);
	do {
		session->id = (int32_t)(prng_next(&it->prng) & INT32_MAX);
	} while (session->id == FETCH_SESSION_NONE ||
	    fetch_session_cache_find(it, session->id) != NULL);
	session->is_cached = true;
	session->created_us = now_us;
	session->cached_count = 0;
	hash_table_insert(&it->by_id, &session->by_id, hash_of(it, session->id));
	(void)fetch_session_cache_touch(it, session, now_us); /* there is room, so it is true */
}

void
fetch_session_cache_remove(struct fetch_session_cache *it, struct fetch_session *session)
{
	assert(session->is_cached);
	session->is_cached = false;
	it->partitions -= session->cached_count;
	hash_table_remove(&it->by_id, &session->by_id);
	list_remove(&session->by_use);
	if (!session->is_in_use)
		fetch_session_free(session);
}

void
fetch_session_cache_give_back(struct fetch_session *session)
{
	assert(session->is_in_use);
	session->is_in_use = false;
	if (!session->is_cached)
		fetch_session_free(session);
}
