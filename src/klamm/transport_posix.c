#include "klamm/transport_posix.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "world/net_address_posix.h"

enum { ADDRESSES_MAX = 8, MS_MAX = 3600 * 1000 };

struct socket_stream {
	struct transport_stream stream;
	int fd;
};

static struct socket_stream *
socket_of(struct transport_stream *stream)
{
	return container_of(stream, struct socket_stream, stream);
}

static enum error
wait_for(struct transport *transport, int fd, short events, int64_t deadline_us)
{
	for (;;) {
		int64_t left_us = deadline_us - transport_now_us(transport);
		struct pollfd poll_fd = { .fd = fd, .events = events };

		if (left_us <= 0)
			return ERROR_TIMED_OUT;
		int found = poll(&poll_fd, 1, (int)MIN((left_us + 999) / 1000, MS_MAX));
		if (found > 0)
			return ERROR_NONE;
		if (found < 0 && errno != EINTR)
			return error_from_errno(errno);
	}
}

static enum error
finish_connect(struct transport *transport, int fd, int64_t deadline_us)
{
	int system_error = 0;
	socklen_t size = sizeof(system_error);
	enum error error = wait_for(transport, fd, POLLOUT, deadline_us);

	if (error != ERROR_NONE)
		return error;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &system_error, &size) != 0)
		return error_from_errno(errno);
	return system_error == 0 ? ERROR_NONE : error_from_errno(system_error);
}

static enum error
connect_to(struct transport *transport, const struct net_address *address, int64_t deadline_us,
    int *connected)
{
	struct socket_address system;
	const int yes = 1;
	enum error error = net_address_to_system(address, &system);

	if (error != ERROR_NONE)
		return error;
	int fd = socket(system.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_from_errno(errno);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)); /* only faster */
	if (connect(fd, (const struct sockaddr *)&system.storage, system.size) == 0)
		error = ERROR_NONE;
	else if (errno == EINPROGRESS || errno == EINTR)
		error = finish_connect(transport, fd, deadline_us);
	else
		error = error_from_errno(errno);
	if (error != ERROR_NONE)
		close(fd);
	*connected = fd;
	return error;
}

static enum error
socket_connect(struct transport *transport, const char *host, uint16_t port, int64_t deadline_us,
    struct transport_stream **stream)
{
	struct net_address addresses[ADDRESSES_MAX];
	size_t count = 0; /* those found are added */
	int fd = -1;
	enum error error = net_address_resolve(host, addresses, ADDRESSES_MAX, &count);

	if (error != ERROR_NONE)
		return error;
	error = ERROR_NOT_FOUND;
	for (size_t i = 0; i < count; i++) {
		addresses[i].port = port;
		error = connect_to(transport, &addresses[i], deadline_us, &fd);
		if (error == ERROR_NONE)
			break;
	}
	if (error != ERROR_NONE)
		return error;
	struct socket_stream *made = memory_new(sizeof(*made));
	made->stream.transport = transport;
	made->fd = fd;
	*stream = &made->stream;
	return ERROR_NONE;
}

static enum error
socket_send(struct transport_stream *stream, struct slice bytes, int64_t deadline_us)
{
	int fd = socket_of(stream)->fd;

	while (bytes.size > 0) {
		ssize_t sent = send(fd, bytes.bytes, bytes.size, MSG_NOSIGNAL);

		if (sent >= 0)
			bytes = slice_of(bytes.bytes + sent, bytes.size - (size_t)sent);
		else if (errno == EAGAIN) {
			enum error error = wait_for(stream->transport, fd, POLLOUT, deadline_us);
			if (error != ERROR_NONE)
				return error;
		} else if (errno != EINTR)
			return errno == EPIPE ? ERROR_CONNECTION_CLOSED : error_from_errno(errno);
	}
	return ERROR_NONE;
}

static enum error
socket_receive(struct transport_stream *stream, void *bytes, size_t size, int64_t deadline_us)
{
	int fd = socket_of(stream)->fd;
	size_t got = 0;

	while (got < size) {
		ssize_t received = recv(fd, (uint8_t *)bytes + got, size - got, 0);

		if (received > 0)
			got += (size_t)received;
		else if (received == 0)
			return ERROR_CONNECTION_CLOSED;
		else if (errno == EAGAIN) {
			enum error error = wait_for(stream->transport, fd, POLLIN, deadline_us);
			if (error != ERROR_NONE)
				return error;
		} else if (errno != EINTR)
			return error_from_errno(errno);
	}
	return ERROR_NONE;
}

static void
socket_close(struct transport_stream *stream)
{
	close(socket_of(stream)->fd);
	free(socket_of(stream));
}

static void
socket_pause(struct transport *transport, int64_t pause_us)
{
	struct timespec pause = { pause_us / 1000000, pause_us % 1000000 * 1000 };

	(void)transport;
	(void)nanosleep(&pause, NULL); /* a shorter one does no harm */
}

void
transport_posix_init(struct transport *transport, struct clock *clock)
{
	static const struct transport_ops ops = {
		.connect = socket_connect,
		.send = socket_send,
		.receive = socket_receive,
		.close = socket_close,
		.pause = socket_pause,
	};

	*transport = (struct transport){ &ops, clock };
}
