#include <criterion/criterion.h>

#include "fake_zk.h"
#include "tests/sim/sim_disk.h"

static struct fake_zk fake;
static char told[64];

static void
tell(const char *what)
{
	strncat(told, what, sizeof(told) - strlen(told) - 1);
}

static void
expired(struct zk_listener *listener)
{
	(void)listener;
	tell("x");
}

static void
established(struct zk_listener *listener)
{
	(void)listener;
	tell("e");
}

static void
connection_changed(struct zk_listener *listener, bool connected)
{
	(void)listener;
	tell(connected ? "+" : "-");
}

static void
done(struct zk_call *call, const struct coord_answer *answer)
{
	(void)call;
	tell(answer->error == ZNODE_SESSION_EXPIRED ? "!" : "a");
}

static struct zk_listener listener = { .expired = expired, .established = established,
	.connection_changed = connection_changed };

static struct zk_session *told_session;
static struct zk_listener other = { .expired = expired };

/* Its neighbour goes with it. */
static void
expired_and_gone(struct zk_listener *it)
{
	expired(it);
	zk_session_unlisten(told_session, &other);
	zk_session_unlisten(told_session, it);
}

static void
setup(void)
{
	told[0] = '\0';
	fake_zk_init(&fake);
}

static void
teardown(void)
{
	fake_zk_fini(&fake);
}

TestSuite(session, .init = setup, .fini = teardown);

Test(session, a_bad_connect_string_is_refused_with_a_reason)
{
	struct zk_session_options options = { .session_timeout_ms = 1, .max_in_flight = 1,
		.connect_string = "host:0" };
	struct zk_session *session;
	const char *reason = NULL;

	cr_assert(zk_session_new(&fake.world, &options, &session, &reason) ==
	    ERROR_INVALID_ARGUMENT);
	cr_assert(reason != NULL);
}

Test(session, the_guardian_learns_of_the_session_and_is_dismissed_at_a_clean_stop)
{
	struct zk_session *session = fake_zk_session(&fake, false, 10);

	cr_assert(fake.watched == 1 && zk_session_id(session) == 0x100);
	fake_zk_end(&fake, session);
	cr_assert(fake.dismissed == 1 && fake.ends == 1);
}

Test(session, stopped_without_a_connection_leaves_the_end_to_the_guardian)
{
	struct zk_session *session = fake_zk_session(&fake, false, 10);

	fake_zk_lose(&fake);
	fake_zk_end(&fake, session);
	cr_assert(fake.dismissed == 0 && fake.ends == 0 && fake.closes == 1);
}

Test(session, an_expiry_is_told_first_then_calls_are_answered_then_there_is_a_new_session)
{
	struct zk_session *session = fake_zk_session(&fake, false, 1);
	struct zk_call calls[2];

	zk_session_listen(session, &listener);
	zk_get(session, &calls[0], slice_of_text("/a"), done);
	zk_get(session, &calls[1], slice_of_text("/b"), done);
	fake_zk_lose(&fake);
	fake.id = 0x200;
	fake_zk_state(&fake, COORD_EXPIRED);
	cr_assert_str_eq(told, "-x!!");
	cr_assert(fake.opens == 2 && zk_session_id(session) == 0);
	cr_assert(fake.options.credentials.session == 0);
	fake_zk_state(&fake, COORD_CONNECTED);
	cr_assert_str_eq(told, "-x!!+e");
	cr_assert(zk_session_id(session) == 0x200 && fake.watched == 2);
	cr_assert(zk_session_was_ours(session, 0x100) && !zk_session_was_ours(session, 0x200) &&
	    !zk_session_was_ours(session, 0x300));
	fake_zk_end(&fake, session);
}

Test(session, calls_made_after_an_expiry_wait_for_the_new_session)
{
	struct zk_session *session = fake_zk_session(&fake, false, 10);
	struct zk_call call;

	fake_zk_state(&fake, COORD_EXPIRED);
	zk_get(session, &call, slice_of_text("/a"), done);
	cr_assert(fake.call_count == 0);
	fake_zk_state(&fake, COORD_CONNECTED);
	cr_assert(fake.call_count == 1);
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	cr_assert_str_eq(told, "a");
	fake_zk_end(&fake, session);
}

Test(session, a_session_that_cannot_be_opened_is_tried_again_after_a_second)
{
	struct zk_session *session = fake_zk_session(&fake, false, 10);

	fake.open_fails = ERROR_INVALID_ARGUMENT;
	fake_zk_state(&fake, COORD_EXPIRED);
	cr_assert(fake.opens == 2);
	fake_zk_elapse(&fake, 999);
	cr_assert(fake.opens == 2);
	fake.open_fails = ERROR_NONE;
	fake_zk_elapse(&fake, 1);
	cr_assert(fake.opens == 3 && fake.open);
	fake_zk_end(&fake, session);
}

Test(session, refused_authentication_is_an_expiry_with_a_pause)
{
	struct zk_session *session = fake_zk_session(&fake, false, 10);

	zk_session_listen(session, &listener);
	fake_zk_state(&fake, COORD_AUTH_FAILED);
	cr_assert_str_eq(told, "-x");
	cr_assert(fake.opens == 1);
	fake_zk_elapse(&fake, 1000);
	cr_assert(fake.opens == 2);
	fake_zk_end(&fake, session);
}

Test(session, a_listener_that_is_told_may_take_away_the_one_behind_it, .timeout = 10)
{
	struct zk_session *session = told_session = fake_zk_session(&fake, false, 10);
	struct zk_listener first = { .expired = expired_and_gone }, last = { .expired = expired };

	zk_session_listen(session, &first);
	zk_session_listen(session, &other);
	zk_session_listen(session, &last);
	fake_zk_state(&fake, COORD_EXPIRED);
	cr_assert_str_eq(told, "xx");
	fake_zk_end(&fake, session);
}

static void
done_and_stops(struct zk_call *call, const struct coord_answer *answer)
{
	done(call, answer);
	zk_session_stop(call->session, NULL, NULL);
}

Test(session, that_is_stopped_by_an_answer_of_an_expiry_answers_no_more)
{
	struct zk_session *session = fake_zk_session(&fake, false, 1);
	struct zk_call calls[3];

	zk_get(session, &calls[0], slice_of_text("/a"), done);
	zk_get(session, &calls[1], slice_of_text("/b"), done_and_stops);
	zk_get(session, &calls[2], slice_of_text("/c"), done);
	fake_zk_state(&fake, COORD_EXPIRED);
	cr_assert_str_eq(told, "!!");
	zk_session_free(session);
}

Test(session, nobody_registers_before_the_credentials_of_this_very_session_are_kept)
{
	struct zk_session_options options = { .session_timeout_ms = 18000, .max_in_flight = 1,
		.connect_string = "127.0.0.1:1", .kept_path = "/kept" };
	struct sim_disk *disk = sim_disk_new(1, NULL);
	struct sim_mount *mount = sim_disk_mount(disk);
	struct zk_session *session;
	const char *reason;

	fake.world.disk = sim_mount_port(mount);
	cr_assert(zk_session_new(&fake.world, &options, &session, &reason) == ERROR_NONE);
	zk_session_start(session);
	fake_zk_work(&fake);
	fake_zk_state(&fake, COORD_CONNECTED);
	fake.id = 0x200;
	fake_zk_state(&fake, COORD_EXPIRED);
	fake_zk_state(&fake, COORD_CONNECTED);
	fake_zk_work(&fake); /* of the session that has expired */
	cr_assert(!zk_session_is_established(session));
	fake_zk_work(&fake);
	cr_assert(zk_session_is_established(session));
	zk_session_stop(session, NULL, NULL);
	fake_zk_work(&fake);
	zk_session_free(session);
	sim_mount_free(mount);
	sim_disk_free(disk);
}
