#include <criterion/criterion.h>

#include "tests/unit/sim/sim_coord_fixture.h"

enum { SECOND = COORD_SECOND_US };

static struct coord_fixture it;
static struct coord_side *const a = &it.sides[0], *const b = &it.sides[1];

static void
set_up(void)
{
	coord_fixture_init(&it, 3, 1000);
	coord_fixture_start(&it, 0);
	coord_fixture_start(&it, 1);
}

static void
tear_down(void)
{
	coord_fixture_fini(&it);
}

TestSuite(sim_coord, .init = set_up, .fini = tear_down);

static struct coord_asked *
create(int side, const char *path, int32_t flags)
{
	struct coord_asked *asked =
	    coord_fixture_write(&it, side, ZNODE_OP_CREATE, path, flags, 0);

	coord_fixture_run(&it, SECOND);
	cr_assert(asked->answered);
	return asked;
}

static enum znode_error
look(int side, const char *path, bool watch)
{
	struct coord_asked *asked = coord_fixture_read(&it, side, COORD_EXISTS, path, watch);

	coord_fixture_run(&it, SECOND);
	cr_assert(asked->answered);
	return asked->error;
}

static void
cut(int machine, bool to_server, bool from_server)
{
	for (int i = 0; i < 3; i++)
		sim_coord_block(it.ensemble, machine, i, to_server, from_server);
}

static void
mend(int machine)
{
	for (int i = 0; i < 3; i++)
		sim_coord_unblock(it.ensemble, machine, i);
}

Test(sim_coord, gives_each_a_session_and_clamps_its_time_out)
{
	cr_assert_eq(a->state, COORD_CONNECTED);
	cr_assert_neq(a->credentials.session, 0);
	cr_assert_neq(a->credentials.session, b->credentials.session);
	cr_assert(sim_coord_session_lives(it.ensemble, a->credentials.session));
}

Test(sim_coord, shows_one_what_the_other_wrote)
{
	struct coord_asked *asked;

	cr_assert_eq(create(0, "/a", 0)->error, ZNODE_OK);
	cr_assert_eq(create(1, "/a", 0)->error, ZNODE_NODE_EXISTS);
	cr_assert_eq(look(1, "/a", false), ZNODE_OK);
	asked = coord_fixture_read(&it, 1, COORD_GET_DATA, "/a", false);
	coord_fixture_run(&it, SECOND);
	cr_assert_str_eq(asked->text, "x");
	asked = coord_fixture_read(&it, 1, COORD_GET_CHILDREN, "/", false);
	coord_fixture_run(&it, SECOND);
	cr_assert_str_eq(asked->text, "a zookeeper ");
	sim_coord_check_equal(it.ensemble);
}

Test(sim_coord, undoes_a_multi_that_fails)
{
	struct coord_asked *asked = coord_fixture_multi(&it, 0, "/a", "/missing");

	coord_fixture_run(&it, SECOND);
	cr_assert_eq(asked->error, ZNODE_NO_NODE);
	cr_assert_eq(asked->errors[0], ZNODE_OK);
	cr_assert_eq(asked->errors[1], ZNODE_NO_NODE);
	cr_assert_eq(look(0, "/a", false), ZNODE_NO_NODE);
	cr_assert_gt(sim_coord_seen(it.ensemble, SIM_COORD_SEEN_MULTI_FAILED), 0);
}

Test(sim_coord, answers_in_the_order_of_the_calls)
{
	struct coord_asked *written = coord_fixture_write(&it, 0, ZNODE_OP_CREATE, "/a", 0, 0);
	struct coord_asked *wrong = coord_fixture_read(&it, 0, COORD_EXISTS, "a", false);
	struct coord_asked *read = coord_fixture_read(&it, 0, COORD_EXISTS, "/a", false);

	coord_fixture_run(&it, SECOND);
	cr_assert_eq(written->error, ZNODE_OK);
	cr_assert_eq(wrong->error, ZNODE_BAD_ARGUMENTS);
	cr_assert_eq(read->error, ZNODE_OK); /* it sees the write before it */
}

Test(sim_coord, fires_a_watch_once)
{
	cr_assert_eq(look(1, "/a", true), ZNODE_NO_NODE);
	create(0, "/a", 0);
	cr_assert_str_eq(b->events, "1 /a; ");
	(void)coord_fixture_write(&it, 0, ZNODE_OP_SET_DATA, "/a", 0, -1);
	coord_fixture_run(&it, SECOND);
	cr_assert_str_eq(b->events, "1 /a; ");
}

Test(sim_coord, removes_ephemerals_when_a_session_is_closed)
{
	create(0, "/a", ZNODE_EPHEMERAL);
	coord_fixture_close(&it, 0, true);
	coord_fixture_run(&it, SECOND);
	cr_assert_not(sim_coord_session_lives(it.ensemble, a->credentials.session));
	cr_assert_eq(look(1, "/a", false), ZNODE_NO_NODE);
	a->credentials = (struct coord_credentials){ 0 };
	coord_fixture_reopen(&it, 0);
	cr_assert_eq(a->state, COORD_CONNECTED);
}

Test(sim_coord, lets_a_killed_process_session_live_until_its_time_out)
{
	create(0, "/a", ZNODE_EPHEMERAL);
	sim_process_kill(&a->process);
	coord_fixture_run(&it, SECOND);
	cr_assert_eq(look(1, "/a", false), ZNODE_OK);
	coord_fixture_run(&it, 10 * SECOND);
	cr_assert_eq(look(1, "/a", false), ZNODE_NO_NODE);
	sim_coord_check_ephemerals(it.ensemble);
}

Test(sim_coord, gives_a_session_back_to_who_knows_its_password)
{
	int64_t session = a->credentials.session;

	create(0, "/a", ZNODE_EPHEMERAL);
	sim_process_kill(&a->process);
	coord_fixture_start(&it, 0);
	cr_assert_eq(a->state, COORD_CONNECTED);
	cr_assert_eq(a->credentials.session, session);
	coord_fixture_run(&it, 10 * SECOND);
	cr_assert_eq(look(1, "/a", false), ZNODE_OK);
}

Test(sim_coord, tells_who_does_not_that_it_has_expired)
{
	int64_t session = a->credentials.session;

	sim_process_kill(&a->process);
	a->credentials.password[0] ^= 1;
	coord_fixture_start(&it, 0);
	cr_assert_eq(a->state, COORD_EXPIRED);
	cr_assert(sim_coord_session_lives(it.ensemble, session));
	cr_assert_eq(sim_coord_seen(it.ensemble, SIM_COORD_SEEN_WRONG_PASSWORD), 1);
	coord_fixture_close(&it, 0, false);
	a->credentials = (struct coord_credentials){ 0 };
	coord_fixture_reopen(&it, 0);
	cr_assert_eq(a->state, COORD_CONNECTED);
}

Test(sim_coord, lets_a_client_learn_of_its_expiry_only_when_it_is_back)
{
	struct coord_asked *asked;

	cut(0, true, true);
	coord_fixture_run(&it, 10 * SECOND);
	cr_assert_not(sim_coord_session_lives(it.ensemble, a->credentials.session));
	cr_assert_eq(a->state, COORD_CONNECTING);
	mend(0);
	coord_fixture_run(&it, 5 * SECOND);
	cr_assert_eq(a->state, COORD_EXPIRED);
	cr_assert_eq(sim_coord_seen(it.ensemble, SIM_COORD_SEEN_EXPIRY_LEARNED_LATE), 1);
	asked = coord_fixture_read(&it, 0, COORD_EXISTS, "/", false);
	coord_fixture_run(&it, SECOND);
	cr_assert_eq(asked->error, ZNODE_SESSION_EXPIRED);
}

Test(sim_coord, expires_a_paused_process_too)
{
	sim_process_pause(&a->process);
	coord_fixture_run(&it, 10 * SECOND);
	cr_assert_not(sim_coord_session_lives(it.ensemble, a->credentials.session));
	sim_process_resume(&a->process);
	coord_fixture_run(&it, 5 * SECOND);
	cr_assert_eq(a->state, COORD_EXPIRED);
}

Test(sim_coord, leaves_the_outcome_open_when_a_reply_is_lost)
{
	struct coord_asked *asked;

	sim_coord_faults(it.ensemble)->lose_reply = 1000;
	asked = create(0, "/a", 0);
	cr_assert_eq(asked->error, ZNODE_CONNECTION_LOSS);
	cr_assert_eq(sim_coord_seen(it.ensemble, SIM_COORD_SEEN_LOST_REPLY_OF_CREATE), 1);
	coord_fixture_run(&it, 5 * SECOND);
	cr_assert_eq(look(0, "/a", false), ZNODE_OK);
	cr_assert_eq(a->connections, 2);
}

Test(sim_coord, does_nothing_when_a_request_is_lost)
{
	sim_coord_faults(it.ensemble)->lose_request = 1000;
	cr_assert_eq(create(0, "/a", 0)->error, ZNODE_CONNECTION_LOSS);
	sim_coord_faults(it.ensemble)->lose_request = 0;
	coord_fixture_run(&it, 5 * SECOND);
	cr_assert_eq(look(0, "/a", false), ZNODE_NO_NODE);
	cr_assert_eq(sim_coord_seen(it.ensemble, SIM_COORD_SEEN_LOST_REQUEST), 1);
}

Test(sim_coord, answers_calls_without_a_connection_from_the_loop)
{
	struct coord_asked *asked;

	for (int i = 0; i < 3; i++)
		sim_coord_server_down(it.ensemble, i);
	coord_fixture_run(&it, 5 * SECOND);
	cr_assert_eq(a->state, COORD_CONNECTING);
	asked = coord_fixture_read(&it, 0, COORD_EXISTS, "/", false);
	coord_fixture_run(&it, SECOND);
	cr_assert_eq(asked->error, ZNODE_CONNECTION_LOSS);
}

Test(sim_coord, expires_nobody_without_a_quorum)
{
	sim_coord_server_down(it.ensemble, 0);
	sim_coord_server_down(it.ensemble, 1);
	cr_assert_eq(sim_coord_leader(it.ensemble), -1);
	coord_fixture_run(&it, 60 * SECOND);
	cr_assert(sim_coord_session_lives(it.ensemble, a->credentials.session));
	sim_coord_heal(it.ensemble);
	coord_fixture_run(&it, 5 * SECOND);
	cr_assert_eq(a->state, COORD_CONNECTED);
	cr_assert_eq(sim_coord_seen(it.ensemble, SIM_COORD_SEEN_QUORUM_LOST), 1);
}

Test(sim_coord, moves_a_session_to_another_server)
{
	int64_t session = a->credentials.session;

	for (int i = 0; i < 3; i++) {
		sim_coord_server_down(it.ensemble, i);
		coord_fixture_run(&it, 5 * SECOND);
		sim_coord_server_up(it.ensemble, i);
		coord_fixture_run(&it, 5 * SECOND);
	}
	cr_assert_eq(a->state, COORD_CONNECTED);
	cr_assert_eq(a->credentials.session, session);
	cr_assert_gt(sim_coord_seen(it.ensemble, SIM_COORD_SEEN_SESSION_MOVED), 0);
}

Test(sim_coord, tells_at_reconnect_what_a_watch_has_missed)
{
	create(0, "/a", 0);
	cr_assert_eq(look(1, "/a", true), ZNODE_OK);
	cut(1, true, true);
	(void)coord_fixture_write(&it, 0, ZNODE_OP_SET_DATA, "/a", 0, -1);
	coord_fixture_run(&it, SECOND);
	sim_coord_reset(it.ensemble, 1);
	mend(1);
	coord_fixture_run(&it, 3 * SECOND);
	cr_assert_str_eq(b->events, "3 /a; ");
	cr_assert_eq(b->state, COORD_CONNECTED);
}

Test(sim_coord, does_not_tell_at_reconnect_what_came_and_went)
{
	cr_assert_eq(look(1, "/a", true), ZNODE_NO_NODE);
	cut(1, true, true);
	sim_coord_reset(it.ensemble, 1);
	create(0, "/a", 0);
	(void)coord_fixture_write(&it, 0, ZNODE_OP_DELETE, "/a", 0, -1);
	coord_fixture_run(&it, SECOND / 10);
	mend(1);
	coord_fixture_run(&it, 2 * SECOND);
	cr_assert_eq(b->state, COORD_CONNECTED);
	cr_assert_eq(b->connections, 2);
	cr_assert_str_eq(b->events, "");
	create(0, "/a", 0); /* but it still watches */
	cr_assert_str_eq(b->events, "1 /a; ");
}

Test(sim_coord, leaves_an_ephemeral_over_until_it_is_restarted)
{
	sim_coord_faults(it.ensemble)->leftover = 1000;
	create(0, "/a", ZNODE_EPHEMERAL);
	coord_fixture_close(&it, 0, true);
	coord_fixture_run(&it, SECOND);
	cr_assert_eq(look(1, "/a", false), ZNODE_OK);
	cr_assert(sim_coord_session_has_leftovers(it.ensemble, a->credentials.session));
	sim_coord_check_ephemerals(it.ensemble);
	sim_coord_clear_leftovers(it.ensemble);
	coord_fixture_run(&it, SECOND);
	cr_assert_eq(look(1, "/a", false), ZNODE_NO_NODE);
	a->credentials = (struct coord_credentials){ 0 };
	coord_fixture_reopen(&it, 0);
}

Test(sim_coord, makes_sessions_that_their_client_never_learns_of)
{
	sim_process_kill(&a->process);
	a->credentials = (struct coord_credentials){ 0 };
	sim_coord_faults(it.ensemble)->lose_connected = 1000;
	coord_fixture_start(&it, 0);
	cr_assert_eq(a->connections, 1);
	cr_assert_gt(sim_coord_seen(it.ensemble, SIM_COORD_SEEN_UNKNOWN_SESSION), 0);
	sim_coord_faults(it.ensemble)->lose_connected = 0;
	coord_fixture_run(&it, 5 * SECOND);
	cr_assert_eq(a->connections, 2);
}

Test(sim_coord, keeps_serving_old_data_from_a_server_that_is_cut_off)
{
	int follower = coord_fixture_follower(&it);

	coord_fixture_close(&it, 1, true);
	b->server = follower;
	b->credentials = (struct coord_credentials){ 0 };
	coord_fixture_reopen(&it, 1);
	sim_coord_server_isolate(it.ensemble, follower);
	a->server = sim_coord_leader(it.ensemble);
	(void)coord_fixture_write(&it, 0, ZNODE_OP_CREATE, "/a", 0, 0);
	coord_fixture_run(&it, SECOND / 10);
	struct coord_asked *asked = coord_fixture_read(&it, 1, COORD_EXISTS, "/a", false);
	coord_fixture_run(&it, SECOND / 10);
	cr_assert(asked->answered);
	cr_assert_eq(asked->error, ZNODE_NO_NODE);
	coord_fixture_run(&it, 2 * SECOND);
	cr_assert_eq(b->state, COORD_CONNECTING); /* it has noticed, and refuses */
	sim_coord_heal(it.ensemble);
	coord_fixture_run(&it, 3 * SECOND);
	cr_assert_eq(look(1, "/a", false), ZNODE_OK);
}

Test(sim_coord, with_a_one_way_cut_to_the_servers_loses_the_session)
{
	cut(0, true, false);
	coord_fixture_run(&it, 10 * SECOND);
	cr_assert_not(sim_coord_session_lives(it.ensemble, a->credentials.session));
	cr_assert_neq(a->state, COORD_CONNECTED);
}
