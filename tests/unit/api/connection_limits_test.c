#include "server.h"

enum { CLIENTS = 6 };

static struct client clients[CLIENTS];

static void
setup(void)
{
	memset(clients, 0, sizeof(clients));
	server_init();
}

static void
teardown(void)
{
	for (int i = 0; i < CLIENTS; i++)
		client_close(&clients[i]);
	server_fini();
}

TestSuite(connection_limits, .init = setup, .fini = teardown);

static bool
is_served(int number)
{
	struct client *client = &clients[number];
	size_t before = client->at;

	client_ask(client, API_KEY_HEARTBEAT, 4, number);
	if (client->error != ERROR_NONE || client->in.size == before)
		return false;
	client_expect(client, number);
	return true;
}

static void
open_from(int number, int machine)
{
	client_open(&clients[number], machine);
}

/* -------------------------------------------------------------- an address */

Test(connection_limits, of_an_address_hold_for_all_loops_together)
{
	server_start("max.connections.per.ip=2", 3);
	for (int i = 0; i < 4; i++)
		open_from(i, 0);
	cr_assert(is_served(0));
	cr_assert(is_served(1));
	cr_assert_not(is_served(2));
	cr_assert_not(is_served(3));
	cr_assert(server_has_logged("connection of 10.0.0.2 refused: too many connections"));
	cr_assert_eq(server_connections(), 2);
	open_from(4, 1);
	cr_assert(is_served(4), "another address has its own");
}

Test(connection_limits, of_an_address_count_who_is_there)
{
	server_start("max.connections.per.ip=1", 2);
	for (int i = 0; i < 3; i++) {
		open_from(0, 0);
		cr_assert(is_served(0));
		open_from(1, 0);
		cr_assert_not(is_served(1));
		client_close(&clients[0]);
		client_close(&clients[1]);
		server_run(SECOND_US);
	}
}

Test(connection_limits, of_some_addresses_are_others)
{
	server_start("max.connections.per.ip=2\n"
	    "max.connections.per.ip.overrides=10.0.0.2:1, ::ffff:10.0.0.3:3,10.0.0.4:0", 2);
	open_from(0, 0);
	open_from(1, 0);
	cr_assert(is_served(0));
	cr_assert_not(is_served(1));
	for (int i = 2; i < 5; i++) {
		open_from(i, 1);
		cr_assert(is_served(i), "%d", i);
	}
	open_from(5, 2);
	cr_assert_not(is_served(5), "none at all");
}

Test(connection_limits, may_be_0_for_all_but_some)
{
	server_start("max.connections.per.ip=0\nmax.connections.per.ip.overrides=10.0.0.3:1", 2);
	open_from(0, 0);
	cr_assert_not(is_served(0));
	open_from(1, 1);
	cr_assert(is_served(1));
}

static struct work listening;
static enum error listen_error;
static const char *complaint;

static void
listen_on_a_worker(struct work *work)
{
	(void)work;
	listen_error = api_listen(server.api, &complaint);
}

static void
listened(struct work *work)
{
	(void)work;
}

static void
boot_with_a_name(struct sim_process *process)
{
	struct api_options options = { .world = &process->world,
		.config = server.given.config, .broker_id = 1 };

	server.api = api_new(&options);
	listening = (struct work){ .loop = process->world.control, .run = listen_on_a_worker,
		.done = listened };
	workers_submit(process->world.workers, &listening);
}

Test(connection_limits, of_a_name_without_an_address_stop_the_start)
{
	server.boot = boot_with_a_name;
	server_start("max.connections.per.ip.overrides=10.0.0.9:2,nobody.example:3", 1);
	cr_assert_eq(listen_error, ERROR_NOT_FOUND);
	cr_assert_str_eq(complaint, "nobody.example");
}

/* ---------------------------------------------------------------- in all */

Test(connection_limits, in_all_let_others_wait_for_a_place)
{
	server_start("max.connections=2", 3);
	for (int i = 0; i < 4; i++)
		open_from(i, i % 2);
	cr_assert(is_served(0));
	cr_assert(is_served(1));
	cr_assert_not(is_served(2));
	cr_assert_not(is_served(3));
	server_run(100 * SECOND_US);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(clients[i].error, ERROR_NONE, "nobody is refused");
	client_close(&clients[0]);
	server_run(SECOND_US);
	cr_assert_eq(clients[2].in.size + clients[3].in.size, clients[1].in.size,
	    "one of them is served, what it has sent meanwhile first");
	client_close(&clients[1]);
	server_run(SECOND_US);
	client_expect(&clients[2], 2);
	client_expect(&clients[3], 3);
}

Test(connection_limits, in_all_are_given_back_by_who_leaves_while_it_waits)
{
	server_start("max.connections=1", 2);
	for (int i = 0; i < 3; i++)
		open_from(i, i);
	cr_assert(is_served(0));
	client_close(&clients[1]);
	server_run(SECOND_US);
	client_close(&clients[0]);
	server_run(5 * SECOND_US);
	cr_assert(is_served(2));
}

Test(connection_limits, in_all_do_not_keep_a_stop_waiting)
{
	server_start("max.connections=1", 2);
	open_from(0, 0);
	open_from(1, 1);
	cr_assert(is_served(0));
	cr_assert_not(is_served(1));
	server_stop(0);
	server_run(SECOND_US);
	cr_assert(server.stopped);
	cr_assert_eq(server_connections(), 0);
}

Test(connection_limits, in_all_are_not_for_the_brokers_own_listener)
{
	server_start("listeners=PLAINTEXT://:9092,BROKERS://:9093\n"
	    "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,BROKERS:PLAINTEXT\n"
	    "inter.broker.listener.name=BROKERS\nmax.connections=1", 2);
	open_from(0, 0);
	open_from(1, 1);
	cr_assert(is_served(0));
	cr_assert_not(is_served(1));
	client_open_to(&clients[2], 2, "BROKERS");
	cr_assert(is_served(2));
	client_open_to(&clients[3], 3, "BROKERS");
	cr_assert_not(is_served(3), "but it has a limit too");
}
