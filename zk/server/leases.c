#include "zk/server/leases.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash_table.h"
#include "base/memory.h"

struct lease {
	struct hash_node link;
	int64_t session;
	int64_t end_ms;
};

struct leases {
	struct hash_table table;
	int64_t tick_ms;
};

static bool
matches(const struct hash_node *link, const void *key)
{
	return container_of(link, const struct lease, link)->session == *(const int64_t *)key;
}

struct leases *
leases_new(const uint64_t seed[2], int64_t tick_ms)
{
	struct leases *leases = memory_new(sizeof(*leases));

	assert(tick_ms > 0);
	leases->tick_ms = tick_ms;
	hash_table_init(&leases->table, seed, matches);
	return leases;
}

void
leases_free(struct leases *leases)
{
	HASH_TABLE_FOREACH(link, &leases->table)
		free(container_of(hash_node_of(link), struct lease, link));
	hash_table_fini(&leases->table);
	free(leases);
}

static uint64_t
hash_of(const struct leases *leases, int64_t session)
{
	return hash_table_hash(&leases->table, slice_of(&session, sizeof(session)));
}

static struct lease *
find(const struct leases *leases, int64_t session)
{
	struct hash_node *link = hash_table_find(&leases->table, hash_of(leases, session), &session);

	return link == NULL ? NULL : container_of(link, struct lease, link);
}

void
leases_touch(struct leases *leases, int64_t session, int64_t timeout_ms, int64_t now_ms)
{
	struct lease *lease = find(leases, session);

	if (lease == NULL) {
		lease = memory_new(sizeof(*lease));
		lease->session = session;
		hash_table_insert(&leases->table, &lease->link, hash_of(leases, session));
	}
	lease->end_ms = ((now_ms + timeout_ms) / leases->tick_ms + 1) * leases->tick_ms;
}

static void
drop(struct leases *leases, struct lease *lease)
{
	hash_table_remove(&leases->table, &lease->link);
	free(lease);
}

void
leases_drop(struct leases *leases, int64_t session)
{
	struct lease *lease = find(leases, session);

	if (lease != NULL)
		drop(leases, lease);
}

int64_t
leases_take_ended(struct leases *leases, int64_t now_ms)
{
	HASH_TABLE_FOREACH(link, &leases->table) {
		struct lease *lease = container_of(hash_node_of(link), struct lease, link);
		int64_t session = lease->session;

		if (lease->end_ms > now_ms)
			continue;
		drop(leases, lease);
		return session;
	}
	return 0;
}

void
leases_prolong(struct leases *leases, int64_t by_ms)
{
	HASH_TABLE_FOREACH(link, &leases->table)
		container_of(hash_node_of(link), struct lease, link)->end_ms += by_ms;
}

size_t
leases_count(const struct leases *leases)
{
	return leases->table.count;
}
