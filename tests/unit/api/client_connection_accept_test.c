#include "server.h"

static struct client clients[5];

static void
setup(void)
{
	memset(clients, 0, sizeof(clients));
	server_init();
}

static void
teardown(void)
{
	for (size_t i = 0; i < ARRAY_LENGTH(clients); i++)
		client_close(&clients[i]);
	server_fini();
}

TestSuite(client_connection_accept, .init = setup, .fini = teardown);

static void
open_all(void)
{
	for (size_t i = 0; i < ARRAY_LENGTH(clients); i++)
		client_open(&clients[i], (int)i);
}

static void
close_the_one_that_is_served(void)
{
	struct client *served = NULL;

	for (size_t i = 0; i < ARRAY_LENGTH(clients); i++)
		if (clients[i].net != NULL && clients[i].in.size > 0) {
			cr_assert_null(served, "only one has a place");
			served = &clients[i];
		}
	cr_assert_not_null(served);
	client_close(served);
	server_run(SECOND_US);
}

/* The system queues them, as it does for any server that is busy. */
Test(client_connection_accept, takes_nobody_behind_one_that_waits_for_a_place)
{
	server_start("max.connections=1", 1);
	open_all();
	cr_assert_eq(server_connections(), 2);
	for (size_t i = 0; i < ARRAY_LENGTH(clients); i++)
		client_ask(&clients[i], API_KEY_HEARTBEAT, 4, (int32_t)i);
	for (size_t i = 0; i < ARRAY_LENGTH(clients); i++)
		close_the_one_that_is_served();
	cr_assert_eq(server_connections(), 0);
}

Test(client_connection_accept, reads_nothing_of_one_that_waits_for_a_place)
{
	server_start("max.connections=1", 1);
	open_all();
	client_send(&clients[1], "\xff\xff\xff\xff", 4);
	cr_assert_eq(clients[1].error, ERROR_NONE);
	client_close(&clients[0]);
	cr_assert(client_is_closed_within(&clients[1], SECOND_US));
}

Test(client_connection_accept, does_not_take_one_that_waits_for_an_idle_one)
{
	server_start("max.connections=1\nconnections.max.idle.ms=30000", 1);
	open_all();
	for (int i = 0; i < 10; i++) {
		client_ask(&clients[0], API_KEY_HEARTBEAT, 4, i);
		client_expect(&clients[0], i);
		server_run(20 * SECOND_US);
	}
	cr_assert_eq(clients[1].error, ERROR_NONE);
	client_close(&clients[0]);
	client_ask(&clients[1], API_KEY_HEARTBEAT, 4, 7);
	client_expect(&clients[1], 7);
}

Test(client_connection_accept, goes_on_behind_one_that_is_refused)
{
	server_start("max.connections.per.ip.overrides=10.0.0.2:0", 1);
	open_all();
	cr_assert(client_is_closed_within(&clients[0], SECOND_US));
	cr_assert_eq(server_connections(), 4);
}
