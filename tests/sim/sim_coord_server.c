#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buffer.h"
#include "tests/sim/sim_coord_private.h"

int
sim_coord_ids(const struct sim_coord_member *member, struct znode_id ids[2])
{
	ids[0] = (struct znode_id){ slice_of_text("ip"), slice_of_text("10.0.0.1") };
	if (member->digest == NULL)
		return 1;
	ids[1] = (struct znode_id){ slice_of_text("digest"), slice_of_text(member->digest) };
	return 2;
}

static struct tree_caller
caller_of(const struct sim_coord_member *member, struct znode_id ids[2])
{
	return (struct tree_caller){ member->id, ids, (size_t)sim_coord_ids(member, ids) };
}

/* --------------------------------------------------------------- answers */

static enum znode_error
read_tree(struct sim_coord_connection *connection, const struct coord_call *call,
    struct sim_coord_message *reply)
{
	struct tree *tree = connection->server->tree;
	struct coord_answer *answer = &reply->answer;
	struct znode_id ids[2];
	struct tree_caller caller = caller_of(connection->member, ids);
	struct slice *names = NULL;
	enum znode_error error;

	switch (call->type) {
	case COORD_EXISTS:
		return tree_exists(tree, call->path, &answer->stat);
	case COORD_GET_DATA:
		error = tree_get_data(tree, &caller, call->path, &answer->data, &answer->stat);
		if (error == ZNODE_OK)
			answer->data = sim_coord_copy_slice(&reply->arena, answer->data);
		return error;
	case COORD_GET_CHILDREN:
		error = tree_get_children(tree, &caller, call->path, &reply->arena, &names,
		    &answer->child_count, &answer->stat);
		for (size_t i = 0; error == ZNODE_OK && i < answer->child_count; i++)
			names[i] = sim_coord_copy_slice(&reply->arena, names[i]);
		answer->children = names;
		return error;
	case COORD_GET_ACL:
		return tree_get_acl(tree, &caller, call->path, &reply->arena, &answer->acl,
		    &answer->stat);
	case COORD_SYNC:
	case COORD_WRITE:
		break;
	}
	return ZNODE_OK;
}

static void
note_stale(struct sim_coord_connection *connection, const struct coord_call *call)
{
	struct sim_coord *ensemble = connection->ensemble;
	struct znode_stat here = { 0 }, newest = { 0 };

	(void)tree_exists(connection->server->tree, call->path, &here);
	(void)tree_exists(sim_coord_tree(ensemble), call->path, &newest);
	if (here.mzxid != newest.mzxid || here.pzxid != newest.pzxid)
		sim_coord_saw(ensemble, SIM_COORD_SEEN_STALE_READ);
}

static struct sim_coord_message *
read_reply(struct sim_coord_connection *connection, const struct coord_call *call)
{
	struct sim_coord_message *reply = sim_coord_message_new(MESSAGE_ANSWER);
	bool watch;

	reply->answer.error = read_tree(connection, call, reply);
	if (call->type != COORD_SYNC)
		note_stale(connection, call);
	watch = call->watch && (reply->answer.error == ZNODE_OK ||
	    (call->type == COORD_EXISTS && reply->answer.error == ZNODE_NO_NODE));
	if (watch)
		watches_add(tree_watches(connection->server->tree), connection->member->id,
		    call->path, call->type == COORD_GET_CHILDREN ? WATCH_CHILDREN : WATCH_DATA,
		    WATCH_ONCE);
	return reply;
}

static struct sim_coord_message *
write_reply(const struct sim_coord_entry *entry, const struct znode_result *results,
    enum znode_error error)
{
	struct sim_coord_message *reply = sim_coord_message_new(MESSAGE_ANSWER);
	struct znode_result *copies = arena_array(&reply->arena, entry->count, sizeof(*copies));

	for (size_t i = 0; i < entry->count; i++) {
		copies[i] = results[i];
		copies[i].path = sim_coord_copy_slice(&reply->arena, results[i].path);
		reply->is_create |= entry->operations[i].type == ZNODE_OP_CREATE;
	}
	reply->answer.error = error;
	reply->answer.results = copies;
	if (entry->count == 1)
		reply->answer.stat = results[0].stat;
	reply->is_write = error == ZNODE_OK;
	reply->is_create &= reply->is_write;
	return reply;
}

/* What never came to the tree has one error for all of its operations. */
static struct sim_coord_message *
error_reply(const struct coord_call *call, enum znode_error error)
{
	struct sim_coord_message *reply = sim_coord_message_new(MESSAGE_ANSWER);
	struct znode_result *results =
	    arena_array(&reply->arena, MAX(call->operation_count, 1), sizeof(*results));

	for (size_t i = 0; i < call->operation_count; i++)
		results[i].error = error;
	reply->answer.error = error;
	reply->answer.results = results;
	return reply;
}

void
sim_coord_server_applied(struct sim_coord_server *server, const struct sim_coord_entry *entry,
    uint64_t index, const struct znode_result *results, enum znode_error error)
{
	LIST_FOREACH(link, &server->connections) {
		struct sim_coord_connection *connection =
		    container_of(link, struct sim_coord_connection, link);

		if (entry->connection != connection->number)
			continue;
		LIST_FOREACH(waiting, &connection->requests) {
			struct sim_coord_message *message =
			    container_of(waiting, struct sim_coord_message, link);

			if (message->index == index && message->type == MESSAGE_REQUEST &&
			    message->call.type == COORD_WRITE)
				message->reply = write_reply(entry, results, error);
		}
	}
}

/* ------------------------------------------------------------- the queue */

static void
answer_connect(struct sim_coord_connection *connection, const struct sim_coord_message *message)
{
	struct sim_coord_message *reply;
	struct sim_coord_member *member = connection->member;

	if (message->refused || member->ended_at_us != INT64_MAX) {
		connection->member = NULL;
		if (message->credentials.session != 0)
			sim_coord_send_down(connection, sim_coord_message_new(MESSAGE_EXPIRED));
		sim_coord_server_close(connection, false, false);
		return;
	}
	reply = sim_coord_message_new(MESSAGE_ESTABLISHED);
	reply->credentials.session = member->id;
	memcpy(reply->credentials.password, member->password, COORD_PASSWORD_SIZE);
	reply->timeout_ms = member->timeout_ms;
	reply->zxid = message->credentials.session == 0; /* whether it is news */
	sim_coord_send_down(connection, reply);
	if (message->credentials.session == 0 &&
	    sim_coord_chance(connection->ensemble, connection->ensemble->faults.lose_connected))
		sim_coord_server_close(connection, true, false);
}

static void
answer_call(struct sim_coord_connection *connection, struct sim_coord_message *message)
{
	struct sim_coord *ensemble = connection->ensemble;
	struct sim_coord_message *reply = message->reply;
	bool lost;

	if (reply == NULL)
		reply = read_reply(connection, &message->call);
	message->reply = NULL;
	reply->zxid = (int64_t)connection->server->applied;
	lost = reply->is_write && sim_coord_chance(ensemble, ensemble->faults.lose_reply);
	sim_coord_send_down(connection, reply);
	if (lost)
		sim_coord_server_close(connection, true, false);
}

static bool
needs_leader(const struct sim_coord_message *message)
{
	if (message->type == MESSAGE_REQUEST)
		return message->call.type == COORD_WRITE || message->call.type == COORD_SYNC;
	return message->type == MESSAGE_CONNECT || message->type == MESSAGE_END_SESSION;
}

void
sim_coord_server_pump(struct sim_coord_connection *connection)
{
	connection->depth++;
	while (connection->server_open && !list_is_empty(&connection->requests)) {
		struct sim_coord_message *first =
		    container_of(connection->requests.next, struct sim_coord_message, link);

		if ((needs_leader(first) && !first->taken) ||
		    first->index > connection->server->applied)
			break;
		list_remove(&first->link);
		if (first->type == MESSAGE_CONNECT)
			answer_connect(connection, first);
		else if (first->type == MESSAGE_SET_WATCHES)
			sim_coord_watch_set(connection, first);
		else if (first->type == MESSAGE_REQUEST && connection->member != NULL)
			answer_call(connection, first);
		sim_coord_message_free(first);
	}
	connection->depth--;
	sim_coord_connection_reap(connection);
}

void
sim_coord_server_pump_all(struct sim_coord_server *server)
{
	LIST_FOREACH(link, &server->connections)
		sim_coord_server_pump(container_of(link, struct sim_coord_connection, link));
}

/* ------------------------------------------------------------ the leader */

/* "user:password" proves "user:" and the base64 of SHA-1 of all of it. */
static char *
digest_of(struct slice proof)
{
	const uint8_t *colon = memchr(proof.bytes, ':', proof.size);
	size_t user_size = colon == NULL ? proof.size : (size_t)(colon - proof.bytes);
	uint8_t hash[SHA_DIGEST_LENGTH];
	struct buffer id;

	SHA1(proof.bytes, proof.size, hash);
	buffer_init(&id);
	buffer_append(&id, proof.bytes, user_size);
	buffer_append(&id, ":", 1);
	base64_encode(&id, slice_of(hash, sizeof(hash)), BASE64_STANDARD);
	buffer_int8(&id, 0);
	return (char *)id.bytes;
}

static struct sim_coord_member *
member_new(struct sim_coord_connection *connection, const struct sim_coord_message *message)
{
	struct sim_coord *ensemble = connection->ensemble;
	struct sim_coord_member *member = sim_memory_new(sizeof(*member));
	int64_t tick_ms = ensemble->options.tick_us / 1000;

	member->id = (int64_t)(connection->server->number + 1) << 56 | ++ensemble->next_session;
	for (int i = 0; i < COORD_PASSWORD_SIZE; i++)
		member->password[i] = (uint8_t)prng_next(sim_stream(ensemble->sim, SIM_COORD));
	member->timeout_ms =
	    (int32_t)MIN(MAX((int64_t)message->timeout_ms, tick_ms * 2), tick_ms * 20);
	member->ended_at_us = INT64_MAX;
	member->expires_at_us = sim_now_us(ensemble->sim) + member->timeout_ms * (int64_t)1000;
	list_append(&ensemble->members, &member->link);
	return member;
}

static void
own(struct sim_coord_connection *connection, struct sim_coord_member *member,
    const struct sim_coord_message *message)
{
	int server = connection->server->number;

	if (member->connection != 0 && member->server != server)
		sim_coord_saw(connection->ensemble, SIM_COORD_SEEN_SESSION_MOVED);
	member->connection = connection->number;
	member->server = server;
	if (!slice_is_null(message->digest)) {
		free(member->digest);
		member->digest = digest_of(message->digest);
	}
	/* A server keeps one connection of a session; the newer wins. */
	LIST_FOREACH(link, &connection->server->connections) {
		struct sim_coord_connection *older =
		    container_of(link, struct sim_coord_connection, link);

		if (older != connection && older->member == member)
			sim_coord_server_close(older, false, false);
	}
	connection->member = member;
}

static void
leader_connects(struct sim_coord_connection *connection, struct sim_coord_message *message)
{
	struct sim_coord *ensemble = connection->ensemble;
	struct sim_coord_member *member;

	if (message->credentials.session == 0) {
		member = member_new(connection, message);
		own(connection, member, message);
		message->index = sim_coord_commit_session(ensemble, member, false, 0);
		return;
	}
	member = sim_coord_find_member(ensemble, message->credentials.session);
	message->refused = member == NULL || member->ended_at_us != INT64_MAX;
	if (!message->refused && memcmp(member->password, message->credentials.password,
	    COORD_PASSWORD_SIZE) != 0) {
		message->refused = true;
		sim_coord_saw(ensemble, SIM_COORD_SEEN_WRONG_PASSWORD);
	}
	if (!message->refused)
		own(connection, member, message);
}

/* False: the session lives elsewhere now, and this connection is cut. */
static bool
leader_writes(struct sim_coord_connection *connection, struct sim_coord_message *message)
{
	struct sim_coord *ensemble = connection->ensemble;
	struct sim_coord_member *member = connection->member;

	if (member == NULL || member->ended_at_us != INT64_MAX) {
		message->reply = error_reply(&message->call, ZNODE_SESSION_EXPIRED);
		return true;
	}
	if (member->connection != connection->number) {
		sim_coord_saw(ensemble, SIM_COORD_SEEN_MOVED_WRITE);
		sim_coord_server_close(connection, false, false);
		return false;
	}
	message->index = message->type == MESSAGE_END_SESSION ?
	    sim_coord_commit_session(ensemble, member, true, 0) :
	    sim_coord_commit_write(ensemble, connection, message);
	return true;
}

static void
leader_takes(struct sim_coord_connection *connection, struct sim_coord_message *message)
{
	struct sim_coord *ensemble = connection->ensemble;

	message->taken = true;
	if (message->type == MESSAGE_CONNECT) {
		leader_connects(connection, message);
	} else if (message->type == MESSAGE_REQUEST && message->call.type == COORD_SYNC) {
		message->index = ensemble->history_count;
		if (message->index > connection->server->applied)
			sim_coord_saw(ensemble, SIM_COORD_SEEN_SYNC_WAITED);
	} else if (!leader_writes(connection, message)) {
		return;
	}
	sim_coord_committed(ensemble);
	if (connection->server_open)
		sim_coord_server_pump(connection);
}

static struct sim_coord_message *
next_to_forward(struct sim_coord_connection *connection)
{
	LIST_FOREACH(link, &connection->requests) {
		struct sim_coord_message *message = container_of(link, struct sim_coord_message, link);

		if (needs_leader(message) && !message->forwarded)
			return message;
	}
	return NULL;
}

static void
forward(struct sim_coord_connection *connection)
{
	struct sim_coord *ensemble = connection->ensemble;

	if (connection->server_open && next_to_forward(connection) != NULL &&
	    !sim_is_scheduled(&connection->forward))
		sim_schedule(ensemble->sim, &connection->forward,
		    sim_coord_delay(ensemble, ensemble->options.delay_high_us));
}

/* Without a leader it is lost; soon the server will notice and drop its clients. */
static void
forward_next(struct sim_coord_connection *connection)
{
	struct sim_coord_message *message = next_to_forward(connection);

	message->forwarded = true;
	if (connection->ensemble->leader >= 0 && connection->server->serves &&
	    !connection->server->isolated)
		leader_takes(connection, message);
}

void
sim_coord_forward_due(struct sim *sim UNUSED, struct sim_event *event)
{
	struct sim_coord_connection *connection =
	    container_of(event, struct sim_coord_connection, forward);

	connection->depth++;
	forward_next(connection);
	forward(connection);
	connection->depth--;
	sim_coord_connection_reap(connection);
}

/* ------------------------------------------------------------ the server */

static bool
accepts(struct sim_coord_connection *connection, const struct sim_coord_message *message)
{
	if (!connection->server->serves)
		return false;
#ifndef CANARY_SIM_COORD_TAKES_ANY_CLIENT
	if (message->zxid > (int64_t)connection->server->applied) {
		sim_coord_saw(connection->ensemble, SIM_COORD_SEEN_REFUSED_NEWER);
		return false;
	}
#endif
	return true;
}

/* What it had sent before may be on its way through the server already. */
static void
client_is_gone(struct sim_coord_connection *connection)
{
	while (connection->server_open && next_to_forward(connection) != NULL &&
	    !sim_coord_chance(connection->ensemble, connection->ensemble->faults.lose_on_break))
		forward_next(connection);
	sim_coord_server_close(connection, false, true);
}

static bool
is_lost(struct sim_coord_connection *connection, const struct sim_coord_message *message)
{
	struct sim_coord *ensemble = connection->ensemble;

	return message->type == MESSAGE_REQUEST && message->call.type == COORD_WRITE &&
	    sim_coord_chance(ensemble, ensemble->faults.lose_request);
}

void
sim_coord_server_receive(struct sim_coord_connection *connection,
    struct sim_coord_message *message)
{
	connection->heard = true;
	connection->heard_at_us = sim_now_us(connection->ensemble->sim);
	switch (message->type) {
	case MESSAGE_GONE:
		sim_coord_message_free(message);
		client_is_gone(connection);
		return;
	case MESSAGE_PING:
		sim_coord_message_free(message);
		sim_coord_send_down(connection, sim_coord_message_new(MESSAGE_PONG));
		return;
	case MESSAGE_CONNECT:
		if (accepts(connection, message))
			break;
		sim_coord_message_free(message);
		sim_coord_server_close(connection, false, false);
		return;
	default:
		break;
	}
	list_append(&connection->requests, &message->link);
	if (is_lost(connection, message)) {
		sim_coord_server_close(connection, true, false);
		return;
	}
	forward(connection);
	sim_coord_server_pump(connection);
}

void
sim_coord_server_event(struct tree_watch_sink *sink, int64_t session, enum znode_event_type type,
    struct slice path, const struct znode_acl *acl)
{
	struct sim_coord_server *server = container_of(sink, struct sim_coord_server, sink);
	struct znode_id ids[2];

	LIST_FOREACH(link, &server->connections) {
		struct sim_coord_connection *connection =
		    container_of(link, struct sim_coord_connection, link);
		struct sim_coord_message *message;
		struct tree_caller caller;

		if (!connection->server_open || connection->member == NULL ||
		    connection->member->id != session)
			continue;
		caller = caller_of(connection->member, ids);
		if (acl != NULL && tree_check_acl(acl, ZNODE_READ, &caller) != ZNODE_OK)
			continue;
		message = sim_coord_message_new(MESSAGE_EVENT);
		message->event = type;
		message->path = sim_coord_copy_slice(&message->arena, path);
		sim_coord_send_down(connection, message);
	}
}
