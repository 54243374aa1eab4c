/*
 * zk/operations.h: what takes more than one call: nodes with their missing
 * parents, whole subtrees, writes that only the active controller may make.
 * Each struct is its maker's until done(); paths and data stay until then.
 */
#ifndef KLAMM_ZK_OPERATIONS_H
#define KLAMM_ZK_OPERATIONS_H

#include "zk/session.h"

/*
 * A write that is fenced: it happens only while `fence_path` has the version.
 * A BAD_VERSION of the fence is told apart from one of the write itself: then
 * somebody else is controller.
 */
struct zk_fence {
	struct slice path; /* null: no fence */
	int32_t version;
};

struct zk_fenced_write {
	struct zk_call call;
	struct znode_operation operations[2]; /* the check, the write */
	size_t count;
	void (*done)(struct zk_fenced_write *write, enum znode_error error, bool fenced,
	    const struct znode_result *result);
};

/*
 * `operation` is copied. With a fence the write is part of a multi, in which a
 * create gives no stat (world/coord_zookeeper.h).
 */
void zk_fenced_write(struct zk_session *session, struct zk_fenced_write *write,
    const struct zk_fence *fence, const struct znode_operation *operation,
    void (*done)(struct zk_fenced_write *write, enum znode_error error, bool fenced,
    const struct znode_result *result));

/* A persistent node, with its missing parents, which hold null data. */
struct zk_create_path {
	struct zk_session *session;
	struct zk_write write;
	struct slice path;
	struct slice data;
	size_t at; /* of the part that is being created, its end */
	/* NODE_EXISTS, when the node itself was there. */
	void (*done)(struct zk_create_path *create, enum znode_error error);
};

void zk_create_path(struct zk_session *session, struct zk_create_path *create, struct slice path,
    struct slice data, void (*done)(struct zk_create_path *create, enum znode_error error));

/* A node and all below it, children first, each delete with the fence. */
struct zk_delete_tree {
	struct zk_session *session;
	struct zk_fence fence;
	char **stack; /* paths; the last is at work */
	size_t depth;
	size_t capacity;
	struct zk_call call;
	struct zk_fenced_write write;
	/* ZNODE_OK also when there was none. `fenced`: BAD_VERSION is the fence's. */
	void (*done)(struct zk_delete_tree *deletion, enum znode_error error, bool fenced);
};

void zk_delete_tree(struct zk_session *session, struct zk_delete_tree *deletion,
    const struct zk_fence *fence, struct slice path,
    void (*done)(struct zk_delete_tree *deletion, enum znode_error error, bool fenced));

#endif
