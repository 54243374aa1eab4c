/*
 * zk/server/server_private.h: what the files of the embedded server share.
 *
 * A frame for a client waits behind the changes that it may show:
 *
 *	gathered --(a commit begins)--> held --(it is done)--> out --> socket
 *
 * and goes in at the last step that has something to wait for. A connection
 * ends in zk_server_settle() alone, never while the tree tells of a change.
 */
#ifndef KLAMM_ZK_SERVER_PRIVATE_H
#define KLAMM_ZK_SERVER_PRIVATE_H

#include "world/world.h"
#include "zk/server/journal.h"
#include "zk/server/leases.h"
#include "zk/server/server.h"

enum connection_state {
	CONNECTION_FRESH,    /* a connect request or a four-letter word comes */
	CONNECTION_OPEN,
	CONNECTION_CLOSING,  /* what is waiting still goes out */
	CONNECTION_DOOMED,
};

struct connection {
	struct net_handler handler;
	struct zk_server *server;
	struct net_connection *net;
	struct list link;            /* in server->connections */
	struct list to_settle;       /* in server->to_settle */
	struct hash_node by_session; /* in server->by_session unless the session is 0 */
	int64_t session;
	enum connection_state state;
	int64_t since_ms;
	struct net_address peer;
	struct buffer in;
	struct buffer gathered, held, out;
	size_t out_at;               /* before it all was sent */
	bool is_paused;              /* its client reads too slowly for more answers */
};

struct server_statistics {
	uint64_t received, sent;
	uint64_t answers;            /* whose latency is in the sum */
	int64_t latency_sum_us, latency_largest_us;
};

struct zk_server {
	struct world *world;
	struct loop *loop;
	struct zk_server_options options;
	struct store *store;
	struct net_listener *listener;
	struct net_acceptor acceptor;
	struct requests_sink sink;
	struct requests *requests;
	struct journal *journal;     /* NULL without a store */
	struct leases *leases;
	struct list connections;
	size_t connection_count;
	bool is_full;                /* told */
	struct hash_table by_session;
	struct list to_settle;
	struct timer tick;
	int64_t tick_due_ms;
	uint8_t *scratch;            /* what one read gives */

	struct work commit;
	struct journal_bunch bunch;
	bool is_committing;          /* the worker has the bunch */
	bool is_failing;             /* the bunch could not be kept yet */
	int64_t failing_since_ms;
	enum error commit_error;
	int64_t gathered_since_us;   /* 0: nothing is gathered */
	int64_t held_since_us;
	uint64_t gathered_answers, held_answers;
	struct timer retry;

	bool is_started, is_stopping;
	void (*stopped)(void *context);
	void *stopped_context;
	int64_t started_ms;
	struct server_statistics statistics;
};

/* server.c */
int64_t zk_server_now_ms(const struct zk_server *server);
/*
 * At the end of whatever happened: begins a commit, sends what may be sent,
 * ends the connections that are to end.
 */
void zk_server_settle(struct zk_server *server);
struct connection *zk_server_connection_of(const struct zk_server *server, int64_t session);

/* server_commit.c */
void zk_server_commit_init(struct zk_server *server);
void zk_server_commit_if_due(struct zk_server *server);
/* Neither gathered nor under way. */
bool zk_server_is_kept(const struct zk_server *server);

/* connection.c */
struct connection *connection_new(struct zk_server *server, struct net_connection *net);
/* Behind the changes that it may show. */
void connection_send(struct connection *connection, struct slice frame);
/* What may be sent is sent; then it may read on. */
void connection_settle(struct connection *connection);
void connection_doom(struct connection *connection);
void connection_free(struct connection *connection);

/* connection_frames.c */
/* Carries out the whole frames that have come, until too many answers wait. */
void connection_take_frames(struct connection *connection);
size_t connection_backlog(const struct connection *connection);

/* words.c */
/* The answer to a four-letter word; false when these four bytes are none. */
bool words_answer(struct zk_server *server, struct slice word, struct buffer *answer);

#endif
