#include <criterion/criterion.h>
#include <signal.h>

#include "../zk/fake_zk.h"

static struct fake_zk fake;

static void
done(struct coord_call *call, const struct coord_answer *answer)
{
	(void)call;
	(void)answer;
}

static void
state_changed(struct coord_handler *handler, enum coord_state state)
{
	(void)handler;
	(void)state;
}

static struct coord_handler handler = { .state_changed = state_changed };

static struct coord_session *
open_session(void)
{
	struct net_address server = { "127.0.0.1", 2181 };
	struct coord_options options = { .servers = &server, .server_count = 1,
		.timeout_ms = 6000 };
	struct coord_session *session;

	fake_zk_init(&fake);
	cr_assert(coord_open(&fake.coord, &options, &handler, &session) == ERROR_NONE);
	return session;
}

Test(coord, hands_everything_to_the_end)
{
	struct coord_session *session = open_session();
	struct coord_call call = { .type = COORD_EXISTS, .path = slice_of_text("/"), .done = done };
	struct coord_credentials credentials;
	struct net_address servers[2] = { { "::1", 1 }, { "::1", 2 } };

	coord_call(session, &call);
	coord_credentials(session, &credentials);
	coord_set_servers(session, servers, 2);
	cr_assert(fake.calls[0] == &call && credentials.session == 0x100);
	cr_assert(coord_timeout_ms(session) == 6000 && fake.server_count == 2);
	coord_close(session, true);
	cr_assert(fake.ends == 1);
	fake_zk_fini(&fake);
}

Test(coord, several_operations_must_be_a_multi, .signal = SIGABRT)
{
	struct coord_session *session = open_session();
	struct znode_operation operations[2] = { { .path = slice_of_text("/a") },
		{ .path = slice_of_text("/b") } };
	struct coord_call call = { .type = COORD_WRITE, .operations = operations,
		.operation_count = 2, .done = done };

	coord_call(session, &call);
}

Test(coord, is_the_control_loops_alone, .signal = SIGABRT)
{
	struct coord_session *session = open_session();

	fake_zk_fini(&fake);
	coord_close(session, false);
}
