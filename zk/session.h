/*
 * zk/session.h: the broker's session with ZooKeeper, over the coordination
 * port: chroot, list of servers, at most `max_in_flight` calls and about a MiB of writes
 * at once, calls sent again after a lost connection, a new session after an expiry, watches
 * by path. All of it on the control loop. Paths are below the chroot.
 *
 * A lost connection is not the room's business: calls wait, without a limit,
 * and keep their order; so a create may meet its own earlier success
 * (NODE_EXISTS), and a conditional write its own change (BAD_VERSION).
 *
 * An expiry is: listeners are told `expired`, then all calls that were made
 * before it are answered SESSION_EXPIRED, in order. Calls made from then on go
 * to the new session, after `established`.
 */
#ifndef KLAMM_ZK_SESSION_H
#define KLAMM_ZK_SESSION_H

#include "base/hash_table.h"
#include "world/guardian.h"
#include "world/world.h"

struct zk_session;

/*
 * Where zookeeper.max.in.flight.requests is not set: Kafka's 10 have the server and us wait
 * for each other after every ten of the thousands of calls of a failover.
 */
enum { ZK_MAX_IN_FLIGHT = 1000 };
/* Of writes, beyond which the next call waits, whatever number is allowed. */
enum { ZK_MAX_BYTES_IN_FLIGHT = 1024 * 1024 };

struct zk_session_options {
	const char *connect_string; /* zookeeper.connect */
	int32_t session_timeout_ms;
	int max_in_flight;
	bool set_acl;               /* zookeeper.set.acl; needs a digest */
	struct slice digest;        /* "user:password", or null; borrowed for the session's life */
	struct guardian *guardian;  /* NULL: none */
	const char *kept_path;      /* file that the credentials are kept in; NULL: none */
};

struct zk_listener {
	void (*expired)(struct zk_listener *listener);     /* may be NULL, as all of them */
	void (*established)(struct zk_listener *listener); /* a new session, the first too */
	void (*connection_changed)(struct zk_listener *listener, bool connected);
	struct list link;
};

/*
 * `*reason` is set with ERROR_INVALID_ARGUMENT. The options are copied but for
 * what is borrowed. Nothing happens before zk_session_start.
 */
NODISCARD enum error zk_session_new(struct world *world, const struct zk_session_options *options,
    struct zk_session **session, const char **reason);
/* Closes the kept session of an earlier process, opens a new one, makes the chroot. */
void zk_session_start(struct zk_session *session);
/*
 * Ends the session, lets the guardian go and removes the kept credentials, if
 * there is a connection; without one both stay, to end it after us. Calls are
 * not answered any more. `stopped` is called from the loop; may be NULL.
 */
void zk_session_stop(struct zk_session *session, void (*stopped)(void *context), void *context);
/* It was stopped, and told so; or never started. */
void zk_session_free(struct zk_session *session);

void zk_session_listen(struct zk_session *session, struct zk_listener *listener);
void zk_session_unlisten(struct zk_session *session, struct zk_listener *listener);

bool zk_session_is_connected(const struct zk_session *session);
/* Between `established` and the expiry; also while the connection is lost. */
bool zk_session_is_established(const struct zk_session *session);
/* 0 while there is none. */
int64_t zk_session_id(const struct zk_session *session);
/* As negotiated, or wanted while there is none. */
int32_t zk_session_timeout_ms(const struct zk_session *session);
/* Whether a session of that id was an earlier one of this very process. */
bool zk_session_was_ours(const struct zk_session *session, int64_t id);
struct world *zk_session_world(const struct zk_session *session);

/* ------------------------------------------------------------------ calls */

/*
 * The maker's until done(), which may free it or use it again. What it points
 * to stays until then. A create without an ACL gets the one that
 * zookeeper.set.acl asks for. Reads of a path that is watched set the watch.
 */
struct zk_call {
	enum coord_call_type type;
	struct slice path;                        /* all but WRITE; "/" is the chroot itself */
	const struct znode_operation *operations; /* WRITE */
	size_t operation_count;
	bool multi;                               /* WRITE */
	void (*done)(struct zk_call *call, const struct coord_answer *answer);
	/* the session's own */
	struct zk_session *session;
	struct list link;
	struct coord_call coord;
	int64_t sent_us; /* where that is counted */
	struct arena *arena;
};

void zk_session_call(struct zk_session *session, struct zk_call *call);

/* Embedded in a call that makes one write; see zk_call_write. */
struct zk_write {
	struct zk_call call;
	struct znode_operation operation;
};

/* Fill in a call and make it; `done` gets it back. */
void zk_get(struct zk_session *session, struct zk_call *call, struct slice path,
    void (*done)(struct zk_call *call, const struct coord_answer *answer));
void zk_exists(struct zk_session *session, struct zk_call *call, struct slice path,
    void (*done)(struct zk_call *call, const struct coord_answer *answer));
void zk_children(struct zk_session *session, struct zk_call *call, struct slice path,
    void (*done)(struct zk_call *call, const struct coord_answer *answer));
/* `operation` is copied; what it points to stays. */
void zk_write(struct zk_session *session, struct zk_write *write,
    const struct znode_operation *operation,
    void (*done)(struct zk_call *call, const struct coord_answer *answer));
/* The operations stay the caller's until done(). */
void zk_multi(struct zk_session *session, struct zk_call *call,
    const struct znode_operation *operations, size_t count,
    void (*done)(struct zk_call *call, const struct coord_answer *answer));

/* ---------------------------------------------------------------- watches */

enum zk_watch_type {
	ZK_WATCH_NODE,     /* created, deleted, data changed; set by exists and get */
	ZK_WATCH_CHILDREN, /* set by children */
};

/*
 * A handler of a path, embedded in what wants to know. A watch is a hint: it
 * fires once, and is set again by the next read of the path, whoever makes it.
 */
struct zk_watch {
	enum zk_watch_type type;
	struct slice path; /* stays as long as the watch */
	void (*fired)(struct zk_watch *watch, enum znode_event_type type);
	struct hash_node node;
};

void zk_watch_add(struct zk_session *session, struct zk_watch *watch);
/* Harmless when it was not added. May be called in fired(), of any watch. */
void zk_watch_remove(struct zk_session *session, struct zk_watch *watch);

#endif
