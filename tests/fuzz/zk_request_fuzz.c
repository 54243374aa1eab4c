/*
 * Frames of two of ZooKeeper's sessions, one after the other: each is a byte
 * for the session, two for its size, and itself. What is sent has to be a
 * frame that a client can read, and what the tree is must come back from its
 * records.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "zk/server/record.h"
#include "zk/server/requests_private.h"

enum { SESSIONS = 2, REPLY_BYTES = 1 << 20, LEAST_FRAME = 16 };

struct changes {
	struct tree_change_sink sink;
	struct requests *requests;
	size_t count;
};

static void
on_send(struct requests_sink *sink, int64_t session, struct slice frame)
{
	(void)sink;
	assert(session >= 1 && session <= SESSIONS);
	assert(frame.size >= LEAST_FRAME);
}

static void
on_change(struct tree_change_sink *sink, struct slice path)
{
	struct changes *changes = container_of(sink, struct changes, sink);

	assert(path.size > 0 && path.bytes[0] == '/');
	changes->count++;
}

static void
begin_session(struct requests *requests, int64_t session)
{
	struct requests_connect connect = { .new_session = session,
		.address = slice_of_text("127.0.0.1") };
	struct buffer frame = { 0 }, reply = { 0 };
	int64_t begun;

	buffer_int32(&frame, 0);
	buffer_int64(&frame, 0);
	buffer_int32(&frame, 4000);
	buffer_int64(&frame, 0);
	buffer_int32(&frame, -1);
	connect.frame = buffer_slice(&frame);
	begun = requests_connect(requests, &connect, &reply);
	assert(begun == session && reply.size > 0);
	buffer_fini(&frame);
	buffer_fini(&reply);
}

/* A connection's first frame, as it comes from anybody. */
static void
try_connect(struct requests *requests, struct slice frame)
{
	struct requests_connect connect = { .frame = frame, .new_session = 2,
		.address = slice_of_text("127.0.0.1") };
	struct buffer reply = { 0 };
	int64_t session;

	if (requests_timeout_ms(requests, 2) == 0) {
		session = requests_connect(requests, &connect, &reply);
		assert(session >= 0 && session <= SESSIONS);
	}
	buffer_fini(&reply);
}

static void
check_record(struct requests *requests, struct slice path)
{
	struct buffer record = { 0 };
	struct tree_image image, again;
	struct arena arena;
	struct slice name;
	enum error error;

	if (!tree_image(requests_tree(requests), path, &image))
		return;
	arena_init(&arena, REPLY_BYTES);
	record_put_node(&record, path, &image);
	error = record_get_node(buffer_slice(&record), &arena, &name, &again);
	assert(error == ERROR_NONE && slice_equal(name, path));
	assert(slice_equal(image.data, again.data) && image.acl.count == again.acl.count);
	arena_fini(&arena);
	buffer_fini(&record);
}

static void
carry_out(struct requests *requests, struct slice frame, int64_t session, int64_t now_ms)
{
	if (session == 0) {
		try_connect(requests, frame);
		return;
	}
	if (requests_timeout_ms(requests, session) == 0)
		begin_session(requests, session);
	if (requests_step(requests, session, frame, now_ms) == REQUESTS_CLOSE)
		requests_disconnect(requests, session);
}

FUZZ_TARGET(zk_request)
{
	static const uint64_t seed[2] = { 1, 2 };
	static const struct requests_limits limits = { 4000, 40000, REPLY_BYTES };
	struct requests_sink sink = { .send = on_send };
	struct requests *requests = requests_new(seed, &limits, &sink);
	struct changes changes = { .sink.changed = on_change, .requests = requests };
	struct reader in;
	int64_t now_ms = 0;

	tree_set_change_sink(requests_tree(requests), &changes.sink);
	reader_init(&in, slice_of(bytes, size));
	while (!reader_failed(&in) && reader_remaining(&in) > 0) {
		uint8_t selector = reader_uint8(&in);
		struct slice frame = reader_bytes(&in, reader_uint16(&in));

		if (!reader_failed(&in))
			carry_out(requests, frame, selector % (SESSIONS + 1), ++now_ms);
	}
	check_record(requests, slice_of_text("/"));
	check_record(requests, slice_of_text("/a"));
	for (int64_t session = 1; session <= SESSIONS; session++)
		requests_expire(requests, session, now_ms);
	requests_free(requests);
	return 0;
}
