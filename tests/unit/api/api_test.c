#include "server.h"

static struct client clients[6];

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

TestSuite(api, .init = setup, .fini = teardown);

/* ------------------------------------------------------------------- serving */

Test(api, serves_all_its_listeners_on_all_its_loops)
{
	server_start("listeners=PLAINTEXT://:9092,OTHER://:0\n"
	    "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,OTHER:PLAINTEXT", 3);
	server.handle = server_hold;
	cr_assert_eq(api_port(server.api, "PLAINTEXT"), 9092);
	cr_assert_neq(api_port(server.api, "OTHER"), 0);
	cr_assert_neq(api_port(server.api, "OTHER"), 9092);
	cr_assert_eq(api_port(server.api, "NOBODY"), 0);
	for (int i = 0; i < 6; i++) {
		client_open_to(&clients[i], i, i % 2 == 0 ? "PLAINTEXT" : "OTHER");
		client_ask(&clients[i], API_KEY_HEARTBEAT, 4, i);
		cr_assert_eq(server.held_count, i + 1);
		cr_assert(slice_equal_text(server.held[i]->listener,
		    i % 2 == 0 ? "PLAINTEXT" : "OTHER"));
		server_answer(i);
		client_expect(&clients[i], i);
	}
	cr_assert_eq(server_connections(), 6);
}

static struct image *next_image;

static void
publish(void *context)
{
	(void)context;
	api_publish(server.api, next_image, NULL);
}

Test(api, shows_requests_the_newest_view_and_each_keeps_its_own)
{
	struct api_view *first;

	server_start("", 2);
	server.handle = server_hold;
	client_open(&clients[0], 0);
	client_ask(&clients[0], API_KEY_PRODUCE, 9, 0);
	first = server.held[0]->view;
	next_image = image_new();
	server_do(server.broker.world.control, publish, NULL);
	server_run(SECOND_US);
	client_ask(&clients[0], API_KEY_PRODUCE, 9, 1);
	cr_assert_neq(server.held[1]->view, first);
	cr_assert_eq(server.held[1]->view->image, next_image);
	cr_assert_eq(server.held[0]->view, first);
	server_answer(0);
	server_answer(1);
}

Test(api, tells_when_connections_cannot_be_accepted)
{
	server_start("", 1);
	server.net.refuse_accept = 1000;
	client_open(&clients[0], 0);
	cr_assert(client_is_closed_within(&clients[0], SECOND_US));
	cr_assert(server_has_logged("connections of listener PLAINTEXT cannot be accepted"));
	server.net.refuse_accept = 0;
	client_open(&clients[1], 0);
	client_ask(&clients[1], API_KEY_HEARTBEAT, 4, 5);
	client_expect(&clients[1], 5);
}

static void
admit(void *context)
{
	(void)context;
	api_admit_clients(server.api);
}

/* Before a controller has told what there is, only brokers have something to say. */
Test(api, lets_clients_wait_until_they_are_admitted)
{
	server.keeps_clients = true;
	server_start("", 2);
	client_open(&clients[0], 0);
	client_open(&clients[1], 1);
	client_ask(&clients[0], API_KEY_METADATA, 12, 1);
	client_ask(&clients[1], API_KEY_UPDATE_METADATA, 8, 2);
	client_expect(&clients[1], 2);
	client_ask(&clients[1], API_KEY_API_VERSIONS, 0, 3);
	client_expect(&clients[1], 3);
	client_ask(&clients[1], API_KEY_PRODUCE, 9, 4);
	client_ask(&clients[1], API_KEY_LEADER_AND_ISR, 7, 5); /* behind it: in its order */
	server_run(40 * SECOND_US);
	cr_assert_eq(server.begun, 1);
	client_expect_nothing(&clients[0]);
	client_expect_nothing(&clients[1]);
	server_do(server.broker.world.control, admit, NULL);
	server_run(SECOND_US);
	client_expect(&clients[0], 1);
	client_expect(&clients[1], 4);
	client_expect(&clients[1], 5);
}

Test(api, stops_while_clients_wait_to_be_admitted)
{
	server.keeps_clients = true;
	server_start("", 1);
	client_open(&clients[0], 0);
	client_ask(&clients[0], API_KEY_METADATA, 12, 1);
	server_stop(30 * 1000);
	server_run(SECOND_US);
	cr_assert(server.stopped);
	cr_assert_eq(server.begun, 0);
}

/* ------------------------------------------------------------------ stopping */

Test(api, stops_at_once_when_nothing_is_in_progress)
{
	server_start("", 2);
	client_open(&clients[0], 0);
	client_open(&clients[1], 1);
	client_ask(&clients[1], API_KEY_HEARTBEAT, 4, 5);
	client_send(&clients[0], "\0\0\0\x50half", 8);
	server_stop(30 * 1000);
	server_run(SECOND_US);
	cr_assert(server.stopped);
	cr_assert(client_is_closed_within(&clients[0], SECOND_US));
	cr_assert(client_is_closed_within(&clients[1], SECOND_US));
}

Test(api, lets_requests_in_progress_end_before_it_stops)
{
	server_start("", 2);
	client_open(&clients[0], 0);
	client_open(&clients[1], 1);
	server.handle = server_hold;
	client_ask(&clients[0], API_KEY_FETCH, 12, 1);
	client_ask(&clients[1], API_KEY_PRODUCE, 9, 2);
	server_stop(30 * 1000);
	server_run(5 * SECOND_US);
	cr_assert_not(server.stopped);
	server_answer(0);
	client_expect(&clients[0], 1);
	cr_assert(client_is_closed_within(&clients[0], SECOND_US));
	cr_assert_not(server.stopped);
	server_answer(1);
	client_expect(&clients[1], 2);
	server_run(SECOND_US);
	cr_assert(server.stopped);
}

Test(api, begins_nothing_more_while_it_stops)
{
	server_start("", 1);
	client_open(&clients[0], 0);
	server.handle = server_hold;
	client_ask(&clients[0], API_KEY_FETCH, 12, 1);
	client_ask(&clients[0], API_KEY_FETCH, 12, 2); /* waits for the first */
	server_stop(30 * 1000);
	client_ask(&clients[0], API_KEY_FETCH, 12, 3);
	server_answer(0);
	server_run(SECOND_US);
	cr_assert_eq(server.begun, 1);
	cr_assert(server.stopped);
	client_expect(&clients[0], 1);
	client_expect_nothing(&clients[0]);
}

Test(api, closes_what_is_left_when_its_patience_ends)
{
	server_start("", 2);
	client_open(&clients[0], 0);
	server.handle = server_hold;
	client_ask(&clients[0], API_KEY_FETCH, 12, 1);
	server_stop(2000);
	server_run(1900 * 1000);
	cr_assert_not(server.stopped);
	cr_assert_eq(clients[0].error, ERROR_NONE);
	server_run(SECOND_US);
	cr_assert(server.stopped);
	cr_assert(client_is_closed_within(&clients[0], SECOND_US));
	cr_assert_eq(server.api->loops[0].requests + server.api->loops[1].requests, 1);
}

static void
settle(void *context)
{
	api_settle(server.api, (void (*)(void *))context, NULL);
}

static int settled_count;

static void
count_settled(void *context)
{
	(void)context;
	settled_count++;
}

Test(api, settles_when_the_last_request_of_a_closed_connection_has_ended)
{
	server_start("", 2);
	client_open(&clients[0], 0);
	server.handle = server_hold;
	client_ask(&clients[0], API_KEY_PRODUCE, 9, 1);
	client_ask(&clients[0], API_KEY_PRODUCE, 9, 2);
	server_stop(0);
	server_run(SECOND_US);
	cr_assert(server.stopped);
	settled_count = 0;
	server_do(server.broker.world.control, settle, (void *)count_settled);
	server_run(10 * SECOND_US);
	server_answer(1);
	cr_assert_eq(settled_count, 0);
	server_answer(0);
	server_run(SECOND_US);
	cr_assert_eq(settled_count, 1);
}

Test(api, accepts_nobody_once_it_stops)
{
	server_start("", 1);
	client_open(&clients[0], 0);
	server.handle = server_hold;
	client_ask(&clients[0], API_KEY_FETCH, 12, 1);
	server_stop(30 * 1000);
	client_open(&clients[1], 1); /* the system connects it, nobody takes it */
	client_ask(&clients[1], API_KEY_HEARTBEAT, 4, 2);
	server_run(SECOND_US);
	cr_assert_eq(server_connections(), 1);
	client_expect_nothing(&clients[1]);
}

static void
stop_before_start(struct sim_process *process)
{
	static const struct api_services services;
	const char *complaint;
	struct api_options options = { .world = &process->world,
		.config = server.given.config, .broker_id = 1 };

	server.api = api_new(&options);
	cr_assert_eq(api_listen(server.api, &complaint), ERROR_NONE);
	api_start(server.api, 1, "a-cluster", &services);
	api_stop(server.api, 0, count_settled, NULL);
}

Test(api, may_be_stopped_before_its_loops_have_heard_of_the_start)
{
	settled_count = 0;
	server.boot = stop_before_start;
	server_start("", 3);
	cr_assert_eq(settled_count, 1);
	server.stopped = true;
}
