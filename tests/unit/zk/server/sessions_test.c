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

TestSuite(sessions, .init = set_up, .fini = tear_down);

Test(sessions, are_found_by_id)
{
	cr_assert_neq(session_find(s.requests, 2), NULL);
	cr_expect_eq(session_find(s.requests, 2)->id, 2);
	cr_expect_eq(session_find(s.requests, 3), NULL);
	session_free(s.requests, session_find(s.requests, 2));
	cr_expect_eq(session_find(s.requests, 2), NULL);
}

Test(sessions, prove_a_digest_as_zookeeper_does)
{
	struct session *session = session_find(s.requests, 1);

	cr_expect_eq(session_prove(session, slice_of_text("digest"), slice_of_text("alice:secret")),
	    ZNODE_OK);
	cr_assert_eq(session->id_count, 2);
	cr_expect(slice_equal_text(session->ids[1].scheme, "digest"));
	cr_expect(slice_equal_text(session->ids[1].id, "alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E="));
}

Test(sessions, take_a_digest_without_a_password)
{
	struct session *session = session_find(s.requests, 1);

	cr_expect_eq(session_prove(session, slice_of_text("digest"), slice_of_text("carol")), ZNODE_OK);
	cr_expect_eq(memcmp(session->ids[1].id.bytes, "carol:", 6), 0);
	cr_expect_eq(session_prove(session, slice_of_text("digest"), slice_of_text("")), ZNODE_OK);
	cr_expect(slice_equal_text(session->ids[2].id, ":2jmj7l5rSw0yVb/vlWAYkK/YBwk="));
}

Test(sessions, have_an_identity_once)
{
	struct session *session = session_find(s.requests, 1);

	for (int i = 0; i < 3; i++)
		cr_expect_eq(session_prove(session, slice_of_text("digest"), slice_of_text("a:b")), ZNODE_OK);
	cr_expect_eq(session->id_count, 2);
	cr_expect_eq(session_prove(session, slice_of_text("ip"), slice_null()), ZNODE_OK);
	cr_expect_eq(session->id_count, 2);
}

Test(sessions, prove_nothing_by_other_schemes)
{
	struct session *session = session_find(s.requests, 1);

	cr_expect_eq(session_prove(session, slice_of_text("world"), slice_of_text("anyone")),
	    ZNODE_AUTH_FAILED);
	cr_expect_eq(session_prove(session, slice_of_text("super"), slice_of_text("a:b")),
	    ZNODE_AUTH_FAILED);
	cr_expect_eq(session_prove(session, slice_null(), slice_of_text("a:b")), ZNODE_AUTH_FAILED);
	cr_expect_eq(session_prove(session, slice_of_text("digest"), slice_null()), ZNODE_AUTH_FAILED);
	cr_expect_eq(session->id_count, 1);
}

Test(sessions, forget_who_they_are)
{
	struct session *session = session_find(s.requests, 1);

	session_forget_ids(session);
	cr_expect_eq(session->id_count, 0);
	session_forget_ids(session);
}

static void
add_up(void *context, const struct requests_session *session)
{
	*(int64_t *)context = *(int64_t *)context * 10 + session->id;
}

Test(sessions, that_were_kept_go_on)
{
	struct requests_session kept = { .id = 5, .timeout_ms = 4321 }, again;
	int64_t ids = 0;

	memcpy(kept.password, "0123456789abcdef", sizeof(kept.password));
	requests_restore(s.requests, &kept);
	cr_assert(requests_session(s.requests, 5, &again));
	cr_expect_eq(again.timeout_ms, 4321);
	cr_expect_arr_eq(again.password, kept.password, sizeof(kept.password));
	cr_expect_not(requests_session(s.requests, 6, &again));
	cr_expect_eq(requests_session_count(s.requests), 3);
	requests_each_session(s.requests, add_up, &ids);
	cr_expect_eq(ids, 125);
}
