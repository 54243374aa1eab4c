#include <criterion/criterion.h>

#include "fake_zk.h"

static struct fake_zk fake;
static struct zk_session *session;

static void
begin(void)
{
	struct zk_session_options options = { .session_timeout_ms = 18000, .max_in_flight = 1,
		.connect_string = "127.0.0.1:1/a/b" };
	const char *reason;

	fake_zk_init(&fake);
	cr_assert(zk_session_new(&fake.world, &options, &session, &reason) == ERROR_NONE);
	zk_session_start(session);
	fake_zk_state(&fake, COORD_CONNECTED);
}

static void
end(void)
{
	fake_zk_end(&fake, session);
	fake_zk_fini(&fake);
}

TestSuite(session_root, .init = begin, .fini = end);

static const char *
created(void)
{
	cr_assert(fake.call_count == 1 && fake.calls[0]->type == COORD_WRITE);
	return fake_zk_text(fake.calls[0]->operations[0].path);
}

Test(session_root, a_chroot_that_is_there_needs_no_write)
{
	cr_assert(fake.calls[0]->type == COORD_EXISTS);
	cr_assert_str_eq(fake_zk_text(fake.calls[0]->path), "/a/b");
	fake_zk_answer_error(&fake, ZNODE_OK);
	cr_assert(zk_session_is_established(session) && fake.call_count == 0);
}

Test(session_root, a_missing_one_is_made_part_by_part)
{
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	cr_assert_str_eq(created(), "/a");
	cr_assert(slice_is_null(fake.calls[0]->operations[0].data));
	fake_zk_answer_error(&fake, ZNODE_NODE_EXISTS);
	cr_assert_str_eq(created(), "/a/b");
	cr_assert(!zk_session_is_established(session));
	fake_zk_answer_error(&fake, ZNODE_OK);
	cr_assert(zk_session_is_established(session));
}

Test(session_root, a_lost_connection_begins_again)
{
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	fake_zk_lose(&fake);
	cr_assert(fake.call_count == 0);
	fake_zk_state(&fake, COORD_CONNECTED);
	cr_assert(fake.calls[0]->type == COORD_EXISTS);
	fake_zk_answer_error(&fake, ZNODE_OK);
	cr_assert(zk_session_is_established(session));
}

Test(session_root, where_it_may_not_be_made_it_is_tried_every_second)
{
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	fake_zk_answer_error(&fake, ZNODE_NO_AUTH);
	cr_assert(!zk_session_is_established(session) && fake.warnings == 1);
	fake_zk_elapse(&fake, 1000);
	cr_assert(fake.calls[0]->type == COORD_EXISTS);
}

Test(session_root, an_expiry_meanwhile_is_an_expiry)
{
	fake_zk_state(&fake, COORD_EXPIRED);
	cr_assert(fake.opens == 2);
	fake_zk_state(&fake, COORD_CONNECTED);
	fake_zk_answer_error(&fake, ZNODE_OK);
	cr_assert(zk_session_is_established(session));
}
