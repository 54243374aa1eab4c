#include "world/net_posix.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "world/disk_posix.h"
#include "world/loop_libev.h"
#include "world/net_address_posix.h"
#include "world/net_posix_private.h"

struct connection {
	struct net_connection connection;
	struct loop_watcher *watcher;
	int fd;
	bool connecting;
	bool wants_read;
	bool wants_write;
	bool in_handler; /* and so not to be freed yet */
	bool closed;
};

static struct connection *
connection_of(struct net_connection *connection)
{
	return container_of(connection, struct connection, connection);
}

static void
watch(struct connection *it)
{
	if (it->connecting)
		loop_watcher_want(it->watcher, false, true);
	else
		loop_watcher_want(it->watcher, it->wants_read, it->wants_write);
}

static void
finish_connecting(struct connection *it)
{
	int reason = 0;
	socklen_t size = sizeof(reason);

	if (getsockopt(it->fd, SOL_SOCKET, SO_ERROR, &reason, &size) != 0)
		reason = errno;
	it->connecting = false;
	watch(it);
	it->connection.handler->connected(it->connection.handler, error_from_errno(reason));
}

/* Each handler may close the connection, or change what is wanted. */
static void
on_ready(void *owner, bool readable, bool writable)
{
	struct connection *it = owner;

	if (it->connecting) {
		finish_connecting(it);
		return;
	}
	it->in_handler = true;
	if (readable && it->wants_read)
		it->connection.handler->readable(it->connection.handler);
	if (!it->closed && writable && it->wants_write)
		it->connection.handler->writable(it->connection.handler);
	it->in_handler = false;
	if (it->closed)
		free(it);
}

/* Small answers go at once; a peer that vanished is found out in the end. */
static void
set_options(int fd)
{
	int yes = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
}

struct net_connection *
connection_posix_new(struct net *net, struct loop *loop, int fd)
{
	struct connection *it = memory_new(sizeof(*it));

	set_options(fd);
	it->connection.net = net;
	it->connection.loop = loop;
	it->fd = fd;
	it->watcher = loop_watcher_new(loop, fd, on_ready, it);
	return &it->connection;
}

/* What the system refuses at once is returned, the rest comes to `connected`. */
static enum error
connect_to(struct net *net, struct loop *loop, const struct net_address *address,
    struct net_handler *handler, struct net_connection **connection)
{
	struct socket_address system;
	enum error error = net_address_to_system(address, &system);
	int fd;

	if (error != ERROR_NONE)
		return error;
	fd = socket(system.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_from_errno(errno);
	if (connect(fd, (const struct sockaddr *)&system.storage, system.size) != 0 &&
	    errno != EINPROGRESS && errno != EINTR) {
		error = error_from_errno(errno);
		close(fd);
		return error;
	}
	*connection = connection_posix_new(net, loop, fd);
	(*connection)->handler = handler;
	connection_of(*connection)->connecting = true;
	watch(connection_of(*connection));
	return ERROR_NONE;
}

static enum error
resolve(struct net *net, const char *name, struct net_address *addresses, size_t capacity,
    size_t *count)
{
	(void)net;
	return net_address_resolve(name, addresses, capacity, count);
}

static void
set_handler(struct net_connection *connection, struct net_handler *handler)
{
	connection->handler = handler;
}

static void
want(struct net_connection *connection, bool read, bool write)
{
	struct connection *it = connection_of(connection);

	it->wants_read = read;
	it->wants_write = write;
	watch(it);
}

static enum error
read_bytes(struct net_connection *connection, void *bytes, size_t size, size_t *got)
{
	ssize_t result;

	do
		result = recv(connection_of(connection)->fd, bytes, size, 0);
	while (result < 0 && errno == EINTR);
	if (result < 0)
		return error_from_errno(errno);
	*got = (size_t)result;
	return result == 0 ? ERROR_END_OF_STREAM : ERROR_NONE;
}

static enum error
write_parts(struct net_connection *connection, const struct iovec *parts, int count,
    size_t *written)
{
	struct msghdr message = { .msg_iovlen = (size_t)count };
	ssize_t result;

	message.msg_iov = (struct iovec *)(uintptr_t)parts; /* it is only read */
	do
		result = sendmsg(connection_of(connection)->fd, &message, MSG_NOSIGNAL);
	while (result < 0 && errno == EINTR);
	if (result < 0)
		return error_from_errno(errno);
	*written = (size_t)result;
	return ERROR_NONE;
}

static enum error
send_file(struct net_connection *connection, struct disk_file *file, int64_t offset, size_t size,
    size_t *sent)
{
	off_t at = offset;
	ssize_t result;

	do
		result = sendfile(connection_of(connection)->fd, disk_posix_descriptor(file), &at,
		    size);
	while (result < 0 && errno == EINTR);
	if (result < 0)
		return error_from_errno(errno);
	*sent = (size_t)result;
	return result == 0 ? ERROR_END_OF_STREAM : ERROR_NONE;
}

static void
tell_address(int fd, int (*call)(int fd, struct sockaddr *at, socklen_t *size),
    struct net_address *address)
{
	struct socket_address system = { .size = sizeof(system.storage) };

	*address = (struct net_address){ 0 };
	if (call(fd, (struct sockaddr *)&system.storage, &system.size) == 0)
		net_address_from_system(&system, address);
}

static void
peer(struct net_connection *connection, struct net_address *address)
{
	tell_address(connection_of(connection)->fd, getpeername, address);
}

static void
local(struct net_connection *connection, struct net_address *address)
{
	tell_address(connection_of(connection)->fd, getsockname, address);
}

static void
close_connection(struct net_connection *connection, bool reset)
{
	struct connection *it = connection_of(connection);
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	assert(!it->closed);
	loop_watcher_free(it->watcher);
	if (reset)
		(void)setsockopt(it->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(it->fd);
	it->closed = true;
	if (!it->in_handler)
		free(it);
}

static const struct net_ops ops = {
	.listen = listener_posix_listen,
	.accept_on = listener_posix_accept_on,
	.stop_accepting = listener_posix_stop_accepting,
	.close_listener = listener_posix_close,
	.connect = connect_to,
	.resolve = resolve,
	.set_handler = set_handler,
	.want = want,
	.read = read_bytes,
	.write = write_parts,
	.send_file = send_file,
	.peer = peer,
	.local = local,
	.close = close_connection,
};

/* Where a copy begins to cost what two more calls and two more segments of TCP do. */
enum { COPIED_BYTES = 16 * 1024 };

void
net_posix_init(struct net *net)
{
	net->ops = &ops;
	net->copied_bytes = COPIED_BYTES;
}
