/*
 * tests/unit/zk/server/fixture.h: the requests machine for a test: bodies of
 * requests in short, and what was sent as text, "1: xid=5 zxid=2 error=0 '/a'".
 */
#ifndef KLAMM_TESTS_UNIT_ZK_SERVER_FIXTURE_H
#define KLAMM_TESTS_UNIT_ZK_SERVER_FIXTURE_H

#include "zk/server/requests_private.h"

struct server {
	struct requests_sink sink;
	struct requests *requests;
	struct buffer body;        /* of the next request; emptied by server_ask */
	int32_t opcode;
	int32_t xid;
	int64_t now_ms;
	enum requests_verdict verdict;
	char sent[4096];
};

/* With the sessions 1 and 2, connected from 10.1.2.3; the zxid is 2. */
void server_init(struct server *server);
void server_fini(struct server *server);

/* Sends `body` as a request, and gives all that was sent by it. */
const char *server_ask(struct server *server, int64_t session, int32_t opcode);
/* The first frame of a connection. */
void server_put_connect(struct buffer *frame, int64_t seen_zxid, int32_t timeout_ms, int64_t session,
    const char *password);
void server_put_create(struct server *server, const char *path, int32_t flags);
void server_put_path(struct server *server, const char *path);
void server_put_path_and(struct server *server, const char *path, int32_t number);
void server_put_watched(struct server *server, const char *path, bool watch);
void server_put_multi_header(struct server *server, int32_t opcode, bool is_last);
/* A plain node, made by session 1. */
void server_make(struct server *server, const char *path);

#endif
