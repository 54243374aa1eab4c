/* tests/zk/raw_client.h: a client of raw frames for the tests of the embedded server. */
#ifndef KLAMM_TESTS_ZK_RAW_CLIENT_H
#define KLAMM_TESTS_ZK_RAW_CLIENT_H

#include "tests/zk/real.h"
#include "zk/server/requests_private.h"

struct client {
	struct real real;
	int64_t session;
	uint8_t password[REQUESTS_PASSWORD_SIZE];
	int32_t timeout_ms;
	int32_t xid;
	struct buffer frame;  /* the last one received */
	struct buffer body;   /* of the next request; emptied when it is sent */
};

/* Connects; with a `session` of before resumes it. False when the server refuses. */
bool client_open(struct client *client, int port, int32_t timeout_ms);
/* The connection is cut; the session may go on. */
void client_cut(struct client *client);
/* Sends `body` as a request. */
void client_send(struct client *client, int32_t opcode);
/* The next frame's error; 1 for an event, 2 when the connection has ended. */
int client_receive(struct client *client);
/* Both. */
int client_ask(struct client *client, int32_t opcode);
int client_create(struct client *client, const char *path, struct slice data, int32_t flags);
int client_exists(struct client *client, const char *path);
int client_set(struct client *client, const char *path, struct slice data);
/* Puts into `body`. */
void client_put_create(struct client *client, const char *path, struct slice data, int32_t flags);
void client_put_watched(struct client *client, const char *path, bool watch);
/* Whether anything comes, or the connection ends, within that time. */
bool client_hears(struct client *client, int within_ms);

enum { CLIENT_EVENT = 1, CLIENT_ENDED = 2 };

#endif
