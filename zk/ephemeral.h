/*
 * zk/ephemeral.h: registers an ephemeral node that others know us by. As Kafka
 * does it: created with null data, then set, in one multi, so that it has
 * version 1, and its czxid (the broker epoch) is its mzxid.
 *
 * A node that is there already is ours when its owner is our session (the
 * reply was lost, F6). One of an earlier session of this process is deleted. A
 * foreign session's node is never deleted: it is waited for, up to the
 * session's time-out, since its owner may be dead (F5).
 */
#ifndef KLAMM_ZK_EPHEMERAL_H
#define KLAMM_ZK_EPHEMERAL_H

#include "zk/session.h"

struct zk_ephemeral {
	struct zk_session *session;
	struct slice path; /* they stay until done() */
	struct slice data;
	/*
	 * ZNODE_OK: `stat` is the node's. NODE_EXISTS: `stat` is the node of another
	 * session, or no ephemeral, and stayed. SESSION_EXPIRED, NO_NODE (the
	 * parent), NO_AUTH, ...: as ZooKeeper says. Once; may register again.
	 */
	void (*done)(struct zk_ephemeral *ephemeral, enum znode_error error,
	    const struct znode_stat *stat);
	/* its own */
	struct zk_call call;
	struct znode_operation operations[2];
	struct zk_watch watch;
	struct zk_listener listener;
	struct timer timer;
	struct znode_stat stat;
	int64_t deadline_us; /* to wait for a foreign owner; 0: not yet */
	bool busy;           /* a call is under way */
	bool registering;    /* done() is to come */
};

/* session, path, data and done are set. */
void zk_ephemeral_register(struct zk_ephemeral *it);
/*
 * Once the session was stopped, and before it is freed: `it` is the maker's
 * again, and done() is not called. Harmless when nothing is under way.
 */
void zk_ephemeral_drop(struct zk_ephemeral *it);

#endif
