#include <stdlib.h>

#include "tests/sim/sim_coord_private.h"

enum { BLOCKED_AGAIN_US = 50000 };

struct sim_coord_message *
sim_coord_message_new(enum sim_coord_message_type type)
{
	struct sim_coord_message *message = sim_memory_new(sizeof(*message));

	message->type = type;
	list_init(&message->link);
	arena_init(&message->arena, SIZE_MAX);
	return message;
}

void
sim_coord_message_free(struct sim_coord_message *message)
{
	list_remove(&message->link);
	if (message->reply != NULL)
		sim_coord_message_free(message->reply);
	arena_fini(&message->arena);
	free(message);
}

/* What is lost is counted: how much of it came to pass its client cannot know. */
static void
lose(struct sim_coord_connection *connection, struct sim_coord_message *message)
{
	struct sim_coord *ensemble = connection->ensemble;
	struct sim_coord_message *answer = message->reply != NULL ? message->reply : message;

	if (!sim_process_is_up(connection->process)) {
		sim_coord_message_free(message);
		return;
	}
	if (answer->type == MESSAGE_ANSWER && answer->is_write)
		sim_coord_saw(ensemble, answer->is_create ? SIM_COORD_SEEN_LOST_REPLY_OF_CREATE :
		    SIM_COORD_SEEN_LOST_REPLY);
	if (message->type == MESSAGE_REQUEST && message->call.type == COORD_WRITE &&
	    message->index == 0)
		sim_coord_saw(ensemble, SIM_COORD_SEEN_LOST_REQUEST);
	if ((message->type == MESSAGE_ESTABLISHED && message->zxid != 0) ||
	    (message->type == MESSAGE_CONNECT && message->index != 0))
		sim_coord_saw(ensemble, SIM_COORD_SEEN_UNKNOWN_SESSION);
	sim_coord_message_free(message);
}

static void
lose_all(struct sim_coord_connection *connection, struct list *messages)
{
	struct list *link;

	while ((link = list_take_first(messages)) != NULL)
		lose(connection, container_of(link, struct sim_coord_message, link));
}

static void
schedule(struct sim_coord_connection *connection, struct sim_coord_link *link)
{
	struct sim *sim = connection->ensemble->sim;
	struct sim_coord_message *first;

	if (list_is_empty(&link->messages) || sim_is_scheduled(&link->event))
		return;
	first = container_of(link->messages.next, struct sim_coord_message, link);
	sim_schedule(sim, &link->event, MAX((int64_t)0, first->due_us - sim_now_us(sim)));
}

static void
send(struct sim_coord_connection *connection, struct sim_coord_link *link,
    struct sim_coord_message *message)
{
	struct sim_coord *ensemble = connection->ensemble;
	int64_t due_us = sim_now_us(ensemble->sim) +
	    sim_coord_delay(ensemble, ensemble->options.delay_high_us);

	message->due_us = link->last_due_us = MAX(link->last_due_us, due_us);
	list_append(&link->messages, &message->link);
#ifdef CANARY_SIM_COORD_DATA_BEFORE_EVENT
	struct sim_coord_message *before =
	    container_of(message->link.previous, struct sim_coord_message, link);
	if (&before->link != &link->messages && before->type == MESSAGE_EVENT &&
	    message->type == MESSAGE_ANSWER) {
		list_remove(&before->link);
		list_append(&link->messages, &before->link);
	}
#endif
	schedule(connection, link);
}

void
sim_coord_send_up(struct sim_coord_connection *connection, struct sim_coord_message *message)
{
	send(connection, &connection->up, message);
}

void
sim_coord_send_down(struct sim_coord_connection *connection, struct sim_coord_message *message)
{
	if (connection->client == NULL || !connection->server_open)
		lose(connection, message);
	else
		send(connection, &connection->down, message);
}

static bool
is_blocked(struct sim *sim, bool blocked[SIM_MACHINES_MAX][SIM_COORD_SERVERS_MAX],
    struct sim_coord_connection *connection, struct sim_event *event)
{
	if (!blocked[connection->process->machine->number][connection->server->number])
		return false;
	sim_schedule(sim, event, BLOCKED_AGAIN_US);
	return true;
}

static struct sim_coord_message *
take_due(struct sim *sim, struct sim_coord_link *link)
{
	struct sim_coord_message *first;

	if (list_is_empty(&link->messages))
		return NULL;
	first = container_of(link->messages.next, struct sim_coord_message, link);
	if (first->due_us > sim_now_us(sim))
		return NULL;
	list_remove(&first->link);
	return first;
}

static void
up_due(struct sim *sim, struct sim_event *event)
{
	struct sim_coord_connection *connection =
	    container_of(event, struct sim_coord_connection, up.event);
	struct sim_coord_message *message;

	if (is_blocked(sim, connection->ensemble->blocked_up, connection, event))
		return;
	connection->depth++;
	message = take_due(sim, &connection->up);
	if (message != NULL && connection->server_open)
		sim_coord_server_receive(connection, message);
	else if (message != NULL)
		lose(connection, message);
	schedule(connection, &connection->up);
	connection->depth--;
	sim_coord_connection_reap(connection);
}

/* Messages that are due together are read together, as from one socket. */
static void
down_due(struct sim *sim, struct sim_event *event)
{
	struct sim_coord_connection *connection =
	    container_of(event, struct sim_coord_connection, down.event);
	struct sim_coord_client *client = connection->client;
	struct sim_coord_message *message;

	if (client == NULL || sim_coord_client_is_dead(client))
		return;
	if (is_blocked(sim, connection->ensemble->blocked_down, connection, event) ||
	    !sim_coord_client_enter(client, event))
		return;
	connection->depth++;
	while (connection->client == client && !client->closed &&
	    (message = take_due(sim, &connection->down)) != NULL)
		sim_coord_client_receive(client, message);
	schedule(connection, &connection->down);
	connection->depth--;
	sim_coord_connection_reap(connection);
	sim_coord_client_leave(client);
}

static void
link_init(struct sim_coord_link *link, enum sim_what what, struct sim_process *process,
    void (*run)(struct sim *sim, struct sim_event *event))
{
	list_init(&link->messages);
	sim_event_init(&link->event, what, process, run);
}

struct sim_coord_connection *
sim_coord_connect(struct sim_coord_client *client, int server)
{
	struct sim_coord *ensemble = client->port->ensemble;
	struct sim_coord_connection *connection = sim_memory_new(sizeof(*connection));

	connection->number = ++ensemble->next_connection;
	connection->ensemble = ensemble;
	connection->server = &ensemble->servers[server];
	connection->process = client->port->process;
	connection->client = client;
	connection->server_open = true;
	connection->heard_at_us = sim_now_us(ensemble->sim);
	list_init(&connection->requests);
	link_init(&connection->up, SIM_WHAT_coord_up, NULL, up_due);
	link_init(&connection->down, SIM_WHAT_coord_down, connection->process, down_due);
	sim_event_init(&connection->forward, SIM_WHAT_coord_forward, NULL, sim_coord_forward_due);
	list_append(&connection->server->connections, &connection->link);
	return connection;
}

void
sim_coord_client_close(struct sim_coord_connection *connection, bool loses)
{
	connection->client = NULL;
	lose_all(connection, &connection->down.messages);
	sim_cancel(connection->ensemble->sim, &connection->down.event);
	if (connection->server_open) {
		if (loses && sim_coord_chance(connection->ensemble,
		    connection->ensemble->faults.lose_on_break))
			lose_all(connection, &connection->up.messages);
		sim_coord_send_up(connection, sim_coord_message_new(MESSAGE_GONE));
	}
	sim_coord_connection_reap(connection);
}

/* Another connection of the session to this server may have come since. */
static void
forget_watches(struct sim_coord_connection *connection)
{
	if (connection->member == NULL)
		return;
	LIST_FOREACH(link, &connection->server->connections) {
		struct sim_coord_connection *other =
		    container_of(link, struct sim_coord_connection, link);

		if (other != connection && other->server_open && other->member == connection->member)
			return;
	}
	watches_end_session(tree_watches(connection->server->tree), connection->member->id);
}

void
sim_coord_server_close(struct sim_coord_connection *connection, bool loses, bool silent)
{
	if (!connection->server_open)
		return;
	connection->depth++;
	forget_watches(connection);
	if (loses)
		lose_all(connection, &connection->down.messages);
	if (connection->client != NULL && !silent)
		sim_coord_send_down(connection, sim_coord_message_new(MESSAGE_AWAY));
	connection->server_open = false;
	lose_all(connection, &connection->requests);
	lose_all(connection, &connection->up.messages);
	sim_cancel(connection->ensemble->sim, &connection->up.event);
	sim_cancel(connection->ensemble->sim, &connection->forward);
	connection->depth--;
	sim_coord_connection_reap(connection);
}

void
sim_coord_connection_free(struct sim_coord_connection *connection)
{
	struct sim *sim = connection->ensemble->sim;

	lose_all(connection, &connection->requests);
	lose_all(connection, &connection->up.messages);
	lose_all(connection, &connection->down.messages);
	sim_cancel(sim, &connection->up.event);
	sim_cancel(sim, &connection->down.event);
	sim_cancel(sim, &connection->forward);
	list_remove(&connection->link);
	free(connection);
}

void
sim_coord_connection_reap(struct sim_coord_connection *connection)
{
	if (connection->client == NULL && !connection->server_open && connection->depth == 0)
		sim_coord_connection_free(connection);
}
