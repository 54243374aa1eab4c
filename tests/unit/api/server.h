/*
 * tests/unit/api/server.h: the server of src/api in a simulated process, with
 * clients on other machines. Keys and versions are those of table.h; only who
 * answers is the test: what a request asks comes to `server.handle`, but for
 * ApiVersions, which answers itself.
 */
#ifndef KLAMM_TESTS_UNIT_API_SERVER_H
#define KLAMM_TESTS_UNIT_API_SERVER_H

#include <criterion/criterion.h>

#include "api/api_private.h"
#include "api/file_slice.h"
#include "tests/sim/sim_net.h"
#include "tests/sim/sim_process.h"
#include "tests/unit/config/given.h"
#include "wire/messages.h"

enum {
	SERVER_HELD_MAX = 64,
	SERVER_CLIENTS_MAX = 8, /* machines beside the server's */
	SERVER_LOG_SIZE = 16 * 1024,
	SECOND_US = 1000 * 1000,
};

struct server {
	struct sim sim;
	struct sim_net net;
	struct sim_machine machines[1 + SERVER_CLIENTS_MAX];
	struct sim_process broker;
	struct sim_process hosts[SERVER_CLIENTS_MAX];
	struct given given;
	struct logger logger;
	char log[SERVER_LOG_SIZE];
	struct api *api;
	bool stopped, settled;
	bool keeps_clients; /* from being answered: the test admits them */
	void (*boot)(struct sim_process *process); /* another one than the usual; NULL */
	/* Called with each request but ApiVersions; it ends it, or server_hold keeps it. */
	void (*handle)(struct request *request);
	struct request *held[SERVER_HELD_MAX]; /* in the order of their coming; NULL: ended since */
	int held_count;
	int begun;    /* requests that came to `handle` */
	int released; /* slices of files that were let go */
	bool slices_are_cut; /* their log was truncated meanwhile */
};

extern struct server server;

/* For TestSuite: one data loop and the default configuration, not started. */
void server_init(void);
/* Ends what is held, stops and settles, and expects that nothing is left over. */
void server_fini(void);
/* Starts listening and serving. */
void server_start(const char *properties, int loops);
void server_run(int64_t us);
/* Stops it; returns at once. */
void server_stop(int64_t patience_ms);
/* A line of the log has these words. */
bool server_has_logged(const char *words);
/* Connections that the server has. */
int server_connections(void);

/* For `handle`. */
void server_hold(struct request *request);
void server_answer_at_once(struct request *request);
/* Of a request that is held: ended on its loop by that function. */
void server_end(int number, void (*end)(struct request *request));
void server_answer(int number);
/* Runs it on a loop of a process, and the simulation until it has run. */
void server_do(struct loop *loop, void (*run)(void *context), void *context);

/* A file of the broker's disk with `size` bytes (server_byte), and a slice of it. */
struct disk_file *server_make_file(const char *path, size_t size);
static inline uint8_t
server_byte(size_t at)
{
	return (uint8_t)(at * 7 + at / 251);
}

/* ------------------------------------------------------------ a client */

struct client {
	struct net_handler handler;
	struct net_connection *net; /* NULL: not open */
	struct loop *loop;
	bool connected;
	enum error error;           /* what the end was; NONE: still open */
	bool deaf;                  /* reads nothing */
	struct buffer out, in;
	size_t at;                  /* of `in`: answers that were looked at */
};

/* Connects from a machine, 0 to SERVER_CLIENTS_MAX - 1. */
void client_open_to(struct client *client, int machine, const char *listener);
void client_open(struct client *client, int machine);
void client_close(struct client *client);
void client_send(struct client *client, const void *bytes, size_t size);
/* The bytes of a request with the defaults of its type, into a buffer. */
void client_request(struct buffer *out, int16_t key, int16_t version, int32_t correlation_id);
/* Sends one. */
void client_ask(struct client *client, int16_t key, int16_t version, int32_t correlation_id);
void client_set_deaf(struct client *client, bool deaf);
/* Runs until the client sees the end of its connection, at most `us`. */
bool client_is_closed_within(struct client *client, int64_t us);
/* The next answer, in its frame without the size; false: none is whole. */
bool client_take(struct client *client, struct slice *answer);
/* The next one has this correlation id. */
void client_expect(struct client *client, int32_t correlation_id);
void client_expect_nothing(struct client *client);

#endif
