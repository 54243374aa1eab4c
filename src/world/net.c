#include "world/net.h"

#include <assert.h>
#include <stddef.h>

enum { NET_PARTS_MAX = 1024 };

enum error
net_listen(struct net *net, const struct net_address *address, struct net_listener **listener)
{
	return net_listen_with(net, address, &(struct net_sockets){ 0 }, listener);
}

enum error
net_listen_with(struct net *net, const struct net_address *address,
    const struct net_sockets *sockets, struct net_listener **listener)
{
	assert(sockets->backlog >= 0 && sockets->send_buffer_bytes >= 0 &&
	    sockets->receive_buffer_bytes >= 0);
	*listener = NULL;
	return net->ops->listen(net, address, sockets, listener);
}

enum error
net_accept_on(struct net_listener *listener, struct loop *loop, struct net_acceptor *acceptor)
{
	assert(loop == loop_current());
	assert(acceptor->accepted != NULL && acceptor->failed != NULL);
	return listener->net->ops->accept_on(listener, loop, acceptor);
}

void
net_stop_accepting(struct net_listener *listener, struct loop *loop)
{
	assert(loop == loop_current());
	listener->net->ops->stop_accepting(listener, loop);
}

void
net_close_listener(struct net_listener *listener)
{
	listener->net->ops->close_listener(listener);
}

enum error
net_connect(struct net *net, struct loop *loop, const struct net_address *address,
    struct net_handler *handler, struct net_connection **connection)
{
	assert(loop == loop_current());
	assert(handler->connected != NULL);
	*connection = NULL;
	return net->ops->connect(net, loop, address, handler, connection);
}

enum error
net_resolve(struct net *net, const char *name, struct net_address *addresses, size_t capacity,
    size_t *count)
{
	assert(loop_current() == NULL); /* it blocks */
	*count = 0;
	return net->ops->resolve(net, name, addresses, capacity, count);
}

void
net_set_handler(struct net_connection *connection, struct net_handler *handler)
{
	assert(connection->loop == loop_current());
	connection->net->ops->set_handler(connection, handler);
}

void
net_want(struct net_connection *connection, bool read, bool write)
{
	assert(connection->loop == loop_current());
	assert(connection->handler != NULL || (!read && !write));
	connection->net->ops->want(connection, read, write);
}

enum error
net_read(struct net_connection *connection, void *bytes, size_t size, size_t *got)
{
	assert(connection->loop == loop_current());
	assert(size > 0);
	*got = 0;
	return connection->net->ops->read(connection, bytes, size, got);
}

enum error
net_write(struct net_connection *connection, const struct iovec *parts, int count,
    size_t *written)
{
	assert(connection->loop == loop_current());
	assert(count > 0 && count <= NET_PARTS_MAX);
	*written = 0;
	return connection->net->ops->write(connection, parts, count, written);
}

enum error
net_send_file(struct net_connection *connection, struct disk_file *file, int64_t offset,
    size_t size, size_t *sent)
{
	assert(connection->loop == loop_current());
	assert(offset >= 0 && size > 0);
	*sent = 0;
	return connection->net->ops->send_file(connection, file, offset, size, sent);
}

void
net_peer(struct net_connection *connection, struct net_address *address)
{
	assert(connection->loop == loop_current());
	connection->net->ops->peer(connection, address);
}

void
net_local(struct net_connection *connection, struct net_address *address)
{
	assert(connection->loop == loop_current());
	connection->net->ops->local(connection, address);
}

void
net_close(struct net_connection *connection)
{
	assert(connection->loop == loop_current());
	connection->net->ops->close(connection, false);
}

void
net_reset(struct net_connection *connection)
{
	assert(connection->loop == loop_current());
	connection->net->ops->close(connection, true);
}
