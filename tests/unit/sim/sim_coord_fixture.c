#include "tests/unit/sim/sim_coord_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct znode_acl_entry open_entry = { ZNODE_ALL,
	{ { (const uint8_t *)"world", 5 }, { (const uint8_t *)"anyone", 6 } } };

static void
state_changed(struct coord_handler *handler, enum coord_state state)
{
	struct coord_side *side = container_of(handler, struct coord_side, handler);

	cr_assert_eq(loop_current(), side->process.world.control);
	side->state = state;
	if (state != COORD_CONNECTED)
		return;
	side->connections++;
	coord_credentials(side->session, &side->credentials);
}

static void
watch_fired(struct coord_handler *handler, enum znode_event_type type, struct slice path)
{
	struct coord_side *side = container_of(handler, struct coord_side, handler);
	size_t used = strlen(side->events);

	snprintf(side->events + used, sizeof(side->events) - used, "%d %.*s; ", (int)type,
	    (int)path.size, (const char *)path.bytes);
}

static void
open_session(struct coord_side *side)
{
	struct net_address servers[SIM_COORD_SERVERS_MAX];
	struct coord_options options = {
		.servers = servers,
		.server_count = side->server < 0 ? SIM_COORD_SERVERS_MAX : 1,
		.timeout_ms = 4000,
		.credentials = side->credentials,
	};

	for (int i = 0; i < SIM_COORD_SERVERS_MAX; i++)
		servers[i] = sim_coord_address(side->server < 0 ? i : side->server);
	side->state = COORD_CONNECTING;
	cr_assert_eq(coord_open(side->coord, &options, &side->handler, &side->session), ERROR_NONE);
}

static void
boot(struct sim_process *process)
{
	struct coord_side *side = container_of(process, struct coord_side, process);
	struct coord_fixture *fixture = process->scenario;

	side->coord = sim_coord_attach(fixture->ensemble, process);
	open_session(side);
}

static void
committed(struct sim_coord *ensemble UNUSED, const struct sim_coord_commit *commit, void *context)
{
	struct coord_fixture *fixture = context;

	cr_assert_eq(commit->zxid, ++fixture->commits);
}

void
coord_fixture_init(struct coord_fixture *fixture, int servers, int64_t lag_high_us)
{
	memset(fixture, 0, sizeof(*fixture));
	sim_init(&fixture->sim, 5);
	sim_net_init(&fixture->net, &fixture->sim);
	fixture->ensemble = sim_coord_new(&fixture->sim, &(struct sim_coord_options){
		.servers = servers,
		.tick_us = 500000,
		.delay_high_us = 2000,
		.lag_high_us = lag_high_us,
		.committed = committed,
		.context = fixture,
	});
	for (int i = 0; i < 2; i++) {
		struct coord_side *side = &fixture->sides[i];

		sim_machine_init(&side->machine, &fixture->sim, &fixture->net, i);
		sim_process_init(&side->process, &side->machine, i == 0 ? "a" : "b", i, 1, boot);
		side->process.scenario = fixture;
		side->server = -1;
		side->handler.state_changed = state_changed;
		side->handler.watch_fired = watch_fired;
	}
}

void
coord_fixture_fini(struct coord_fixture *fixture)
{
	cr_assert_not(fixture->sim.failed, "%s", fixture->sim.failure);
	for (int i = 0; i < 2; i++)
		sim_process_fini(&fixture->sides[i].process);
	sim_coord_free(fixture->ensemble);
	for (int i = 0; i < 2; i++)
		sim_machine_fini(&fixture->sides[i].machine);
	sim_net_fini(&fixture->net);
	sim_fini(&fixture->sim);
}

void
coord_fixture_run(struct coord_fixture *fixture, int64_t us)
{
	sim_run(&fixture->sim, fixture->sim.now_us + us);
}

void
coord_fixture_start(struct coord_fixture *fixture, int side)
{
	sim_process_start(&fixture->sides[side].process);
	coord_fixture_run(fixture, COORD_SECOND_US);
}

/* As an event of the process would run. */
static void
enter(struct coord_side *side)
{
	sim_process_enter(&side->process);
	loop_enter(side->process.world.control);
}

static void
leave(struct coord_side *side)
{
	loop_leave(side->process.world.control);
	sim_process_leave(&side->process);
}

void
coord_fixture_close(struct coord_fixture *fixture, int side, bool end_session)
{
	enter(&fixture->sides[side]);
	coord_close(fixture->sides[side].session, end_session);
	leave(&fixture->sides[side]);
}

void
coord_fixture_reopen(struct coord_fixture *fixture, int side)
{
	enter(&fixture->sides[side]);
	open_session(&fixture->sides[side]);
	leave(&fixture->sides[side]);
	coord_fixture_run(fixture, COORD_SECOND_US);
}

static void
done(struct coord_call *call, const struct coord_answer *answer)
{
	struct coord_asked *asked = container_of(call, struct coord_asked, call);
	size_t used = 0;

	cr_assert_not(asked->answered);
	asked->answered = true;
	asked->error = answer->error;
	asked->stat = answer->stat;
	for (size_t i = 0; call->type == COORD_WRITE && i < call->operation_count; i++)
		asked->errors[i] = answer->results[i].error;
	snprintf(asked->text, sizeof(asked->text), "%.*s", (int)answer->data.size,
	    (const char *)answer->data.bytes);
	for (size_t i = 0; i < answer->child_count; i++)
		used += (size_t)snprintf(asked->text + used, sizeof(asked->text) - used, "%.*s ",
		    (int)answer->children[i].size, (const char *)answer->children[i].bytes);
}

static struct coord_asked *
ask(struct coord_fixture *fixture, int number, const struct coord_call *call,
    const struct znode_operation operations[2])
{
	struct coord_side *side = &fixture->sides[number];
	struct coord_asked *asked = &side->asked[side->asked_count++ % COORD_CALLS_MAX];

	*asked = (struct coord_asked){ .call = *call };
	memcpy(asked->operations, operations, sizeof(asked->operations));
	asked->call.operations = asked->operations;
	asked->call.done = done;
	enter(side);
	coord_call(side->session, &asked->call);
	leave(side);
	cr_assert_not(asked->answered);
	return asked;
}

static struct znode_operation
operation(enum znode_operation_type type, const char *path, int32_t flags, int32_t version)
{
	return (struct znode_operation){ .type = type, .path = slice_of_text(path),
		.data = slice_of_text("x"), .acl = { &open_entry, 1 }, .flags = flags,
		.version = version };
}

struct coord_asked *
coord_fixture_write(struct coord_fixture *fixture, int side, enum znode_operation_type type,
    const char *path, int32_t flags, int32_t version)
{
	struct znode_operation operations[2] = { operation(type, path, flags, version) };

	return ask(fixture, side, &(struct coord_call){ .type = COORD_WRITE, .operation_count = 1 },
	    operations);
}

struct coord_asked *
coord_fixture_multi(struct coord_fixture *fixture, int side, const char *created,
    const char *checked)
{
	struct znode_operation operations[2] = { operation(ZNODE_OP_CREATE, created, 0, 0),
		operation(ZNODE_OP_CHECK, checked, 0, 0) };

	return ask(fixture, side, &(struct coord_call){ .type = COORD_WRITE, .operation_count = 2,
		.multi = true }, operations);
}

struct coord_asked *
coord_fixture_read(struct coord_fixture *fixture, int side, enum coord_call_type type,
    const char *path, bool watch)
{
	struct znode_operation none[2] = { 0 };

	return ask(fixture, side, &(struct coord_call){ .type = type, .path = slice_of_text(path),
		.watch = watch }, none);
}

int
coord_fixture_follower(struct coord_fixture *fixture)
{
	return sim_coord_leader(fixture->ensemble) == 0 ? 1 : 0;
}
