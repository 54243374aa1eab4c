#include <stdlib.h>

#include "base/memory.h"
#include "zk/session_private.h"

/* The watches that an event goes to; those that were removed meanwhile are NULL. */
struct fired {
	struct list link; /* events inside events */
	struct zk_watch **watches;
	size_t count;
};

struct key {
	enum zk_watch_type type;
	struct slice path;
};

static struct zk_watch *
watch_of(const struct hash_node *node)
{
	return container_of(node, struct zk_watch, node);
}

static uint64_t
hash_of(const struct zk_session *it, const struct key *key)
{
	return hash_table_hash(&it->watches, key->path) + (uint64_t)key->type;
}

static bool
has_key(const struct zk_watch *watch, const struct key *key)
{
	return watch->type == key->type && slice_equal(watch->path, key->path);
}

static bool
matches(const struct hash_node *node, const void *key)
{
	return has_key(container_of(node, struct zk_watch, node), key);
}

void
session_watches_init(struct zk_session *it)
{
	uint64_t seed[2];

	entropy_fill(it->world->entropy, seed, sizeof(seed));
	hash_table_init(&it->watches, seed, matches);
	list_init(&it->firing);
}

bool
session_is_watched(const struct zk_session *it, enum zk_watch_type type, struct slice path)
{
	struct key key = { type, path };

	return hash_table_find(&it->watches, hash_of(it, &key), &key) != NULL;
}

static struct slice
strip(const struct zk_session *it, struct slice path)
{
	size_t root = strlen(it->connect.chroot);

	if (path.size < root)
		return path;
	return path.size == root ? slice_of_text("/") :
	    slice_of(path.bytes + root, path.size - root);
}

static struct fired
with_key(const struct zk_session *it, const struct key *key)
{
	struct hash_node *first = hash_table_find(&it->watches, hash_of(it, key), key);
	struct fired fired = { .count = 0 };

	for (struct hash_node *node = first; node != NULL; node = node->next)
		fired.count += has_key(watch_of(node), key);
	fired.watches = memory_array(MAX(fired.count, 1), sizeof(struct zk_watch *));
	fired.count = 0;
	for (struct hash_node *node = first; node != NULL; node = node->next)
		if (has_key(watch_of(node), key))
			fired.watches[fired.count++] = watch_of(node);
	return fired;
}

/* One that is told may remove itself, or others. */
void
session_watch_fired(struct zk_session *it, enum znode_event_type type, struct slice path)
{
	struct key key = { type == ZNODE_EVENT_CHILDREN_CHANGED ? ZK_WATCH_CHILDREN : ZK_WATCH_NODE,
		strip(it, path) };
	struct fired fired = with_key(it, &key);

	list_append(&it->firing, &fired.link);
	for (size_t i = 0; i < fired.count; i++)
		if (fired.watches[i] != NULL)
			fired.watches[i]->fired(fired.watches[i], type);
	list_remove(&fired.link);
	free(fired.watches);
}

void
zk_watch_add(struct zk_session *session, struct zk_watch *watch)
{
	struct key key = { watch->type, watch->path };

	list_init(&watch->node.in_order);
	hash_table_insert(&session->watches, &watch->node, hash_of(session, &key));
}

void
zk_watch_remove(struct zk_session *session, struct zk_watch *watch)
{
	if (watch->node.in_order.next == NULL || list_is_empty(&watch->node.in_order))
		return;
	LIST_FOREACH(link, &session->firing) {
		struct fired *fired = container_of(link, struct fired, link);

		for (size_t i = 0; i < fired->count; i++)
			if (fired->watches[i] == watch)
				fired->watches[i] = NULL;
	}
	hash_table_remove(&session->watches, &watch->node);
	list_init(&watch->node.in_order);
}
