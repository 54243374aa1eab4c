/*
 * world/coord.h: ZooKeeper, asynchronously. One session at a time is made of a
 * port; all calls and all handlers are on the control loop (asserted). Results
 * come in the order of the calls, as ZooKeeper gives them. Chroot, repeating
 * after a lost connection, and what stands in the znodes are zk/'s business.
 */
#ifndef KLAMM_WORLD_COORD_H
#define KLAMM_WORLD_COORD_H

#include "world/net.h"
#include "world/znode.h"

enum { COORD_PASSWORD_SIZE = 16 };

/* What resumes a session. An id of 0 asks for a new one. */
struct coord_credentials {
	int64_t session;
	uint8_t password[COORD_PASSWORD_SIZE];
};

enum coord_state {
	COORD_CONNECTING,   /* at first, and after a connection was lost */
	COORD_CONNECTED,
	COORD_EXPIRED,      /* told by the ensemble: the session and its ephemerals are gone */
	COORD_AUTH_FAILED,
	COORD_CLOSED,       /* closed by us; nothing is told after it */
};

struct coord;
struct coord_session;

struct coord_handler {
	/* A state other than the one before. EXPIRED and AUTH_FAILED are final. */
	void (*state_changed)(struct coord_handler *handler, enum coord_state state);
	/* A one-shot watch fired; always before a result that shows the change. */
	void (*watch_fired)(struct coord_handler *handler, enum znode_event_type type,
	    struct slice path);
};

struct coord_options {
	const struct net_address *servers; /* numeric; copied */
	size_t server_count;
	int32_t timeout_ms;                /* wanted; the ensemble may give another */
	struct coord_credentials credentials;
	/* "user:password" of the digest scheme, sent at each connection; null: none. */
	struct slice digest;
};

enum coord_call_type {
	COORD_WRITE,        /* `operations`, one alone or several as a multi */
	COORD_EXISTS,
	COORD_GET_DATA,
	COORD_GET_CHILDREN,
	COORD_GET_ACL,
	COORD_SYNC,
};

/* What came of a call; borrowed, valid inside done(). */
struct coord_answer {
	enum znode_error error;                /* of the call; a multi's first failure */
	const struct znode_result *results;    /* WRITE: one for each operation */
	struct slice data;                     /* GET_DATA; may be null */
	struct znode_stat stat;                /* EXISTS, GET_* */
	struct znode_acl acl;                  /* GET_ACL */
	const struct slice *children;          /* GET_CHILDREN: names, in no order */
	size_t child_count;
};

/*
 * A call is its maker's until done() was called, which happens once, unless
 * the session is closed first. What it points to must stay until then.
 */
struct coord_call {
	enum coord_call_type type;
	struct slice path;                       /* all but WRITE */
	bool watch;                              /* EXISTS, GET_DATA, GET_CHILDREN */
	const struct znode_operation *operations; /* WRITE */
	size_t operation_count;
	bool multi;                              /* WRITE: as a multi, also when it is one alone */
	void (*done)(struct coord_call *call, const struct coord_answer *answer);
	void *port;                              /* the end's own */
};

struct coord_ops {
	enum error (*open)(struct coord *coord, const struct coord_options *options,
	    struct coord_handler *handler, struct coord_session **session);
	void (*set_servers)(struct coord_session *session, const struct net_address *servers,
	    size_t server_count);
	void (*call)(struct coord_session *session, struct coord_call *call);
	void (*credentials)(const struct coord_session *session,
	    struct coord_credentials *credentials);
	int32_t (*timeout_ms)(const struct coord_session *session);
	void (*close)(struct coord_session *session, bool end_session);
};

struct coord {
	const struct coord_ops *ops;
	struct loop *loop; /* the control loop */
};

/* Real and simulated sessions embed it as their first member. */
struct coord_session {
	struct coord *coord;
	struct coord_handler *handler;
};

/*
 * Begins to connect, to one server after the other, until it succeeds, is
 * expired or closed. `*session` is the caller's, to be closed.
 */
NODISCARD enum error coord_open(struct coord *coord, const struct coord_options *options,
    struct coord_handler *handler, struct coord_session **session);
/* The ensemble has moved, or its names have new addresses. */
void coord_set_servers(struct coord_session *session, const struct net_address *servers,
    size_t server_count);
/*
 * Sent at once when connected; otherwise answered CONNECTION_LOSS (or
 * SESSION_EXPIRED), from the loop, never from inside this function.
 */
void coord_call(struct coord_session *session, struct coord_call *call);
/* Of the session that is established; an id of 0 before. */
void coord_credentials(const struct coord_session *session,
    struct coord_credentials *credentials);
/* As negotiated; 0 before the first connection. */
int32_t coord_timeout_ms(const struct coord_session *session);
/*
 * Frees it; calls that are under way are never answered. `end_session`: asks
 * the ensemble to end the session, without waiting for the answer; else it
 * lives on until its time-out or until somebody resumes it.
 */
void coord_close(struct coord_session *session, bool end_session);

#endif
