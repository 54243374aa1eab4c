/*
 * world/znode.h: ZooKeeper's own words: codes, stats, ACLs, operations. Used by
 * the coordination port (coord.h) and by the tree of znodes (zk/tree).
 */
#ifndef KLAMM_WORLD_ZNODE_H
#define KLAMM_WORLD_ZNODE_H

#include "base/slice.h"

/* As they go over ZooKeeper's wire. */
enum znode_error {
	ZNODE_OK = 0,
	ZNODE_RUNTIME_INCONSISTENCY = -2,
	ZNODE_CONNECTION_LOSS = -4, /* the outcome is not known */
	ZNODE_MARSHALLING = -5,
	ZNODE_UNIMPLEMENTED = -6,
	ZNODE_OPERATION_TIMEOUT = -7,
	ZNODE_BAD_ARGUMENTS = -8,
	ZNODE_NO_NODE = -101,
	ZNODE_NO_AUTH = -102,
	ZNODE_BAD_VERSION = -103,
	ZNODE_NO_CHILDREN_FOR_EPHEMERALS = -108,
	ZNODE_NODE_EXISTS = -110,
	ZNODE_NOT_EMPTY = -111,
	ZNODE_SESSION_EXPIRED = -112,
	ZNODE_INVALID_ACL = -114,
	ZNODE_AUTH_FAILED = -115,
	ZNODE_SESSION_MOVED = -118,
	ZNODE_NO_WATCHER = -121,
};

enum znode_permission {
	ZNODE_READ = 1,
	ZNODE_WRITE = 2,
	ZNODE_CREATE = 4,
	ZNODE_DELETE = 8,
	ZNODE_ADMIN = 16,
	ZNODE_ALL = 31,
};

/* An identity, as a client proves it or an ACL names it. Borrowed. */
struct znode_id {
	struct slice scheme; /* world, auth, digest, ip, super */
	struct slice id;
};

struct znode_acl_entry {
	int32_t permissions;
	struct znode_id id;
};

struct znode_acl {
	const struct znode_acl_entry *entries;
	size_t count;
};

struct znode_stat {
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

enum znode_operation_type {
	ZNODE_OP_CREATE,
	ZNODE_OP_DELETE,
	ZNODE_OP_SET_DATA,
	ZNODE_OP_SET_ACL,
	ZNODE_OP_CHECK,
};

enum znode_create_flags { ZNODE_EPHEMERAL = 1, ZNODE_SEQUENTIAL = 2 };

struct znode_operation {
	enum znode_operation_type type;
	struct slice path;
	struct slice data;    /* null differs from empty */
	struct znode_acl acl;
	int32_t flags;        /* CREATE */
	int32_t version;      /* the expected one; -1 any */
};

struct znode_result {
	enum znode_error error;
	struct slice path;      /* CREATE: with its suffix */
	struct znode_stat stat; /* CREATE, SET_DATA, SET_ACL */
};

enum znode_event_type {
	ZNODE_EVENT_CREATED = 1,
	ZNODE_EVENT_DELETED = 2,
	ZNODE_EVENT_DATA_CHANGED = 3,
	ZNODE_EVENT_CHILDREN_CHANGED = 4,
};

#endif
