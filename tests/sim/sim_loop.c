#include <stdlib.h>

#include "tests/sim/sim_process.h"

/* The word of an actor that somebody is inside of; see world/actor.c. */
enum { IDLE = 0, INSIDE = 1 };

static struct sim_loop *
sim_loop_of(struct loop *loop)
{
	return container_of(loop, struct sim_loop, loop);
}

static void
wake(struct loop *loop)
{
	struct sim_loop *sim_loop = sim_loop_of(loop);
	struct sim *sim = sim_loop->process->sim;

	if (!sim_is_scheduled(&sim_loop->wake))
		sim_schedule(sim, &sim_loop->wake, sim_delay(sim, SIM_SCHEDULE, 1, 400));
}

static void
arm(struct loop *loop, int64_t at_us)
{
	struct sim_loop *sim_loop = sim_loop_of(loop);
	struct sim *sim = sim_loop->process->sim;
	int64_t delay_us;

	sim_cancel(sim, &sim_loop->timer);
	if (at_us == INT64_MAX)
		return;
	delay_us = at_us - clock_monotonic_us(loop->clock);
	sim_schedule(sim, &sim_loop->timer,
	    MAX(delay_us, 0) + sim_delay(sim, SIM_SCHEDULE, 0, 2000));
}

/*
 * Half of the time another thread is said to be inside, as world/actor.c
 * would see it: the actor is sent to a loop that runs it later, and what is
 * posted meanwhile waits. Otherwise the posting loop is told to put it off.
 */
static bool
pretend_occupied(struct loop *loop, struct actor *actor)
{
	struct sim_process *process = sim_loop_of(loop)->process;
	struct sim *sim = process->sim;
	unsigned from = IDLE;
	int other;

	if (!sim_chance(sim, SIM_SCHEDULE, process->pretend_occupied))
		return false;
	other = (int)prng_below(sim_stream(sim, SIM_SCHEDULE), (uint64_t)process->data_loops);
	sim_note(sim, SIM_WHAT_pretend_occupied, process, (uint64_t)loop->number, (uint64_t)other);
	if (prng_chance(sim_stream(sim, SIM_SCHEDULE), 1, 2) &&
	    atomic_compare_exchange_strong(&actor->occupied, &from, INSIDE))
		loop_post(actor->pinned ? actor->home : process->world_loops[other],
		    &actor->wake_up);
	return true;
}

static const struct loop_ops ops = {
	.wake = wake,
	.arm = arm,
	.pretend_occupied = pretend_occupied,
};

static bool
put_off(struct sim_loop *loop, struct sim_event *event)
{
	struct sim *sim = loop->process->sim;

	if (loop->busy_until_us <= sim->now_us)
		return false;
	sim_schedule(sim, event, loop->busy_until_us - sim->now_us);
	return true;
}

bool
sim_loop_enter(struct sim_loop *loop, struct sim_event *event)
{
	if (put_off(loop, event))
		return false;
	sim_process_enter(loop->process);
	loop_enter(&loop->loop);
	return true;
}

void
sim_loop_leave(struct sim_loop *loop)
{
	loop_leave(&loop->loop);
	loop->busy_until_us = sim_now_us(loop->process->sim);
	sim_process_leave(loop->process);
}

static void
run(struct sim_loop *loop, struct sim_event *event)
{
	if (put_off(loop, event))
		return;
	sim_process_enter(loop->process);
	loop_run(&loop->loop);
	loop->busy_until_us = sim_now_us(loop->process->sim);
	sim_process_leave(loop->process);
}

static void
woken(struct sim *sim UNUSED, struct sim_event *event)
{
	run(container_of(event, struct sim_loop, wake), event);
}

static void
timer_due(struct sim *sim UNUSED, struct sim_event *event)
{
	run(container_of(event, struct sim_loop, timer), event);
}

void
sim_loop_init(struct sim_loop *loop, struct sim_process *process, enum loop_type type, int number)
{
	*loop = (struct sim_loop){ .process = process };
	loop_init(&loop->loop, &ops, &process->clock.clock, type, number);
	sim_event_init(&loop->wake, SIM_WHAT_loop_wake, process, woken);
	sim_event_init(&loop->timer, SIM_WHAT_loop_timer, process, timer_due);
}

/* The timers that it had are gone with the process, and are not asked. */
void
sim_loop_fini(struct sim_loop *loop)
{
	sim_cancel(loop->process->sim, &loop->wake);
	sim_cancel(loop->process->sim, &loop->timer);
	heap_fini(&loop->loop.timers);
}
