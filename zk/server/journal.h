/*
 * zk/server/journal.h: what has changed since the last bunch was taken to the
 * store, and how all comes back at the start. A machine: the bunch is made
 * here, the edge commits it.
 */
#ifndef KLAMM_ZK_JOURNAL_H
#define KLAMM_ZK_JOURNAL_H

#include "zk/server/requests.h"
#include "zk/server/store.h"

struct journal;

/* A bunch of changes; it owns its bytes. */
struct journal_bunch {
	struct store_change *changes;
	size_t count;
	struct buffer bytes;
};

/* Listens to the tree of `requests`, which outlives it. */
struct journal *journal_new(const uint64_t seed[2], struct requests *requests);
void journal_free(struct journal *journal);

/*
 * Fills `requests`, empty until now, from the store; `damage` says where it
 * stopped when the records are not such as journal_take makes them.
 */
NODISCARD enum error journal_load(struct journal *journal, struct store *store,
    char *damage, size_t damage_size);

/* A session has begun, has another timeout, or is gone. */
void journal_session_changed(struct journal *journal, int64_t session);
/* Whether there is anything that a client must not hear of before it is kept. */
bool journal_is_dirty(const struct journal *journal);
/* All that has changed, as it is now; nothing is dirty after it. */
void journal_take(struct journal *journal, struct journal_bunch *bunch);
void journal_bunch_fini(struct journal_bunch *bunch);

#endif
