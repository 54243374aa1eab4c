#include "tests/zk/real.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/reader.h"

enum { PATIENCE_S = 10, LARGEST_FRAME = 4 << 20 };

void
real_open(struct real *real, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { .tv_sec = PATIENCE_S };
	int on = 1;

	real->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (real->socket == -1 ||
	    connect(real->socket, (struct sockaddr *)&address, sizeof(address)) == -1) {
		perror("scripts: the real server");
		exit(2);
	}
	setsockopt(real->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(real->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void
real_close(struct real *real)
{
	if (real->socket != -1)
		close(real->socket);
	real->socket = -1;
}

void
real_send(struct real *real, struct slice frame)
{
	struct buffer bytes;

	buffer_init(&bytes);
	buffer_int32(&bytes, (int32_t)frame.size);
	buffer_append_slice(&bytes, frame);
	/* A server that has gone shows when its answer is waited for. */
	for (size_t at = 0; at < bytes.size;) {
		ssize_t sent = send(real->socket, bytes.bytes + at, bytes.size - at, MSG_NOSIGNAL);

		if (sent <= 0)
			break;
		at += (size_t)sent;
	}
	buffer_fini(&bytes);
}

static bool
receive(struct real *real, uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t got = recv(real->socket, bytes + at, size - at, 0);

		if (got <= 0)
			return false;
		at += (size_t)got;
	}
	return true;
}

bool
real_receive(struct real *real, struct buffer *frame)
{
	struct reader reader;
	uint8_t head[4];
	int32_t size;

	buffer_clear(frame);
	if (real->socket == -1 || !receive(real, head, sizeof(head)))
		return false;
	reader_init(&reader, slice_of(head, sizeof(head)));
	size = reader_int32(&reader);
	if (size < 0 || size > LARGEST_FRAME)
		return false;
	return receive(real, buffer_extend(frame, (size_t)size), (size_t)size);
}
