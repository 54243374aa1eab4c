#include "server.h"
#include "wire/frame.h"

enum { LARGE = 300 * 1000 };

static struct client client, second;
static struct segment *const a_segment = (struct segment *)&client;
static struct disk_file *file;
static size_t slice_at, slice_size;
static int slices;

static void
setup(void)
{
	server_init();
	slice_at = 0;
	slice_size = LARGE;
	slices = 1;
}

static void
start(const char *properties, int loops)
{
	server_start(properties, loops);
	client_open(&client, 0);
	file = server_make_file("file", 4 * LARGE);
}

static void
close_file(void *context)
{
	(void)context;
	cr_assert_eq(disk_close(file), ERROR_NONE);
}

static void
teardown(void)
{
	client_close(&client);
	server_do(server.broker.world.control, close_file, NULL);
	server_fini();
}

TestSuite(client_connection_send, .init = setup, .fini = teardown);

/* A Fetch answer of one topic, with a slice of the file for each of its partitions. */
static void
answer_slices(struct request *request)
{
	struct fetch_response *response = request->response;
	struct fetch_response_fetchable_topic_response *topic =
	    request_new(request, sizeof(*topic));

	*topic = fetch_response_fetchable_topic_response_defaults;
	topic->partitions.items = request_array(request, (size_t)slices,
	    sizeof(*topic->partitions.items));
	topic->partitions.count = slices;
	for (int i = 0; i < slices; i++) {
		struct log_slice slice = { .segment = a_segment, .file = file,
			.position = (int64_t)slice_at + i * (int64_t)slice_size,
			.size = (int64_t)slice_size };
		struct fetch_response_partition_data *data = &topic->partitions.items[i];

		*data = fetch_response_partition_data_defaults;
		data->partition_index = i;
		data->records = (struct wire_records){ .kind = WIRE_RECORDS_EXTERNAL,
			.offset = slice.position, .length = slice_size };
		data->records.owner = &file_slice_new(request, &slice)->owner;
	}
	response->responses.items = topic;
	response->responses.count = 1;
	request_answer(request);
}

static void
expect_slices(int32_t correlation_id)
{
	const struct message_type *type = &fetch_response_type;
	struct fetch_response response;
	struct response_header header;
	struct reader reader;
	struct arena arena;
	struct slice answer;

	cr_assert(client_take(&client, &answer), "answer %d is missing", correlation_id);
	arena_init(&arena, SIZE_MAX);
	reader_init(&reader, answer);
	cr_assert_eq(response_header_decode(&reader, type, 12, &header), ERROR_NONE);
	cr_assert_eq(header.correlation_id, correlation_id);
	cr_assert_eq(message_decode(type, 12, &reader, &arena, &response), ERROR_NONE);
	cr_assert_eq(response.responses.items[0].partitions.count, slices);
	for (int i = 0; i < slices; i++) {
		struct slice records = response.responses.items[0].partitions.items[i].records.bytes;

		cr_assert_eq(records.size, slice_size);
		for (size_t j = 0; j < records.size; j++)
			cr_assert_eq(records.bytes[j],
			    server_byte(slice_at + (size_t)i * slice_size + j), "byte %zu", j);
	}
	arena_fini(&arena);
}

Test(client_connection_send, sends_slices_of_files_between_bytes)
{
	start("", 1);
	server.handle = answer_slices;
	slices = 3;
	slice_at = 77;
	slice_size = 100 * 1000 + 1;
	client_ask(&client, API_KEY_FETCH, 12, 1);
	server_run(5 * SECOND_US);
	expect_slices(1);
}

Test(client_connection_send, sends_slices_in_any_pieces)
{
	start("", 1);
	server.net.short_transfer = 800;
	server.net.buffer_size = 1000;
	server.handle = answer_slices;
	slices = 5;
	slice_size = 30 * 1000;
	for (int i = 0; i < 3; i++)
		client_ask(&client, API_KEY_FETCH, 12, i);
	server_run(60 * SECOND_US);
	for (int i = 0; i < 3; i++)
		expect_slices(i);
}

static void
drop_cache(void)
{
	sim_disk_sync_all(server.machines[0].disk);
	sim_disk_drop_cache(server.machines[0].disk);
}

/* On the loop a cold file would stop everybody. */
Test(client_connection_send, lets_a_worker_read_what_is_not_in_memory)
{
	start("", 1);
	server.handle = answer_slices;
	slices = 2;
	drop_cache();
	client_ask(&client, API_KEY_FETCH, 12, 1);
	server_run(5 * SECOND_US);
	expect_slices(1);
	cr_assert_eq(server.api->loops[0].reading, 0);
}

Test(client_connection_send, sends_answers_behind_a_slice_that_a_worker_reads)
{
	start("", 1);
	server.handle = answer_slices;
	drop_cache();
	server.machines[0].disk->read_us = SECOND_US;
	client_ask(&client, API_KEY_FETCH, 12, 1);
	client_ask(&client, API_KEY_API_VERSIONS, 0, 2);
	server_run(60 * SECOND_US);
	expect_slices(1);
	client_expect(&client, 2);
}

static void
close_it(void *context)
{
	(void)context;
	net_reset(client.net);
	client.net = NULL;
}

static void
run_until_it_reads(void)
{
	for (int i = 0; i < 10000 && server.api->loops[0].reading == 0; i++)
		server_run(10);
	cr_assert_eq(server.api->loops[0].reading, 1);
}

Test(client_connection_send, keeps_the_slice_that_a_worker_reads_until_it_is_done)
{
	struct buffer request;

	start("", 1);
	server.handle = answer_slices;
	drop_cache();
	server.machines[0].disk->read_us = 10 * SECOND_US;
	buffer_init(&request);
	client_request(&request, API_KEY_FETCH, 12, 1);
	buffer_append_slice(&client.out, buffer_slice(&request));
	buffer_fini(&request);
	client_set_deaf(&client, false);
	run_until_it_reads();
	server_do(client.loop, close_it, NULL);
	cr_assert_eq(server.released, 0);
	server_run(60 * SECOND_US);
	cr_assert_eq(server.released, 1);
	cr_assert_eq(server_connections(), 0);
}

/* sendfile leaves references to the file in the socket: what was sent stays pinned. */
Test(client_connection_send, keeps_slices_pinned_until_the_next_request)
{
	start("", 1);
	server.handle = answer_slices;
	slices = 2;
	client_ask(&client, API_KEY_FETCH, 12, 1);
	server_run(5 * SECOND_US);
	expect_slices(1);
	cr_assert_eq(server.released, 0);
	server.handle = server_hold;
	client_ask(&client, API_KEY_FETCH, 12, 2);
	cr_assert_eq(server.released, 2);
	server_answer(0);
}

Test(client_connection_send, lets_slices_go_with_the_connection)
{
	start("", 1);
	server.handle = answer_slices;
	client_ask(&client, API_KEY_FETCH, 12, 1);
	server_run(5 * SECOND_US);
	server_do(client.loop, close_it, NULL);
	server_run(SECOND_US);
	cr_assert_eq(server.released, 1);
}

Test(client_connection_send, lets_slices_go_that_were_never_sent)
{
	start("", 1);
	server.net.buffer_size = 1000;
	client_set_deaf(&client, true);
	server.handle = answer_slices;
	slices = 4;
	client_ask(&client, API_KEY_FETCH, 12, 1);
	cr_assert_eq(server.released, 0);
	server_do(client.loop, close_it, NULL);
	server_run(SECOND_US);
	cr_assert_eq(server.released, 4);
}

/* ------------------------------------------------------------ small slices */

static struct net_ops without_files;

static enum error
send_no_file(struct net_connection *connection, struct disk_file *of, int64_t offset, size_t size,
    size_t *sent)
{
	(void)connection, (void)of, (void)offset, (void)size, (void)sent;
	cr_assert_fail("it goes with the bytes around it");
	return ERROR_WOULD_BLOCK;
}

static void
start_copying(void)
{
	server.net.copied_bytes = 5000;
	start("", 1);
	server.handle = answer_slices;
	slice_at = 77;
	slice_size = 5000;
}

Test(client_connection_send, sends_small_slices_with_the_bytes_around_them)
{
	struct net *net;

	start_copying();
	net = server.broker.world.net;
	without_files = *net->ops;
	without_files.send_file = send_no_file;
	net->ops = &without_files;
	slices = 20; /* more than one write takes */
	client_ask(&client, API_KEY_FETCH, 12, 1);
	server_run(5 * SECOND_US);
	expect_slices(1);
}

Test(client_connection_send, sends_small_slices_in_any_pieces)
{
	start_copying();
	server.net.short_transfer = 800;
	server.net.buffer_size = 1000;
	slices = 5;
	for (int i = 0; i < 3; i++)
		client_ask(&client, API_KEY_FETCH, 12, i);
	server_run(60 * SECOND_US);
	for (int i = 0; i < 3; i++)
		expect_slices(i);
}

Test(client_connection_send, lets_a_worker_read_small_slices_that_are_not_in_memory)
{
	start_copying();
	drop_cache();
	slices = 2;
	client_ask(&client, API_KEY_FETCH, 12, 1);
	server_run(5 * SECOND_US);
	expect_slices(1);
}

Test(client_connection_send, closes_the_connection_of_a_small_slice_whose_log_was_cut)
{
	start_copying();
	server.net.buffer_size = 1000;
	client_set_deaf(&client, true);
	slices = 10;
	client_ask(&client, API_KEY_FETCH, 12, 1);
	server_run(5 * SECOND_US);
	server.slices_are_cut = true;
	client_set_deaf(&client, false);
	server_run(5 * SECOND_US);
	cr_assert_eq(server_connections(), 0);
}

/* ------------------------------------------------------------ slow readers */

Test(client_connection_send, waits_for_a_slow_reader_without_harm_to_others)
{
	struct client other;

	start("", 1);
	client_open(&other, 1);
	server.net.buffer_size = 1000;
	client_set_deaf(&client, true);
	server.handle = answer_slices;
	client_ask(&client, API_KEY_FETCH, 12, 1);
	server_run(30 * SECOND_US);
	server.handle = server_answer_at_once;
	client_ask(&other, API_KEY_HEARTBEAT, 4, 7);
	client_expect(&other, 7);
	client_set_deaf(&client, false);
	server_run(30 * SECOND_US);
	expect_slices(1);
	client_close(&other);
}

/* Of a partition that follows now: other bytes may come where the sent ones were. */
Test(client_connection_send, closes_the_connection_of_a_slice_whose_log_was_cut)
{
	start("", 1);
	server.net.buffer_size = 1000;
	client_set_deaf(&client, true);
	server.handle = answer_slices;
	client_ask(&client, API_KEY_FETCH, 12, 1);
	server_run(5 * SECOND_US);
	cr_assert_eq(server_connections(), 1);
	server.slices_are_cut = true;
	client_set_deaf(&client, false);
	server_run(5 * SECOND_US);
	cr_assert_eq(server_connections(), 0);
	cr_assert_eq(server.released, 1);
}

/* faults.md F35. */
Test(client_connection_send, closes_the_connection_of_who_takes_no_answer)
{
	start("", 1);
	server.net.buffer_size = 1000;
	client_set_deaf(&client, true);
	server.handle = answer_slices;
	client_ask(&client, API_KEY_FETCH, 12, 1);
	server_run(55 * SECOND_US);
	cr_assert_eq(server_connections(), 1);
	server_run(15 * SECOND_US);
	cr_assert_eq(server_connections(), 0);
	cr_assert(server_has_logged("it does not take its answers"));
}

Test(client_connection_send, counts_from_when_an_answer_finds_no_room)
{
	start("", 1);
	/* One answer of Heartbeat fills all there is, so that none of the second goes. */
	server.net.buffer_size = 4 + 4 + 1 + 4 + 2 + 1;
	client_open(&second, 1);
	client_set_deaf(&second, true);
	client_ask(&second, API_KEY_HEARTBEAT, 4, 1);
	server_run(100 * SECOND_US);
	client_ask(&second, API_KEY_HEARTBEAT, 4, 2);
	server_run(40 * SECOND_US);
	cr_assert_eq(server_connections(), 2);
	server_run(40 * SECOND_US);
	cr_assert_eq(server_connections(), 1);
	client_close(&second);
}

Test(client_connection_send, reads_nothing_while_a_lot_is_unsent)
{
	start("", 1);
	client_set_deaf(&client, true);
	server.net.buffer_size = 4000;
	slices = 4; /* 1.2 MB */
	server.handle = answer_slices;
	client_ask(&client, API_KEY_FETCH, 12, 1);
	client_ask(&client, API_KEY_FETCH, 12, 2);
	client_ask(&client, API_KEY_FETCH, 12, 3);
	server_run(10 * SECOND_US);
	cr_assert_eq(server.begun, 1);
	client_set_deaf(&client, false);
	server_run(60 * SECOND_US);
	for (int i = 1; i <= 3; i++)
		expect_slices(i);
}

/* ------------------------------------------------------------------- gather */

static int waiting[3];

static void
answer_and_count(struct request *request)
{
	LIST_FOREACH(link, &request->connection->requests)
		waiting[server.begun - 1]++;
	request_answer(request);
	cr_expect_gt(request->connection->unsent_bytes, 0, "it leaves at the end of the turn");
}

Test(client_connection_send, sends_together_what_was_answered_in_one_turn)
{
	struct buffer requests;

	start("", 1);
	server.handle = answer_and_count;
	buffer_init(&requests);
	for (int i = 0; i < 3; i++)
		client_request(&requests, API_KEY_PRODUCE, 9, i);
	client_send(&client, requests.bytes, requests.size);
	for (int i = 0; i < 3; i++) {
		client_expect(&client, i);
		cr_expect_eq(waiting[i], i + 1);
	}
	buffer_fini(&requests);
}

static void
hold_or_slices(struct request *request)
{
	if (request->key == API_KEY_FETCH)
		answer_slices(request);
	else
		server_hold(request);
}

Test(client_connection_send, sends_more_answers_at_once_than_a_write_has_parts)
{
	start("klamm.produce.in.flight=1000", 1);
	server.handle = hold_or_slices;
	for (int i = 0; i < SERVER_HELD_MAX; i++)
		client_ask(&client, API_KEY_PRODUCE, 9, i);
	for (int i = SERVER_HELD_MAX - 1; i > 0; i--)
		server_end(i, request_answer);
	client_expect_nothing(&client);
	server_answer(0);
	for (int i = 0; i < SERVER_HELD_MAX; i++)
		client_expect(&client, i);
	client_expect_nothing(&client);
}

static void
close_with_reason(struct request *request)
{
	request_close(request, "the test says so");
}

Test(client_connection_send, closes_in_the_turn_of_the_request_that_asks_for_it)
{
	start("", 1);
	server.handle = server_hold;
	for (int i = 0; i < 3; i++)
		client_ask(&client, API_KEY_PRODUCE, 9, i);
	server_end(1, close_with_reason);
	server_answer(2);
	cr_assert_eq(client.error, ERROR_NONE);
	server_answer(0);
	cr_assert(client_is_closed_within(&client, SECOND_US));
	client_expect(&client, 0);
	client_expect_nothing(&client);
	cr_assert(server_has_logged("closed: the test says so"));
}

Test(client_connection_send, skips_the_turn_of_a_request_without_an_answer)
{
	start("", 1);
	server.handle = server_hold;
	for (int i = 0; i < 3; i++)
		client_ask(&client, API_KEY_PRODUCE, 9, i);
	server_answer(2);
	server_end(0, request_answer_nothing);
	client_expect_nothing(&client);
	server_answer(1);
	client_expect(&client, 1);
	client_expect(&client, 2);
}
