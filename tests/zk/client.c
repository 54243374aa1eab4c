#include "client.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

#include "ensemble.h"
#include "world/world_posix.h"
#include "zk/session_private.h"

static void
sink(struct logger *logger, enum logger_level level, const char *line)
{
	(void)logger;
	if (getenv("VERBOSE_LOG") != NULL)
		fprintf(stderr, "    %s %s\n", logger_level_name(level), line);
}

static void
on_established(struct zk_listener *listener)
{
	atomic_fetch_add(&container_of(listener, struct client, listener)->established, 1);
}

static void
on_expired(struct zk_listener *listener)
{
	atomic_fetch_add(&container_of(listener, struct client, listener)->expired, 1);
}

static void
on_connection(struct zk_listener *listener, bool connected)
{
	struct client *it = container_of(listener, struct client, listener);

	atomic_fetch_add(connected ? &it->connected : &it->disconnected, 1);
}

struct errand {
	struct loop_message message;
	void (*run)(void *context);
	void *context;
	sem_t done;
};

static void
run_errand(struct loop_message *message)
{
	struct errand *errand = container_of(message, struct errand, message);

	errand->run(errand->context);
	sem_post(&errand->done);
}

void
client_on_loop(struct client *it, void (*run)(void *context), void *context)
{
	struct errand errand = { .message = { .run = run_errand }, .run = run, .context = context };

	sem_init(&errand.done, 0, 0);
	loop_post(it->world->control, &errand.message);
	sem_wait(&errand.done);
	sem_destroy(&errand.done);
}

bool
client_comes(atomic_int *counter, int value, int64_t wait_ms)
{
	int64_t end_ms = ensemble_now_ms() + wait_ms;

	while (atomic_load(counter) < value && ensemble_now_ms() < end_ms)
		ensemble_sleep_ms(1);
	return atomic_load(counter) >= value;
}

void
client_prepare(struct client *it, const char *connect_string,
    const struct zk_session_options *options)
{
	struct zk_session_options filled = options != NULL ? *options :
	    (struct zk_session_options){ 0 };
	const char *reason = NULL;

	memset(it, 0, sizeof(*it));
	it->logger = (struct logger){ .level = LOGGER_DEBUG, .sink = sink };
	it->world = world_posix_new(1, 2, &it->logger);
	coord_zookeeper_init(&it->zookeeper, it->world->control, &it->logger);
	it->world->coord = &it->zookeeper.coord;
	filled.connect_string = connect_string;
	if (filled.session_timeout_ms == 0)
		filled.session_timeout_ms = 18000;
	if (filled.max_in_flight == 0)
		filled.max_in_flight = ZK_MAX_IN_FLIGHT;
	if (zk_session_new(it->world, &filled, &it->session, &reason) != ERROR_NONE) {
		fprintf(stderr, "%s: %s\n", connect_string, reason);
		abort();
	}
	it->listener = (struct zk_listener){ .established = on_established,
		.expired = on_expired, .connection_changed = on_connection };
}

static void
begin(void *context)
{
	struct client *it = context;

	zk_session_listen(it->session, &it->listener);
	zk_session_start(it->session);
}

void
client_begin(struct client *it)
{
	client_on_loop(it, begin, it);
}

void
client_start(struct client *it, const char *connect_string,
    const struct zk_session_options *options)
{
	client_prepare(it, connect_string, options);
	client_begin(it);
}

static void
on_stopped(void *context)
{
	sem_post(context);
}

struct stop {
	struct client *client;
	sem_t stopped;
};

static void
stop(void *context)
{
	struct stop *it = context;

	zk_session_stop(it->client->session, on_stopped, &it->stopped);
}

static void
free_session(void *context)
{
	struct client *it = context;

	zk_session_unlisten(it->session, &it->listener);
	zk_session_free(it->session);
}

int64_t
client_stop(struct client *it)
{
	struct stop stopping = { .client = it };
	int64_t from_ms = ensemble_now_ms();

	sem_init(&stopping.stopped, 0, 0);
	client_on_loop(it, stop, &stopping);
	sem_wait(&stopping.stopped);
	sem_destroy(&stopping.stopped);
	from_ms = ensemble_now_ms() - from_ms;
	client_on_loop(it, free_session, it);
	world_posix_free(it->world);
	return from_ms;
}

/* ------------------------------------------------------------------ calls */

struct asked {
	struct client *client;
	struct zk_call call;
	struct client_answer answer;
	sem_t done;
};

static void
copy(char *to, size_t capacity, struct slice from)
{
	snprintf(to, capacity, "%.*s", (int)from.size, (const char *)from.bytes);
}

static void
on_answer(struct zk_call *call, const struct coord_answer *answer)
{
	struct asked *it = container_of(call, struct asked, call);
	struct client_answer *to = &it->answer;

	to->error = answer->error;
	to->stat = answer->stat;
	to->child_count = answer->child_count;
	to->acl_count = answer->acl.count;
	to->data_is_null = slice_is_null(answer->data);
	copy(to->data, sizeof(to->data), answer->data);
	for (size_t i = 0; call->type == COORD_WRITE && i < call->operation_count && i < 4; i++) {
		to->errors[i] = answer->results[i].error;
		to->stats[i] = answer->results[i].stat;
		if (i == 0)
			copy(to->path, sizeof(to->path), answer->results[0].path);
	}
	sem_post(&it->done);
}

static void
ask(void *context)
{
	struct asked *it = context;

	zk_session_call(it->client->session, &it->call);
}

static struct client_answer
ask_and_wait(struct asked *it)
{
	it->call.done = on_answer;
	sem_init(&it->done, 0, 0);
	client_on_loop(it->client, ask, it);
	sem_wait(&it->done);
	sem_destroy(&it->done);
	return it->answer;
}

struct client_answer
client_read(struct client *it, enum coord_call_type type, const char *path)
{
	struct asked asked = { .client = it, .call = { .type = type,
		.path = slice_of_text(path) } };

	return ask_and_wait(&asked);
}

struct client_answer
client_write(struct client *it, const struct znode_operation *operations, size_t count, bool multi)
{
	struct asked asked = { .client = it, .call = { .type = COORD_WRITE,
		.operations = operations, .operation_count = count, .multi = multi } };

	return ask_and_wait(&asked);
}

enum znode_error
client_create(struct client *it, const char *path, const char *data, int flags)
{
	struct znode_operation operation = { .type = ZNODE_OP_CREATE, .path = slice_of_text(path),
		.data = slice_of_text(data), .flags = flags };

	return client_write(it, &operation, 1, false).error;
}

enum znode_error
client_set(struct client *it, const char *path, const char *data, int32_t version)
{
	struct znode_operation operation = { .type = ZNODE_OP_SET_DATA,
		.path = slice_of_text(path), .data = slice_of_text(data), .version = version };

	return client_write(it, &operation, 1, false).error;
}

struct credentials_asked {
	struct client *client;
	struct coord_credentials *credentials;
};

static void
ask_credentials(void *context)
{
	struct credentials_asked *it = context;

	*it->credentials = it->client->session->credentials;
}

void
client_credentials(struct client *it, struct coord_credentials *credentials)
{
	client_on_loop(it, ask_credentials, &(struct credentials_asked){ it, credentials });
}
