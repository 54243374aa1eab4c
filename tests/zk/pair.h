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
	int32_t opcode;       /* what was asked, when it is an answer */
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
	int32_t opcode;       /* of the request at hand */
	struct buffer reply;  /* klamm's to it */
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
 * Sends the request to both, without waiting for the real server; klamm's
 * answer is in `pair->reply`. What it says of the connection must be followed.
 */
enum requests_verdict pair_send(struct pair *pair, size_t session, int32_t opcode,
    struct slice body);
/*
 * Compares all that the session was sent, up to its last answer. With
 * REQUESTS_CLOSE the connection must be closed then, and is.
 */
void pair_compare(struct pair *pair, size_t session, enum requests_verdict verdict);
/* Sends and compares one request. */
void pair_ask(struct pair *pair, size_t session, int32_t opcode, struct slice body);
bool pair_is_connected(const struct pair *pair, size_t session);

#endif
