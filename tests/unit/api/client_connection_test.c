#include "server.h"

#include <stdlib.h>

#include "base/memory.h"
#include "wire/frame.h"

static struct client client, other;

static void
setup(void)
{
	server_init();
}

static void
start(const char *properties)
{
	server_start(properties, 1);
	client_open(&client, 0);
}

static void
teardown(void)
{
	client_close(&client);
	client_close(&other);
	server_fini();
}

static void
close_it(void *context)
{
	struct client *it = context;

	net_close(it->net);
	it->net = NULL;
}

static void
end_without_answer(struct request *request)
{
	request_answer_nothing(request);
}

TestSuite(client_connection, .init = setup, .fini = teardown);

/* ------------------------------------------------------------------ framing */

Test(client_connection, takes_a_request_that_is_cut_at_any_byte)
{
	struct buffer request;

	start("");
	buffer_init(&request);
	client_request(&request, API_KEY_METADATA, 9, 1);
	for (size_t cut = 1; cut < request.size; cut++) {
		client_send(&client, request.bytes, cut);
		cr_assert_eq(server.begun, (int)cut - 1, "a part of %zu bytes is no request", cut);
		client_expect_nothing(&client);
		client_send(&client, request.bytes + cut, request.size - cut);
		client_expect(&client, 1);
		client_expect_nothing(&client);
	}
	buffer_fini(&request);
}

Test(client_connection, takes_a_request_that_comes_byte_by_byte)
{
	struct buffer request;

	start("");
	buffer_init(&request);
	client_request(&request, API_KEY_METADATA, 12, 77);
	for (size_t i = 0; i < request.size; i++)
		client_send(&client, request.bytes + i, 1);
	client_expect(&client, 77);
	buffer_fini(&request);
}

Test(client_connection, takes_several_requests_that_come_at_once_and_one_that_is_cut)
{
	struct buffer requests;
	size_t whole;

	start("");
	buffer_init(&requests);
	for (int i = 0; i < 10; i++)
		client_request(&requests, API_KEY_HEARTBEAT, 4, i);
	whole = requests.size;
	client_request(&requests, API_KEY_HEARTBEAT, 4, 10);
	client_send(&client, requests.bytes, whole + 5);
	for (int i = 0; i < 10; i++)
		client_expect(&client, i);
	client_expect_nothing(&client);
	client_send(&client, requests.bytes + whole + 5, requests.size - whole - 5);
	client_expect(&client, 10);
	buffer_fini(&requests);
}

static bool held[3];

static void
look_at_the_loop(struct request *request)
{
	held[server.begun - 1] = request->loop->holding;
	request_answer(request);
}

Test(client_connection, has_actors_gather_what_came_at_once_and_nothing_else)
{
	struct buffer requests;

	start("");
	server.handle = look_at_the_loop;
	buffer_init(&requests);
	for (int i = 0; i < 2; i++)
		client_request(&requests, API_KEY_PRODUCE, 9, i);
	client_send(&client, requests.bytes, requests.size);
	for (int i = 0; i < 2; i++)
		client_expect(&client, i);
	client_ask(&client, API_KEY_PRODUCE, 9, 2);
	client_expect(&client, 2);
	cr_expect(held[0]);
	cr_expect(held[1]);
	cr_expect_not(held[2], "one alone is appended at once");
	buffer_fini(&requests);
}

/* The bytes behind it stay for the next one. */
static void
send_large(size_t padding, int32_t correlation_id)
{
	struct buffer request;
	size_t at;

	buffer_init(&request);
	client_request(&request, API_KEY_HEARTBEAT, 1, correlation_id);
	at = request.size;
	/* What comes after a body in its frame is not looked at. */
	memset(buffer_extend(&request, padding), 'x', padding);
	buffer_set_int32(&request, 0, (int32_t)(request.size - FRAME_SIZE_BYTES));
	cr_assert_gt(request.size, at);
	client_send(&client, request.bytes, request.size);
	buffer_fini(&request);
}

Test(client_connection, takes_requests_larger_than_its_piece_of_reading)
{
	start("");
	for (int i = 0; i < 3; i++)
		send_large(300 * 1000, i);
	server_run(5 * SECOND_US);
	for (int i = 0; i < 3; i++)
		client_expect(&client, i);
	client_expect_nothing(&client);
}

static void
expect_only_this_one_closed(const char *words)
{
	cr_assert(client_is_closed_within(&client, SECOND_US), "it is closed: %s", words);
	client_expect_nothing(&client);
	cr_assert(server_has_logged(words), "%s", server.log);
	client_ask(&other, API_KEY_HEARTBEAT, 4, 5);
	client_expect(&other, 5);
	cr_assert_eq(other.error, ERROR_NONE);
	cr_assert_eq(server_connections(), 1);
}

/* faults.md F33, F34. */
Test(client_connection, of_a_negative_size_is_closed_alone)
{
	start("");
	client_open(&other, 1);
	client_send(&client, "\xff\xff\xff\xff", 4);
	expect_only_this_one_closed("a request has a negative size");
}

Test(client_connection, of_a_size_above_the_limit_is_closed_alone)
{
	start("socket.request.max.bytes=1000");
	client_open(&other, 1);
	client_send(&client, "\0\0\x03\xe9", 4); /* 1,001 */
	expect_only_this_one_closed("larger than socket.request.max.bytes");
}

Test(client_connection, takes_a_request_of_exactly_the_limit)
{
	struct buffer request;

	start("socket.request.max.bytes=1000");
	buffer_init(&request);
	client_request(&request, API_KEY_HEARTBEAT, 1, 3);
	memset(buffer_extend(&request, 1004 - request.size), 0, 1004 - request.size);
	buffer_set_int32(&request, 0, 1000);
	client_send(&client, request.bytes, 1004);
	client_expect(&client, 3);
	buffer_fini(&request);
}

Test(client_connection, of_the_largest_size_allocates_nothing_for_it)
{
	start("");
	client_send(&client, "\x06\x40\x00\x00", 4); /* 100 MiB, allowed */
	client_send(&client, "\0\0", 2);
	cr_assert_eq(client.error, ERROR_NONE);
	cr_assert_leq(server.api->frame_bytes, 2 * API_READ_BYTES);
}

Test(client_connection, of_a_request_without_a_key_is_closed_alone)
{
	for (int32_t size = 0; size < 2; size++) {
		uint8_t bytes[5] = { 0, 0, 0, (uint8_t)size, 0 };

		if (size == 0) {
			start("");
			client_open(&other, 1);
		} else {
			client_close(&client);
			client_open(&client, 0);
		}
		client_send(&client, bytes, (size_t)(4 + size));
		expect_only_this_one_closed("too short to be one");
		other.at = other.in.size;
	}
}

/* ---------------------------------------------------------------- in order */

Test(client_connection, begins_one_request_after_the_other)
{
	start("");
	server.handle = server_hold;
	client_ask(&client, API_KEY_FETCH, 12, 1);
	client_ask(&client, API_KEY_HEARTBEAT, 4, 2);
	client_ask(&client, API_KEY_METADATA, 12, 3);
	cr_assert_eq(server.begun, 1);
	server_answer(0);
	client_expect(&client, 1);
	cr_assert_eq(server.begun, 2);
	server_answer(1);
	client_expect(&client, 2);
	cr_assert_eq(server.begun, 3);
	server_answer(2);
	client_expect(&client, 3);
}

Test(client_connection, begins_produce_requests_beside_each_other_up_to_the_limit)
{
	start("klamm.produce.in.flight=3");
	server.handle = server_hold;
	for (int i = 0; i < 5; i++)
		client_ask(&client, API_KEY_PRODUCE, 9, i);
	cr_assert_eq(server.begun, 3);
	server_answer(1);
	client_expect_nothing(&client); /* it waits for the first one's */
	cr_assert_eq(server.begun, 4);
	server_answer(0);
	client_expect(&client, 0);
	client_expect(&client, 1);
	client_expect_nothing(&client);
	cr_assert_eq(server.begun, 5);
	server_answer(4);
	server_answer(3);
	client_expect_nothing(&client);
	server_answer(2);
	for (int i = 2; i < 5; i++)
		client_expect(&client, i);
}

Test(client_connection, begins_nothing_else_beside_a_produce_request)
{
	start("");
	server.handle = server_hold;
	client_ask(&client, API_KEY_PRODUCE, 9, 1);
	client_ask(&client, API_KEY_API_VERSIONS, 3, 2);
	client_ask(&client, API_KEY_PRODUCE, 9, 3);
	client_expect_nothing(&client);
	cr_assert_eq(server.begun, 1);
	server_answer(0);
	client_expect(&client, 1);
	client_expect(&client, 2);
	cr_assert_eq(server.begun, 2);
	server_answer(1);
	client_expect(&client, 3);
}

Test(client_connection, begins_no_produce_request_beside_another_one)
{
	start("");
	server.handle = server_hold;
	client_ask(&client, API_KEY_FETCH, 12, 1);
	client_ask(&client, API_KEY_PRODUCE, 9, 2);
	cr_assert_eq(server.begun, 1);
	server_answer(0);
	cr_assert_eq(server.begun, 2);
	server_answer(1);
}

Test(client_connection, waits_for_nothing_of_another_connection)
{
	start("");
	client_open(&other, 1);
	server.handle = server_hold;
	client_ask(&client, API_KEY_FETCH, 12, 1);
	client_ask(&other, API_KEY_FETCH, 12, 2);
	cr_assert_eq(server.begun, 2);
	server_answer(1);
	client_expect(&other, 2);
	client_expect_nothing(&client);
	server_answer(0);
}

/* ---------------------------------------------------------------- the end */

Test(client_connection, that_its_peer_closes_leaves_its_requests_to_end_to_nobody)
{
	start("");
	server.handle = server_hold;
	for (int i = 0; i < 3; i++)
		client_ask(&client, API_KEY_PRODUCE, 9, i);
	server_do(client.loop, close_it, &client);
	server_run(SECOND_US);
	cr_assert_eq(server_connections(), 0);
	cr_assert_eq(server.api->loops[0].requests, 3);
	server_answer(2);
	server_answer(0);
	server_end(1, end_without_answer);
	cr_assert_eq(server.api->loops[0].requests, 0);
	cr_assert_eq(server.api->frame_bytes, 0);
}

Test(client_connection, frees_the_answers_that_were_waiting_when_it_closes)
{
	start("");
	server.handle = server_hold;
	for (int i = 0; i < 3; i++)
		client_ask(&client, API_KEY_PRODUCE, 9, i);
	server_answer(1);
	server_do(client.loop, close_it, &client);
	server_run(SECOND_US);
	cr_assert_eq(server.api->loops[0].requests, 2);
	server_answer(0);
	server_answer(2);
}

Test(client_connection, gives_back_what_half_a_frame_has_taken)
{
	start("");
	client_send(&client, "\0\0\x10\0half a frame", 16);
	cr_assert_gt(server.api->frame_bytes, 0);
	server_do(client.loop, close_it, &client);
	server_run(SECOND_US);
	cr_assert_eq(server.api->frame_bytes, 0);
}

/* ------------------------------------------------------------------ limits */

Test(client_connection, reads_on_once_others_have_given_memory_back)
{
	start("klamm.memory.requests=100000");
	server.handle = server_hold;
	send_large(120 * 1000, 1);
	server_run(SECOND_US);
	cr_assert_eq(server.begun, 1);
	client_open(&other, 1);
	client_ask(&other, API_KEY_HEARTBEAT, 1, 9);
	server_run(10 * SECOND_US);
	cr_assert_eq(server.begun, 1, "what is queued is above the limit");
	server_answer(0);
	server_run(SECOND_US);
	cr_assert_eq(server.begun, 2);
	server_answer(1);
	client_expect(&other, 9);
}

Test(client_connection, takes_a_request_that_is_larger_than_all_memory_for_them)
{
	start("klamm.memory.requests=100000");
	send_large(1000 * 1000, 1);
	server_run(10 * SECOND_US);
	client_expect(&client, 1);
	cr_assert_null(server.api->favoured);
}

static void
send_half(struct client *to, size_t size)
{
	uint8_t *bytes = memory_new(size);

	buffer_append(&to->out, (uint8_t[]){ 0, 0x0f, 0x42, 0x40 }, 4); /* of 1,000,000 */
	client_send(to, bytes, size);
	server_run(SECOND_US);
	free(bytes);
}

Test(client_connection, whose_half_request_fills_memory_does_not_stop_the_others_for_ever)
{
	start("klamm.memory.requests=200000");
	client_open(&other, 1);
	send_half(&other, 190 * 1000);
	send_large(120 * 1000, 1);
	server_run(SECOND_US);
	client_expect_nothing(&client);
	server_run(60 * SECOND_US);
	cr_assert_neq(other.error, ERROR_NONE);
	client_expect(&client, 1);
	cr_assert_eq(client.error, ERROR_NONE);
}

Test(client_connection, that_waited_for_memory_is_not_blamed_for_it)
{
	struct client third;
	struct buffer request;

	start("klamm.memory.requests=300000");
	client_open(&other, 1);
	client_open(&third, 2);
	buffer_init(&request);
	client_request(&request, API_KEY_HEARTBEAT, 4, 8);
	client_send(&third, request.bytes, 10);
	send_half(&other, 290 * 1000);
	send_half(&client, 10 * 1000); /* memory is full; the other one is favoured */
	cr_assert_eq(server.api->favoured->host[8], '3');
	client_send(&third, request.bytes + 10, request.size - 10);
	server_run(20 * SECOND_US);
	client_expect_nothing(&third);
	cr_assert(client_is_closed_within(&other, 20 * SECOND_US));
	server_run(SECOND_US);
	cr_assert_eq(third.error, ERROR_NONE, "%s", server.log);
	client_expect(&third, 8);
	client_close(&third);
	buffer_fini(&request);
}

Test(client_connection, may_not_fill_memory_at_a_snails_pace)
{
	start("klamm.memory.requests=200000");
	client_open(&other, 1);
	send_half(&other, 250 * 1000);
	for (int i = 0; i < 50; i++) {
		client_send(&other, "", 1);
		server_run(SECOND_US);
	}
	cr_assert_neq(other.error, ERROR_NONE);
	cr_assert(server_has_logged("too slowly while memory is short"));
}

Test(client_connection, is_closed_when_half_a_request_comes_and_no_more)
{
	start("");
	client_open(&other, 1);
	client_send(&client, "\0\0\0\x50half", 8);
	server_run(29 * SECOND_US);
	cr_assert_eq(client.error, ERROR_NONE);
	cr_assert(client_is_closed_within(&client, 10 * SECOND_US));
	cr_assert(server_has_logged("half a request came, and no more"));
	cr_assert_eq(other.error, ERROR_NONE);
}

Test(client_connection, may_take_its_time_as_long_as_bytes_come)
{
	struct buffer request;

	start("");
	buffer_init(&request);
	client_request(&request, API_KEY_HEARTBEAT, 1, 4);
	for (size_t i = 0; i < request.size; i++) {
		client_send(&client, request.bytes + i, 1);
		server_run(20 * SECOND_US);
	}
	client_expect(&client, 4);
	buffer_fini(&request);
}

Test(client_connection, that_is_idle_is_closed_without_a_word)
{
	start("connections.max.idle.ms=40000");
	server_run(30 * SECOND_US);
	client_ask(&client, API_KEY_HEARTBEAT, 1, 4);
	server_run(39 * SECOND_US);
	cr_assert_eq(client.error, ERROR_NONE);
	cr_assert(client_is_closed_within(&client, 10 * SECOND_US));
	cr_assert_eq(client.error, ERROR_END_OF_STREAM);
	cr_assert_not(server_has_logged("closed"));
}

Test(client_connection, is_not_idle_while_a_request_is_in_progress)
{
	start("connections.max.idle.ms=20000");
	server.handle = server_hold;
	client_ask(&client, API_KEY_FETCH, 12, 1);
	server_run(300 * SECOND_US);
	cr_assert_eq(client.error, ERROR_NONE);
	server_answer(0);
	client_expect(&client, 1);
	server_run(19 * SECOND_US);
	cr_assert_eq(client.error, ERROR_NONE);
	cr_assert(client_is_closed_within(&client, 10 * SECOND_US));
}

Test(client_connection, is_never_idle_when_the_limit_is_negative)
{
	start("connections.max.idle.ms=-1");
	server_run(2000 * SECOND_US);
	cr_assert_eq(client.error, ERROR_NONE);
}

/* ------------------------------------------------------------------- chaos */

/* Every read and write may be short: the order of bytes and answers stays. */
Test(client_connection, does_not_mind_short_reads_and_writes)
{
	struct buffer requests;

	start("");
	server.net.short_transfer = 700;
	server.net.buffer_size = 300;
	buffer_init(&requests);
	for (int i = 0; i < 200; i++)
		client_request(&requests, i % 3 == 0 ? API_KEY_PRODUCE : API_KEY_HEARTBEAT, 4, i);
	client_send(&client, requests.bytes, requests.size);
	server_run(60 * SECOND_US);
	for (int i = 0; i < 200; i++)
		client_expect(&client, i);
	buffer_fini(&requests);
}
