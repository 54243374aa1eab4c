#include "tests/sim/sim_process.h"

static int64_t
monotonic_us(struct clock *clock)
{
	struct sim_machine *machine = container_of(clock, struct sim_clock, clock)->machine;

	return machine->monotonic_start_us + sim_now_us(machine->sim);
}

static int64_t
wall_ms(struct clock *clock)
{
	struct sim_machine *machine = container_of(clock, struct sim_clock, clock)->machine;

	return machine->wall_start_ms + sim_now_us(machine->sim) / 1000;
}

void
sim_clock_init(struct sim_clock *clock, struct sim_machine *machine)
{
	clock->clock.monotonic_us = monotonic_us;
	clock->clock.wall_ms = wall_ms;
	clock->machine = machine;
}
