/*
 * api/fetch_session_cache.h: the fetch sessions of one loop's connections. A
 * session stays with the loop that made it, so that nothing of it is locked: a
 * client that comes back on a connection of another loop finds none, as after
 * an eviction, and makes a new one (KIP-227 has it so at any time). Pure.
 *
 * There are slots for so many. A newcomer takes the place of one that was not
 * used for two minutes; else of one that is worth less: who is no follower is
 * worth less than who is one, and fewer partitions less than more. Who is
 * younger than two minutes makes room only for a follower, and none if it is one.
 */
#ifndef KLAMM_API_FETCH_SESSION_CACHE_H
#define KLAMM_API_FETCH_SESSION_CACHE_H

#include "api/fetch_session.h"
#include "base/prng.h"

enum {
	FETCH_SESSION_IDLE_US = 120 * 1000 * 1000,
	/* Of all sessions of all caches together: beyond it none is made. */
	FETCH_SESSION_ALL_PARTITIONS_MAX = 1000 * 1000,
};

struct fetch_session_cache {
	size_t slots;
	size_t partitions, partitions_max; /* of all sessions */
	struct hash_table by_id;
	struct list by_use;      /* the least recently used one first */
	struct prng prng;        /* of ids */
};

/* `number` of `count` caches, which share the slots. The seed is random. */
struct fetch_session_cache *fetch_session_cache_new(size_t slots, int number, int count,
    uint64_t seed);
/* No session is in use. NULL is none. */
void fetch_session_cache_free(struct fetch_session_cache *cache);
static inline size_t
fetch_session_cache_count(const struct fetch_session_cache *cache)
{
	return cache->by_id.count;
}

/* NULL: there is none with this id. */
struct fetch_session *fetch_session_cache_find(const struct fetch_session_cache *cache, int32_t id);
/*
 * It was used now, and may have another number of partitions than before.
 * False: all have too many now, and it is to be removed.
 */
bool fetch_session_cache_touch(struct fetch_session_cache *cache, struct fetch_session *session,
    int64_t now_us);
/* Whether one with so many partitions gets a place; somebody may have lost it then. */
bool fetch_session_cache_make_room(struct fetch_session_cache *cache, bool is_privileged,
    size_t partitions, int64_t now_us);
/* Takes the session, for which there is room, and gives it an id. */
void fetch_session_cache_add(struct fetch_session_cache *cache, struct fetch_session *session,
    int64_t now_us);
/* Nobody finds it any more; it is freed, when it is not in use any more. */
void fetch_session_cache_remove(struct fetch_session_cache *cache, struct fetch_session *session);
/* The request in progress has ended that had it. */
void fetch_session_cache_give_back(struct fetch_session *session);

#endif
