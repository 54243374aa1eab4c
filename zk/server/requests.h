/*
 * zk/server/requests.h: ZooKeeper's wire protocol over the tree of znodes, as
 * a machine: one frame in, its effects on the tree, frames out. Sockets, the
 * clock, session ids, passwords and the end of a session whose time is up
 * belong to the edge. Frames are without their 4 bytes of length.
 *
 * Containers, TTL nodes and reconfiguration answer UNIMPLEMENTED.
 * Source of the rules: observed answers of Debian's ZooKeeper 3.8.
 */
#ifndef KLAMM_ZK_REQUESTS_H
#define KLAMM_ZK_REQUESTS_H

#include "zk/tree/tree.h"

enum { REQUESTS_PASSWORD_SIZE = 16 };

/* What the connection does after the frames that were sent. */
enum requests_verdict { REQUESTS_GO_ON, REQUESTS_CLOSE };

/* Sends a frame to the connection that the session has; the frame is borrowed. */
struct requests_sink {
	void (*send)(struct requests_sink *sink, int64_t session, struct slice frame);
};

struct requests_limits {
	int32_t least_timeout_ms;
	int32_t largest_timeout_ms;
	size_t reply_bytes;        /* memory that one request may take */
};

/* A connection's first frame, and what the edge adds to it. */
struct requests_connect {
	struct slice frame;
	int64_t new_session;       /* taken if the client has none; not 0, not in use */
	uint8_t new_password[REQUESTS_PASSWORD_SIZE];
	struct slice address;      /* the peer's, as text */
};

struct requests;

struct requests *requests_new(const uint64_t seed[2], const struct requests_limits *limits,
    struct requests_sink *sink);
void requests_free(struct requests *requests);
struct tree *requests_tree(struct requests *requests);

/*
 * The session that the connection has from now on, 0 when it gets none, and
 * the frame to answer with; an empty one closes without a word. A connection
 * that had the session before is no longer told anything: the edge closes it.
 */
int64_t requests_connect(struct requests *requests, const struct requests_connect *connect,
    struct buffer *reply);

/* A later frame. Events for any session are sent before the reply. */
enum requests_verdict requests_step(struct requests *requests, int64_t session,
    struct slice frame, int64_t now_ms);

/* The connection is gone, the session goes on: its watches and identities are forgotten. */
void requests_disconnect(struct requests *requests, int64_t session);
/* The session's time is up; a connection that it has is the edge's to close. */
void requests_expire(struct requests *requests, int64_t session, int64_t now_ms);
/* What a session is, as it is kept. */
struct requests_session {
	int64_t id;
	uint8_t password[REQUESTS_PASSWORD_SIZE];
	int32_t timeout_ms;
};

/* False when there is no such session. */
bool requests_session(const struct requests *requests, int64_t id,
    struct requests_session *session);
/* A kept session, without a connection; its id must not be in use. */
void requests_restore(struct requests *requests, const struct requests_session *session);
size_t requests_session_count(const struct requests *requests);
/* Calls `visit` for each, in the order in which they began. */
void requests_each_session(const struct requests *requests,
    void (*visit)(void *context, const struct requests_session *session), void *context);
/* The timeout that was agreed on; 0 when there is no such session. */
int32_t requests_timeout_ms(const struct requests *requests, int64_t session);

#endif
