#include "tests/sim/sim_process.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/sim_net.h"

static void
log_line(struct logger *logger, enum logger_level level, const char *line)
{
	struct sim_process *process = container_of(logger, struct sim_logger, logger)->process;

	sim_trace(process->sim, "%s %s: %s", process->name, logger_level_name(level), line);
	if (process->logged != NULL)
		process->logged(process, line);
}

void
sim_machine_init(struct sim_machine *machine, struct sim *sim, struct sim_net *net, int number)
{
	struct prng *prng = sim_stream(sim, SIM_ENTROPY);

	assert(number >= 0 && number < SIM_MACHINES_MAX);
	*machine = (struct sim_machine){
		.sim = sim,
		.net = net,
		.number = number,
		.has_power = true,
		.disk = sim_disk_new(prng_next(sim_stream(sim, SIM_DISK)), sim),
		.wall_start_ms = 1700000000000 + prng_between(prng, 0, 1000000),
		.monotonic_start_us = prng_between(prng, 0, 1000000000),
	};
	net->machines[number] = machine;
}

void
sim_machine_fini(struct sim_machine *machine)
{
	machine->net->machines[machine->number] = NULL;
	sim_disk_free(machine->disk);
}

void
sim_process_init(struct sim_process *process, struct sim_machine *machine, const char *name,
    int number, int data_loops, void (*boot)(struct sim_process *process))
{
	assert(data_loops > 0 && data_loops <= SIM_LOOPS_MAX);
	*process = (struct sim_process){
		.sim = machine->sim,
		.machine = machine,
		.name = name,
		.number = number,
		.data_loops = data_loops,
		.boot = boot,
	};
	list_init(&process->deferred);
}

static void
bury(struct sim_process *process)
{
	assert(loop_current() == NULL);
	process->state = SIM_PROCESS_DOWN;
	for (int i = 0; i <= process->data_loops; i++) {
		sim_loop_fini(process->loops[i]);
		free(process->loops[i]);
	}
	sim_cancel(process->sim, &process->boot_event);
	sim_workers_free(process->workers);
	sim_net_end_free(process->net);
	sim_mount_free(process->mount);
	metrics_free(process->world.metrics); /* what the process has added to it, too */
	process->world.metrics = NULL;
	sim_memory_free_all(&process->memory);
	process->application = NULL;
	assert(list_is_empty(&process->deferred));
	if (process->died != NULL)
		process->died(process);
}

void
sim_process_fini(struct sim_process *process)
{
	process->died = NULL;
	if (process->state != SIM_PROCESS_DOWN)
		sim_process_kill(process);
}

static void
run_boot(struct sim *sim UNUSED, struct sim_event *event)
{
	struct sim_process *process = container_of(event, struct sim_process, boot_event);
	struct sim_loop *control = process->loops[process->data_loops];

	if (!sim_loop_enter(control, event))
		return;
	process->boot(process);
	sim_loop_leave(control);
}

static void
make_world(struct sim_process *process)
{
	sim_clock_init(&process->clock, process->machine);
	sim_entropy_init(&process->entropy, process->sim);
	process->logger.logger.level = LOGGER_DEBUG;
	process->logger.logger.sink = log_line;
	process->logger.process = process;
	for (int i = 0; i <= process->data_loops; i++) {
		process->loops[i] = sim_memory_new(sizeof(*process->loops[i]));
		sim_loop_init(process->loops[i], process,
		    i < process->data_loops ? LOOP_DATA : LOOP_CONTROL, i);
		if (i < process->data_loops)
			process->world_loops[i] = &process->loops[i]->loop;
	}
	process->workers = sim_workers_new(process);
	process->net = sim_net_end_new(process);
	process->mount = sim_disk_mount(process->machine->disk);
	process->world = (struct world){
		.clock = &process->clock.clock,
		.disk = sim_mount_port(process->mount),
		.net = sim_net_end_port(process->net),
		.entropy = &process->entropy.entropy,
		.workers = sim_workers_port(process->workers),
		.logger = &process->logger.logger,
		.control = &process->loops[process->data_loops]->loop,
		.loops = process->world_loops,
		.loop_count = process->data_loops,
		.metrics = metrics_new(process->data_loops + 1),
	};
	for (int i = 0; i <= process->data_loops; i++)
		process->loops[i]->loop.metrics = process->world.metrics->cells[i];
	(void)snprintf(process->world.boot_id.text, sizeof(process->world.boot_id.text),
	    "boot-%d-%d", process->machine->number, process->machine->boots);
}

void
sim_process_start(struct sim_process *process)
{
	static const int chances[] = { 0, 20, 100, 300 };
	struct prng *prng = sim_stream(process->sim, SIM_SCHEDULE);

	assert(process->state == SIM_PROCESS_DOWN);
	process->lives++;
	process->machine->has_power = true;
	process->pretend_occupied = chances[prng_below(prng, ARRAY_LENGTH(chances))];
	process->state = SIM_PROCESS_UP;
	make_world(process);
	sim_note(process->sim, SIM_WHAT_boot, process, process->lives, 0);
	sim_event_init(&process->boot_event, SIM_WHAT_boot, process, run_boot);
	sim_schedule(process->sim, &process->boot_event,
	    sim_delay(process->sim, SIM_SCHEDULE, 100, 50000));
}

/* Everybody else sees it dead at once; its memory is freed when it is not in use. */
static void
die(struct sim_process *process, bool power_cut)
{
	if (process->state == SIM_PROCESS_PAUSED)
		sim_release(process->sim, &process->deferred);
	process->state = SIM_PROCESS_DYING;
	sim_mount_kill(process->mount);
	sim_net_end_kill(process->net, power_cut);
	if (!process->running)
		bury(process);
}

void
sim_process_kill(struct sim_process *process)
{
	if (!sim_process_is_up(process))
		return;
	sim_note(process->sim, SIM_WHAT_kill, process, process->lives, 0);
	die(process, false);
}

void
sim_machine_power_cut(struct sim_machine *machine, enum sim_disk_crash crash)
{
	machine->has_power = false;
	machine->boots++;
	sim_disk_power_cut(machine->disk, crash);
}

void
sim_process_power_cut(struct sim_process *process, enum sim_disk_crash crash)
{
	if (!sim_process_is_up(process))
		return;
	sim_note(process->sim, SIM_WHAT_power_cut, process, process->lives, (uint64_t)crash);
	sim_machine_power_cut(process->machine, crash);
	die(process, true);
}

void
sim_process_pause(struct sim_process *process)
{
	if (process->state != SIM_PROCESS_UP)
		return;
	sim_note(process->sim, SIM_WHAT_pause, process, 0, 0);
	process->state = SIM_PROCESS_PAUSED;
}

void
sim_process_resume(struct sim_process *process)
{
	if (process->state != SIM_PROCESS_PAUSED)
		return;
	sim_note(process->sim, SIM_WHAT_resume, process, 0, 0);
	process->state = SIM_PROCESS_UP;
	sim_release(process->sim, &process->deferred);
}

bool
sim_process_is_paused(const struct sim_process *process)
{
	return process->state == SIM_PROCESS_PAUSED;
}

struct list *
sim_process_deferred(struct sim_process *process)
{
	return &process->deferred;
}

int
sim_process_number(const struct sim_process *process)
{
	return process->number;
}

const char *
sim_process_name(const struct sim_process *process)
{
	return process->name;
}

void
sim_process_enter(struct sim_process *process)
{
	assert(!process->running);
	process->running = true;
	sim_memory_enter(&process->memory);
}

void
sim_process_leave(struct sim_process *process)
{
	process->running = false;
	sim_memory_enter(NULL);
	if (process->state == SIM_PROCESS_DYING)
		bury(process);
}
