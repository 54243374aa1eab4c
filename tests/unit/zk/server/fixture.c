#include "tests/unit/zk/server/fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/zk/describe.h"

static const struct znode_acl_entry open_entry = { ZNODE_ALL,
	{ { (const uint8_t *)"world", 5 }, { (const uint8_t *)"anyone", 6 } } };
static const struct znode_acl open_acl = { &open_entry, 1 };

static void
on_send(struct requests_sink *sink, int64_t session, struct slice frame)
{
	struct server *server = container_of(sink, struct server, sink);
	size_t used = strlen(server->sent);
	struct description description;

	describe_reply(&description, frame, server->opcode);
	snprintf(server->sent + used, sizeof(server->sent) - used, "%s%ld: %s", used == 0 ? "" : "; ",
	    (long)session, description.text);
	free(description.text);
}

void
server_put_connect(struct buffer *frame, int64_t seen_zxid, int32_t timeout_ms, int64_t session,
    const char *password)
{
	buffer_int32(frame, 0);
	buffer_int64(frame, seen_zxid);
	buffer_int32(frame, timeout_ms);
	buffer_int64(frame, session);
	jute_bytes(frame, slice_of_text(password));
	jute_bool(frame, false);
}

static void
connect(struct server *server, int64_t session)
{
	struct requests_connect connect = { .new_session = session, .new_password = "password",
		.address = slice_of_text("10.1.2.3") };
	struct buffer frame, reply;

	buffer_init(&frame);
	buffer_init(&reply);
	server_put_connect(&frame, 0, 5000, 0, "0123456789abcdef");
	connect.frame = buffer_slice(&frame);
	cr_assert_eq(requests_connect(server->requests, &connect, &reply), session);
	buffer_fini(&frame);
	buffer_fini(&reply);
}

void
server_init(struct server *server)
{
	static const uint64_t seed[2] = { 5, 6 };
	static const struct requests_limits limits = { 4000, 40000, 1 << 16 };

	*server = (struct server){ .sink.send = on_send };
	server->requests = requests_new(seed, &limits, &server->sink);
	buffer_init(&server->body);
	connect(server, 1);
	connect(server, 2);
}

void
server_fini(struct server *server)
{
	buffer_fini(&server->body);
	requests_free(server->requests);
}

const char *
server_ask(struct server *server, int64_t session, int32_t opcode)
{
	struct buffer frame;

	buffer_init(&frame);
	buffer_int32(&frame, ++server->xid);
	buffer_int32(&frame, opcode);
	buffer_append(&frame, server->body.bytes, server->body.size);
	server->opcode = opcode;
	server->sent[0] = '\0';
	server->verdict = requests_step(server->requests, session, buffer_slice(&frame),
	    ++server->now_ms);
	buffer_fini(&frame);
	buffer_clear(&server->body);
	return server->sent;
}

void
server_put_path(struct server *server, const char *path)
{
	jute_bytes(&server->body, slice_of_text(path));
}

void
server_put_create(struct server *server, const char *path, int32_t flags)
{
	server_put_path(server, path);
	jute_bytes(&server->body, slice_of_text("data"));
	jute_acl(&server->body, &open_acl);
	buffer_int32(&server->body, flags);
}

void
server_put_path_and(struct server *server, const char *path, int32_t number)
{
	server_put_path(server, path);
	buffer_int32(&server->body, number);
}

void
server_put_watched(struct server *server, const char *path, bool watch)
{
	server_put_path(server, path);
	jute_bool(&server->body, watch);
}

void
server_put_multi_header(struct server *server, int32_t opcode, bool is_last)
{
	buffer_int32(&server->body, opcode);
	jute_bool(&server->body, is_last);
	buffer_int32(&server->body, -1);
}

void
server_make(struct server *server, const char *path)
{
	server_put_create(server, path, 0);
	cr_assert_neq(strstr(server_ask(server, 1, OPCODE_CREATE), "error=0"), NULL, "%s", path);
}
