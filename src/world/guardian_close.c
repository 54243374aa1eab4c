#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/reader.h"
#include "world/guardian_private.h"
#include "world/net_address_posix.h"

enum {
	CONNECT_REQUEST_SIZE = 45,
	CONNECT_ANSWER_MIN = 36,
	CONNECT_ANSWER_MAX = 64,
	ANSWER_WAIT_MS = 2000, /* for a server that took the connection */
	PAUSE_MS = 50,         /* when none of the servers would have us */
	CLOSE_OPERATION = -11,
};

enum outcome { OUTCOME_OVER, OUTCOME_NOT_HERE };

static int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for the event; false after the deadline. */
static bool
wait_for(int fd, short events, int64_t deadline_ms)
{
	for (;;) {
		struct pollfd waiting = { .fd = fd, .events = events };
		int64_t left_ms = deadline_ms - now_ms();
		int ready;

		if (left_ms <= 0)
			return false;
		ready = poll(&waiting, 1, (int)left_ms);
		if (ready > 0)
			return true;
		if (ready < 0 && errno != EINTR)
			return false;
	}
}

static bool
send_all(int fd, const uint8_t *bytes, size_t size, int64_t deadline_ms)
{
	while (size > 0) {
		ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (sent < 0 && !wait_for(fd, POLLOUT, deadline_ms))
			return false;
		if (sent > 0) {
			bytes += sent;
			size -= (size_t)sent;
		}
	}
	return true;
}

static bool
receive_all(int fd, uint8_t *bytes, size_t size, int64_t deadline_ms)
{
	while (size > 0) {
		ssize_t got = recv(fd, bytes, size, MSG_DONTWAIT);

		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		if (got < 0 && !wait_for(fd, POLLIN, deadline_ms))
			return false;
		if (got > 0) {
			bytes += got;
			size -= (size_t)got;
		}
	}
	return true;
}

static int
connect_to(const struct net_address *address, int64_t deadline_ms)
{
	struct socket_address system;
	socklen_t size = sizeof(int);
	int fd, error = 0;

	if (net_address_to_system(address, &system) != ERROR_NONE)
		return -1;
	fd = socket(system.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&system.storage, system.size) == 0)
		return fd;
	if (errno == EINPROGRESS && wait_for(fd, POLLOUT, deadline_ms) &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
		return fd;
	close(fd);
	return -1;
}

/*
 * ConnectRequest: protocol version, last zxid seen, time-out, session, password,
 * not read-only. The last zxid is 0, so that a server that lags takes us too.
 */
static bool
send_connect_request(int fd, const struct guardian_order *order, int64_t deadline_ms)
{
	uint8_t frame[4 + CONNECT_REQUEST_SIZE] = { 0 };

	store_int32(frame, CONNECT_REQUEST_SIZE);
	store_int32(frame + 16, order->timeout_ms);
	store_int64(frame + 20, order->credentials.session);
	store_int32(frame + 28, COORD_PASSWORD_SIZE);
	memcpy(frame + 32, order->credentials.password, COORD_PASSWORD_SIZE);
	return send_all(fd, frame, sizeof(frame), deadline_ms);
}

/* The time-out that the server gives; 0: there is no such session; below: no answer. */
static int32_t
receive_connect_answer(int fd, int64_t deadline_ms)
{
	uint8_t head[4], answer[CONNECT_ANSWER_MAX];
	struct reader reader;
	int32_t size;

	if (!receive_all(fd, head, sizeof(head), deadline_ms))
		return -1;
	reader_init(&reader, slice_of(head, sizeof(head)));
	size = reader_int32(&reader);
	if (size < CONNECT_ANSWER_MIN || size > CONNECT_ANSWER_MAX ||
	    !receive_all(fd, answer, (size_t)size, deadline_ms))
		return -1;
	reader_init(&reader, slice_of(answer, (size_t)size));
	reader_skip(&reader, 4);
	return MAX(reader_int32(&reader), 0);
}

/* False when there is no answer: what became of it shows when we attach again. */
static bool
close_attached(int fd, int64_t deadline_ms)
{
	uint8_t frame[12], answer[64];

	store_int32(frame, 8);
	store_int32(frame + 4, 1);
	store_int32(frame + 8, CLOSE_OPERATION);
	return send_all(fd, frame, sizeof(frame), deadline_ms) &&
	    receive_all(fd, answer, 4, deadline_ms);
}

static enum outcome
close_at(const struct guardian_order *order, const struct net_address *server, int64_t end_ms)
{
	int64_t share_ms = order->timeout_ms / ((int64_t)order->server_count + 1);
	int64_t deadline_ms = MIN(end_ms, now_ms() + MIN(share_ms, ANSWER_WAIT_MS));
	int fd = connect_to(server, deadline_ms);
	int32_t timeout_ms;

	if (fd < 0)
		return OUTCOME_NOT_HERE;
	timeout_ms = send_connect_request(fd, order, deadline_ms) ?
	    receive_connect_answer(fd, deadline_ms) : -1;
	if (timeout_ms > 0 && !close_attached(fd, MIN(end_ms, now_ms() + ANSWER_WAIT_MS)))
		timeout_ms = -1;
	close(fd);
	return timeout_ms >= 0 ? OUTCOME_OVER : OUTCOME_NOT_HERE;
}

bool
guardian_close_session(const struct guardian_order *order)
{
	int64_t end_ms = now_ms() + order->timeout_ms;

	while (order->server_count > 0 && now_ms() < end_ms) {
		for (uint32_t i = 0; i < order->server_count; i++)
			if (close_at(order, &order->servers[i], end_ms) == OUTCOME_OVER)
				return true;
		(void)poll(NULL, 0, PAUSE_MS);
	}
	return false;
}
