/* zk/session_private.h: what the files of the session share. */
#ifndef KLAMM_ZK_SESSION_PRIVATE_H
#define KLAMM_ZK_SESSION_PRIVATE_H

#include "base/arena.h"
#include "zk/kept_session.h"
#include "zk/servers.h"
#include "zk/session.h"

/*
 *   IDLE -> READING -> RESOLVING -> CLOSING_OLD -> OPENING -> ROOTING -> ESTABLISHED
 *                          \____________________^ ^              |           |
 *                                                 +--- PAUSED <--+---EXPIRED-+
 * and from everywhere to STOPPED.
 */
enum session_state {
	SESSION_IDLE,
	SESSION_READING,     /* the kept credentials, on a worker */
	SESSION_RESOLVING,   /* no address is known yet */
	SESSION_CLOSING_OLD, /* attached to the session of an earlier process */
	SESSION_OPENING,     /* a new session is asked for */
	SESSION_ROOTING,     /* looks for the chroot, makes it */
	SESSION_ESTABLISHED,
	SESSION_EXPIRED,     /* told, and the loop will see to it */
	SESSION_PAUSED,      /* after a failure */
	SESSION_STOPPED,
	SESSION_STATE_COUNT,
};

struct session_calls {
	struct list waiting;   /* struct zk_call */
	struct list lost;      /* were in flight; they go again, before those that wait */
	struct list in_flight;
	size_t in_flight_count;
	size_t in_flight_bytes; /* of writes */
	bool draining;         /* what is in flight will fail: nothing overtakes it */
};

struct zk_session {
	struct world *world;
	struct zk_connect_string connect;
	struct zk_session_options options;
	struct zk_servers *servers;
	enum session_state state;
	struct coord_session *coord;
	struct coord_handler handler;
	bool connected;
	struct coord_credentials credentials; /* of the session at hand */
	int64_t *own_ids;                     /* all of this process */
	size_t own_id_count;
	struct timer timer;
	struct list listeners;
	struct session_calls calls;
	struct hash_table watches;
	struct list firing;                   /* struct fired, while watches are told */
	struct coord_call root_call;
	struct znode_operation root_operation;
	bool root_under_way;
	bool rooted;                          /* and the kept credentials are waited for */
	int keeping;                          /* writes of them that are under way, old ones too */
	size_t root_made;                     /* bytes of the chroot that are known to be there */
	bool refused;                         /* what ended the session was its authentication */
	struct kept_session_file *kept;
	void (*stopped)(void *context);
	void *stopped_context;
};

/* session_calls.c */
void session_calls_init(struct session_calls *calls);
/* Sends what may go out now. */
void session_calls_pump(struct zk_session *it);
void session_calls_connection_lost(struct zk_session *it);
/* Answers all calls, but those left when one stops us; the port has forgotten them. */
void session_calls_expire(struct zk_session *it);
/* Frees their memory, unanswered. */
void session_calls_drop(struct zk_session *it);

/* session_watches.c */
void session_watches_init(struct zk_session *it);
bool session_is_watched(const struct zk_session *it, enum zk_watch_type type, struct slice path);
void session_watch_fired(struct zk_session *it, enum znode_event_type type, struct slice path);

/* session_root.c: looks for the chroot and makes it; then session_rooted. */
void session_root_begin(struct zk_session *it);
void session_rooted(struct zk_session *it, enum znode_error error);

#endif
