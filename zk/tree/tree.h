/*
 * zk/tree/tree.h: the tree of znodes as ZooKeeper 3.8 keeps it: paths,
 * versions, ephemerals, sequences, ACLs, multi, watches. A machine: no I/O,
 * no clock; the time of a write comes with it and its zxid is counted here.
 * Three use it: the simulator, unit tests, and the embedded server.
 *
 * Source of the rules: ZooKeeper's documentation and the observed answers of
 * Debian's ZooKeeper 3.8.
 */
#ifndef KLAMM_ZK_TREE_H
#define KLAMM_ZK_TREE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/hash_table.h"
#include "base/list.h"
#include "world/znode.h"

/* Whom an operation is for. */
struct tree_caller {
	int64_t session;
	const struct znode_id *ids; /* proven ones; "ip" with the peer's address is always there */
	size_t id_count;
};

/*
 * Told once for each session that watches; path and ACL (of the node that the
 * event is about) are borrowed. ZooKeeper since CVE-2024-23944 keeps the event
 * from a session that may not read the node; the watch is spent all the same.
 */
struct tree_watch_sink {
	void (*event)(struct tree_watch_sink *sink, int64_t session, enum znode_event_type type,
	    struct slice path, const struct znode_acl *acl);
};

/*
 * Told of each node that a write has made, changed or removed, once the write
 * stands; of one node several times as it comes. tree_image() tells what it is
 * now. The path is borrowed.
 */
struct tree_change_sink {
	void (*changed)(struct tree_change_sink *sink, struct slice path);
};

/* All that a node is, as it is kept. Borrowed from the tree until its next write. */
struct tree_image {
	struct slice data;      /* may be null */
	struct znode_acl acl;   /* nothing hidden */
	struct znode_stat stat;
	int32_t creations;      /* of children; the number that sequences use */
};

/* What monitoring asks for. */
struct tree_census {
	size_t nodes;
	size_t ephemerals;
	size_t bytes;           /* of paths and data */
};

struct tree;
struct watches;

/* With "/", "/zookeeper", "/zookeeper/quota" and "/zookeeper/config"; zxid 0. */
struct tree *tree_new(const uint64_t seed[2], struct tree_watch_sink *sink);
void tree_free(struct tree *tree);

/* ZNODE_OK or ZNODE_NO_AUTH; one of several permissions is enough. */
enum znode_error tree_check_acl(const struct znode_acl *acl, int32_t permissions,
    const struct tree_caller *caller);

/* Who watches what; lives as long as the tree. */
struct watches *tree_watches(struct tree *tree);

/* The last zxid given out. */
int64_t tree_zxid(const struct tree *tree);
/* Takes a zxid for what changes no node (a new session). */
int64_t tree_next_zxid(struct tree *tree);

/* NULL, as it is at first: nobody. */
void tree_set_change_sink(struct tree *tree, struct tree_change_sink *sink);
/* False when there is no such node. */
bool tree_image(const struct tree *tree, struct slice path, struct tree_image *image);
/*
 * Puts a kept node in its place, or over the one of ZooKeeper's own that is
 * there, without a word to anybody; parents before their children.
 * ERROR_CORRUPT: it has no parent, or no well-formed path.
 */
NODISCARD enum error tree_restore(struct tree *tree, struct slice path,
    const struct tree_image *image);
/* After the nodes; it may only grow. */
void tree_restore_zxid(struct tree *tree, int64_t zxid);
void tree_count(const struct tree *tree, struct tree_census *census);

/*
 * Carries out `operations` as one: all or none, one zxid, which is taken also
 * when they fail. `multi` false: one operation with its own error. `multi`
 * true: when one fails, those before it answer OK (undone) and those after it
 * RUNTIME_INCONSISTENCY. `results` has a place for each. Names made for the
 * caller are in `arena`; its cap gives ERROR_NO_MEMORY, and nothing was done.
 */
NODISCARD enum error tree_write(struct tree *tree, const struct tree_caller *caller,
    int64_t now_ms, const struct znode_operation *operations, size_t count, bool multi,
    struct arena *arena, struct znode_result *results);

/*
 * Removes the session's ephemerals, then its watches: it is still told of its
 * own ephemerals. Takes one zxid.
 */
void tree_end_session(struct tree *tree, int64_t session, int64_t now_ms);

/*
 * Reads. Slices are borrowed until the next write. A path that is not well
 * formed is one that no node has; "" is another name of "/".
 */
enum znode_error tree_exists(const struct tree *tree, struct slice path, struct znode_stat *stat);
enum znode_error tree_get_data(const struct tree *tree, const struct tree_caller *caller,
    struct slice path, struct slice *data, struct znode_stat *stat);
/* ACL of a node as stored; digest hashes are hidden from who may not admin. */
enum znode_error tree_get_acl(const struct tree *tree, const struct tree_caller *caller,
    struct slice path, struct arena *arena, struct znode_acl *acl, struct znode_stat *stat);
/* Names in the arena, in byte order; count in `*count`. */
enum znode_error tree_get_children(const struct tree *tree, const struct tree_caller *caller,
    struct slice path, struct arena *arena, struct slice **names, size_t *count,
    struct znode_stat *stat);
/* Nodes below `path`, itself not counted. */
enum znode_error tree_count_below(const struct tree *tree, const struct tree_caller *caller,
    struct slice path, int32_t *count);
/* Paths of the session's ephemerals that begin with `prefix`, in the arena. */
enum znode_error tree_get_ephemerals(const struct tree *tree, int64_t session, struct slice prefix,
    struct arena *arena, struct slice **paths, size_t *count);

#endif
