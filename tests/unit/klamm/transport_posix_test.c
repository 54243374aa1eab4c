#include "klamm/transport_posix.h"

#include <criterion/criterion.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world/clock_posix.h"

enum { LONG_US = 60 * 1000000, SHORT_US = 1000 };

static struct clock clock_;
static struct transport transport;

static void
set_up(void)
{
	clock_posix_init(&clock_);
	transport_posix_init(&transport, &clock_);
}

TestSuite(transport_posix, .init = set_up);

/* Bound to a free port of 127.0.0.1; it listens only if asked to. */
static int
make_socket(bool listening, uint16_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_geq(fd, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	if (listening)
		cr_assert_eq(listen(fd, 1), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static struct transport_stream *
connect_to(uint16_t port)
{
	struct transport_stream *stream = NULL;

	cr_assert_eq(transport_connect(&transport, "127.0.0.1", port,
	    transport_now_us(&transport) + LONG_US, &stream), ERROR_NONE);
	return stream;
}

Test(transport_posix, carries_bytes_both_ways)
{
	uint16_t port;
	int listener = make_socket(true, &port);
	struct transport_stream *stream = connect_to(port);
	int64_t deadline_us = transport_now_us(&transport) + LONG_US;
	int fd = accept(listener, NULL, NULL);
	char bytes[8] = "";

	cr_assert_eq(transport_send(stream, slice_of_text("ask"), deadline_us), ERROR_NONE);
	cr_assert_eq(recv(fd, bytes, 3, MSG_WAITALL), 3);
	cr_expect_str_eq(bytes, "ask");
	cr_assert_eq(send(fd, "answer", 6, 0), 6);
	cr_assert_eq(transport_receive(stream, bytes, 2, deadline_us), ERROR_NONE);
	cr_assert_eq(transport_receive(stream, bytes + 2, 4, deadline_us), ERROR_NONE);
	cr_expect_str_eq(bytes, "answer");
	transport_close(stream);
	cr_expect_eq(recv(fd, bytes, 1, 0), 0);
	close(fd);
	close(listener);
}

Test(transport_posix, tells_when_the_peer_is_gone)
{
	uint16_t port;
	int listener = make_socket(true, &port);
	struct transport_stream *stream = connect_to(port);
	int fd = accept(listener, NULL, NULL);
	char bytes[2];

	cr_assert_eq(send(fd, "x", 1, 0), 1);
	close(fd);
	cr_expect_eq(transport_receive(stream, bytes, 2, transport_now_us(&transport) + LONG_US),
	    ERROR_CONNECTION_CLOSED);
	transport_close(stream);
	close(listener);
}

Test(transport_posix, waits_no_longer_than_its_deadline)
{
	uint16_t port;
	int listener = make_socket(true, &port);
	struct transport_stream *stream = connect_to(port);
	char byte;

	cr_expect_eq(transport_receive(stream, &byte, 1, transport_now_us(&transport) + SHORT_US),
	    ERROR_TIMED_OUT);
	cr_expect_eq(transport_receive(stream, &byte, 1, 0), ERROR_TIMED_OUT);
	transport_close(stream);
	close(listener);
}

Test(transport_posix, says_why_it_cannot_connect)
{
	uint16_t port;
	int nobody = make_socket(false, &port);
	int64_t deadline_us = transport_now_us(&transport) + LONG_US;
	struct transport_stream *stream;

	cr_expect_eq(transport_connect(&transport, "127.0.0.1", port, deadline_us, &stream),
	    ERROR_CONNECTION_REFUSED);
	close(nobody);
}

Test(transport_posix, pauses)
{
	int64_t before_us = transport_now_us(&transport);

	transport_pause(&transport, SHORT_US);
	cr_expect_geq(transport_now_us(&transport) - before_us, SHORT_US);
}
