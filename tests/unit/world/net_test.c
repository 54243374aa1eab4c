#include <criterion/criterion.h>
#include <signal.h>

#include "fake_loop.h"
#include "world/net.h"

/* An end that counts, and refuses all. */
static int calls;
static bool was_reset;

static enum error
listen_nowhere(struct net *net, const struct net_address *address,
    const struct net_sockets *sockets, struct net_listener **listener)
{
	(void)sockets;
	(void)net;
	(void)address;
	(void)listener;
	return ERROR_ADDRESS_IN_USE;
}

static enum error
connect_nowhere(struct net *net, struct loop *loop, const struct net_address *address,
    struct net_handler *handler, struct net_connection **connection)
{
	(void)net;
	(void)loop;
	(void)address;
	(void)handler;
	(void)connection;
	return ERROR_UNREACHABLE;
}

static enum error
read_nothing(struct net_connection *connection, void *bytes, size_t size, size_t *got)
{
	(void)connection;
	(void)bytes;
	(void)size;
	(void)got;
	calls++;
	return ERROR_WOULD_BLOCK;
}

static void
count_want(struct net_connection *connection, bool read, bool write)
{
	(void)connection;
	calls += read + 10 * write;
}

static void
count_close(struct net_connection *connection, bool reset)
{
	(void)connection;
	calls++;
	was_reset = reset;
}

static enum error
resolve_nothing(struct net *net, const char *name, struct net_address *addresses, size_t capacity,
    size_t *count)
{
	(void)net;
	(void)name;
	(void)addresses;
	(void)capacity;
	(void)count;
	return ERROR_NOT_FOUND;
}

static const struct net_ops ops = {
	.listen = listen_nowhere,
	.connect = connect_nowhere,
	.resolve = resolve_nothing,
	.read = read_nothing,
	.want = count_want,
	.close = count_close,
};

static struct net net = { .ops = &ops };
static struct fake_loop fake;
static struct net_connection connection;

static void
on_connected(struct net_handler *handler, enum error error)
{
	(void)handler;
	(void)error;
}

static struct net_handler handler = { .connected = on_connected };

static void
set_up(void)
{
	fake_loop_init(&fake, LOOP_DATA);
	connection = (struct net_connection){ .net = &net, .loop = &fake.loop, .handler = &handler };
}

TestSuite(net, .init = set_up);

Test(net, gives_nothing_with_an_error)
{
	struct net_address address = { .port = 1 };
	struct net_listener *listener = (void *)&address;
	struct net_connection *outgoing = &connection;
	struct net_address found;
	size_t count = 9;

	cr_assert_eq(net_listen(&net, &address, &listener), ERROR_ADDRESS_IN_USE);
	cr_assert_null(listener);
	cr_assert_eq(net_resolve(&net, "x", &found, 1, &count), ERROR_NOT_FOUND);
	cr_assert_eq(count, 0);
	loop_enter(&fake.loop);
	cr_assert_eq(net_connect(&net, &fake.loop, &address, &handler, &outgoing),
	    ERROR_UNREACHABLE);
	cr_assert_null(outgoing);
	loop_leave(&fake.loop);
}

Test(net, hands_on_on_the_connections_loop)
{
	char byte;
	size_t got = 9;

	loop_enter(&fake.loop);
	cr_assert_eq(net_read(&connection, &byte, 1, &got), ERROR_WOULD_BLOCK);
	cr_assert_eq(got, 0);
	cr_assert_eq(calls, 1);
	net_want(&connection, false, true);
	cr_assert_eq(calls, 11);
	net_reset(&connection);
	cr_assert(was_reset);
	net_close(&connection);
	cr_assert_not(was_reset);
	loop_leave(&fake.loop);
}

Test(net, is_not_used_off_the_connections_loop, .signal = SIGABRT)
{
	char byte;
	size_t got;

	(void)!net_read(&connection, &byte, 1, &got);
}

Test(net, wants_nothing_without_a_handler, .signal = SIGABRT)
{
	connection.handler = NULL;
	loop_enter(&fake.loop);
	net_want(&connection, true, false);
}

Test(net, does_not_resolve_on_a_loop, .signal = SIGABRT)
{
	struct net_address found;
	size_t count;

	loop_enter(&fake.loop);
	(void)!net_resolve(&net, "x", &found, 1, &count);
}
