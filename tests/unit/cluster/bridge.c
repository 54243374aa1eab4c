#include "tests/unit/cluster/bridge.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/buffer_list.h"
#include "base/memory.h"
#include "wire/frame.h"

struct bridge bridge;

/* The scripted broker; of its connections the newest counts. */
struct far_end {
	struct net_handler handler;
	struct net_connection *connection;
};

static struct {
	struct net_listener *listeners[2];
	struct net_acceptor acceptor;
	struct far_end ends[BRIDGE_REQUESTS];
	struct net_connection *connection;
	struct buffer in, out;
} far_side;

static struct net_ops named_ops;

/* --------------------------------------------------------- the far broker */

static void
far_flush(void)
{
	while (far_side.out.size > 0) {
		struct iovec part = { far_side.out.bytes, far_side.out.size };
		size_t written;

		if (net_write(far_side.connection, &part, 1, &written) != ERROR_NONE)
			break;
		memmove(far_side.out.bytes, far_side.out.bytes + written,
		    far_side.out.size - written);
		far_side.out.size -= written;
	}
	net_want(far_side.connection, true, far_side.out.size > 0);
}

static void
far_writable(struct net_handler *handler UNUSED)
{
	far_flush();
}

static void
add_frame(const struct bridge_received *to, const struct message_type *type,
    const void *response, int32_t correlation_id, int surplus)
{
	const struct buffer_part *part;
	struct buffer_list list;
	struct frame frame;

	buffer_list_init(&list);
	cr_assert_eq(response_begin(&list, type, to->version, correlation_id, &frame), ERROR_NONE);
	cr_assert_eq(message_encode(type, to->version, response, &list), ERROR_NONE);
	for (int i = 0; i < surplus; i++)
		buffer_int8(buffer_list_bytes(&list), 0);
	cr_assert_eq(frame_finish(&list, &frame), ERROR_NONE);
	while ((part = buffer_list_front(&list)) != NULL) {
		buffer_append(&far_side.out, part->bytes, part->length);
		buffer_list_consume(&list, part->length);
	}
	buffer_list_fini(&list);
}

static struct api_versions_response_api_version
has(int16_t key, int16_t first, int16_t last)
{
	struct api_versions_response_api_version version =
	    api_versions_response_api_version_defaults;

	version.api_key = key;
	version.min_version = first;
	version.max_version = last;
	return version;
}

static void
answer_versions(const struct bridge_received *to)
{
	struct api_versions_response_api_version keys[4];
	struct api_versions_response response = api_versions_response_defaults;

	keys[0] = has(API_KEY_FETCH, 4, 17);
	keys[1] = has(API_KEY_HEARTBEAT, 1, bridge.heartbeat_max_version);
	keys[2] = has(API_KEY_ALTER_PARTITION, 0, bridge.alter_partition_max_version);
	keys[3] = has(API_KEY_ALLOCATE_PRODUCER_IDS, 0, 0);
	response.error_code = bridge.api_versions_error;
	response.api_keys.items = keys;
	response.api_keys.count = ARRAY_LENGTH(keys);
	add_frame(to, message_type_find(to->key, true), &response, to->correlation_id, 0);
}

static void
answer_heartbeat(const struct bridge_received *to, int16_t code, int32_t correlation_id,
    int surplus)
{
	struct heartbeat_response response = heartbeat_response_defaults;

	response.error_code = code;
	add_frame(to, message_type_find(to->key, true), &response, correlation_id, surplus);
}

/* What the key's answer is when nothing is set in it. */
static void
answer_defaults(const struct bridge_received *to)
{
	const struct message_type *type = message_type_find(to->key, true);
	void *response = memory_new(type->structure->size);

	message_set_defaults(type, response);
	add_frame(to, type, response, to->correlation_id, 0);
	free(response);
}

/* The id of the controller that requests of one begin with. */
static int32_t
first_of_body(const struct request_header *header, struct reader in)
{
	const struct message_type *type = message_type_find(header->request_api_key, false);
	void *request = memory_new(type->structure->size);
	struct arena arena;
	int32_t first;

	arena_init(&arena, SIZE_MAX);
	cr_assert_eq(message_decode(type, header->request_api_version, &in, &arena, request),
	    ERROR_NONE);
	first = *(const int32_t *)request;
	arena_fini(&arena);
	free(request);
	return first;
}

static void
far_take(struct slice frame)
{
	struct bridge_received *received = &bridge.received[bridge.received_count];
	struct request_header header;
	struct reader in;

	cr_assert_lt(bridge.received_count, BRIDGE_REQUESTS);
	reader_init(&in, frame);
	cr_assert_eq(request_header_decode(&in, &header), ERROR_NONE);
	cr_assert(slice_equal_text(header.client_id, bridge.options.client_id));
	*received = (struct bridge_received){ header.request_api_key, header.request_api_version,
		header.correlation_id, bridge.connections, first_of_body(&header, in) };
	if (header.request_api_key == API_KEY_API_VERSIONS) {
		answer_versions(received);
		return;
	}
	bridge.received_count++;
	if (bridge.answers_at_once && received->key == API_KEY_HEARTBEAT)
		answer_heartbeat(received, (int16_t)bridge.received_count, header.correlation_id, 0);
	else if (bridge.answers_at_once)
		answer_defaults(received);
}

/* An older one: its end is awaited. */
static void
far_forget(struct net_connection *connection)
{
	uint8_t bytes[64];
	size_t got;
	enum error error = net_read(connection, bytes, sizeof(bytes), &got);

	if (error != ERROR_NONE && error != ERROR_WOULD_BLOCK)
		net_close(connection);
}

static void
far_readable(struct net_handler *handler)
{
	struct net_connection *from = container_of(handler, struct far_end, handler)->connection;
	uint8_t *at;
	size_t got, size;
	enum error error;

	if (from != far_side.connection) {
		far_forget(from);
		return;
	}
	at = buffer_extend(&far_side.in, 4096);
	error = net_read(from, at, 4096, &got);
	far_side.in.size -= 4096 - got;
	if (error == ERROR_WOULD_BLOCK)
		return;
	if (error != ERROR_NONE) {
		net_close(far_side.connection);
		far_side.connection = NULL;
		return;
	}
	while (frame_size(buffer_slice(&far_side.in), 100000, &size) == ERROR_NONE &&
	    far_side.in.size >= FRAME_SIZE_BYTES + size) {
		far_take(slice_of(far_side.in.bytes + FRAME_SIZE_BYTES, size));
		far_side.in.size -= FRAME_SIZE_BYTES + size;
		memmove(far_side.in.bytes, far_side.in.bytes + FRAME_SIZE_BYTES + size,
		    far_side.in.size);
	}
	far_flush();
}

static void
accepted(struct net_acceptor *acceptor UNUSED, struct net_connection *connection)
{
	struct far_end *end = &far_side.ends[bridge.connections];

	cr_assert_lt(bridge.connections, BRIDGE_REQUESTS);
	far_side.connection = end->connection = connection;
	end->handler = (struct net_handler){ .readable = far_readable, .writable = far_writable };
	buffer_clear(&far_side.in);
	buffer_clear(&far_side.out);
	bridge.connections++;
	net_set_handler(connection, &end->handler);
	net_want(connection, true, false);
}

static void
accept_failed(struct net_acceptor *acceptor UNUSED, enum error error)
{
	cr_assert_fail("accept: %s", error_text(error));
}

static void
boot_far(struct sim_process *process)
{
	struct net_address address = { .port = BRIDGE_PORT };
	struct net_listener **listener = &far_side.listeners[process == &bridge.other];

	far_side.acceptor = (struct net_acceptor){ accepted, accept_failed };
	cr_assert_eq(net_listen(process->world.net, &address, listener), ERROR_NONE);
	cr_assert_eq(net_accept_on(*listener, process->world.control, &far_side.acceptor),
	    ERROR_NONE);
}

static struct loop *
far_loop(void)
{
	cr_assert_not_null(far_side.connection, "the broker there has no connection");
	return far_side.connection->loop;
}

void
bridge_send(const void *bytes, size_t size)
{
	struct loop *loop = far_loop();

	loop_enter(loop);
	buffer_append(&far_side.out, bytes, size);
	far_flush();
	loop_leave(loop);
}

void
bridge_answer(int index, int16_t code)
{
	cr_assert_lt(index, bridge.received_count);
	answer_heartbeat(&bridge.received[index], code, bridge.received[index].correlation_id, 0);
	bridge_send("", 0);
}

void
bridge_answer_defaults(int index)
{
	cr_assert_lt(index, bridge.received_count);
	answer_defaults(&bridge.received[index]);
	bridge_send("", 0);
}

void
bridge_answer_code(int index, int16_t code)
{
	struct alter_partition_response response = alter_partition_response_defaults;

	cr_assert_lt(index, bridge.received_count);
	cr_assert_eq(bridge.received[index].key, API_KEY_ALTER_PARTITION);
	response.error_code = code;
	add_frame(&bridge.received[index], message_type_find(API_KEY_ALTER_PARTITION, true),
	    &response, bridge.received[index].correlation_id, 0);
	bridge_send("", 0);
}

void
bridge_answer_wrongly(int index, int32_t correlation_id, int surplus_bytes)
{
	cr_assert_lt(index, bridge.received_count);
	answer_heartbeat(&bridge.received[index], 1, correlation_id, surplus_bytes);
	bridge_send("", 0);
}

void
bridge_answer_fetch(int index, size_t size)
{
	struct fetch_response_partition_data partition = fetch_response_partition_data_defaults;
	struct fetch_response_fetchable_topic_response topic =
	    fetch_response_fetchable_topic_response_defaults;
	struct fetch_response response = fetch_response_defaults;
	uint8_t *records = memory_new(size);

	for (size_t i = 0; i < size; i++)
		records[i] = (uint8_t)i;
	partition.records.kind = WIRE_RECORDS_BYTES;
	partition.records.bytes = slice_of(records, size);
	partition.records.length = size;
	topic.topic = slice_of_text("orders");
	topic.partitions.items = &partition;
	topic.partitions.count = 1;
	response.responses.items = &topic;
	response.responses.count = 1;
	add_frame(&bridge.received[index], message_type_find(API_KEY_FETCH, true), &response,
	    bridge.received[index].correlation_id, 0);
	free(records);
	bridge_send("", 0);
}

void
bridge_hang_up(void)
{
	struct loop *loop = far_loop();

	loop_enter(loop);
	net_close(far_side.connection);
	far_side.connection = NULL;
	loop_leave(loop);
}

void
bridge_start_far(void)
{
	sim_process_start(&bridge.far);
	bridge_run(BRIDGE_SECOND_US);
}

void
bridge_start_other(void)
{
	sim_process_start(&bridge.other);
	bridge_run(BRIDGE_SECOND_US);
}

/* --------------------------------------------------------------- the link */

static enum error
resolve(struct net *net UNUSED, const char *name, struct net_address *addresses, size_t capacity,
    size_t *count)
{
	cr_assert_str_eq(name, "broker");
	bridge.lookups++;
	*count = MIN(bridge.name_count, capacity);
	memcpy(addresses, bridge.names, *count * sizeof(*addresses));
	return bridge.lookup_error;
}

static void
boot_near(struct sim_process *process)
{
	named_ops = *process->world.net->ops;
	named_ops.resolve = resolve;
	process->world.net->ops = &named_ops;
	bridge.options.world = &process->world;
	bridge.options.loop = process->world.loops[0];
}

static void
logged(struct sim_process *process UNUSED, const char *line)
{
	bridge.logged_count += bridge.log_text != NULL && strstr(line, bridge.log_text) != NULL;
}

void
bridge_enter(void)
{
	sim_process_enter(&bridge.near);
	loop_enter(bridge.options.loop);
}

void
bridge_leave(void)
{
	loop_leave(bridge.options.loop);
	sim_process_leave(&bridge.near);
}

void
bridge_open(void)
{
	bridge_enter();
	bridge.link = broker_link_new(&bridge.options);
	bridge_leave();
}

static void
closed(void *context)
{
	cr_assert_eq(context, &bridge);
	bridge.closed = true;
	bridge.closed_us = bridge.sim.now_us;
}

void
bridge_close(void)
{
	bridge_enter();
	broker_link_close(bridge.link, closed, &bridge);
	cr_assert_not(bridge.closed);
	bridge_leave();
}

static void
answered(struct broker_link_request *request, enum error error, const void *response,
    struct broker_link_answer *answer)
{
	struct bridge_asked *asked = container_of(request, struct bridge_asked, request);

	asked->answers++;
	asked->order = ++bridge.answer_count;
	asked->error = error;
	asked->answered_us = bridge.sim.now_us;
	cr_assert_eq(error == ERROR_NONE, response != NULL);
	cr_assert_eq(error == ERROR_NONE, answer != NULL);
	if (response != NULL && request->key == API_KEY_HEARTBEAT)
		asked->code = ((const struct heartbeat_response *)response)->error_code;
	if (asked->holds && answer != NULL) {
		asked->held = broker_link_answer_hold(answer);
		asked->response = response;
	}
	if (asked->asks_again) {
		asked->asks_again = false;
		broker_link_ask(bridge.link, request);
	}
	if (asked->closes)
		broker_link_close(bridge.link, closed, &bridge);
}

static void
ask(int index, int16_t version)
{
	struct bridge_asked *asked = &bridge.asked[index];

	asked->body = heartbeat_request_defaults;
	asked->body.group_id = slice_of_text("g");
	asked->body.member_id = slice_of_text("m");
	asked->request.key = API_KEY_HEARTBEAT;
	asked->request.version = version;
	asked->request.body = &asked->body;
	asked->request.answered = answered;
	if (asked->request.timeout_ms == 0)
		asked->request.timeout_ms = 5000;
	broker_link_ask(bridge.link, &asked->request);
}

void
bridge_ask(int index, int16_t version)
{
	bridge_enter();
	ask(index, version);
	cr_assert_eq(bridge.asked[index].answers, 0);
	bridge_leave();
}

void
bridge_ask_many(int first, int count)
{
	bridge_enter();
	for (int i = first; i < first + count; i++)
		ask(i, 3);
	bridge_leave();
}

void
bridge_run(int64_t us)
{
	int64_t until_us = bridge.sim.now_us + us;

	sim_run(&bridge.sim, until_us);
	cr_assert_not(bridge.sim.failed, "%s", bridge.sim.failure);
	bridge.sim.now_us = until_us; /* also when nothing was left to happen */
}

void
bridge_expect(int index, enum error error)
{
	cr_assert_eq(bridge.asked[index].answers, 1, "request %d has %d answers", index,
	    bridge.asked[index].answers);
	cr_assert_eq(bridge.asked[index].error, error, "request %d: %s", index,
	    error_text(bridge.asked[index].error));
}

void
bridge_set_up(void)
{
	memset(&bridge, 0, sizeof(bridge));
	memset(&far_side, 0, sizeof(far_side));
	buffer_init(&far_side.in);
	buffer_init(&far_side.out);
	sim_init(&bridge.sim, 5);
	sim_net_init(&bridge.net, &bridge.sim);
	for (int i = 0; i < 3; i++)
		sim_machine_init(&bridge.machines[i], &bridge.sim, &bridge.net, i);
	sim_process_init(&bridge.near, &bridge.machines[0], "near", 0, 1, boot_near);
	sim_process_init(&bridge.far, &bridge.machines[1], "far", 1, 1, boot_far);
	sim_process_init(&bridge.other, &bridge.machines[2], "other", 2, 1, boot_far);
	bridge.near.logged = logged;
	bridge.heartbeat_max_version = 2;
	sim_net_address(1, 0, &bridge.names[0]);
	bridge.name_count = 1;
	bridge.options = (struct broker_link_options){
		.client_id = "near",
		.host = "10.0.0.2",
		.port = BRIDGE_PORT,
		.largest_answer = BRIDGE_LARGEST,
		.reconnect_backoff_ms = 100,
		.reconnect_backoff_max_ms = 400,
		.connect_timeout_ms = 3000,
	};
	sim_process_start(&bridge.near);
	bridge_run(BRIDGE_SECOND_US);
}

void
bridge_tear_down(void)
{
	if (bridge.link != NULL && !bridge.closed) {
		bridge_close();
		bridge_run(BRIDGE_SECOND_US);
		cr_assert(bridge.closed);
	}
	sim_process_fini(&bridge.near);
	sim_process_fini(&bridge.far);
	sim_process_fini(&bridge.other);
	for (int i = 0; i < 3; i++)
		sim_machine_fini(&bridge.machines[i]);
	sim_net_fini(&bridge.net);
	sim_fini(&bridge.sim);
	buffer_fini(&far_side.in);
	buffer_fini(&far_side.out);
}
