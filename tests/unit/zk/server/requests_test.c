#include "zk/server/requests.h"

#include <criterion/criterion.h>

#include "tests/unit/zk/server/fixture.h"

static struct server s;

static void
set_up(void)
{
	server_init(&s);
}

static void
tear_down(void)
{
	server_fini(&s);
}

TestSuite(requests, .init = set_up, .fini = tear_down);

enum { ANSWER_SIZE = 37 };

/* Connects with what the client says; the answer is in `reply`. */
static int64_t
connect_as(struct buffer *reply, int64_t seen_zxid, int32_t timeout_ms, int64_t session,
    const char *password)
{
	struct requests_connect connect = { .new_session = 9, .new_password = "new",
		.address = slice_of_text("10.1.2.3") };
	struct buffer frame;
	int64_t id;

	buffer_init(&frame);
	buffer_init(reply);
	server_put_connect(&frame, seen_zxid, timeout_ms, session, password);
	connect.frame = buffer_slice(&frame);
	id = requests_connect(s.requests, &connect, reply);
	buffer_fini(&frame);
	return id;
}

static int32_t
answered_timeout_ms(const struct buffer *reply)
{
	struct reader reader;

	reader_init(&reader, buffer_slice(reply));
	reader_skip(&reader, 4);
	return reader_int32(&reader);
}

Test(requests, give_a_new_client_the_session_of_the_edge)
{
	struct buffer reply;

	cr_expect_eq(connect_as(&reply, 0, 5000, 0, "0123456789abcdef"), 9);
	cr_assert_eq(reply.size, ANSWER_SIZE);
	cr_expect_eq(answered_timeout_ms(&reply), 5000);
	cr_expect_eq(memcmp(reply.bytes + 8, "\0\0\0\0\0\0\0\x09\0\0\0\x10new\0", 16), 0);
	cr_expect_eq(tree_zxid(requests_tree(s.requests)), 3, "a session takes a zxid");
	cr_expect_eq(requests_timeout_ms(s.requests, 9), 5000);
	buffer_fini(&reply);
}

Test(requests, keep_the_timeout_within_limits)
{
	struct buffer reply;

	cr_expect_eq(connect_as(&reply, 0, 1, 0, ""), 9);
	cr_expect_eq(answered_timeout_ms(&reply), 4000);
	buffer_fini(&reply);
	cr_expect_eq(connect_as(&reply, 0, 99999999, 9, "new\0\0\0\0\0\0\0\0\0\0\0\0\0"), 0,
	    "the password is 16 bytes");
	buffer_fini(&reply);
	cr_expect_eq(connect_as(&reply, 0, 99999999, 1, "password"), 0);
	buffer_fini(&reply);
}

/* The password of the fixture's sessions, with its zeros. */
static int64_t
resume(int64_t session, uint8_t first, struct buffer *reply)
{
	struct requests_connect connect = { .address = slice_of_text("10.1.2.4") };
	uint8_t password[REQUESTS_PASSWORD_SIZE] = "password";
	struct buffer frame;
	int64_t id;

	password[0] = first;
	buffer_init(&frame);
	buffer_init(reply);
	buffer_int32(&frame, 0);
	buffer_int64(&frame, 0);
	buffer_int32(&frame, 99999);
	buffer_int64(&frame, session);
	jute_bytes(&frame, slice_of(password, sizeof(password)));
	connect.frame = buffer_slice(&frame);
	id = requests_connect(s.requests, &connect, reply);
	buffer_fini(&frame);
	return id;
}

Test(requests, resume_a_session_with_its_password)
{
	struct buffer reply;

	cr_expect_eq(resume(1, 'p', &reply), 1);
	cr_expect_eq(reply.size, ANSWER_SIZE - 1, "an old client is not told of read-only");
	cr_expect_eq(answered_timeout_ms(&reply), 40000);
	cr_expect_eq(tree_zxid(requests_tree(s.requests)), 2);
	buffer_fini(&reply);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_WHO_AM_I),
	    "1: xid=1 zxid=2 error=0 1[ 'ip' '10.1.2.4' ]", "the old connection's address is forgotten");
}

Test(requests, refuse_a_wrong_password_and_an_unknown_session)
{
	static const uint8_t refusal[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16 };
	struct buffer reply;

	cr_expect_eq(resume(1, 'q', &reply), 0);
	cr_assert_eq(reply.size, ANSWER_SIZE - 1);
	cr_expect_eq(memcmp(reply.bytes, refusal, sizeof(refusal)), 0);
	buffer_fini(&reply);
	cr_expect_eq(resume(77, 'p', &reply), 0);
	cr_expect_eq(memcmp(reply.bytes, refusal, sizeof(refusal)), 0);
	buffer_fini(&reply);
	cr_expect_eq(strncmp(server_ask(&s, 1, OPCODE_PING), "1: ", 3), 0, "the session goes on");
}

Test(requests, close_without_a_word_on_who_has_seen_more)
{
	struct buffer reply;

	cr_expect_eq(connect_as(&reply, 3, 5000, 0, ""), 0);
	cr_expect_eq(reply.size, 0);
	buffer_fini(&reply);
}

Test(requests, close_without_a_word_on_a_frame_that_is_no_connect)
{
	struct requests_connect connect = { .frame = slice_of("\0\0\0\0\0\0", 6), .new_session = 9 };
	struct buffer reply;

	buffer_init(&reply);
	cr_expect_eq(requests_connect(s.requests, &connect, &reply), 0);
	cr_expect_eq(reply.size, 0);
	cr_expect_eq(requests_timeout_ms(s.requests, 9), 0);
	buffer_fini(&reply);
}

Test(requests, answer_a_ping_with_the_zxid)
{
	cr_expect_str_eq(server_ask(&s, 2, OPCODE_PING), "2: xid=1 zxid=2 error=0");
	cr_expect_eq(s.verdict, REQUESTS_GO_ON);
}

Test(requests, close_on_what_they_do_not_know)
{
	cr_expect_str_eq(server_ask(&s, 1, 4711), "1: xid=1 zxid=2 error=-6");
	cr_expect_eq(s.verdict, REQUESTS_CLOSE);
	cr_expect_eq(requests_step(s.requests, 1, slice_of("\0\0\0\1\0", 5), 1), REQUESTS_CLOSE);
	cr_expect_eq(requests_step(s.requests, 99, slice_of("\0\0\0\1\0\0\0\x0b", 8), 1), REQUESTS_CLOSE);
}

Test(requests, do_not_serve_containers_ttl_and_reconfiguration)
{
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_CREATE_CONTAINER), "1: xid=1 zxid=2 error=-6");
	cr_expect_eq(s.verdict, REQUESTS_GO_ON);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_RECONFIG), "1: xid=2 zxid=2 error=-6");
	server_put_create(&s, "/a", 5);
	buffer_int64(&s.body, 1000);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_CREATE_TTL), "1: xid=3 zxid=3 error=-6");
}

Test(requests, authenticate)
{
	buffer_int32(&s.body, 0);
	jute_bytes(&s.body, slice_of_text("digest"));
	jute_bytes(&s.body, slice_of_text("alice:secret"));
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_AUTH), "1: xid=1 zxid=0 error=0");
	cr_expect_eq(s.verdict, REQUESTS_GO_ON);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_WHO_AM_I),
	    "1: xid=2 zxid=2 error=0 2[ 'digest' 'alice' 'ip' '10.1.2.3' ]");
}

Test(requests, close_on_a_scheme_that_proves_nothing)
{
	buffer_int32(&s.body, 0);
	jute_bytes(&s.body, slice_of_text("sasl"));
	jute_bytes(&s.body, slice_of_text("x"));
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_AUTH), "1: xid=1 zxid=0 error=-115");
	cr_expect_eq(s.verdict, REQUESTS_CLOSE);
	buffer_int32(&s.body, 0);
	cr_expect_str_eq(server_ask(&s, 2, OPCODE_AUTH), "2: xid=2 zxid=0 error=-115", "cut off");
}

Test(requests, tell_a_session_of_its_own_end_before_the_answer)
{
	server_put_create(&s, "/e", ZNODE_EPHEMERAL);
	(void)server_ask(&s, 1, OPCODE_CREATE);
	server_put_watched(&s, "/e", true);
	(void)server_ask(&s, 1, OPCODE_EXISTS);
	cr_expect_str_eq(server_ask(&s, 1, OPCODE_CLOSE),
	    "1: xid=-1 zxid=-1 error=0 event 2 state 3 '/e'; 1: xid=3 zxid=4 error=0");
	cr_expect_eq(s.verdict, REQUESTS_CLOSE);
	cr_expect_eq(requests_timeout_ms(s.requests, 1), 0);
}

Test(requests, keep_the_ephemerals_of_a_session_without_a_connection)
{
	server_put_create(&s, "/e", ZNODE_EPHEMERAL);
	(void)server_ask(&s, 1, OPCODE_CREATE);
	server_put_watched(&s, "/e", true);
	(void)server_ask(&s, 1, OPCODE_EXISTS);
	requests_disconnect(s.requests, 1);
	server_put_path_and(&s, "/e", -1);
	cr_expect_str_eq(server_ask(&s, 2, OPCODE_DELETE), "2: xid=3 zxid=4 error=0",
	    "nobody is told who is not there");
}

Test(requests, end_a_session_whose_time_is_up)
{
	server_put_create(&s, "/e", ZNODE_EPHEMERAL);
	(void)server_ask(&s, 1, OPCODE_CREATE);
	server_put_watched(&s, "/e", true);
	(void)server_ask(&s, 2, OPCODE_EXISTS);
	s.sent[0] = '\0';
	requests_expire(s.requests, 1, 99);
	cr_expect_str_eq(s.sent, "2: xid=-1 zxid=-1 error=0 event 2 state 3 '/e'");
	cr_expect_eq(requests_timeout_ms(s.requests, 1), 0);
	requests_expire(s.requests, 1, 99);
	cr_expect_eq(tree_zxid(requests_tree(s.requests)), 4);
}
