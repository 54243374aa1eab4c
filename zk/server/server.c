/* The life of the embedded server: it opens, accepts, counts ticks, stops. */
#include "zk/server/server.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "zk/server/server_private.h"

enum {
	LEAST_TICKS = 2,
	MOST_TICKS = 20,
	SESSIONLESS_MS = 10000,   /* a connection without a session lives so long, as ZooKeeper's */
	REPLY_BYTES = 16 << 20,
	DAMAGE_SIZE = 256,
};

struct zk_server_options
zk_server_options_default(void)
{
	return (struct zk_server_options){
		.address = { "127.0.0.1", 2181 },
		.tick_ms = 2000,
		.frame_bytes = 1048575,
		.connections = 1024,
	};
}

int64_t
zk_server_now_ms(const struct zk_server *server)
{
	return clock_monotonic_us(server->world->clock) / 1000;
}

static bool
session_matches(const struct hash_node *link, const void *key)
{
	return container_of(link, const struct connection, by_session)->session ==
	    *(const int64_t *)key;
}

struct connection *
zk_server_connection_of(const struct zk_server *server, int64_t session)
{
	uint64_t hash = hash_table_hash(&server->by_session, slice_of(&session, sizeof(session)));
	struct hash_node *link = hash_table_find(&server->by_session, hash, &session);

	return link == NULL ? NULL : container_of(link, struct connection, by_session);
}

static void
on_send(struct requests_sink *sink, int64_t session, struct slice frame)
{
	struct zk_server *server = container_of(sink, struct zk_server, sink);
	struct connection *connection = zk_server_connection_of(server, session);

	if (connection != NULL)
		connection_send(connection, frame);
}

/* -------------------------------------------------------------------- ticks */

static void
arm_tick(struct zk_server *server)
{
	int64_t tick_ms = server->options.tick_ms;

	if (timer_is_running(&server->tick) || server->is_stopping ||
	    (leases_count(server->leases) == 0 && server->connection_count == 0))
		return;
	server->tick_due_ms = (zk_server_now_ms(server) / tick_ms + 1) * tick_ms;
	timer_start(server->loop, &server->tick, server->tick_due_ms * 1000);
}

static void
expire(struct zk_server *server, int64_t session)
{
	struct connection *connection = zk_server_connection_of(server, session);

	log_info(server->world->logger, "embedded ZooKeeper: session 0x%llx has expired",
	    (unsigned long long)session);
	if (connection != NULL)
		connection_doom(connection);
	requests_expire(server->requests, session, clock_wall_ms(server->world->clock));
	if (server->journal != NULL)
		journal_session_changed(server->journal, session);
}

static void
close_sessionless(struct zk_server *server, int64_t now_ms)
{
	LIST_FOREACH(link, &server->connections) {
		struct connection *connection = container_of(link, struct connection, link);

		if (connection->session == 0 && now_ms - connection->since_ms >= SESSIONLESS_MS)
			connection_doom(connection);
	}
}

static void
on_tick(struct timer *timer)
{
	struct zk_server *server = container_of(timer, struct zk_server, tick);
	int64_t now_ms = zk_server_now_ms(server), session;

	/* Nobody was heard while the loop or the machine stood still. */
	if (now_ms - server->tick_due_ms > server->options.tick_ms / 2)
		leases_prolong(server->leases, now_ms - server->tick_due_ms);
	while (!server->is_failing && (session = leases_take_ended(server->leases, now_ms)) != 0)
		expire(server, session);
	close_sessionless(server, now_ms);
	arm_tick(server);
	zk_server_settle(server);
}

/* -------------------------------------------------------------- connections */

static void
accepted(struct net_acceptor *acceptor, struct net_connection *net)
{
	struct zk_server *server = container_of(acceptor, struct zk_server, acceptor);
	bool is_full = server->connection_count >= server->options.connections;

	if (is_full && !server->is_full)
		log_warn(server->world->logger, "embedded ZooKeeper: there are %zu connections: "
		    "more are closed at once", server->connection_count);
	server->is_full = is_full;
	if (is_full || server->is_failing) {
		net_close(net);
		return;
	}
	(void)connection_new(server, net);
	arm_tick(server);
}

static void
accept_failed(struct net_acceptor *acceptor, enum error error)
{
	log_warn(container_of(acceptor, struct zk_server, acceptor)->world->logger,
	    "embedded ZooKeeper: cannot accept connections: %s", error_text(error));
}

static void
finish_stop(struct zk_server *server)
{
	if (!server->is_stopping || server->is_committing || server->stopped == NULL)
		return;
	if (!zk_server_is_kept(server) && !server->is_failing)
		return;
	LIST_FOREACH(link, &server->connections)
		connection_free(container_of(link, struct connection, link));
	timer_stop(server->loop, &server->tick);
	timer_stop(server->loop, &server->retry);
	server->is_started = false;
	server->stopped(server->stopped_context);
}

void
zk_server_settle(struct zk_server *server)
{
	struct list *link;

	while ((link = list_take_first(&server->to_settle)) != NULL) {
		struct connection *connection = container_of(link, struct connection, to_settle);

		if (connection->state != CONNECTION_DOOMED)
			connection_settle(connection);
		if (connection->state == CONNECTION_DOOMED)
			connection_free(connection);
	}
	zk_server_commit_if_due(server);
	finish_stop(server);
}

/* --------------------------------------------------------------------- life */

static void
make_machines(struct zk_server *server)
{
	const struct requests_limits limits = {
		(int32_t)(LEAST_TICKS * server->options.tick_ms),
		(int32_t)(MOST_TICKS * server->options.tick_ms), REPLY_BYTES };
	uint64_t seed[2];

	entropy_fill(server->world->entropy, seed, sizeof(seed));
	server->requests = requests_new(seed, &limits, &server->sink);
	server->leases = leases_new(seed, server->options.tick_ms);
	if (server->store != NULL)
		server->journal = journal_new(seed, server->requests);
	hash_table_init(&server->by_session, seed, session_matches);
}

static enum error
load(struct zk_server *server)
{
	char damage[DAMAGE_SIZE];
	enum error error;

	if (server->store == NULL)
		return ERROR_NONE;
	error = journal_load(server->journal, server->store, damage, sizeof(damage));
	if (error != ERROR_NONE)
		log_error(server->world->logger, "embedded ZooKeeper: its data cannot be read: %s",
		    damage[0] != '\0' ? damage : error_text(error));
	return error;
}

static enum error
listen_on(struct zk_server *server)
{
	const struct net_address *address = &server->options.address;
	enum error error = net_listen(server->world->net, address, &server->listener);

	if (error != ERROR_NONE)
		log_error(server->world->logger, "embedded ZooKeeper: cannot listen on %s:%d: %s",
		    address->host, address->port, error_text(error));
	return error;
}

static void
tell_opened(const struct zk_server *server, int64_t began_ms)
{
	struct tree_census census;

	tree_count(requests_tree(server->requests), &census);
	log_info(server->world->logger, "embedded ZooKeeper on %s:%d: %zu nodes, %zu sessions, "
	    "read in %lld ms", server->options.address.host, zk_server_port(server), census.nodes,
	    requests_session_count(server->requests),
	    (long long)(zk_server_now_ms(server) - began_ms));
}

enum error
zk_server_open(struct world *world, struct loop *loop, const struct zk_server_options *options,
    struct store *store, struct zk_server **opened)
{
	struct zk_server *server = memory_new(sizeof(*server));
	enum error error;

	server->world = world;
	server->loop = loop;
	server->options = *options;
	server->store = store;
	server->sink.send = on_send;
	server->acceptor = (struct net_acceptor){ accepted, accept_failed };
	list_init(&server->connections);
	list_init(&server->to_settle);
	timer_init(&server->tick, on_tick);
	zk_server_commit_init(server);
	server->started_ms = zk_server_now_ms(server);
	make_machines(server);
	error = load(server);
	if (error == ERROR_NONE)
		error = listen_on(server);
	if (error == ERROR_NONE)
		tell_opened(server, server->started_ms);
	else
		zk_server_close(server);
	*opened = error == ERROR_NONE ? server : NULL;
	return error;
}

uint16_t
zk_server_port(const struct zk_server *server)
{
	return server->listener->address.port;
}

static void
begin_lease(void *context, const struct requests_session *session)
{
	struct zk_server *server = context;

	leases_touch(server->leases, session->id, session->timeout_ms, zk_server_now_ms(server));
}

enum error
zk_server_start(struct zk_server *server)
{
	enum error error = net_accept_on(server->listener, server->loop, &server->acceptor);

	if (error != ERROR_NONE)
		return error;
	server->is_started = true;
	requests_each_session(server->requests, begin_lease, server);
	arm_tick(server);
	return ERROR_NONE;
}

void
zk_server_stop(struct zk_server *server, void (*stopped)(void *context), void *context)
{
	assert(server->is_started && !server->is_stopping);
	server->is_stopping = true;
	server->stopped = stopped;
	server->stopped_context = context;
	net_stop_accepting(server->listener, server->loop);
	LIST_FOREACH(link, &server->connections)
		net_want(container_of(link, struct connection, link)->net, false, false);
	zk_server_settle(server);
}

void
zk_server_close(struct zk_server *server)
{
	assert(!server->is_started);
	if (server->listener != NULL)
		net_close_listener(server->listener);
	if (server->journal != NULL)
		journal_free(server->journal);
	journal_bunch_fini(&server->bunch);
	leases_free(server->leases);
	requests_free(server->requests);
	hash_table_fini(&server->by_session);
	free(server->scratch);
	free(server);
}
