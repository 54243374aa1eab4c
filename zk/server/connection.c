/* Bytes of a connection; what the frames mean is connection_frames.c's. */
#include <stdlib.h>

#include "base/memory.h"
#include "zk/server/server_private.h"

enum {
	READ_BYTES = 64 << 10,
	LARGEST_BACKLOG = 32 << 20, /* of a client that does not read, watch events mostly */
	KEPT_BYTES = 64 << 10,      /* of an empty buffer's memory */
};

static void
to_settle(struct connection *connection)
{
	if (list_is_empty(&connection->to_settle))
		list_append(&connection->server->to_settle, &connection->to_settle);
}

void
connection_doom(struct connection *connection)
{
	connection->state = CONNECTION_DOOMED;
	to_settle(connection);
}

static struct buffer *
last_step(struct connection *connection)
{
	struct zk_server *server = connection->server;

	if (server->journal != NULL && journal_is_dirty(server->journal)) {
		if (server->gathered_since_us == 0)
			server->gathered_since_us = clock_monotonic_us(server->world->clock);
		server->gathered_answers++;
		return &connection->gathered;
	}
	if (server->is_committing) {
		server->held_answers++;
		return &connection->held;
	}
	server->statistics.answers++;
	return &connection->out;
}

void
connection_send(struct connection *connection, struct slice frame)
{
	struct buffer *buffer;

	if (connection->state == CONNECTION_DOOMED)
		return;
	buffer = last_step(connection);
	buffer_int32(buffer, (int32_t)frame.size);
	buffer_append_slice(buffer, frame);
	connection->server->statistics.sent++;
	to_settle(connection);
	if (connection_backlog(connection) > LARGEST_BACKLOG) {
		log_warn(connection->server->world->logger,
		    "embedded ZooKeeper: %s:%d does not read what it is sent: closed",
		    connection->peer.host, connection->peer.port);
		connection_doom(connection);
	}
}

size_t
connection_backlog(const struct connection *connection)
{
	return connection->gathered.size + connection->held.size + connection->out.size -
	    connection->out_at;
}

static void
forget_sent(struct connection *connection)
{
	if (connection->out_at < connection->out.size)
		return;
	connection->out_at = 0;
	buffer_clear(&connection->out);
	if (connection->out.capacity > KEPT_BYTES)
		buffer_fini(&connection->out);
}

static void
write_out(struct connection *connection)
{
	struct buffer *out = &connection->out;
	enum error error = ERROR_NONE;

	while (error == ERROR_NONE && connection->out_at < out->size) {
		struct iovec part = { out->bytes + connection->out_at,
			out->size - connection->out_at };
		size_t written = 0;

		error = net_write(connection->net, &part, 1, &written);
		if (error == ERROR_NONE)
			connection->out_at += written;
	}
	forget_sent(connection);
	if (error != ERROR_NONE && error != ERROR_WOULD_BLOCK)
		connection_doom(connection);
}

void
connection_settle(struct connection *connection)
{
	write_out(connection);
	if (connection->state == CONNECTION_CLOSING && connection_backlog(connection) == 0)
		connection_doom(connection);
	if (connection->state == CONNECTION_DOOMED)
		return;
	if (connection->is_paused)
		connection_take_frames(connection);
	net_want(connection->net,
	    connection->state != CONNECTION_CLOSING && !connection->is_paused &&
	    !connection->server->is_stopping,
	    connection->out_at < connection->out.size);
}

static void
readable(struct net_handler *handler)
{
	struct connection *connection = container_of(handler, struct connection, handler);
	struct zk_server *server = connection->server;
	size_t got = 0;
	enum error error = net_read(connection->net, server->scratch, READ_BYTES, &got);

	if (error == ERROR_NONE) {
		buffer_append(&connection->in, server->scratch, got);
		connection_take_frames(connection);
		to_settle(connection);
	} else if (error != ERROR_WOULD_BLOCK) {
		connection_doom(connection);
	}
	zk_server_settle(server);
}

static void
writable(struct net_handler *handler)
{
	struct connection *connection = container_of(handler, struct connection, handler);

	to_settle(connection);
	zk_server_settle(connection->server);
}

struct connection *
connection_new(struct zk_server *server, struct net_connection *net)
{
	struct connection *connection = memory_new(sizeof(*connection));

	if (server->scratch == NULL)
		server->scratch = memory_new(READ_BYTES);
	connection->server = server;
	connection->net = net;
	connection->since_ms = zk_server_now_ms(server);
	connection->handler.readable = readable;
	connection->handler.writable = writable;
	list_init(&connection->to_settle);
	list_append(&server->connections, &connection->link);
	server->connection_count++;
	net_peer(net, &connection->peer);
	net_set_handler(net, &connection->handler);
	net_want(net, true, false);
	return connection;
}

void
connection_free(struct connection *connection)
{
	struct zk_server *server = connection->server;

	if (connection->session != 0) {
		hash_table_remove(&server->by_session, &connection->by_session);
		requests_disconnect(server->requests, connection->session);
	}
	net_close(connection->net);
	list_remove(&connection->link);
	list_remove(&connection->to_settle);
	server->connection_count--;
	buffer_fini(&connection->in);
	buffer_fini(&connection->gathered);
	buffer_fini(&connection->held);
	buffer_fini(&connection->out);
	free(connection);
}
