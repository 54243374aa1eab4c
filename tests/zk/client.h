/*
 * tests/zk/client.h: one session with a real world of its own, driven by a
 * test from outside the loop: each call here waits for its answer.
 */
#ifndef KLAMM_TESTS_ZK_CLIENT_H
#define KLAMM_TESTS_ZK_CLIENT_H

#include <stdatomic.h>

#include "world/coord_zookeeper.h"
#include "zk/ephemeral.h"
#include "zk/operations.h"

struct client {
	struct world *world;
	struct logger logger;
	struct coord_zookeeper zookeeper;
	struct zk_session *session;
	struct zk_listener listener;
	atomic_int established, expired, connected, disconnected;
};

/* A copy of an answer. */
struct client_answer {
	enum znode_error error;
	struct znode_stat stat;
	char data[256];
	bool data_is_null;
	char path[256];
	size_t child_count;
	enum znode_error errors[4];
	struct znode_stat stats[4];
	size_t acl_count;
};

/* `options`: NULL for defaults; connect_string is the parameter's. */
void client_start(struct client *it, const char *connect_string,
    const struct zk_session_options *options);
/* Before client_begin the world may be changed. */
void client_prepare(struct client *it, const char *connect_string,
    const struct zk_session_options *options);
void client_begin(struct client *it);
bool client_comes(atomic_int *counter, int value, int64_t wait_ms);
/* Ends the session; 0 and above: how many ms that took. */
int64_t client_stop(struct client *it);

void client_on_loop(struct client *it, void (*run)(void *context), void *context);
struct client_answer client_read(struct client *it, enum coord_call_type type, const char *path);
struct client_answer client_write(struct client *it, const struct znode_operation *operations,
    size_t count, bool multi);
/* Short forms of it. */
enum znode_error client_create(struct client *it, const char *path, const char *data, int flags);
enum znode_error client_set(struct client *it, const char *path, const char *data,
    int32_t version);
void client_credentials(struct client *it, struct coord_credentials *credentials);

#endif
