/* The frames of a connection, one after the other. */
#include "base/reader.h"
#include "zk/server/server_private.h"

enum {
	LENGTH_SIZE = 4,
	MOST_BACKLOG = 1 << 20, /* with so many bytes unsent nothing more is asked for */
	KEPT_BYTES = 64 << 10,
};

static int64_t
draw_session(struct zk_server *server)
{
	const uint64_t server_id = UINT64_C(1) << 56;
	int64_t session;

	do {
		uint64_t bits;

		entropy_fill(server->world->entropy, &bits, sizeof(bits));
		session = (int64_t)((bits & (server_id - 1)) | server_id);
	} while (requests_timeout_ms(server->requests, session) != 0);
	return session;
}

/* The session has come to this connection; where it was before is closed. */
static void
take_session(struct connection *connection, int64_t session)
{
	struct zk_server *server = connection->server;
	struct connection *before = zk_server_connection_of(server, session);

	if (before != NULL) {
		hash_table_remove(&server->by_session, &before->by_session);
		before->session = 0;
		connection_doom(before);
	}
	connection->session = session;
	connection->state = CONNECTION_OPEN;
	hash_table_insert(&server->by_session, &connection->by_session,
	    hash_table_hash(&server->by_session, slice_of(&session, sizeof(session))));
}

static void
touch(struct zk_server *server, int64_t session)
{
	leases_touch(server->leases, session, requests_timeout_ms(server->requests, session),
	    zk_server_now_ms(server));
}

static void
take_connect(struct connection *connection, struct slice frame)
{
	struct zk_server *server = connection->server;
	struct requests_connect connect = { .frame = frame,
		.address = slice_of_text(connection->peer.host) };
	struct buffer reply = { 0 };
	int64_t session;

	connect.new_session = draw_session(server);
	entropy_fill(server->world->entropy, connect.new_password, sizeof(connect.new_password));
	session = requests_connect(server->requests, &connect, &reply);
	if (session == 0 && reply.size == 0) {
		connection_doom(connection);
		return;
	}
	if (session != 0) {
		take_session(connection, session);
		touch(server, session);
		if (server->journal != NULL)
			journal_session_changed(server->journal, session);
	} else {
		connection->state = CONNECTION_CLOSING;
	}
	connection_send(connection, buffer_slice(&reply));
	buffer_fini(&reply);
}

static void
take_request(struct connection *connection, struct slice frame)
{
	struct zk_server *server = connection->server;
	int64_t session = connection->session;
	enum requests_verdict verdict;

	touch(server, session);
	verdict = requests_step(server->requests, session, frame,
	    clock_wall_ms(server->world->clock));
	if (verdict == REQUESTS_GO_ON)
		return;
	if (connection->state == CONNECTION_OPEN)
		connection->state = CONNECTION_CLOSING;
	if (requests_timeout_ms(server->requests, session) != 0)
		return;
	/* It has closed its session. */
	leases_drop(server->leases, session);
	if (server->journal != NULL)
		journal_session_changed(server->journal, session);
	hash_table_remove(&server->by_session, &connection->by_session);
	connection->session = 0;
}

static bool
take_word(struct connection *connection, struct slice word)
{
	if (connection->state != CONNECTION_FRESH ||
	    !words_answer(connection->server, word, &connection->out))
		return false;
	connection->state = CONNECTION_CLOSING;
	return true;
}

/* The frame at `*at`; false when it has not come whole, or must not come at all. */
static bool
next_frame(struct connection *connection, size_t *at, struct slice *frame)
{
	struct slice rest = slice_of(connection->in.bytes + *at, connection->in.size - *at);
	struct reader in;
	int32_t size;

	if (rest.size < LENGTH_SIZE)
		return false;
	if (take_word(connection, slice_of(rest.bytes, LENGTH_SIZE)))
		return false;
	reader_init(&in, rest);
	size = reader_int32(&in);
	if (size < 0 || (size_t)size > connection->server->options.frame_bytes) {
		log_warn(connection->server->world->logger,
		    "embedded ZooKeeper: %s:%d sends a frame of %d bytes: closed",
		    connection->peer.host, connection->peer.port, size);
		connection_doom(connection);
		return false;
	}
	if (rest.size - LENGTH_SIZE < (size_t)size)
		return false;
	*frame = slice_of(rest.bytes + LENGTH_SIZE, (size_t)size);
	*at += LENGTH_SIZE + (size_t)size;
	return true;
}

static void
drop_front(struct buffer *buffer, size_t size)
{
	memmove(buffer->bytes, buffer->bytes + size, buffer->size - size);
	buffer->size -= size;
	if (buffer->size == 0 && buffer->capacity > KEPT_BYTES)
		buffer_fini(buffer);
}

void
connection_take_frames(struct connection *connection)
{
	size_t at = 0;
	struct slice frame;

	connection->is_paused = false;
	while (connection->state <= CONNECTION_OPEN && !connection->server->is_stopping) {
		if (connection_backlog(connection) > MOST_BACKLOG) {
			connection->is_paused = true;
			break;
		}
		if (!next_frame(connection, &at, &frame))
			break;
		connection->server->statistics.received++;
		if (connection->state == CONNECTION_FRESH)
			take_connect(connection, frame);
		else
			take_request(connection, frame);
	}
	if (at > 0)
		drop_front(&connection->in, at);
}
