#include "tests/sim/control.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/scenario.h"

enum { ALL = CONTROL_BROKERS + 1 };
enum { WORK_US = 60000000, HEALED_US = 120000000, CHECK_US = 500000 };

enum fault { FAULT_KILL, FAULT_CRASH, FAULT_PAUSE, FAULT_BLOCK, FAULT_RESET, FAULT_SERVER, FAULT_MUTE,
	FAULT_DIR, FAULT_COUNT };

struct run {
	struct control control;
	bool enabled[FAULT_COUNT];
};

static const char *const names[CONTROL_NAMES] = { "t0", "t1", "t2", "t3", "t4" };

const char *
control_name(int number)
{
	return names[number];
}

int
control_name_number(struct slice name)
{
	for (int i = 0; i < CONTROL_NAMES; i++)
		if (slice_equal_text(name, names[i]))
			return i;
	return -1;
}

static struct prng *
faults(struct run *run)
{
	return sim_stream(run->control.town.sim, SIM_FAULTS);
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
	sim_after(process->sim, prng_between(sim_stream(process->sim, SIM_FAULTS), 1000, 9000000),
	    start_again, process);
}

static void
mend(struct sim *sim UNUSED, void *context)
{
	struct run *run = context;
	struct control_town *town = &run->control.town;

	for (int i = 0; i < ALL; i++) {
		sim_process_resume(&town->brokers[i].process);
		town->brokers[i].is_mute = false;
		if (town->brokers[i].has_failed_dir)
			sim_process_kill(&town->brokers[i].process); /* it starts on a new disk */
		for (int server = 0; server < town->servers; server++)
			sim_coord_unblock(town->ensemble, i, server);
	}
	for (int server = 0; server < town->servers; server++)
		sim_coord_server_up(town->ensemble, server);
}

/* Of the controller mostly: the others have little to lose. */
static int
somebody(struct run *run)
{
	int active = town_active(&run->control.town);

	return active >= 0 && prng_chance(faults(run), 1, 2) ? active :
	    (int)prng_below(faults(run), CONTROL_BROKERS);
}

/* It says so in ZooKeeper, and refuses all partitions until it starts again. */
static void
lose_dir(struct town_broker *broker)
{
	char path[64], data[64];

	if (broker->process.state != SIM_PROCESS_UP || broker->epoch < 0 ||
	    town_session(broker) == NULL)
		return;
	broker->has_failed_dir = true;
	snprintf(path, sizeof(path), "/log_dir_event_notification/log_dir_event_%010d",
	    (int)prng_below(sim_stream(broker->town->sim, SIM_FAULTS), 1000000000));
	snprintf(data, sizeof(data), "{\"version\":1,\"broker\":%d,\"event\":1}",
	    broker->town->first + broker->process.number);
	town_write(broker, ZNODE_OP_CREATE, path, data);
	sim_mark(broker->town->sim, "log dir failed");
}

static void
fail(struct run *run, enum fault fault)
{
	struct control_town *town = &run->control.town;
	int who = somebody(run);

	switch (fault) {
	case FAULT_KILL:
		sim_process_kill(&town->brokers[who].process);
		return;
	case FAULT_CRASH:
		run->control.crash_after = (int)prng_between(faults(run), 1, 12);
		return;
	case FAULT_PAUSE:
		if (town->brokers[who].process.state == SIM_PROCESS_UP)
			sim_process_pause(&town->brokers[who].process);
		break;
	case FAULT_BLOCK:
		for (int server = 0; server < town->servers; server++)
			sim_coord_block(town->ensemble, who, server, true, prng_chance(faults(run), 1, 2));
		break;
	case FAULT_RESET:
		sim_coord_reset(town->ensemble, who);
		return;
	case FAULT_SERVER:
		sim_coord_server_down(town->ensemble,
		    (int)prng_below(faults(run), (uint64_t)town->servers));
		break;
	case FAULT_MUTE:
		town->brokers[who].is_mute = true;
		break;
	default:
		lose_dir(&town->brokers[who]);
		break;
	}
	sim_after(town->sim, prng_between(faults(run), 10000, 12000000), mend, run);
}

static void
some_fault(struct sim *sim, void *context)
{
	struct run *run = context;
	enum fault fault = (enum fault)prng_below(faults(run), FAULT_COUNT);

	if (run->control.healed)
		return;
	if (run->enabled[fault]) {
		sim_trace(sim, "fault %d", (int)fault);
		fail(run, fault);
	}
	sim_after(sim, sim_delay(sim, SIM_FAULTS, 100000, 5000000), some_fault, run);
}

/* -------------------------------------------------------------------- run */

static void
make_run(struct run *run, struct sim *sim)
{
	static const int sizes[] = { 1, 3 };
	struct control_town *town = &run->control.town;
	struct sim_coord_faults *knobs;

	town->first = 1;
	town->session_timeout_ms = (int32_t)prng_between(sim_stream(sim, SIM_FAULTS), 1000, 6000);
	town->committed = control_committed;
	town->registered = control_client_begin;
	town->deleted = control_deleted;
	town->died = died;
	control_town_init(town, sim, &(struct sim_coord_options){
		.servers = sizes[prng_below(sim_stream(sim, SIM_FAULTS), ARRAY_LENGTH(sizes))],
		.tick_us = 250000,
		.delay_high_us = prng_between(sim_stream(sim, SIM_FAULTS), 300, 20000),
		.lag_high_us = prng_between(sim_stream(sim, SIM_FAULTS), 100, 200000),
	}, ALL, "num.partitions=2\n");
	town->brokers[CONTROL_TOOL].is_tool = true;
	for (int i = 0; i < FAULT_COUNT; i++)
		run->enabled[i] = prng_chance(faults(run), 1, 2);
	knobs = sim_coord_faults(town->ensemble);
	if (prng_chance(faults(run), 1, 2))
		knobs->lose_reply = (int)prng_below(faults(run), 40);
	if (prng_chance(faults(run), 1, 2))
		knobs->lose_request = (int)prng_below(faults(run), 40);
	knobs->lose_on_break = 500;
	for (int i = 0; i < ALL; i++)
		control_town_start(town, i);
	some_fault(sim, run);
}

static void
heal(struct run *run)
{
	struct control *control = &run->control;

	control->healed = true;
	control->crash_after = 0;
	sim_coord_heal(control->town.ensemble);
	mend(control->town.sim, run);
	sim_run(control->town.sim, control->town.sim->now_us + 5000000);
	control->quiet = true;
}

static void
check_at_end(struct run *run)
{
	struct control *control = &run->control;
	struct sim *sim = control->town.sim;
	int64_t until_us = sim->now_us + HEALED_US;
	const char *what = "";

	while (what != NULL && !sim->failed && !sim->stopped && sim->now_us < until_us) {
		sim_run(sim, sim->now_us + CHECK_US);
		what = control_difference(control);
	}
	if (!sim->failed && !sim->stopped)
		sim_check(sim, what == NULL, "%s, though all is well", what);
}

static void
run_control(struct sim *sim)
{
	struct run *run = sim_memory_new(sizeof(*run));

	make_run(run, sim);
	sim_run(sim, WORK_US);
	if (!sim->failed && !sim->stopped)
		heal(run);
	if (!sim->failed && !sim->stopped)
		check_at_end(run);
	control_town_fini(&run->control.town);
	free(run);
}

static const char *const marks[] = { CONTROL_MARKS };

const struct scenario scenario_control = {
	.name = "control",
	.marks = marks,
	.mark_count = ARRAY_LENGTH(marks),
	.run = run_control,
};
