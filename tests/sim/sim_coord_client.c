#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tests/sim/sim_coord_private.h"
#include "zk/tree/tree_private.h"

enum { RETRY_LOW_US = 10000, RETRY_HIGH_US = 1000000, LATE_US = 1000000 };

static struct sim_coord_client *
client_of(const struct coord_session *session)
{
	return container_of(session, struct sim_coord_client, session);
}

static struct sim *
sim_of(const struct sim_coord_client *client)
{
	return client->port->ensemble->sim;
}

static int64_t
now_us(const struct sim_coord_client *client)
{
	return sim_now_us(sim_of(client));
}

static bool
is_over(const struct sim_coord_client *client)
{
	return client->closed || client->state == COORD_EXPIRED || client->state == COORD_AUTH_FAILED;
}

bool
sim_coord_client_is_dead(const struct sim_coord_client *client)
{
	const struct sim_process *process = client->port->process;

	return process->lives != client->port->life || !sim_process_is_up(process);
}

void
sim_coord_client_free(struct sim_coord_client *client)
{
	if (client->connection != NULL)
		sim_coord_client_close(client->connection, true);
	sim_cancel(sim_of(client), &client->timer);
	LIST_FOREACH(link, &client->outstanding)
		free(container_of(link, struct sim_coord_outstanding, link));
	sim_coord_watch_free_all(client);
	list_remove(&client->link);
	free(client->digest);
	free(client->servers);
	free(client);
}

/* ---------------------------------------------------- into the process and back */

/* Code of the process runs between these; what it allocates is its own. */
static void
process_begins(struct sim_coord_client *client)
{
	sim_memory_enter(&client->port->process->memory);
}

static void
process_ends(void)
{
	sim_memory_enter(NULL);
}

static void
tell_state(struct sim_coord_client *client, enum coord_state state)
{
	if (client->closed || client->state == state)
		return;
	client->state = state;
	sim_note(sim_of(client), SIM_WHAT_coord_state, client->port->process,
	    (uint64_t)client->credentials.session, state);
	process_begins(client);
	client->session.handler->state_changed(client->session.handler, state);
	process_ends();
}

static void
answer(struct sim_coord_client *client, struct sim_coord_outstanding *first,
    const struct coord_answer *given)
{
	struct coord_call *call = first->call;

	list_remove(&first->link);
	free(first);
	if (client->closed)
		return;
	sim_note(sim_of(client), SIM_WHAT_coord_answer, client->port->process,
	    (uint64_t)client->credentials.session, (uint64_t)(int64_t)given->error);
	process_begins(client);
	call->done(call, given);
	process_ends();
}

static void
answer_local(struct sim_coord_client *client)
{
	while (!client->closed && !list_is_empty(&client->outstanding)) {
		struct sim_coord_outstanding *first =
		    container_of(client->outstanding.next, struct sim_coord_outstanding, link);
		size_t count = first->call->type == COORD_WRITE ? first->call->operation_count : 1;
		struct znode_result *results;
		enum znode_error error = first->error;

		if (!first->local)
			return;
		results = sim_memory_new(count * sizeof(*results));
		for (size_t i = 0; i < count; i++)
			results[i].error = error;
		answer(client, first, &(struct coord_answer){ .error = error, .results = results });
		free(results);
	}
}

/* ------------------------------------------------------------------- time */

static int64_t
next_due_us(const struct sim_coord_client *client)
{
	const struct list *first = client->outstanding.next;
	int64_t timeout_us = (int64_t)client->timeout_ms * 1000;

	if (first != &client->outstanding &&
	    container_of(first, struct sim_coord_outstanding, link)->local)
		return now_us(client);
	if (is_over(client))
		return INT64_MAX;
	if (client->connection == NULL)
		return client->attempt_at_us;
	if (client->state != COORD_CONNECTED)
		return client->attempt_until_us;
	return MIN(client->sent_at_us + timeout_us / 3, client->heard_at_us + timeout_us * 2 / 3);
}

static void
arm(struct sim_coord_client *client)
{
	int64_t due_us = next_due_us(client);
	struct sim *sim = sim_of(client);

	if (sim_is_scheduled(&client->timer) && client->timer.is_deferred)
		return;
	sim_cancel(sim, &client->timer);
	if (due_us != INT64_MAX)
		sim_schedule(sim, &client->timer,
		    MAX((int64_t)0, due_us - now_us(client)) + sim_delay(sim, SIM_COORD, 0, 50));
}

bool
sim_coord_client_enter(struct sim_coord_client *client, struct sim_event *event)
{
	struct sim_process *process = client->port->process;

	if (!sim_loop_enter(process->loops[process->data_loops], event))
		return false;
	sim_memory_enter(NULL);
	client->depth++;
	return true;
}

void
sim_coord_client_leave(struct sim_coord_client *client)
{
	struct sim_process *process = client->port->process;

	answer_local(client);
	client->depth--;
	if (client->closed)
		sim_coord_client_free(client);
	else
		arm(client);
	sim_memory_enter(&process->memory);
	sim_loop_leave(process->loops[process->data_loops]);
}

/* ------------------------------------------------------------- connection */

static void
send(struct sim_coord_client *client, struct sim_coord_message *message)
{
	client->sent_at_us = now_us(client);
	sim_coord_send_up(client->connection, message);
}

/* Whoever waits for an answer cannot know what became of it. */
static void
connection_lost(struct sim_coord_client *client)
{
	struct sim_coord_connection *connection = client->connection;

	client->connection = NULL;
	sim_coord_client_close(connection, true);
	LIST_FOREACH(link, &client->outstanding) {
		struct sim_coord_outstanding *it = container_of(link, struct sim_coord_outstanding, link);

		if (!it->local)
			it->error = ZNODE_CONNECTION_LOSS;
		it->local = true;
	}
	client->attempt_at_us = now_us(client) +
	    sim_delay(sim_of(client), SIM_COORD, RETRY_LOW_US, RETRY_HIGH_US);
	tell_state(client, COORD_CONNECTING);
}

/* -1: nobody listens there. */
static int
server_at(const struct sim_coord *ensemble, const struct net_address *address)
{
	for (int i = 0; i < ensemble->options.servers; i++) {
		struct net_address there = sim_coord_address(i);

		if (strcmp(there.host, address->host) == 0 && there.port == address->port)
			return i;
	}
	return -1;
}

static void
attempt(struct sim_coord_client *client)
{
	struct sim_coord *ensemble = client->port->ensemble;
	const struct net_address *address = &client->servers[client->next_server];
	int server = server_at(ensemble, address);
	int64_t wait_ms = client->timeout_ms != 0 ? client->timeout_ms : client->wanted_ms;
	struct sim_coord_message *message;

	client->next_server = (client->next_server + 1) % client->server_count;
	if (server < 0 || !ensemble->servers[server].is_up) {
		client->attempt_at_us = now_us(client) +
		    sim_delay(sim_of(client), SIM_COORD, RETRY_LOW_US, RETRY_HIGH_US);
		return;
	}
	client->connection = sim_coord_connect(client, server);
	client->attempt_until_us = now_us(client) +
	    MAX(wait_ms * 1000 / (int64_t)(MAX(client->server_count, 2) + 1), (int64_t)100000);
	message = sim_coord_message_new(MESSAGE_CONNECT);
	message->credentials = client->credentials;
	message->timeout_ms = client->wanted_ms;
	message->zxid = client->zxid;
	if (client->digest != NULL)
		message->digest = sim_coord_copy_slice(&message->arena,
		    slice_of(client->digest, client->digest_size));
	send(client, message);
}

static void
timer_due(struct sim *sim UNUSED, struct sim_event *event)
{
	struct sim_coord_client *client = container_of(event, struct sim_coord_client, timer);
	int64_t timeout_us = (int64_t)client->timeout_ms * 1000;

	if (sim_coord_client_is_dead(client)) {
		sim_coord_client_free(client);
		return;
	}
	if (!sim_coord_client_enter(client, event))
		return;
	answer_local(client);
	if (is_over(client))
		;
	else if (client->connection == NULL && now_us(client) >= client->attempt_at_us)
		attempt(client);
	else if (client->connection != NULL && client->state != COORD_CONNECTED &&
	    now_us(client) >= client->attempt_until_us)
		connection_lost(client);
	else if (client->state == COORD_CONNECTED &&
	    now_us(client) >= client->heard_at_us + timeout_us * 2 / 3)
		connection_lost(client);
	else if (client->state == COORD_CONNECTED &&
	    now_us(client) >= client->sent_at_us + timeout_us / 3)
		send(client, sim_coord_message_new(MESSAGE_PING));
	sim_coord_client_leave(client);
}

/* ----------------------------------------------------- what servers send */

static void
established(struct sim_coord_client *client, const struct sim_coord_message *message)
{
	struct sim_coord_message *watches;

	client->credentials = message->credentials;
	client->timeout_ms = message->timeout_ms;
	watches = sim_coord_watch_message(client);
	if (watches != NULL)
		send(client, watches);
	tell_state(client, COORD_CONNECTED);
}

static void
expired(struct sim_coord_client *client)
{
	struct sim_coord *ensemble = client->port->ensemble;
	struct sim_coord_member *member =
	    sim_coord_find_member(ensemble, client->credentials.session);
	struct sim_coord_connection *connection = client->connection;

	if (member != NULL && now_us(client) - LATE_US > member->ended_at_us)
		sim_coord_saw(ensemble, SIM_COORD_SEEN_EXPIRY_LEARNED_LATE);
	client->connection = NULL;
	sim_coord_client_close(connection, false);
	LIST_FOREACH(link, &client->outstanding) {
		struct sim_coord_outstanding *it = container_of(link, struct sim_coord_outstanding, link);

		if (!it->local)
			it->error = ZNODE_SESSION_EXPIRED;
		it->local = true;
	}
	tell_state(client, COORD_EXPIRED);
}

static void
register_watch(struct sim_coord_client *client, const struct coord_call *call,
    enum znode_error error)
{
	if (!call->watch)
		return;
	if (call->type == COORD_EXISTS && error == ZNODE_NO_NODE)
		sim_coord_watch_add(client, WATCHED_EXISTS, call->path);
	else if (error == ZNODE_OK && call->type == COORD_GET_CHILDREN)
		sim_coord_watch_add(client, WATCHED_CHILDREN, call->path);
	else if (error == ZNODE_OK && (call->type == COORD_EXISTS || call->type == COORD_GET_DATA))
		sim_coord_watch_add(client, WATCHED_DATA, call->path);
}

static void
answered(struct sim_coord_client *client, const struct sim_coord_message *message)
{
	struct sim_coord_outstanding *first;

	answer_local(client); /* what had failed at once, before it */
	if (client->closed)
		return;
	assert(!list_is_empty(&client->outstanding));
	first = container_of(client->outstanding.next, struct sim_coord_outstanding, link);
	assert(!first->local);
	sim_check(sim_of(client), message->zxid >= client->zxid,
	    "session %lx has seen zxid %ld and is shown %ld",
	    (unsigned long)client->credentials.session, (long)client->zxid, (long)message->zxid);
	client->zxid = MAX(client->zxid, message->zxid);
	register_watch(client, first->call, message->answer.error);
	answer(client, first, &message->answer);
}

static void
watch_fired(struct sim_coord_client *client, const struct sim_coord_message *message)
{
	if (!sim_coord_watch_take(client, message->event, message->path))
		return;
	sim_note(sim_of(client), SIM_WHAT_coord_watch, client->port->process,
	    (uint64_t)client->credentials.session, message->event);
	sim_mix_bytes(sim_of(client), message->path.bytes, message->path.size);
	process_begins(client);
	client->session.handler->watch_fired(client->session.handler, message->event,
	    message->path);
	process_ends();
}

void
sim_coord_client_receive(struct sim_coord_client *client, struct sim_coord_message *message)
{
	client->heard_at_us = now_us(client);
	switch (message->type) {
	case MESSAGE_ESTABLISHED:
		established(client, message);
		break;
	case MESSAGE_EXPIRED:
		expired(client);
		break;
	case MESSAGE_ANSWER:
		answered(client, message);
		break;
	case MESSAGE_EVENT:
		watch_fired(client, message);
		break;
	case MESSAGE_AWAY:
		connection_lost(client);
		break;
	default:
		break;
	}
	sim_coord_message_free(message);
}

/* ---------------------------------------------------------------- the port */

static void
take_servers(struct sim_coord_client *client, const struct net_address *servers, size_t count)
{
	free(client->servers);
	client->servers = sim_memory_new(count * sizeof(*servers));
	memcpy(client->servers, servers, count * sizeof(*servers));
	client->server_count = count;
	client->next_server =
	    (size_t)prng_below(sim_stream(sim_of(client), SIM_COORD), (uint64_t)count);
}

static enum error
open_session(struct coord *coord, const struct coord_options *options,
    struct coord_handler *handler, struct coord_session **session)
{
	struct sim_coord_port *port = container_of(coord, struct sim_coord_port, coord);
	struct sim_coord_client *client = sim_memory_new(sizeof(*client));
	struct sim_memory *owner = sim_memory_enter(NULL);

	client->session = (struct coord_session){ .coord = coord, .handler = handler };
	client->port = port;
	list_init(&client->outstanding);
	list_init(&client->watches);
	sim_event_init(&client->timer, SIM_WHAT_coord_client, port->process, timer_due);
	take_servers(client, options->servers, options->server_count);
	client->wanted_ms = options->timeout_ms;
	client->credentials = options->credentials;
	if (!slice_is_null(options->digest)) {
		client->digest = memory_text(options->digest.bytes, options->digest.size);
		client->digest_size = options->digest.size;
	}
	client->attempt_at_us = now_us(client);
	list_append(&port->ensemble->clients, &client->link);
	arm(client);
	sim_memory_enter(owner);
	*session = &client->session;
	return ERROR_NONE;
}

/* A live connection stays where it is. */
static void
set_servers(struct coord_session *session, const struct net_address *servers, size_t server_count)
{
	struct sim_memory *owner = sim_memory_enter(NULL);

	take_servers(client_of(session), servers, server_count);
	sim_memory_enter(owner);
}

static enum znode_error
why_not(const struct sim_coord_client *client, const struct coord_call *call)
{
	if (client->state == COORD_EXPIRED)
		return ZNODE_SESSION_EXPIRED;
	if (client->state != COORD_CONNECTED || client->connection == NULL)
		return ZNODE_CONNECTION_LOSS;
	if (call->type != COORD_WRITE)
		return path_is_valid(call->path) ? ZNODE_OK : ZNODE_BAD_ARGUMENTS;
	for (size_t i = 0; i < call->operation_count; i++) {
		if (call->multi && call->operations[i].type == ZNODE_OP_SET_ACL)
			return ZNODE_UNIMPLEMENTED;
		if (!call->multi && call->operations[i].type == ZNODE_OP_CHECK)
			return ZNODE_BAD_ARGUMENTS;
		if (!path_is_valid(call->operations[i].path))
			return ZNODE_BAD_ARGUMENTS;
	}
	return ZNODE_OK;
}

static void
call(struct coord_session *session, struct coord_call *made)
{
	struct sim_coord_client *client = client_of(session);
	struct sim_coord_outstanding *it = sim_memory_new(sizeof(*it));
	struct sim_memory *owner = sim_memory_enter(NULL);
	struct sim_coord_message *message;

	assert(!client->closed);
	it->call = made;
	it->error = why_not(client, made);
	it->local = it->error != ZNODE_OK;
	list_append(&client->outstanding, &it->link);
	sim_note(sim_of(client), SIM_WHAT_coord_call, client->port->process, made->type,
	    (uint64_t)(int64_t)it->error);
	if (!it->local && !sim_coord_client_is_dead(client)) {
		message = sim_coord_message_new(MESSAGE_REQUEST);
		message->call = *made;
		message->call.path = sim_coord_copy_slice(&message->arena, made->path);
		sim_coord_copy_operations(&message->arena, made->operations,
		    made->type == COORD_WRITE ? made->operation_count : 0,
		    &message->call.operations);
		send(client, message);
	}
	if (client->depth == 0)
		arm(client);
	sim_memory_enter(owner);
}

static void
credentials(const struct coord_session *session, struct coord_credentials *given)
{
	*given = client_of(session)->credentials;
}

static int32_t
timeout_ms(const struct coord_session *session)
{
	return client_of(session)->timeout_ms;
}

static void
close_session(struct coord_session *session, bool end_session)
{
	struct sim_coord_client *client = client_of(session);
	struct sim_memory *owner = sim_memory_enter(NULL);
	struct sim_coord_connection *connection = client->connection;

	assert(!client->closed);
	if (connection != NULL && client->state == COORD_CONNECTED && end_session &&
	    !sim_coord_client_is_dead(client))
		send(client, sim_coord_message_new(MESSAGE_END_SESSION));
	client->connection = NULL;
	if (connection != NULL)
		sim_coord_client_close(connection, false);
	client->closed = true;
	client->state = COORD_CLOSED;
	if (client->depth == 0)
		sim_coord_client_free(client);
	sim_memory_enter(owner);
}

const struct coord_ops sim_coord_client_ops = {
	.open = open_session,
	.set_servers = set_servers,
	.call = call,
	.credentials = credentials,
	.timeout_ms = timeout_ms,
	.close = close_session,
};
