/*
 * A small server on the real net port, and blocking sockets of the system as
 * its clients. What a client sends comes back; a first byte may ask for more:
 * 'f' the file, 'r' a reset, 'c' to be closed from inside a handler.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "check.h"
#include "posix_test.h"

enum { FILE_SIZE = 3 << 20, MOST_A_CALL = 256 << 10 };

struct served {
	struct net_handler handler;
	struct net_connection *connection;
	size_t sent; /* of the file */
};

static struct world *world;
static struct disk_file *file;
static struct net_listener *listener;
static atomic_int accepted, accepted_by[2], failed, ended, were_reset, connected;
static _Atomic(enum error) connect_error;
static struct net_address last_peer;

/* ---------------------------------------------------------------- server */

static void
end(struct served *it)
{
	net_close(it->connection);
	free(it);
	atomic_fetch_add(&ended, 1);
}

static void
send_more(struct net_handler *handler)
{
	struct served *it = container_of(handler, struct served, handler);
	enum error error = ERROR_NONE;

	while (error == ERROR_NONE && it->sent < FILE_SIZE) {
		size_t now;

		error = net_send_file(it->connection, file, (int64_t)it->sent, MOST_A_CALL, &now);
		it->sent += now;
	}
	CHECK(error == ERROR_NONE || error == ERROR_WOULD_BLOCK);
	net_want(it->connection, true, error == ERROR_WOULD_BLOCK);
}

static void
send_past_end(struct served *it)
{
	size_t now;

	CHECK_ERROR(ERROR_END_OF_STREAM,
	    net_send_file(it->connection, file, FILE_SIZE, 100, &now));
	it->sent = 0;
}

static void
answer(struct served *it, char *bytes, size_t size)
{
	struct iovec parts[2] = { { bytes, 1 }, { bytes + 1, size - 1 } };
	size_t written;

	if (bytes[0] == 'f') {
		send_past_end(it);
		net_want(it->connection, true, true);
	} else if (bytes[0] == 'r') {
		net_reset(it->connection);
		free(it);
	} else if (bytes[0] == 'c') {
		net_want(it->connection, true, true); /* both are ready, one is called */
		end(it);
	} else {
		CHECK_ERROR(ERROR_NONE, net_write(it->connection, parts, 2, &written));
		CHECK(written == size);
	}
}

static void
read_request(struct net_handler *handler)
{
	struct served *it = container_of(handler, struct served, handler);
	struct iovec bye = { (char[]){ 'b', 'y', 'e' }, 3 };
	char bytes[256];
	size_t got;
	enum error error = net_read(it->connection, bytes, sizeof(bytes), &got);

	if (error == ERROR_NONE) {
		answer(it, bytes, got);
		return;
	}
	if (error == ERROR_END_OF_STREAM)
		(void)!net_write(it->connection, &bye, 1, &got);
	if (error == ERROR_CONNECTION_RESET)
		atomic_fetch_add(&were_reset, 1);
	CHECK(error != ERROR_WOULD_BLOCK);
	end(it);
}

static void
accept_one(struct net_acceptor *acceptor, struct net_connection *connection)
{
	struct served *it = memory_new(sizeof(*it));
	struct net_address local, peer;

	(void)acceptor;
	it->handler = (struct net_handler){ .readable = read_request, .writable = send_more };
	it->connection = connection;
	net_set_handler(connection, &it->handler);
	net_want(connection, true, false);
	net_peer(connection, &peer);
	net_local(connection, &local);
	CHECK(local.port == listener->address.port && peer.port != 0);
	if (loop_current() == world->loops[0])
		last_peer = peer;
	atomic_fetch_add(&accepted_by[loop_current()->number], 1);
	atomic_fetch_add(&accepted, 1);
}

static void
accept_failed(struct net_acceptor *acceptor, enum error error)
{
	(void)acceptor;
	CHECK(error == ERROR_TOO_MANY_FILES);
	atomic_fetch_add(&failed, 1);
}

static struct net_acceptor acceptors[2] = {
	{ .accepted = accept_one, .failed = accept_failed },
	{ .accepted = accept_one, .failed = accept_failed },
};

static void
start_accepting(void *argument)
{
	struct loop *loop = argument;

	CHECK_ERROR(ERROR_NONE, net_accept_on(listener, loop, &acceptors[loop->number]));
}

static void
stop_accepting(void *argument)
{
	net_stop_accepting(listener, argument);
}

/* ---------------------------------------------------------------- client */

static bool
connect_client(int fd, const char *host, uint16_t port)
{
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	bool is_six = strchr(host, ':') != NULL;

	inet_pton(AF_INET, host, &four.sin_addr);
	inet_pton(AF_INET6, host, &six.sin6_addr);
	return connect(fd, is_six ? (const void *)&six : (const void *)&four,
		   is_six ? sizeof(six) : sizeof(four)) == 0;
}

static int
new_client(const char *host)
{
	int fd = socket(strchr(host, ':') != NULL ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval limit = { .tv_sec = 10 };

	CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
	CHECK(connect_client(fd, host, listener->address.port));
	return fd;
}

static void
reset_client(int fd)
{
	struct linger at_once = { .l_onoff = 1 };

	CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0);
	close(fd);
}

static bool
echoes(int fd)
{
	char bytes[8] = "";

	return send(fd, "hello", 5, MSG_NOSIGNAL) == 5 &&
	    recv(fd, bytes, 5, MSG_WAITALL) == 5 && strcmp(bytes, "hello") == 0;
}

/* ----------------------------------------------------------------- tests */

static void
open_listener(const char *host)
{
	struct net_address address = { 0 };

	snprintf(address.host, sizeof(address.host), "%s", host);
	CHECK_ERROR(ERROR_NONE, net_listen(world->net, &address, &listener));
	CHECK(listener->address.port != 0 && strcmp(listener->address.host, host) == 0);
	run_on_loop(world->loops[0], start_accepting, world->loops[0]);
}

static void
close_listener(void)
{
	run_on_loop(world->loops[0], stop_accepting, world->loops[0]);
	net_close_listener(listener);
}

static void
refused_listening_test(void)
{
	struct net_address taken, nowhere = { .host = "192.0.2.1" }, name = { .host = "localhost" };
	struct net_listener *none;

	open_listener("127.0.0.1");
	taken = listener->address;
	CHECK_ERROR(ERROR_ADDRESS_IN_USE, net_listen(world->net, &taken, &none));
	CHECK(none == NULL);
	CHECK_ERROR(ERROR_ADDRESS_NOT_AVAILABLE, net_listen(world->net, &nowhere, &none));
	CHECK_ERROR(ERROR_INVALID_ARGUMENT, net_listen(world->net, &name, &none));
	close_listener();
}

/* How much a client can send before anybody reads. */
static size_t
room_of(const struct net_sockets *sockets)
{
	static char bytes[1 << 16];
	int small = 4096, fd;
	size_t taken = 0;
	ssize_t sent;

	CHECK_ERROR(ERROR_NONE, net_listen_with(world->net,
	    &(struct net_address){ .host = "127.0.0.1" }, sockets, &listener));
	fd = new_client("127.0.0.1");
	CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) == 0);
	while ((sent = send(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
		taken += (size_t)sent;
	close(fd);
	net_close_listener(listener);
	return taken;
}

static void
buffers_are_as_asked_test(void)
{
	size_t usual = room_of(&(struct net_sockets){ 0 });
	size_t small = room_of(&(struct net_sockets){ .receive_buffer_bytes = 4096 });

	CHECK(small < usual / 2);
}

/* At each address, and after a restart at the same port with old connections about. */
static void
echo_test(const char *listen_host, const char *host)
{
	int before = atomic_load(&ended), fd;
	uint16_t port;

	open_listener(listen_host);
	port = listener->address.port;
	fd = new_client(host);
	CHECK(echoes(fd));
	CHECK(echoes(fd));
	CHECK(strcmp(last_peer.host, host) == 0);
	close_listener();
	CHECK(echoes(fd));
	listener = NULL;
	CHECK_ERROR(ERROR_NONE,
	    net_listen(world->net, &(struct net_address){ .port = port }, &listener));
	CHECK(listener->address.port == port);
	net_close_listener(listener);
	close(fd);
	CHECK(comes_true(&ended, before + 1));
}

static void
file_test(void)
{
	int before = atomic_load(&ended), fd = new_client("127.0.0.1");
	char *bytes = malloc(FILE_SIZE);
	bool equal = true;

	CHECK(send(fd, "f", 1, MSG_NOSIGNAL) == 1);
	CHECK(recv(fd, bytes, FILE_SIZE, MSG_WAITALL) == FILE_SIZE);
	for (size_t i = 0; i < FILE_SIZE; i++)
		equal = equal && bytes[i] == (char)(i % 253);
	CHECK(equal);
	CHECK(echoes(fd));
	free(bytes);
	close(fd);
	CHECK(comes_true(&ended, before + 1));
}

static void
half_close_test(void)
{
	int before = atomic_load(&ended), fd = new_client("127.0.0.1");
	char bytes[8] = "";

	CHECK(shutdown(fd, SHUT_WR) == 0);
	CHECK(recv(fd, bytes, sizeof(bytes), MSG_WAITALL) == 3 && memcmp(bytes, "bye", 3) == 0);
	close(fd);
	CHECK(comes_true(&ended, before + 1));
}

static void
reset_test(void)
{
	int before = atomic_load(&were_reset), fd = new_client("127.0.0.1");
	char byte;

	CHECK(send(fd, "r", 1, MSG_NOSIGNAL) == 1);
	CHECK(recv(fd, &byte, 1, 0) == -1 && errno == ECONNRESET);
	close(fd);
	fd = new_client("127.0.0.1");
	CHECK(echoes(fd));
	reset_client(fd);
	CHECK(comes_true(&were_reset, before + 1));
}

static void
close_inside_test(void)
{
	int before = atomic_load(&ended), fd = new_client("127.0.0.1");
	char byte;

	CHECK(send(fd, "c", 1, MSG_NOSIGNAL) == 1);
	CHECK(recv(fd, &byte, 1, 0) == 0);
	close(fd);
	CHECK(comes_true(&ended, before + 1));
}

/* F25: no descriptor is free; who comes is refused, and it is told once. */
static void
no_descriptors_test(void)
{
	enum { LIMIT = 128, CLIENTS = 3 };
	int clients[CLIENTS], fill[LIMIT + CLIENTS], count = 0;
	int before = atomic_load(&accepted), ended_before = atomic_load(&ended);
	struct timeval limit = { .tv_sec = 10 };
	struct rlimit usual, low;
	char byte;

	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		setsockopt(clients[i], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	}
	CHECK(getrlimit(RLIMIT_NOFILE, &usual) == 0);
	low = usual;
	low.rlim_cur = LIMIT;
	CHECK(setrlimit(RLIMIT_NOFILE, &low) == 0);
	while (count < LIMIT && (fill[count] = dup(0)) >= 0)
		count++;
	for (int i = 0; i < CLIENTS; i++) {
		CHECK(connect_client(clients[i], "127.0.0.1", listener->address.port));
		CHECK(recv(clients[i], &byte, 1, 0) <= 0 && errno != EAGAIN);
		close(clients[i]);
		fill[count++] = dup(0); /* the place is taken at once */
	}
	CHECK(atomic_load(&failed) == 1 && atomic_load(&accepted) == before);
	while (count > 0)
		(void)close(fill[--count]);
	CHECK(setrlimit(RLIMIT_NOFILE, &usual) == 0);
	clients[0] = new_client("127.0.0.1");
	CHECK(echoes(clients[0]));
	close(clients[0]);
	CHECK(comes_true(&accepted, before + 1));
	CHECK(comes_true(&ended, ended_before + 1));
}

/* One loop waits with its first connection until the other has got one too. */
static void
accept_and_wait(struct net_acceptor *acceptor, struct net_connection *connection)
{
	accept_one(acceptor, connection);
	CHECK(comes_true(&accepted_by[1 - loop_current()->number], 1));
}

static void
two_loops_test(void)
{
	int before = atomic_load(&ended), clients[2];

	atomic_store(&accepted_by[0], 0);
	atomic_store(&accepted_by[1], 0);
	acceptors[0].accepted = acceptors[1].accepted = accept_and_wait;
	open_listener("127.0.0.1");
	run_on_loop(world->loops[1], start_accepting, world->loops[1]);
	for (int i = 0; i < 2; i++)
		clients[i] = new_client("127.0.0.1");
	for (int i = 0; i < 2; i++) {
		CHECK(echoes(clients[i]));
		close(clients[i]);
	}
	CHECK(atomic_load(&accepted_by[0]) == 1 && atomic_load(&accepted_by[1]) == 1);
	CHECK(comes_true(&ended, before + 2));
	run_on_loop(world->loops[1], stop_accepting, world->loops[1]);
	close_listener();
	acceptors[0].accepted = acceptors[1].accepted = accept_one;
}

/* -------------------------------------------------------------- outgoing */

static struct served outgoing;
static struct net_address target;
static char got_back[8];

static void
on_connected(struct net_handler *handler, enum error error)
{
	struct iovec part = { (char[]){ 'h', 'i' }, 2 };
	size_t written;

	(void)handler;
	atomic_store(&connect_error, error);
	if (error == ERROR_NONE) {
		CHECK_ERROR(ERROR_NONE, net_write(outgoing.connection, &part, 1, &written));
		net_want(outgoing.connection, true, false);
	} else {
		net_close(outgoing.connection);
	}
	atomic_fetch_add(&connected, 1);
}

static void
on_answer(struct net_handler *handler)
{
	size_t got;

	(void)handler;
	CHECK_ERROR(ERROR_NONE, net_read(outgoing.connection, got_back, sizeof(got_back), &got));
	CHECK(got == 2 && memcmp(got_back, "hi", 2) == 0);
	CHECK_ERROR(ERROR_WOULD_BLOCK,
	    net_read(outgoing.connection, got_back, sizeof(got_back), &got));
	net_close(outgoing.connection);
	atomic_fetch_add(&connected, 1);
}

static void
start_connecting(void *argument)
{
	enum error error;

	outgoing.handler = (struct net_handler){ .connected = on_connected, .readable = on_answer };
	error = net_connect(world->net, argument, &target, &outgoing.handler, &outgoing.connection);
	if (error != ERROR_NONE) {
		atomic_store(&connect_error, error);
		atomic_fetch_add(&connected, 1);
	}
}

static void
connect_test(void)
{
	int before = atomic_load(&ended);

	target = listener->address;
	run_on_loop(world->loops[1], start_connecting, world->loops[1]);
	CHECK(comes_true(&connected, 2));
	CHECK(atomic_load(&connect_error) == ERROR_NONE);
	CHECK(comes_true(&ended, before + 1));
}

static void
refused_test(void)
{
	target = listener->address;
	close_listener();
	atomic_store(&connected, 0);
	run_on_loop(world->loops[1], start_connecting, world->loops[1]);
	CHECK(comes_true(&connected, 1));
	CHECK(atomic_load(&connect_error) == ERROR_CONNECTION_REFUSED);
	snprintf(target.host, sizeof(target.host), "a name");
	run_on_loop(world->loops[1], start_connecting, world->loops[1]);
	CHECK(atomic_load(&connect_error) == ERROR_INVALID_ARGUMENT);
}

static void
resolve_test(void)
{
	struct net_address found[8];
	size_t count;
	enum error error;

	if (access("/etc/hosts", R_OK) == 0) { /* a bare root has none, and then nobody knows the name */
		CHECK_ERROR(ERROR_NONE, net_resolve(world->net, "localhost", found, 8, &count));
		CHECK(count >= 1 && (strcmp(found[0].host, "127.0.0.1") == 0 ||
					strcmp(found[0].host, "::1") == 0));
	}
	CHECK_ERROR(ERROR_NONE, net_resolve(world->net, "192.0.2.7", found, 8, &count));
	CHECK(count == 1 && strcmp(found[0].host, "192.0.2.7") == 0);
	error = net_resolve(world->net, "nobody.invalid", found, 8, &count);
	CHECK((error == ERROR_NOT_FOUND || error == ERROR_TIMED_OUT) && count == 0);
}

static void
make_file(const char *path)
{
	char *bytes = malloc(FILE_SIZE);
	size_t written;

	for (size_t i = 0; i < FILE_SIZE; i++)
		bytes[i] = (char)(i % 253);
	CHECK_ERROR(ERROR_NONE,
	    disk_open(world->disk, path, DISK_READ | DISK_WRITE | DISK_CREATE, &file));
	CHECK_ERROR(ERROR_NONE, disk_write(file, bytes, FILE_SIZE, 0, &written));
	free(bytes);
}

void
posix_net_test(struct world *of, const char *folder)
{
	world = of;
	make_file(path_in(folder, "to_send"));
	refused_listening_test();
	buffers_are_as_asked_test();
	echo_test("127.0.0.1", "127.0.0.1");
	echo_test("::1", "::1");
	echo_test("", "127.0.0.1");
	echo_test("", "::1");
	echo_test("0.0.0.0", "127.0.0.1");
	two_loops_test();
	open_listener("127.0.0.1");
	file_test();
	half_close_test();
	reset_test();
	close_inside_test();
	no_descriptors_test();
	connect_test();
	refused_test();
	resolve_test();
	CHECK_ERROR(ERROR_NONE, disk_close(file));
}
