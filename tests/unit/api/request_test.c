#include "server.h"
#include "wire/frame.h"

static struct client client;

static void
setup(void)
{
	server_init();
	server_start("", 1);
	client_open(&client, 0);
	server.handle = server_hold;
}

static void
teardown(void)
{
	client_close(&client);
	server_fini();
}

TestSuite(request, .init = setup, .fini = teardown);

static void
send_raw(const char *bytes, size_t size)
{
	uint8_t prefix[4] = { 0, 0, 0, (uint8_t)size };

	client_send(&client, prefix, 4);
	client_send(&client, bytes, size);
}
#define SEND(text) send_raw((text), sizeof(text) - 1)

Test(request, has_what_its_header_and_its_connection_say)
{
	struct request *request;

	client_ask(&client, API_KEY_HEARTBEAT, 3, 0x01020304);
	request = server.held[0];
	cr_assert_eq(request->key, API_KEY_HEARTBEAT);
	cr_assert_eq(request->version, 3);
	cr_assert_eq(request->correlation_id, 0x01020304);
	cr_assert(slice_equal_text(request->client_id, "a-client"));
	cr_assert_str_eq(request->client_host, "/10.0.0.2");
	cr_assert(slice_equal_text(request->listener, "PLAINTEXT"));
	cr_assert_eq(request_broker_id(request), 1);
	cr_assert(slice_equal_text(request_cluster_id(request), "a-cluster"));
	cr_assert_eq(request_config(request), server.given.config);
	cr_assert_eq(request_world(request), &server.broker.world);
}

Test(request, may_have_no_client_id)
{
	SEND("\0\x0c\0\0\0\0\0\x09\xff\xff\0\1g\0\0\0\1\0\1m");
	cr_assert_eq(server.held_count, 1);
	cr_assert(slice_is_null(server.held[0]->client_id));
}

/* The only header without one. */
Test(request, of_controlled_shutdown_0_has_no_client_id)
{
	SEND("\0\x07\0\0\0\0\0\1\0\0\0\2");
	cr_assert_eq(server.held_count, 1);
	cr_assert_eq(((const struct controlled_shutdown_request *)server.held[0]->body)->broker_id, 2);
}

static void
expect_closed(const char *words)
{
	cr_assert(client_is_closed_within(&client, SECOND_US));
	cr_assert_eq(server.begun, 0);
	client_expect_nothing(&client);
	cr_assert(server_has_logged(words), "%s", server.log);
}

Test(request, of_a_key_that_is_not_served_closes_its_connection)
{
	SEND("\0\x11\0\0\0\0\0\1\0\0"); /* SaslHandshake */
	expect_closed("this api key is not served");
}

Test(request, of_a_key_that_nobody_knows_closes_its_connection)
{
	SEND("\x7f\xff\0\0\0\0\0\1\0\0");
	expect_closed("header of a request cannot be read");
}

Test(request, of_a_version_above_closes_its_connection)
{
	SEND("\0\x0c\0\x05\0\0\0\1\0\0\0"); /* Heartbeat 5 */
	expect_closed("this version of the api key is not served");
}

Test(request, of_a_version_below_closes_its_connection)
{
	SEND("\0\1\0\3\0\0\0\1\0\0"); /* Fetch 3 */
	expect_closed("this version of the api key is not served");
}

Test(request, of_a_negative_version_closes_its_connection)
{
	SEND("\0\x0c\xff\xff\0\0\0\1\0\0");
	expect_closed("this version of the api key is not served");
}

Test(request, whose_body_is_cut_closes_its_connection)
{
	SEND("\0\x0c\0\0\0\0\0\1\0\0\0\5grou");
	expect_closed("a request cannot be read");
}

Test(request, whose_header_is_cut_closes_its_connection)
{
	SEND("\0\x0c\0\0\0\0\0");
	expect_closed("the header of a request cannot be read");
}

Test(request, whose_client_id_is_longer_than_the_frame_closes_its_connection)
{
	SEND("\0\x0c\0\0\0\0\0\1\x7f\xff" "ab");
	expect_closed("the header of a request cannot be read");
}

/* A count that the bytes cannot hold allocates nothing (faults.md, CVE classes). */
Test(request, whose_array_is_larger_than_the_frame_closes_its_connection)
{
	SEND("\0\3\0\0\0\0\0\1\0\0\x7f\xff\xff\xff");
	expect_closed("a request cannot be read");
}

Test(request, with_bytes_behind_its_body_is_a_request)
{
	SEND("\0\x0c\0\0\0\0\0\x09\0\0\0\1g\0\0\0\1\0\1m and more");
	cr_assert_eq(server.held_count, 1);
}

/* -------------------------------------------------------------------- memory */

static void
need_too_much(struct request *request)
{
	uint8_t *memory = request_new(request, API_ARENA_BYTES + 1);

	memory[0] = memory[API_ARENA_BYTES] = 1;
	cr_assert(slice_equal_text(request_format(request, "%d.%s", 7, "x"), "7.x"));
	request_answer(request);
}

Test(request, that_needs_more_memory_than_is_allowed_closes_its_connection)
{
	server.handle = need_too_much;
	client_ask(&client, API_KEY_HEARTBEAT, 4, 1);
	cr_assert(client_is_closed_within(&client, SECOND_US));
	client_expect_nothing(&client);
	cr_assert(server_has_logged("more memory than is allowed"));
}

static void
answer_badly(struct request *request)
{
	struct heartbeat_response *response = request->response;

	(void)response;
	((struct metadata_response *)request->response)->topics.items =
	    request_new(request, sizeof(struct metadata_response_metadata_response_topic));
	((struct metadata_response *)request->response)->topics.count = 1;
	((struct metadata_response *)request->response)->topics.items[0].name = slice_null();
	request_answer(request);
}

Test(request, whose_answer_cannot_be_encoded_closes_its_connection)
{
	server.handle = answer_badly;
	client_ask(&client, API_KEY_METADATA, 1, 1);
	cr_assert(client_is_closed_within(&client, SECOND_US));
	client_expect_nothing(&client);
	cr_assert(server_has_logged("an answer of Metadata version 1 cannot be encoded"));
}

Test(request, gives_its_frame_back_early_and_keeps_its_client_id)
{
	client_ask(&client, API_KEY_HEARTBEAT, 4, 1);
	cr_assert_gt(server.api->frame_bytes, API_READ_BYTES);
	request_drop_frame(server.held[0]);
	cr_assert_eq(server.api->frame_bytes, API_READ_BYTES); /* the input's room alone */
	cr_assert(slice_equal_text(server.held[0]->client_id, "a-client"));
	request_drop_frame(server.held[0]);
	server_answer(0);
	client_expect(&client, 1);
}

static int ended_count;

static void
ended(struct request *request)
{
	cr_assert_not_null(request->body);
	ended_count++;
}

Test(request, undoes_what_its_handler_asked_for_in_any_case)
{
	ended_count = 0;
	client_ask(&client, API_KEY_PRODUCE, 9, 1);
	client_ask(&client, API_KEY_PRODUCE, 9, 2);
	server.held[0]->ended = server.held[1]->ended = ended;
	server_answer(0);
	cr_assert_eq(ended_count, 1);
	client_close(&client);
	server_answer(1);
	cr_assert_eq(ended_count, 2);
}

Test(request, finds_no_replica_where_none_is)
{
	client_ask(&client, API_KEY_HEARTBEAT, 4, 1);
	cr_assert_null(request_hosted_topic(server.held[0], slice_of_text("t")));
	cr_assert_null(request_partition(server.held[0], slice_of_text("t"), 0));
	cr_assert(slice_is_null(request_copy(server.held[0], slice_null())));
	cr_assert(slice_equal_text(request_copy(server.held[0], slice_of_text("")), ""));
}
