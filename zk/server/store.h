/*
 * zk/server/store.h: where the embedded server keeps what it knows: keys and
 * values, changed by whole transactions. A port: store_lmdb.h is its real
 * end; a server without one forgets all when it stops.
 */
#ifndef KLAMM_ZK_STORE_H
#define KLAMM_ZK_STORE_H

#include "base/error.h"
#include "base/slice.h"

struct store_change {
	struct slice key;
	struct slice value; /* null: the key goes */
};

/* Takes each key and value, in the order of the keys; borrowed. An error ends the walk. */
struct store_visitor {
	enum error (*visit)(struct store_visitor *visitor, struct slice key, struct slice value);
};

struct store;

/*
 * Both block: a worker calls them, or the start of the process; one at a time.
 */
struct store_ops {
	enum error (*load)(struct store *store, struct store_visitor *visitor);
	/*
	 * All of it or nothing, and on disk before it returns. After an error the same
	 * may be tried again.
	 */
	enum error (*commit)(struct store *store, const struct store_change *changes, size_t count);
};

struct store {
	const struct store_ops *ops;
};

NODISCARD static inline enum error
store_load(struct store *store, struct store_visitor *visitor)
{
	return store->ops->load(store, visitor);
}

NODISCARD static inline enum error
store_commit(struct store *store, const struct store_change *changes, size_t count)
{
	return store->ops->commit(store, changes, count);
}

#endif
