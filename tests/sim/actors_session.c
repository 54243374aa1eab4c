#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/reader.h"
#include "tests/sim/actors_server.h"

static void
session_close(struct session *session, bool reset)
{
	if (reset)
		net_reset(session->connection);
	else
		net_close(session->connection);
	list_remove(&session->link);
	buffer_fini(&session->out);
	free(session);
}

static void
session_send(struct session *session)
{
	while (session->out_at < session->out.size) {
		struct iovec part = { session->out.bytes + session->out_at,
			session->out.size - session->out_at };
		size_t written;
		enum error error = net_write(session->connection, &part, 1, &written);

		if (error == ERROR_WOULD_BLOCK)
			break;
		if (error != ERROR_NONE) {
			session_close(session, true);
			return;
		}
		session->out_at += written;
	}
	if (session->out_at == session->out.size) {
		session->out.size = 0;
		session->out_at = 0;
	}
	net_want(session->connection, true, session->out.size > 0);
}

static void
session_writable(struct net_handler *handler)
{
	session_send(container_of(handler, struct session, handler));
}

static void
session_take_request(struct session *session)
{
	struct server *server = session->server;
	struct command *command = memory_new(sizeof(*command));
	struct reader in;
	uint32_t account;

	reader_init(&in, slice_of(session->in, sizeof(session->in)));
	command->event.type = EVENT_COMMAND;
	command->server = server;
	command->loop = session->loop;
	command->session = session->number;
	command->sender = reader_uint32(&in);
	account = reader_uint32(&in);
	command->sequence = (uint64_t)reader_int64(&in);
	command->amount = reader_int64(&in);
	list_init(&command->link);
	assert(account < ACTORS_ACCOUNTS && command->sender < ACTORS_SENDERS);
	command->account = &server->accounts[account];
	session->in_size = 0;
	actor_post(&command->account->actor, &command->event.event);
}

static void
session_readable(struct net_handler *handler)
{
	struct session *session = container_of(handler, struct session, handler);
	enum error error = ERROR_NONE;

	for (int i = 0; i < 32 && error == ERROR_NONE; i++) {
		size_t got;

		error = net_read(session->connection, session->in + session->in_size,
		    sizeof(session->in) - session->in_size, &got);
		session->in_size += got;
		if (session->in_size == sizeof(session->in))
			session_take_request(session);
	}
	if (error != ERROR_NONE && error != ERROR_WOULD_BLOCK)
		session_close(session, error != ERROR_END_OF_STREAM);
}

void
server_accepted(struct net_acceptor *acceptor, struct net_connection *connection)
{
	struct server *server = container_of(acceptor, struct server, acceptor);
	struct session *session = memory_new(sizeof(*session));

	session->handler.readable = session_readable;
	session->handler.writable = session_writable;
	session->connection = connection;
	session->server = server;
	session->loop = loop_current();
	session->number = server->next_session++;
	buffer_init(&session->out);
	list_init(&session->link);
	list_append(&server->sessions, &session->link);
	net_set_handler(connection, &session->handler);
	net_want(connection, true, false);
}

void
server_accept_failed(struct net_acceptor *acceptor, enum error error)
{
	struct server *server = container_of(acceptor, struct server, acceptor);

	sim_mark(server->bank->sim, "an accept fails");
	log_warn(server->world->logger, "cannot accept: %s", error_text(error));
}

void
server_answer(struct loop_message *message)
{
	struct command *command = container_of(message, struct command, answer);

	LIST_FOREACH(link, &command->server->sessions) {
		struct session *session = container_of(link, struct session, link);

		if (session->number != command->session)
			continue;
		assert(session->loop == loop_current());
		buffer_int32(&session->out, (int32_t)command->sender);
		buffer_int32(&session->out, (int32_t)command->account->number);
		buffer_int64(&session->out, (int64_t)command->sequence);
		buffer_int64(&session->out, command->balance);
		session_send(session);
		break;
	}
	free(command);
}
