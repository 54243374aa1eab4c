/*
 * tests/zk/pair.h: a real ZooKeeper and klamm's requests over its tree, fed
 * with the same frames. What each session is sent by the two is compared
 * frame by frame, in order; a difference is printed and remembered.
 */
#ifndef KLAMM_TESTS_ZK_PAIR_H
#define KLAMM_TESTS_ZK_PAIR_H

#include "base/buffer.h"
#include "tests/zk/real.h"
#include "zk/server/requests.h"

enum { PAIR_SESSIONS = 3 };

/* A frame that klamm sent and that has not been compared yet. */
struct pending {
	struct list link;
	struct buffer frame;
	int64_t step;         /* the request that it came of */
	bool any_order;       /* among those of the same step */
};

struct pair_session {
	struct real real;
	int64_t id;           /* 0: none */
	uint8_t password[REQUESTS_PASSWORD_SIZE];
	int32_t xid;
	struct list pending;
};

struct pair {
	int port;
	bool trace;
	struct requests_sink sink;
	struct requests *requests;
	struct pair_session sessions[PAIR_SESSIONS];
	int64_t step;         /* counts requests; klamm's clock */
	int64_t *times;       /* the real clock's at a step; 0 not known */
	size_t time_capacity;
	bool any_order;
	bool failed;
	uint64_t events;      /* compared */
	uint64_t replies;
};

void pair_init(struct pair *pair, int port);
void pair_fini(struct pair *pair);
/* Makes both count zxids from the same number. */
void pair_align(struct pair *pair);
/* A new session, or with `resume` the old one on a new connection. */
void pair_connect(struct pair *pair, size_t session, int32_t timeout_ms, bool resume,
    bool wrong_password);
/* The connection is cut, without a word. */
void pair_cut(struct pair *pair, size_t session);
/* Ends the session on both without a comparison: after a failure. */
void pair_give_up(struct pair *pair, size_t session);
/*
 * Sends the request to both and compares all that the session is sent up to
 * the answer, which is copied to `answer` when that is not NULL. The session
 * has no connection any more if the answer closes it.
 */
void pair_ask(struct pair *pair, size_t session, int32_t opcode, struct slice body,
    struct buffer *answer);
bool pair_is_connected(const struct pair *pair, size_t session);

#endif
