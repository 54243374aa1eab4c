#include "tests/sim/coord.h"

#include <stdlib.h>

#include "base/memory.h"
#include "tests/sim/scenario.h"
#include "tests/sim/sim_net.h"

enum { ALL = COORD_PROCESSES + COORD_BROKERS };
enum { WORK_US = 60000000, HEALED_US = 90000000, CHECK_US = 1000000 };

enum fault {
	FAULT_KILL,
	FAULT_PAUSE,
	FAULT_BLOCK_UP,
	FAULT_BLOCK_DOWN,
	FAULT_BLOCK_BOTH,
	FAULT_RESET,
	FAULT_SERVER_DOWN,
	FAULT_SERVER_ISOLATED,
	FAULT_LEADER_DOWN,
	FAULT_QUORUM_LOST,
	FAULT_RESTART, /* of the ensemble: takes leftovers away */
	FAULT_COUNT,
};

struct run;

struct blocked {
	struct run *run;
	int machine, server;
};

struct run {
	struct coord_town town;
	struct sim_net net;
	struct sim_machine machines[ALL + 1]; /* the last one sets up */
	struct sim_process processes[ALL + 1];
	bool enabled[FAULT_COUNT];
	struct blocked blocked[ALL][SIM_COORD_SERVERS_MAX];
	bool healed, ready;
};

static struct prng *
faults(struct run *run)
{
	return sim_stream(run->town.sim, SIM_FAULTS);
}

/* ----------------------------------------------------------------- set-up */

/* Makes the nodes that all need; its own process, so that it uses the port as they do. */
struct builder {
	struct run *run;
	struct coord_session *session;
	struct coord_handler handler;
	struct coord_call call;
	struct znode_operation operations[5 + COORD_COUNTERS];
};

static const struct znode_acl_entry open_entry = { ZNODE_ALL,
	{ { (const uint8_t *)"world", 5 }, { (const uint8_t *)"anyone", 6 } } };

static void start_processes(struct sim *sim, void *context);

static void
built(struct coord_call *call, const struct coord_answer *answer)
{
	struct builder *builder = container_of(call, struct builder, call);
	struct run *run = builder->run;

	sim_check(run->town.sim, answer->error == ZNODE_OK, "nodes cannot be made: %d",
	    (int)answer->error);
	coord_close(builder->session, true);
	run->ready = true;
	sim_after(run->town.sim, 0, start_processes, run);
}

static void
builder_state(struct coord_handler *handler, enum coord_state state)
{
	static const char *const paths[] = { "/ids", "/tree", "/work", "/controller_epoch", "/counter0",
		"/counter1" };
	struct builder *builder = container_of(handler, struct builder, handler);

	if (state != COORD_CONNECTED)
		return;
	for (size_t i = 0; i < ARRAY_LENGTH(paths); i++)
		builder->operations[i] = (struct znode_operation){
			.type = ZNODE_OP_CREATE,
			.path = slice_of_text(paths[i]),
			.data = slice_of_text("0 0 0"),
			.acl = { &open_entry, 1 },
		};
	builder->call = (struct coord_call){ .type = COORD_WRITE, .operations = builder->operations,
		.operation_count = ARRAY_LENGTH(paths), .multi = true, .done = built };
	coord_call(builder->session, &builder->call);
}

static void
build(struct sim_process *process)
{
	struct run *run = container_of(process->scenario, struct run, town);
	struct net_address address = sim_coord_address(0);
	struct builder *builder = memory_new(sizeof(*builder));

	process->application = builder;
	builder->run = run;
	builder->handler.state_changed = builder_state;
	if (coord_open(sim_coord_attach(run->town.ensemble, process), &(struct coord_options){
		.servers = &address, .server_count = 1, .timeout_ms = 10000 },
	    &builder->handler, &builder->session) != ERROR_NONE)
		sim_fail(run->town.sim, "a session cannot be opened");
}

/* ----------------------------------------------------------------- faults */

static void
start_again(struct sim *sim, void *context)
{
	struct sim_process *process = context;

	if (process->state == SIM_PROCESS_DOWN && !sim->failed)
		sim_process_start(process);
}

static void
died(struct sim_process *process)
{
	process->application = NULL;
	sim_after(process->sim, prng_between(sim_stream(process->sim, SIM_FAULTS), 1000, 4000000),
	    start_again, process);
}

static void
resume(struct sim *sim UNUSED, void *context)
{
	sim_process_resume(context);
}

static void
unblock(struct sim *sim UNUSED, void *context)
{
	struct blocked *blocked = context;

	sim_coord_unblock(blocked->run->town.ensemble, blocked->machine, blocked->server);
}

static void
servers_up(struct sim *sim UNUSED, void *context)
{
	struct run *run = context;

	for (int i = 0; i < run->town.servers; i++)
		sim_coord_server_up(run->town.ensemble, i);
}

/* From one server, or from all of them. */
static void
block(struct run *run, enum fault fault)
{
	int machine = (int)prng_below(faults(run), ALL);
	bool all = prng_chance(faults(run), 1, 2);
	int one = (int)prng_below(faults(run), (uint64_t)run->town.servers);
	int64_t until_us = prng_between(faults(run), 100000, 12000000);

	for (int server = 0; server < run->town.servers; server++) {
		struct blocked *blocked;

		if (!all && server != one)
			continue;
		blocked = &run->blocked[machine][server];
		*blocked = (struct blocked){ run, machine, server };
		sim_coord_block(run->town.ensemble, machine, server, fault != FAULT_BLOCK_DOWN,
		    fault != FAULT_BLOCK_UP);
		sim_after(run->town.sim, until_us, unblock, blocked);
	}
}

static void
server_fault(struct run *run, enum fault fault)
{
	struct sim_coord *ensemble = run->town.ensemble;
	int server = (int)prng_below(faults(run), (uint64_t)run->town.servers);

	if (fault == FAULT_LEADER_DOWN && sim_coord_leader(ensemble) >= 0)
		server = sim_coord_leader(ensemble);
	if (fault == FAULT_QUORUM_LOST) {
		for (int i = 0; i <= run->town.servers / 2; i++)
			sim_coord_server_down(ensemble, (server + i) % run->town.servers);
	} else if (fault == FAULT_SERVER_ISOLATED) {
		sim_coord_server_isolate(ensemble, server);
	} else {
		sim_coord_server_down(ensemble, server);
	}
	sim_after(run->town.sim, prng_between(faults(run), 50000, 9000000), servers_up, run);
}

static void
process_fault(struct run *run, enum fault fault)
{
	struct sim_process *process = &run->processes[prng_below(faults(run), ALL)];

	if (fault == FAULT_KILL) {
		sim_process_kill(process);
	} else if (process->state == SIM_PROCESS_UP) {
		sim_process_pause(process);
		sim_after(run->town.sim, prng_between(faults(run), 1000, 9000000), resume, process);
	}
}

static void
some_fault(struct sim *sim, void *context)
{
	struct run *run = context;
	enum fault fault = (enum fault)prng_below(faults(run), FAULT_COUNT);

	if (run->healed)
		return;
	if (run->enabled[fault]) {
		sim_trace(sim, "fault %d", (int)fault);
		if (fault <= FAULT_PAUSE)
			process_fault(run, fault);
		else if (fault <= FAULT_BLOCK_BOTH)
			block(run, fault);
		else if (fault == FAULT_RESET)
			sim_coord_reset(run->town.ensemble, (int)prng_below(faults(run), ALL));
		else if (fault == FAULT_RESTART)
			sim_coord_clear_leftovers(run->town.ensemble);
		else
			server_fault(run, fault);
	}
	sim_after(sim, sim_delay(sim, SIM_FAULTS, 100000, 4000000), some_fault, run);
}

static void
some_knob(struct run *run, int *knob, int highest)
{
	if (prng_chance(faults(run), 1, 2))
		*knob = (int)prng_below(faults(run), (uint64_t)highest);
}

/* Nothing fails before the nodes are there. */
static void
start_processes(struct sim *sim, void *context)
{
	struct run *run = context;
	struct sim_coord_faults *knobs = sim_coord_faults(run->town.ensemble);

	sim_process_kill(&run->processes[ALL]);
	some_knob(run, &knobs->lose_request, 40);
	some_knob(run, &knobs->lose_reply, 40);
	some_knob(run, &knobs->lose_connected, 300);
	some_knob(run, &knobs->leftover, 200);
	knobs->lose_on_break = 500;
	for (int i = 0; i < ALL; i++)
		sim_process_start(&run->processes[i]);
	some_fault(sim, run);
}

/* ------------------------------------------------------------------- run */

static void
make_ensemble(struct run *run)
{
	static const int sizes[] = { 1, 3, 3, 5 };
	static const int64_t ticks_us[] = { 100000, 400000, 1000000 };
	struct prng *prng = faults(run);
	struct sim_coord_options options = {
		.servers = sizes[prng_below(prng, ARRAY_LENGTH(sizes))],
		.tick_us = ticks_us[prng_below(prng, ARRAY_LENGTH(ticks_us))],
		.delay_high_us = prng_between(prng, 500, 60000),
		.lag_high_us = prng_between(prng, 100, 800000),
		.committed = coord_oracle_committed,
		.context = &run->town,
	};

	run->town.servers = options.servers;
	run->town.timeout_ms = (int32_t)prng_between(prng, 300, 6000);
	run->town.ensemble = sim_coord_new(run->town.sim, &options);
	run->town.house = (struct coord_house){ .sim = run->town.sim, .first = COORD_PROCESSES,
		.ensemble = run->town.ensemble, .servers = run->town.servers,
		.timeout_ms = run->town.timeout_ms };
}

static void
make_run(struct run *run, struct sim *sim)
{
	static const char *const names[] = { "process0", "process1", "process2", "broker3",
		"broker4", "builder" };

	*run = (struct run){ .town.sim = sim };
	sim_net_init(&run->net, sim);
	for (int i = 0; i < FAULT_COUNT; i++)
		run->enabled[i] = prng_chance(faults(run), 1, 2);
	make_ensemble(run);
	for (int i = 0; i <= ALL; i++) {
		struct sim_process *process = &run->processes[i];

		sim_machine_init(&run->machines[i], sim, &run->net, i);
		sim_process_init(process, &run->machines[i], names[i], i, 1,
		    i < COORD_PROCESSES ? coord_life_boot : i < ALL ? coord_broker_boot : build);
		process->scenario = &run->town;
		if (i >= COORD_PROCESSES && i < ALL)
			process->scenario = &run->town.house;
		process->died = i < ALL ? died : NULL;
	}
	sim_process_start(&run->processes[ALL]);
}

/* NULL: all have done what they wanted. */
static const char *
unsettled(struct run *run, int *who)
{
	for (*who = 0; *who < COORD_PROCESSES; ++*who) {
		const struct sim_process *process = &run->processes[*who];
		const char *what = "is not up";

		if (process->state == SIM_PROCESS_UP && process->application != NULL)
			what = coord_oracle_unsettled(&run->town, process->application);
		if (what != NULL)
			return what;
	}
	for (; *who < ALL; ++*who) {
		if (!coord_broker_is_settled(&run->town.house, &run->processes[*who]))
			return "is not settled";
	}
	return NULL;
}

static void
run_until(struct run *run, int64_t until_us)
{
	struct sim *sim = run->town.sim;

	while (!sim->failed && !sim->stopped && sim->now_us < until_us) {
		sim_run(sim, MIN(until_us, sim->now_us + CHECK_US));
		sim_coord_check_ephemerals(run->town.ensemble);
	}
}

/* From now on nothing fails, and nothing is begun that was not wanted before. */
static void
heal(struct run *run)
{
	run->healed = true;
	run->town.house.quiet = true; /* an old session of theirs may still have to expire */
	sim_coord_heal(run->town.ensemble);
	for (int i = 0; i < ALL; i++)
		sim_process_resume(&run->processes[i]);
	run_until(run, run->town.sim->now_us + 10000000);
	run->town.quiet = true;
	sim_coord_clear_leftovers(run->town.ensemble);
}

static void
check_at_end(struct run *run)
{
	struct sim *sim = run->town.sim;
	int64_t until_us = sim->now_us + HEALED_US;
	uint64_t commits;
	const char *what;
	int who;

	while ((what = unsettled(run, &who)) != NULL && !sim->failed && !sim->stopped &&
	    sim->now_us < until_us)
		run_until(run, sim->now_us + CHECK_US);
	if (sim->failed || sim->stopped)
		return;
	sim_check(sim, what == NULL, "process %d %s though all is well", who, what);
	/* Sessions that nobody knows of may end at any time; that is a commit too. */
	run->town.silent = run->town.house.silent = true;
	do {
		commits = run->town.commits;
		run_until(run, sim->now_us + 3 * CHECK_US);
	} while (!sim->failed && !sim->stopped && commits != run->town.commits);
	while (!sim_coord_is_level(run->town.ensemble) && !sim->failed && sim->now_us < until_us)
		run_until(run, sim->now_us + CHECK_US);
	sim_coord_check_equal(run->town.ensemble);
	for (int i = 0; i < SIM_COORD_SEEN_COUNT; i++) {
		if (sim_coord_seen(run->town.ensemble, (enum sim_coord_seen)i) > 0)
			sim_mark(sim, sim_coord_seen_text((enum sim_coord_seen)i));
	}
}

static void
run_coord(struct sim *sim)
{
	struct run *run = sim_memory_new(sizeof(*run));

	make_run(run, sim);
	run_until(run, WORK_US);
	sim_check(sim, run->ready || sim->stopped, "the nodes are not made");
	if (!sim->failed && !sim->stopped)
		heal(run);
	if (!sim->failed && !sim->stopped)
		check_at_end(run);
	for (int i = 0; i <= ALL; i++)
		sim_process_fini(&run->processes[i]);
	sim_coord_free(run->town.ensemble);
	for (int i = 0; i <= ALL; i++)
		sim_machine_fini(&run->machines[i]);
	sim_net_fini(&run->net);
	free(run);
}

#define MARK(name, text) text,
static const char *const marks[] = { SIM_COORD_SEEN_TABLE(MARK) COORD_BROKER_MARKS };

const struct scenario scenario_coord = {
	.name = "coord",
	.marks = marks,
	.mark_count = ARRAY_LENGTH(marks),
	.run = run_coord,
};
