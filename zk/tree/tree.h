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

/* ZooKeeper's own codes, as they go over its wire. */
enum tree_error {
	TREE_OK = 0,
	TREE_RUNTIME_INCONSISTENCY = -2,
	TREE_MARSHALLING_ERROR = -5,
	TREE_UNIMPLEMENTED = -6,
	TREE_BAD_ARGUMENTS = -8,
	TREE_NO_NODE = -101,
	TREE_NO_AUTH = -102,
	TREE_BAD_VERSION = -103,
	TREE_NO_CHILDREN_FOR_EPHEMERALS = -108,
	TREE_NODE_EXISTS = -110,
	TREE_NOT_EMPTY = -111,
	TREE_SESSION_EXPIRED = -112,
	TREE_INVALID_ACL = -114,
	TREE_AUTH_FAILED = -115,
	TREE_NO_WATCHER = -121,
};

enum tree_permission {
	TREE_PERMISSION_READ = 1,
	TREE_PERMISSION_WRITE = 2,
	TREE_PERMISSION_CREATE = 4,
	TREE_PERMISSION_DELETE = 8,
	TREE_PERMISSION_ADMIN = 16,
	TREE_PERMISSION_ALL = 31,
};

/* An identity, as a client proves it or an ACL names it. Borrowed. */
struct tree_id {
	struct slice scheme; /* world, auth, digest, ip, super */
	struct slice id;
};

struct tree_acl_entry {
	int32_t permissions;
	struct tree_id id;
};

struct tree_acl {
	const struct tree_acl_entry *entries;
	size_t count;
};

/* Whom an operation is for. */
struct tree_caller {
	int64_t session;
	const struct tree_id *ids; /* proven ones; "ip" with the peer's address is always there */
	size_t id_count;
};

struct tree_stat {
	int64_t czxid;
	int64_t mzxid;
	int64_t ctime_ms;
	int64_t mtime_ms;
	int32_t version;
	int32_t cversion;
	int32_t aversion;
	int64_t ephemeral_owner;
	int32_t data_length;
	int32_t child_count;
	int64_t pzxid;
};

enum tree_operation_type {
	TREE_CREATE,
	TREE_DELETE,
	TREE_SET_DATA,
	TREE_SET_ACL,
	TREE_CHECK,
};

enum tree_create_flags { TREE_EPHEMERAL = 1, TREE_SEQUENTIAL = 2 };

struct tree_operation {
	enum tree_operation_type type;
	struct slice path;
	struct slice data;    /* null differs from empty */
	struct tree_acl acl;
	int32_t flags;        /* CREATE: 0 to 3; others are BAD_ARGUMENTS or UNIMPLEMENTED */
	int32_t version;      /* expected one; -1 any */
};

struct tree_result {
	enum tree_error error;
	struct slice path;     /* CREATE: the name with its suffix; in the caller's arena */
	struct tree_stat stat; /* CREATE, SET_DATA, SET_ACL */
};

enum tree_event_type {
	TREE_EVENT_CREATED = 1,
	TREE_EVENT_DELETED = 2,
	TREE_EVENT_DATA_CHANGED = 3,
	TREE_EVENT_CHILDREN_CHANGED = 4,
};

/*
 * Told once for each session that watches; path and ACL (of the node that the
 * event is about) are borrowed. ZooKeeper since CVE-2024-23944 keeps the event
 * from a session that may not read the node; the watch is spent all the same.
 */
struct tree_watch_sink {
	void (*event)(struct tree_watch_sink *sink, int64_t session, enum tree_event_type type,
	    struct slice path, const struct tree_acl *acl);
};

struct tree;
struct watches;

/* With "/", "/zookeeper", "/zookeeper/quota" and "/zookeeper/config"; zxid 0. */
struct tree *tree_new(const uint64_t seed[2], struct tree_watch_sink *sink);
void tree_free(struct tree *tree);

/* TREE_OK or TREE_NO_AUTH; one of several permissions is enough. */
enum tree_error tree_check_acl(const struct tree_acl *acl, int32_t permissions,
    const struct tree_caller *caller);

/* Who watches what; lives as long as the tree. */
struct watches *tree_watches(struct tree *tree);

/* The last zxid given out. */
int64_t tree_zxid(const struct tree *tree);
/* Takes a zxid for what changes no node (a new session). */
int64_t tree_next_zxid(struct tree *tree);

/*
 * Carries out `operations` as one: all or none, one zxid, which is taken also
 * when they fail. `multi` false: one operation with its own error. `multi`
 * true: when one fails, those before it answer OK (undone) and those after it
 * RUNTIME_INCONSISTENCY. `results` has a place for each. Names made for the
 * caller are in `arena`; its cap gives ERROR_NO_MEMORY, and nothing was done.
 */
NODISCARD enum error tree_write(struct tree *tree, const struct tree_caller *caller,
    int64_t now_ms, const struct tree_operation *operations, size_t count, bool multi,
    struct arena *arena, struct tree_result *results);

/*
 * Removes the session's ephemerals, then its watches: it is still told of its
 * own ephemerals. Takes one zxid.
 */
void tree_end_session(struct tree *tree, int64_t session, int64_t now_ms);

/*
 * Reads. Slices are borrowed until the next write. A path that is not well
 * formed is one that no node has; "" is another name of "/".
 */
enum tree_error tree_exists(const struct tree *tree, struct slice path, struct tree_stat *stat);
enum tree_error tree_get_data(const struct tree *tree, const struct tree_caller *caller,
    struct slice path, struct slice *data, struct tree_stat *stat);
/* ACL of a node as stored; digest hashes are hidden from who may not admin. */
enum tree_error tree_get_acl(const struct tree *tree, const struct tree_caller *caller,
    struct slice path, struct arena *arena, struct tree_acl *acl, struct tree_stat *stat);
/* Names in the arena, in byte order; count in `*count`. */
enum tree_error tree_get_children(const struct tree *tree, const struct tree_caller *caller,
    struct slice path, struct arena *arena, struct slice **names, size_t *count,
    struct tree_stat *stat);
/* Nodes below `path`, itself not counted. */
enum tree_error tree_count_below(const struct tree *tree, const struct tree_caller *caller,
    struct slice path, int32_t *count);
/* Paths of the session's ephemerals that begin with `prefix`, in the arena. */
enum tree_error tree_get_ephemerals(const struct tree *tree, int64_t session, struct slice prefix,
    struct arena *arena, struct slice **paths, size_t *count);

#endif
