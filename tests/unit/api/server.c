#include "server.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "wire/frame.h"

struct server server;
struct segment {
	int unused;
};

/* ------------------------------------------------------------ who answers */

static void
pass_on(struct request *request)
{
	server.begun++;
	server.handle(request);
}

/* Instead of table.c: the same keys and versions. */
#define ENTRY(name, key, first, last, snake, handler) \
	{ #name, key, first, last, &snake##_request_type, &snake##_response_type, \
	    key == API_KEY_API_VERSIONS ? api_api_versions : pass_on },
const struct api_entry api_table[] = { API_TABLE(ENTRY) };
const size_t api_table_count = ARRAY_LENGTH(api_table);

const struct api_entry *
api_table_find(int16_t key)
{
	for (size_t i = 0; i < api_table_count; i++)
		if (api_table[i].key == key)
			return &api_table[i];
	return NULL;
}

/* Instead of log_read.c: a slice has no log behind it here. */
void
log_slice_release(struct log_slice *slice)
{
	server.released += slice->segment != NULL;
	*slice = (struct log_slice){ 0 };
}

bool
log_slice_is_intact(const struct log_slice *slice)
{
	cr_assert_not_null(slice->segment);
	return !server.slices_are_cut;
}

void
server_hold(struct request *request)
{
	cr_assert(server.held_count < SERVER_HELD_MAX);
	server.held[server.held_count++] = request;
}

void
server_answer_at_once(struct request *request)
{
	request_answer(request);
}

/* ------------------------------------------------------------ the process */

static void
sink(struct logger *logger, enum logger_level level, const char *line)
{
	size_t size = strlen(server.log);

	(void)logger;
	(void)level;
	(void)snprintf(server.log + size, sizeof(server.log) - size, "%s\n", line);
}

bool
server_has_logged(const char *words)
{
	return strstr(server.log, words) != NULL;
}

static void
boot(struct sim_process *process)
{
	static const struct api_services services;
	const char *complaint;
	struct api_options options;

	server.logger = (struct logger){ LOGGER_DEBUG, sink };
	process->world.logger = &server.logger;
	options = (struct api_options){ .world = &process->world, .config = server.given.config,
		.broker_id = -1 };
	server.api = api_new(&options);
	cr_assert_eq(api_listen(server.api, &complaint), ERROR_NONE, "%s", complaint);
	api_start(server.api, 1, "a-cluster", &services);
	if (!server.keeps_clients)
		api_admit_clients(server.api);
}

static void
boot_host(struct sim_process *process)
{
	(void)process;
}

void
server_init(void)
{
	memset(&server, 0, sizeof(server));
	server.handle = server_answer_at_once;
	sim_init(&server.sim, 5);
	sim_net_init(&server.net, &server.sim);
	given_init(&server.given);
	for (int i = 0; i <= SERVER_CLIENTS_MAX; i++)
		sim_machine_init(&server.machines[i], &server.sim, &server.net, i);
}

void
server_start(const char *properties, int loops)
{
	given_set(&server.given, properties);
	cr_assert_not_null(server.given.config, "%s", given_print(&server.given));
	sim_process_init(&server.broker, &server.machines[0], "broker", 0, loops,
	    server.boot != NULL ? server.boot : boot);
	sim_process_start(&server.broker);
	for (int i = 0; i < SERVER_CLIENTS_MAX; i++) {
		sim_process_init(&server.hosts[i], &server.machines[1 + i], "host", 1 + i, 1,
		    boot_host);
		sim_process_start(&server.hosts[i]);
	}
	server_run(SECOND_US);
	cr_assert_not_null(server.api);
}

void
server_run(int64_t us)
{
	(void)sim_run(&server.sim, sim_now_us(&server.sim) + us);
}

struct errand {
	struct loop_message message;
	void (*run)(void *context);
	void *context;
	bool done;
};

static void
run_errand(struct loop_message *message)
{
	struct errand *errand = container_of(message, struct errand, message);

	errand->run(errand->context);
	errand->done = true;
}

void
server_do(struct loop *loop, void (*run)(void *context), void *context)
{
	struct errand errand = { .message.run = run_errand, .run = run, .context = context };

	loop_post(loop, &errand.message);
	for (int i = 0; i < 1000 && !errand.done; i++)
		server_run(100);
	cr_assert(errand.done);
}

struct ending {
	struct request *request;
	void (*end)(struct request *request);
};

static void
run_ending(void *context)
{
	struct ending *ending = context;

	ending->end(ending->request);
}

void
server_end(int number, void (*end)(struct request *request))
{
	struct ending ending = { server.held[number], end };

	cr_assert_lt(number, server.held_count);
	cr_assert_not_null(ending.request);
	server.held[number] = NULL;
	server_do(ending.request->loop, run_ending, &ending);
}

void
server_answer(int number)
{
	server_end(number, request_answer);
	server_run(SECOND_US / 4);
}

static void
set_flag(void *context)
{
	*(bool *)context = true;
}

static void
run_stop(void *context)
{
	api_stop(server.api, *(int64_t *)context, set_flag, &server.stopped);
}

static void
run_settle(void *context)
{
	(void)context;
	api_settle(server.api, set_flag, &server.settled);
}

void
server_stop(int64_t patience_ms)
{
	server_do(server.broker.world.control, run_stop, &patience_ms);
}

int
server_connections(void)
{
	return server.api->connections;
}

static void
run_free(void *context)
{
	(void)context;
	api_free(server.api);
}

void
server_fini(void)
{
	if (!server.api->stopped)
		server_stop(0);
	server_run(120 * SECOND_US);
	cr_assert(server.stopped);
	for (int i = 0; i < server.held_count; i++)
		if (server.held[i] != NULL)
			server_end(i, request_answer);
	server_do(server.broker.world.control, run_settle, NULL);
	server_run(SECOND_US);
	cr_assert(server.settled);
	cr_assert_eq(server.api->connections, 0);
	cr_assert_eq(server.api->frame_bytes, 0);
	server_do(server.broker.world.control, run_free, NULL);
	sim_process_fini(&server.broker);
	for (int i = 0; i < SERVER_CLIENTS_MAX; i++)
		sim_process_fini(&server.hosts[i]);
	for (int i = 0; i <= SERVER_CLIENTS_MAX; i++)
		sim_machine_fini(&server.machines[i]);
	sim_net_fini(&server.net);
	sim_fini(&server.sim);
	given_fini(&server.given);
}

struct making {
	const char *path;
	size_t size;
	struct disk_file *file;
};

static void
run_making(void *context)
{
	struct making *making = context;
	uint8_t *bytes = memory_new(making->size);
	size_t written;

	for (size_t i = 0; i < making->size; i++)
		bytes[i] = server_byte(i);
	cr_assert_eq(disk_open(server.broker.world.disk, making->path,
	    DISK_READ | DISK_WRITE | DISK_CREATE, &making->file), ERROR_NONE);
	cr_assert_eq(disk_write(making->file, bytes, making->size, 0, &written), ERROR_NONE);
	cr_assert_eq(disk_sync(making->file), ERROR_NONE);
	free(bytes);
}

struct disk_file *
server_make_file(const char *path, size_t size)
{
	struct making making = { path, size, NULL };

	server_do(server.broker.world.control, run_making, &making);
	return making.file;
}

/* -------------------------------------------------------------- a client */

static void
end_client(struct client *client, enum error error)
{
	client->error = error;
	net_want(client->net, false, false);
}

static void
want(struct client *client)
{
	net_want(client->net, !client->deaf, client->connected && client->out.size > 0);
}

static void
connected(struct net_handler *handler, enum error error)
{
	struct client *client = container_of(handler, struct client, handler);

	if (error != ERROR_NONE) {
		client->error = error;
		return;
	}
	client->connected = true;
	want(client);
}

static void
readable(struct net_handler *handler)
{
	struct client *client = container_of(handler, struct client, handler);
	uint8_t bytes[4096];
	size_t got;
	enum error error = net_read(client->net, bytes, sizeof(bytes), &got);

	if (error == ERROR_NONE)
		buffer_append(&client->in, bytes, got);
	else if (error != ERROR_WOULD_BLOCK)
		end_client(client, error);
}

static void
writable(struct net_handler *handler)
{
	struct client *client = container_of(handler, struct client, handler);
	struct iovec part = { client->out.bytes, client->out.size };
	size_t written = 0;
	enum error error = net_write(client->net, &part, 1, &written);

	if (error != ERROR_NONE && error != ERROR_WOULD_BLOCK) {
		end_client(client, error);
		return;
	}
	memmove(client->out.bytes, client->out.bytes + written, client->out.size - written);
	client->out.size -= written;
	want(client);
}

struct opening {
	struct client *client;
	int machine;
	uint16_t port;
};

static void
run_opening(void *context)
{
	struct opening *opening = context;
	struct client *client = opening->client;
	struct sim_process *host = &server.hosts[opening->machine];
	struct net_address address;

	sim_net_address(0, opening->port, &address);
	client->handler = (struct net_handler){ connected, readable, writable };
	client->loop = host->world.control;
	cr_assert_eq(net_connect(host->world.net, client->loop, &address, &client->handler,
	    &client->net), ERROR_NONE);
}

void
client_open_to(struct client *client, int machine, const char *listener)
{
	struct opening opening = { client, machine, api_port(server.api, listener) };

	*client = (struct client){ 0 };
	buffer_init(&client->out);
	buffer_init(&client->in);
	server_do(server.hosts[machine].world.control, run_opening, &opening);
	for (int i = 0; i < 1000 && !client->connected && client->error == ERROR_NONE; i++)
		server_run(1000);
	cr_assert(client->connected);
	server_run(SECOND_US / 10);
}

void
client_open(struct client *client, int machine)
{
	client_open_to(client, machine, "PLAINTEXT");
}

static void
run_closing(void *context)
{
	struct client *client = context;

	net_close(client->net);
	client->net = NULL;
}

void
client_close(struct client *client)
{
	if (client->net != NULL)
		server_do(client->loop, run_closing, client);
	buffer_fini(&client->out);
	buffer_fini(&client->in);
	server_run(SECOND_US / 10);
}

static void
run_want(void *context)
{
	struct client *client = context;

	if (client->error == ERROR_NONE)
		want(client);
}

void
client_send(struct client *client, const void *bytes, size_t size)
{
	buffer_append(&client->out, bytes, size);
	server_do(client->loop, run_want, client);
	server_run(SECOND_US / 10);
}

void
client_request(struct buffer *out, int16_t key, int16_t version, int32_t correlation_id)
{
	const struct message_type *type = message_type_find(key, false);
	struct request_header header = request_header_defaults;
	void *body = memory_new(type->structure->size);
	struct buffer_list list;
	struct frame frame;

	header.request_api_key = key;
	header.request_api_version = version;
	header.correlation_id = correlation_id;
	header.client_id = slice_of_text("a-client");
	message_set_defaults(type, body);
	buffer_list_init(&list);
	cr_assert_eq(request_begin(&list, &header, &frame), ERROR_NONE);
	cr_assert_eq(message_encode(type, version, body, &list), ERROR_NONE);
	cr_assert_eq(frame_finish(&list, &frame), ERROR_NONE);
	buffer_append_slice(out, buffer_slice(&list.owned));
	buffer_list_fini(&list);
	free(body);
}

void
client_ask(struct client *client, int16_t key, int16_t version, int32_t correlation_id)
{
	struct buffer bytes;

	buffer_init(&bytes);
	client_request(&bytes, key, version, correlation_id);
	client_send(client, bytes.bytes, bytes.size);
	buffer_fini(&bytes);
}

void
client_set_deaf(struct client *client, bool deaf)
{
	client->deaf = deaf;
	server_do(client->loop, run_want, client);
}

bool
client_is_closed_within(struct client *client, int64_t us)
{
	int64_t until_us = sim_now_us(&server.sim) + us;

	while (client->error == ERROR_NONE && sim_now_us(&server.sim) < until_us)
		server_run(SECOND_US / 10);
	return client->error != ERROR_NONE;
}

bool
client_take(struct client *client, struct slice *answer)
{
	struct slice left = slice_of(client->in.bytes + client->at, client->in.size - client->at);
	size_t size;

	if (frame_size(left, INT32_MAX, &size) != ERROR_NONE ||
	    left.size - FRAME_SIZE_BYTES < size)
		return false;
	*answer = slice_of(left.bytes + FRAME_SIZE_BYTES, size);
	client->at += FRAME_SIZE_BYTES + size;
	return true;
}

void
client_expect(struct client *client, int32_t correlation_id)
{
	struct slice answer;
	struct reader reader;

	cr_assert(client_take(client, &answer), "no answer, where %d is expected", correlation_id);
	reader_init(&reader, answer);
	cr_assert_eq(reader_int32(&reader), correlation_id);
}

void
client_expect_nothing(struct client *client)
{
	cr_assert_eq(client->in.size, client->at, "there is an answer");
}
