#include "zk/server/requests.h"

#include <stdlib.h>

#include "base/memory.h"
#include "zk/server/requests_private.h"

enum { REPLY_HEADER_SIZE = 16 };

struct handler {
	int32_t opcode;
	enum znode_error (*handle)(struct request *request);
};

static enum znode_error
ping(struct request *request UNUSED)
{
	return ZNODE_OK;
}

static enum znode_error
close_session(struct request *request)
{
	tree_end_session(request->requests->tree, request->session->id, request->now_ms);
	return ZNODE_OK;
}

static enum znode_error
unimplemented(struct request *request UNUSED)
{
	return ZNODE_UNIMPLEMENTED;
}

static enum znode_error
authenticate(struct request *request)
{
	struct slice scheme, proof;

	(void)reader_int32(&request->in);
	scheme = jute_read_bytes(&request->in);
	proof = jute_read_bytes(&request->in);
	if (reader_failed(&request->in))
		return ZNODE_AUTH_FAILED;
	return session_prove(request->session, scheme, proof);
}

static const struct handler handlers[] = {
	{ OPCODE_CREATE, request_write },
	{ OPCODE_CREATE2, request_write },
	{ OPCODE_DELETE, request_write },
	{ OPCODE_SET_DATA, request_write },
	{ OPCODE_SET_ACL, request_write },
	{ OPCODE_CHECK, request_write },
	{ OPCODE_MULTI, request_multi },
	{ OPCODE_EXISTS, request_exists },
	{ OPCODE_GET_DATA, request_get_data },
	{ OPCODE_GET_ACL, request_get_acl },
	{ OPCODE_GET_CHILDREN, request_get_children },
	{ OPCODE_GET_CHILDREN2, request_get_children },
	{ OPCODE_MULTI_READ, request_multi_read },
	{ OPCODE_GET_EPHEMERALS, request_get_ephemerals },
	{ OPCODE_GET_ALL_CHILDREN_NUMBER, request_count_below },
	{ OPCODE_SYNC, request_sync },
	{ OPCODE_PING, ping },
	{ OPCODE_WHO_AM_I, request_who_am_i },
	{ OPCODE_ADD_WATCH, request_add_watch },
	{ OPCODE_CHECK_WATCHES, request_check_watches },
	{ OPCODE_REMOVE_WATCHES, request_remove_watches },
	{ OPCODE_SET_WATCHES, request_set_watches },
	{ OPCODE_SET_WATCHES2, request_set_watches },
	{ OPCODE_AUTH, authenticate },
	{ OPCODE_CLOSE, close_session },
	{ OPCODE_CREATE_TTL, request_create_ttl },
	{ OPCODE_CREATE_CONTAINER, unimplemented },
	{ OPCODE_RECONFIG, unimplemented },
};

static bool
session_matches(const struct hash_node *link, const void *key)
{
	return container_of(link, const struct session, link)->id == *(const int64_t *)key;
}

static void
on_event(struct tree_watch_sink *sink, int64_t session, enum znode_event_type type,
    struct slice path, const struct znode_acl *acl)
{
	request_send_event(container_of(sink, struct requests, watch_sink), session, type, path,
	    acl);
}

struct requests *
requests_new(const uint64_t seed[2], const struct requests_limits *limits,
    struct requests_sink *sink)
{
	struct requests *requests = memory_new(sizeof(*requests));

	requests->limits = *limits;
	requests->sink = sink;
	requests->watch_sink.event = on_event;
	requests->tree = tree_new(seed, &requests->watch_sink);
	hash_table_init(&requests->sessions, seed, session_matches);
	buffer_init(&requests->event);
	return requests;
}

void
requests_free(struct requests *requests)
{
	HASH_TABLE_FOREACH(link, &requests->sessions)
		session_free(requests, container_of(hash_node_of(link), struct session, link));
	hash_table_fini(&requests->sessions);
	buffer_fini(&requests->event);
	tree_free(requests->tree);
	free(requests);
}

struct tree *
requests_tree(struct requests *requests)
{
	return requests->tree;
}

static void
attach(struct requests *requests, struct session *session, struct slice address)
{
	requests_disconnect(requests, session->id);
	session->is_connected = true;
	session_add_id(session, "ip", address);
}

static void
answer_connect(struct buffer *reply, const struct session *session, bool tells_read_only)
{
	static const uint8_t nothing[REQUESTS_PASSWORD_SIZE];

	buffer_int32(reply, 0);
	buffer_int32(reply, session == NULL ? 0 : session->timeout_ms);
	buffer_int64(reply, session == NULL ? 0 : session->id);
	jute_bytes(reply, slice_of(session == NULL ? nothing : session->password,
	    REQUESTS_PASSWORD_SIZE));
	if (tells_read_only)
		jute_bool(reply, false);
}

int64_t
requests_connect(struct requests *requests, const struct requests_connect *connect,
    struct buffer *reply)
{
	const struct requests_limits *limits = &requests->limits;
	struct session *session;
	struct slice password;
	struct reader in;
	int64_t seen_zxid, id;
	int32_t timeout_ms;

	reader_init(&in, connect->frame);
	(void)reader_int32(&in);
	seen_zxid = reader_int64(&in);
	timeout_ms = reader_int32(&in);
	id = reader_int64(&in);
	password = jute_read_bytes(&in);
	/* Who has seen more than there is, is elsewhere at home. */
	if (reader_failed(&in) || seen_zxid > tree_zxid(requests->tree))
		return 0;
	timeout_ms = MIN(MAX(timeout_ms, limits->least_timeout_ms), limits->largest_timeout_ms);
	if (id == 0) {
		session = session_new(requests, connect->new_session, connect->new_password,
		    timeout_ms);
		(void)tree_next_zxid(requests->tree);
	} else {
		session = session_find(requests, id);
		if (session != NULL && !slice_equal(password,
		    slice_of(session->password, REQUESTS_PASSWORD_SIZE)))
			session = NULL;
	}
	if (session != NULL) {
		session->timeout_ms = timeout_ms;
		attach(requests, session, connect->address);
	}
	answer_connect(reply, session, reader_remaining(&in) > 0);
	return session == NULL ? 0 : session->id;
}

static const struct handler *
find_handler(int32_t opcode)
{
	for (size_t i = 0; i < ARRAY_LENGTH(handlers); i++) {
		if (handlers[i].opcode == opcode)
			return &handlers[i];
	}
	return NULL;
}

static void
send_reply(struct request *request, int32_t xid, enum znode_error error)
{
	struct requests *requests = request->requests;
	bool is_auth = request->opcode == OPCODE_AUTH;
	struct buffer frame;

	buffer_init(&frame);
	buffer_reserve(&frame, REPLY_HEADER_SIZE + request->reply.size);
	buffer_int32(&frame, xid);
	buffer_int64(&frame, is_auth ? 0 : tree_zxid(requests->tree));
	buffer_int32(&frame, error);
	if (error == ZNODE_OK)
		buffer_append(&frame, request->reply.bytes, request->reply.size);
	requests->sink->send(requests->sink, request->session->id, buffer_slice(&frame));
	buffer_fini(&frame);
}

enum requests_verdict
requests_step(struct requests *requests, int64_t id, struct slice frame, int64_t now_ms)
{
	struct session *session = session_find(requests, id);
	struct request request = { .requests = requests, .session = session, .now_ms = now_ms };
	const struct handler *handler;
	enum znode_error error;
	bool is_over;
	int32_t xid;

	reader_init(&request.in, frame);
	xid = reader_int32(&request.in);
	request.opcode = reader_int32(&request.in);
	if (session == NULL || reader_failed(&request.in))
		return REQUESTS_CLOSE;
	request.caller = (struct tree_caller){ id, session->ids, session->id_count };
	arena_init(&request.arena, requests->limits.reply_bytes);
	buffer_init(&request.reply);
	handler = find_handler(request.opcode);
	error = handler == NULL ? ZNODE_UNIMPLEMENTED : handler->handle(&request);
	send_reply(&request, xid, error);
	buffer_fini(&request.reply);
	arena_fini(&request.arena);
	is_over = request.opcode == OPCODE_CLOSE;
	if (is_over)
		session_free(requests, session);
	return is_over || handler == NULL || error == ZNODE_AUTH_FAILED ? REQUESTS_CLOSE :
	    REQUESTS_GO_ON;
}

void
requests_disconnect(struct requests *requests, int64_t id)
{
	struct session *session = session_find(requests, id);

	if (session == NULL)
		return;
	watches_end_session(tree_watches(requests->tree), id);
	session_forget_ids(session);
	session->is_connected = false;
}

void
requests_expire(struct requests *requests, int64_t id, int64_t now_ms)
{
	struct session *session = session_find(requests, id);

	if (session == NULL)
		return;
	requests_disconnect(requests, id);
	tree_end_session(requests->tree, id, now_ms);
	session_free(requests, session);
}

int32_t
requests_timeout_ms(const struct requests *requests, int64_t id)
{
	const struct session *session = session_find(requests, id);

	return session == NULL ? 0 : session->timeout_ms;
}
