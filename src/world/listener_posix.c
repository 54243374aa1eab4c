/*
 * Listening sockets of the real end. Several loops accept on one socket; who
 * comes too late finds nothing and goes on.
 *
 * Without a free descriptor (F25) a connection cannot even be refused, and the
 * socket stays readable for ever. So each listener keeps a spare descriptor,
 * gives it up to accept a connection, closes that and takes the descriptor back,
 * one connection after the other; and the loop lets the socket rest for a moment.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"
#include "base/memory.h"
#include "world/loop_libev.h"
#include "world/net_address_posix.h"
#include "world/net_posix_private.h"

enum {
	ACCEPTED_AT_ONCE = 16, /* by one loop, before others have their chance */
	REFUSED_AT_ONCE = 1024,
	REST_US = 100000,
};

struct listener {
	struct net_listener listener;
	int fd;
	pthread_mutex_t mutex; /* of all below */
	int spare;             /* -1: it could not be had back */
	struct list acceptances;
};

/* One loop that accepts. */
struct acceptance {
	struct list in_listener;
	struct listener *listener;
	struct loop *loop;
	struct net_acceptor *acceptor;
	struct loop_watcher *watcher;
	struct timer rest;
	bool failing;
	bool in_acceptor; /* and so not to be freed yet */
	bool stopped;
};

static struct listener *
listener_of(struct net_listener *listener)
{
	return container_of(listener, struct listener, listener);
}

/* ------------------------------------------------------------- listening */

/* Before listen: what is accepted inherits them, and the window is agreed on with them. */
static void
size_buffers(int fd, const struct net_sockets *sockets)
{
	int send = sockets->send_buffer_bytes, receive = sockets->receive_buffer_bytes;

	if (send > 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send, sizeof(send));
	if (receive > 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof(receive));
}

static enum error
bind_and_listen(const struct socket_address *system, const struct net_sockets *sockets, int *fd)
{
	int family = system->storage.ss_family, yes = 1, no = 0;
	enum error error;

	*fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return errno == EAFNOSUPPORT ? ERROR_ADDRESS_NOT_AVAILABLE : error_from_errno(errno);
	(void)setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (family == AF_INET6)
		(void)setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	size_buffers(*fd, sockets);
	if (bind(*fd, (const struct sockaddr *)&system->storage, system->size) == 0 &&
	    listen(*fd, sockets->backlog > 0 ? sockets->backlog : SOMAXCONN) == 0)
		return ERROR_NONE;
	error = error_from_errno(errno);
	close(*fd);
	return error;
}

static enum error
listen_on(const struct net_address *address, const struct net_sockets *sockets, int *fd)
{
	struct socket_address system;
	enum error error = net_address_to_system(address, &system);

	return error != ERROR_NONE ? error : bind_and_listen(&system, sockets, fd);
}

/* All addresses of both families; of one, where there is no IPv6. */
static enum error
listen_everywhere(uint16_t port, const struct net_sockets *sockets, int *fd)
{
	struct net_address six = { .host = "::", .port = port };
	struct net_address four = { .host = "0.0.0.0", .port = port };
	enum error error = listen_on(&six, sockets, fd);

	return error == ERROR_ADDRESS_NOT_AVAILABLE ? listen_on(&four, sockets, fd) : error;
}

static int
open_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

enum error
listener_posix_listen(struct net *net, const struct net_address *address,
    const struct net_sockets *sockets, struct net_listener **listener)
{
	struct socket_address system = { .size = sizeof(system.storage) };
	struct net_address bound;
	struct listener *it;
	enum error error;
	int fd;

	error = address->host[0] == '\0' ? listen_everywhere(address->port, sockets, &fd) :
					   listen_on(address, sockets, &fd);
	if (error != ERROR_NONE)
		return error;
	it = memory_new(sizeof(*it));
	it->listener = (struct net_listener){ .net = net, .address = *address };
	it->fd = fd;
	it->spare = open_spare();
	pthread_mutex_init(&it->mutex, NULL);
	list_init(&it->acceptances);
	if (getsockname(fd, (struct sockaddr *)&system.storage, &system.size) == 0) {
		net_address_from_system(&system, &bound);
		it->listener.address.port = bound.port;
	}
	*listener = &it->listener;
	return ERROR_NONE;
}

void
listener_posix_close(struct net_listener *listener)
{
	struct listener *it = listener_of(listener);

	assert(list_is_empty(&it->acceptances));
	close(it->fd);
	if (it->spare >= 0)
		close(it->spare);
	pthread_mutex_destroy(&it->mutex);
	free(it);
}

/* ------------------------------------------------------------- accepting */

static bool
is_of_one_connection(int reason)
{
	/* The peer is gone already, or the network told of an error of its. */
	return reason == EINTR || reason == ECONNABORTED || reason == EPROTO || reason == EPERM ||
	    reason == ENETDOWN || reason == ENOPROTOOPT || reason == EHOSTDOWN ||
	    reason == ENONET || reason == EHOSTUNREACH || reason == ENETUNREACH;
}

/*
 * Refuses those that wait, with the one descriptor that was kept for it. When
 * the spare can be had back beside a connection, descriptors have become free
 * meanwhile: that connection is not refused but returned. Else -1.
 */
static int
refuse_waiting(struct listener *listener)
{
	int fd = -1;

	pthread_mutex_lock(&listener->mutex);
	for (int i = 0; i < REFUSED_AT_ONCE; i++) {
		if (listener->spare >= 0)
			close(listener->spare);
		fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		listener->spare = open_spare();
		if (fd < 0 || listener->spare >= 0)
			break;
		close(fd);
		fd = -1;
		listener->spare = open_spare();
	}
	pthread_mutex_unlock(&listener->mutex);
	return fd;
}

static void
accepted(struct acceptance *it, int fd)
{
	it->failing = false;
	it->acceptor->accepted(it->acceptor,
	    connection_posix_new(it->listener->listener.net, it->loop, fd));
}

static void
accepting_failed(struct acceptance *it, int reason)
{
	bool told = it->failing;
	int fd = -1;

	it->failing = true;
	if (reason == EMFILE || reason == ENFILE)
		fd = refuse_waiting(it->listener);
	loop_watcher_want(it->watcher, false, false);
	timer_start(it->loop, &it->rest, clock_monotonic_us(it->loop->clock) + REST_US);
	if (!told)
		it->acceptor->failed(it->acceptor, error_from_errno(reason));
	if (fd >= 0 && !it->stopped)
		accepted(it, fd);
	else if (fd >= 0)
		close(fd);
}

static void
on_rested(struct timer *timer)
{
	struct acceptance *it = container_of(timer, struct acceptance, rest);

	loop_watcher_want(it->watcher, true, false);
}

static void
on_acceptable(void *owner, bool readable, bool writable)
{
	struct acceptance *it = owner;

	(void)readable;
	(void)writable;
	it->in_acceptor = true;
	for (int i = 0; i < ACCEPTED_AT_ONCE && !it->stopped; i++) {
		int fd = accept4(it->listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			accepted(it, fd);
		} else if (errno == EAGAIN) {
			break;
		} else if (!is_of_one_connection(errno)) {
			accepting_failed(it, errno);
			break;
		}
	}
	it->in_acceptor = false;
	if (it->stopped)
		free(it);
}

enum error
listener_posix_accept_on(struct net_listener *listener, struct loop *loop,
    struct net_acceptor *acceptor)
{
	struct listener *it = listener_of(listener);
	struct acceptance *acceptance = memory_new(sizeof(*acceptance));

	acceptance->listener = it;
	acceptance->loop = loop;
	acceptance->acceptor = acceptor;
	timer_init(&acceptance->rest, on_rested);
	acceptance->watcher = loop_watcher_new(loop, it->fd, on_acceptable, acceptance);
	loop_watcher_want(acceptance->watcher, true, false);
	pthread_mutex_lock(&it->mutex);
	list_append(&it->acceptances, &acceptance->in_listener);
	pthread_mutex_unlock(&it->mutex);
	return ERROR_NONE;
}

static struct acceptance *
take_acceptance(struct listener *listener, const struct loop *loop)
{
	struct acceptance *found = NULL;

	pthread_mutex_lock(&listener->mutex);
	LIST_FOREACH (link, &listener->acceptances) {
		struct acceptance *it = container_of(link, struct acceptance, in_listener);

		if (it->loop == loop)
			found = it;
	}
	if (found != NULL)
		list_remove(&found->in_listener);
	pthread_mutex_unlock(&listener->mutex);
	return found;
}

void
listener_posix_stop_accepting(struct net_listener *listener, struct loop *loop)
{
	struct acceptance *it = take_acceptance(listener_of(listener), loop);

	assert(it != NULL);
	timer_stop(loop, &it->rest);
	loop_watcher_free(it->watcher);
	it->stopped = true;
	if (!it->in_acceptor)
		free(it);
}
