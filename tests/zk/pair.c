#include "tests/zk/pair.h"

#include <stdlib.h>

#include "base/memory.h"
#include "tests/zk/describe.h"
#include "zk/server/jute.h"
#include "zk/server/requests_private.h"

enum { FRAMES_OF_ONE_STEP = 256, LEAST_TIMEOUT_MS = 10000, LARGEST_TIMEOUT_MS = 100000 };

static struct pair_session *
session_of(struct pair *pair, int64_t id)
{
	for (size_t i = 0; i < PAIR_SESSIONS; i++) {
		if (pair->sessions[i].id == id && id != 0)
			return &pair->sessions[i];
	}
	return NULL;
}

static bool
is_event(struct slice frame)
{
	return frame.size >= 4 && memcmp(frame.bytes, "\xff\xff\xff\xff", 4) == 0;
}

static void
on_send(struct requests_sink *sink, int64_t id, struct slice frame)
{
	struct pair *pair = container_of(sink, struct pair, sink);
	struct pair_session *session = session_of(pair, id);
	struct pending *pending;

	if (session == NULL)
		return;
	pending = memory_new(sizeof(*pending));
	buffer_init(&pending->frame);
	buffer_append_slice(&pending->frame, frame);
	pending->step = pair->step;
	pending->opcode = pair->opcode;
	/* The order in which a session's ephemerals go is not defined. */
	pending->any_order = pair->opcode == OPCODE_CLOSE && is_event(frame);
	if (!is_event(frame)) {
		buffer_clear(&pair->reply);
		buffer_append_slice(&pair->reply, frame);
	}
	list_append(&session->pending, &pending->link);
}

void
pair_init(struct pair *pair, int port)
{
	static const uint64_t seed[2] = { 1, 2 };
	static const struct requests_limits limits = { LEAST_TIMEOUT_MS, LARGEST_TIMEOUT_MS,
		16 << 20 };

	*pair = (struct pair){ .port = port, .sink.send = on_send };
	buffer_init(&pair->reply);
	pair->requests = requests_new(seed, &limits, &pair->sink);
	for (size_t i = 0; i < PAIR_SESSIONS; i++) {
		pair->sessions[i].real.socket = -1;
		list_init(&pair->sessions[i].pending);
	}
}

static void
forget_pending(struct pair_session *session)
{
	LIST_FOREACH(link, &session->pending) {
		struct pending *pending = container_of(link, struct pending, link);

		list_remove(link);
		buffer_fini(&pending->frame);
		free(pending);
	}
}

void
pair_fini(struct pair *pair)
{
	for (size_t i = 0; i < PAIR_SESSIONS; i++) {
		real_close(&pair->sessions[i].real);
		forget_pending(&pair->sessions[i]);
	}
	buffer_fini(&pair->reply);
	requests_free(pair->requests);
	free(pair->times);
}

bool
pair_is_connected(const struct pair *pair, size_t session)
{
	return pair->sessions[session].real.socket != -1;
}

static void
differ(struct pair *pair, const char *what, const char *ours, const char *theirs)
{
	pair->failed = true;
	printf("%s\n  klamm:     %s\n  ZooKeeper: %s\n", what, ours, theirs);
}

/* A step of ours has one time of theirs, and later steps have no earlier ones. */
static void
compare_time(struct pair *pair, int64_t ours, int64_t theirs)
{
	char steps[32], times[32];
	bool fits = ours >= 0 && ours <= pair->step && (size_t)pair->step < pair->time_capacity;

	if (fits && ours == 0)
		fits = theirs == 0;
	else if (fits && pair->times[ours] != 0)
		fits = pair->times[ours] == theirs;
	else if (fits) {
		for (int64_t step = ours; step > 0 && step > ours - 1000; step--)
			fits = fits && pair->times[step] <= theirs;
		pair->times[ours] = theirs;
	}
	if (fits)
		return;
	snprintf(steps, sizeof(steps), "step %ld", (long)ours);
	snprintf(times, sizeof(times), "%ld ms", (long)theirs);
	differ(pair, "a time", steps, times);
}

static void
compare_one(struct pair *pair, struct description *ours, struct description *theirs)
{
	if (pair->trace)
		printf("    %s\n", theirs->text);
	if (strcmp(ours->text, theirs->text) != 0 || ours->time_count != theirs->time_count) {
		differ(pair, "a frame", ours->text, theirs->text);
		return;
	}
	for (size_t i = 0; i < ours->time_count; i++)
		compare_time(pair, ours->times[i], theirs->times[i]);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(((const struct description *)a)->text, ((const struct description *)b)->text);
}

/* Takes the run of frames that may come in any order, and compares them sorted. */
static void
compare_run(struct pair *pair, struct pair_session *session)
{
	static struct description ours[FRAMES_OF_ONE_STEP], theirs[FRAMES_OF_ONE_STEP];
	int64_t step = container_of(session->pending.next, struct pending, link)->step;
	struct buffer frame;
	size_t count = 0;
	bool more = true;

	buffer_init(&frame);
	while (more && count < FRAMES_OF_ONE_STEP && !pair->failed) {
		struct pending *pending = container_of(session->pending.next, struct pending, link);

		list_remove(&pending->link);
		describe_reply(&ours[count], buffer_slice(&pending->frame), pending->opcode);
		if (!real_receive(&session->real, &frame)) {
			differ(pair, "the connection", ours[count].text, "closed or silent");
			theirs[count].text = memory_text("", 0);
			theirs[count].time_count = 0;
		} else {
			describe_reply(&theirs[count], buffer_slice(&frame), pending->opcode);
		}
		count++;
		pair->events += is_event(buffer_slice(&pending->frame));
		pair->replies += !is_event(buffer_slice(&pending->frame));
		more = pending->any_order && !list_is_empty(&session->pending);
		if (more) {
			const struct pending *next = container_of(session->pending.next,
			    struct pending, link);

			more = next->any_order && next->step == step;
		}
		buffer_fini(&pending->frame);
		free(pending);
	}
	qsort(ours, count, sizeof(ours[0]), by_text);
	qsort(theirs, count, sizeof(theirs[0]), by_text);
	for (size_t i = 0; i < count; i++) {
		if (!pair->failed)
			compare_one(pair, &ours[i], &theirs[i]);
		free(ours[i].text);
		free(theirs[i].text);
	}
	buffer_fini(&frame);
}

static void
next_step(struct pair *pair)
{
	pair->step++;
	if ((size_t)pair->step < pair->time_capacity)
		return;
	pair->time_capacity = pair->time_capacity * 2 + 1024;
	pair->times = memory_resize(pair->times, pair->time_capacity * sizeof(*pair->times));
	memset(pair->times + pair->step, 0,
	    (pair->time_capacity - (size_t)pair->step) * sizeof(*pair->times));
}

static void
expect_end(struct pair *pair, struct pair_session *session)
{
	struct buffer frame;

	buffer_init(&frame);
	if (real_receive(&session->real, &frame))
		differ(pair, "the connection", "closed", "one more frame");
	buffer_fini(&frame);
	real_close(&session->real);
}

enum requests_verdict
pair_send(struct pair *pair, size_t at, int32_t opcode, struct slice body)
{
	struct pair_session *session = &pair->sessions[at];
	enum requests_verdict verdict;
	struct buffer frame;

	next_step(pair);
	pair->opcode = opcode;
	buffer_init(&frame);
	buffer_int32(&frame, opcode == OPCODE_PING ? -2 : opcode == OPCODE_AUTH ? -4 :
	    ++session->xid);
	buffer_int32(&frame, opcode);
	buffer_append_slice(&frame, body);
	real_send(&session->real, buffer_slice(&frame));
	verdict = requests_step(pair->requests, session->id, buffer_slice(&frame), pair->step);
	if (verdict == REQUESTS_CLOSE)
		requests_disconnect(pair->requests, session->id);
	buffer_fini(&frame);
	return verdict;
}

void
pair_compare(struct pair *pair, size_t at, enum requests_verdict verdict)
{
	struct pair_session *session = &pair->sessions[at];

	while (!list_is_empty(&session->pending) && !pair->failed)
		compare_run(pair, session);
	if (verdict == REQUESTS_CLOSE && !pair->failed)
		expect_end(pair, session);
	if (verdict == REQUESTS_CLOSE && requests_timeout_ms(pair->requests, session->id) == 0)
		session->id = 0;
}

void
pair_ask(struct pair *pair, size_t at, int32_t opcode, struct slice body)
{
	pair_compare(pair, at, pair_send(pair, at, opcode, body));
}

void
pair_cut(struct pair *pair, size_t at)
{
	real_close(&pair->sessions[at].real);
	requests_disconnect(pair->requests, pair->sessions[at].id);
	forget_pending(&pair->sessions[at]);
}

void
pair_give_up(struct pair *pair, size_t at)
{
	static const uint8_t request[] = { 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xf5 };
	struct pair_session *session = &pair->sessions[at];
	struct buffer frame;

	buffer_init(&frame);
	if (session->real.socket != -1)
		real_send(&session->real, slice_of(request, sizeof(request)));
	while (real_receive(&session->real, &frame))
		continue;
	buffer_fini(&frame);
	pair_cut(pair, at);
	requests_expire(pair->requests, session->id, pair->step);
	session->id = 0;
}

static void
write_connect(struct pair_session *session, struct buffer *frame, int32_t timeout_ms, bool resume,
    bool wrong_password)
{
	uint8_t password[REQUESTS_PASSWORD_SIZE] = { 0 };

	if (resume)
		memcpy(password, session->password, sizeof(password));
	if (wrong_password)
		password[0] ^= 1;
	buffer_int32(frame, 0);
	buffer_int64(frame, 0);
	buffer_int32(frame, timeout_ms);
	buffer_int64(frame, resume ? session->id : 0);
	jute_bytes(frame, slice_of(password, sizeof(password)));
	jute_bool(frame, false);
}

/* The answer to a connection: klamm is given the id and the password that the real server drew. */
static void
compare_connect(struct pair *pair, struct pair_session *session, struct slice request,
    struct slice theirs)
{
	struct requests_connect connect = { .frame = request,
		.address = slice_of_text("127.0.0.1") };
	struct buffer ours;
	struct reader in;
	int64_t id;

	reader_init(&in, theirs);
	reader_skip(&in, 8);
	connect.new_session = reader_int64(&in);
	reader_skip(&in, 4);
	memcpy(connect.new_password, reader_bytes(&in, REQUESTS_PASSWORD_SIZE).bytes,
	    REQUESTS_PASSWORD_SIZE);
	buffer_init(&ours);
	id = requests_connect(pair->requests, &connect, &ours);
	if (!slice_equal(buffer_slice(&ours), theirs) || id != connect.new_session)
		differ(pair, "the answer to a connection", "another", "another");
	buffer_fini(&ours);
	if (id == 0)
		return;
	session->id = id;
	memcpy(session->password, connect.new_password, REQUESTS_PASSWORD_SIZE);
}

enum { CONNECT_ANSWER_SIZE = 37 };

void
pair_connect(struct pair *pair, size_t at, int32_t timeout_ms, bool resume, bool wrong_password)
{
	struct pair_session *session = &pair->sessions[at];
	struct buffer request, theirs;

	next_step(pair);
	buffer_init(&request);
	buffer_init(&theirs);
	write_connect(session, &request, timeout_ms, resume, wrong_password);
	real_open(&session->real, pair->port);
	real_send(&session->real, buffer_slice(&request));
	if (!real_receive(&session->real, &theirs) || theirs.size != CONNECT_ANSWER_SIZE)
		differ(pair, "a connection", "an answer", "none, or of another size");
	else
		compare_connect(pair, session, buffer_slice(&request), buffer_slice(&theirs));
	if (wrong_password && !pair->failed)
		expect_end(pair, session);
	buffer_fini(&request);
	buffer_fini(&theirs);
}

/* The real server's zxid after a delete of nothing, which takes one. */
static int64_t
take_real_zxid(struct pair *pair)
{
	static const uint8_t request[] = { 0, 0, 0, 0, 0, 0, 0, OPCODE_DELETE, 0, 0, 0, 0, 0, 0, 0, 0 };
	struct pair_session *session = &pair->sessions[0];
	struct buffer frame;
	struct reader in;
	int64_t zxid;

	buffer_init(&frame);
	real_send(&session->real, slice_of(request, sizeof(request)));
	if (!real_receive(&session->real, &frame))
		differ(pair, "a delete", "an answer", "none");
	reader_init(&in, buffer_slice(&frame));
	reader_skip(&in, 4);
	zxid = reader_int64(&in);
	buffer_fini(&frame);
	return zxid;
}

void
pair_align(struct pair *pair)
{
	int64_t zxid;

	do
		zxid = take_real_zxid(pair);
	while (zxid < tree_zxid(requests_tree(pair->requests)) && !pair->failed);
	while (tree_zxid(requests_tree(pair->requests)) < zxid)
		(void)tree_next_zxid(requests_tree(pair->requests));
}
