#include <criterion/criterion.h>

#include "tests/sim/sim_net.h"
#include "tests/sim/sim_process.h"

enum { LATER_US = 60000000 };

static struct sim sim;
static struct sim_net net;
static struct sim_machine machine;
static struct sim_process process;
static int boots, fired;
static struct timer timer;
static struct loop_message messages[3];
static int seen[3], seen_count;

static void
fire(struct timer *fired_timer UNUSED)
{
	fired++;
}

static void
boot(struct sim_process *booted)
{
	boots++;
	cr_assert_eq(loop_current(), booted->world.control);
	timer_init(&timer, fire);
	timer_start(booted->world.control, &timer,
	    clock_monotonic_us(booted->world.clock) + 1000000);
}

static void
set_up(void)
{
	boots = fired = seen_count = 0;
	sim_init(&sim, 3);
	sim_net_init(&net, &sim);
	sim_machine_init(&machine, &sim, &net, 0);
	sim_process_init(&process, &machine, "process", 0, 2, boot);
	sim_process_start(&process);
}

static void
tear_down(void)
{
	sim_process_fini(&process);
	sim_machine_fini(&machine);
	sim_net_fini(&net);
	sim_fini(&sim);
}

TestSuite(sim_process, .init = set_up, .fini = tear_down);

Test(sim_process, boots_on_its_control_loop_and_gets_its_timers)
{
	sim_run(&sim, LATER_US);
	cr_assert_eq(boots, 1);
	cr_assert_eq(fired, 1);
}

Test(sim_process, hears_no_timer_after_a_kill)
{
	sim_run(&sim, 500000);
	sim_process_kill(&process);
	cr_assert_not(sim_process_is_up(&process));
	sim_run(&sim, LATER_US);
	cr_assert_eq(boots, 1);
	cr_assert_eq(fired, 0);
}

Test(sim_process, boots_again_after_a_kill)
{
	sim_run(&sim, 500000);
	sim_process_kill(&process);
	sim_process_start(&process);
	sim_run(&sim, LATER_US);
	cr_assert_eq(boots, 2);
	cr_assert_eq(fired, 1);
	cr_assert_eq(process.lives, 2);
}

Test(sim_process, that_is_paused_gets_everything_when_it_goes_on)
{
	sim_run(&sim, 500000);
	sim_process_pause(&process);
	sim_run(&sim, 30000000);
	cr_assert_eq(fired, 0);
	sim_process_resume(&process);
	sim_run(&sim, LATER_US);
	cr_assert_eq(fired, 1);
}

Test(sim_process, can_be_killed_while_it_is_paused)
{
	sim_run(&sim, 500000);
	sim_process_pause(&process);
	sim_run(&sim, 30000000);
	sim_process_kill(&process);
	sim_process_start(&process);
	sim_run(&sim, LATER_US);
	cr_assert_eq(fired, 1);
}

Test(sim_process, without_power_its_machine_has_none_until_it_starts)
{
	sim_run(&sim, 500000);
	sim_process_power_cut(&process, SIM_DISK_KEEP_NOTHING);
	cr_assert_not(machine.has_power);
	sim_process_start(&process);
	cr_assert(machine.has_power);
}

static void
see(struct loop_message *message)
{
	seen[seen_count++] = (int)(message - messages);
}

Test(sim_process, its_loops_keep_the_order_of_messages)
{
	sim_run(&sim, 500000);
	for (int i = 0; i < 3; i++) {
		messages[i].run = see;
		loop_post(process.world.loops[1], &messages[i]);
	}
	cr_assert_eq(seen_count, 0);
	sim_run(&sim, LATER_US);
	cr_assert_arr_eq(seen, ((int[]){ 0, 1, 2 }), sizeof(seen));
}

static struct work work[3];
static int ran[3], ran_count, done_count;

static void
run_work(struct work *run)
{
	cr_assert_null(loop_current());
	ran[ran_count++] = (int)(run - work);
}

static void
done(struct work *finished)
{
	cr_assert_eq(loop_current(), finished->loop);
	done_count++;
}

static void
submit(int number, void *queue)
{
	work[number] = (struct work){
		.loop = process.world.loops[0],
		.run = run_work,
		.done = done,
		.queue = queue,
	};
	workers_submit(process.world.workers, &work[number]);
}

Test(sim_process, its_workers_keep_the_order_of_a_queue)
{
	ran_count = done_count = 0;
	sim_run(&sim, 500000);
	for (int i = 0; i < 3; i++)
		submit(i, work);
	sim_run(&sim, LATER_US);
	cr_assert_eq(done_count, 3);
	cr_assert_arr_eq(ran, ((int[]){ 0, 1, 2 }), sizeof(ran));
}

Test(sim_process, its_work_dies_with_it)
{
	ran_count = done_count = 0;
	sim_run(&sim, 500000);
	submit(0, NULL);
	sim_process_kill(&process);
	sim_run(&sim, LATER_US);
	cr_assert_eq(ran_count, 0);
	cr_assert_eq(done_count, 0);
}

Test(sim_process, its_clocks_go_with_the_simulated_time)
{
	int64_t before_us = clock_monotonic_us(process.world.clock);
	int64_t before_ms = clock_wall_ms(process.world.clock);

	sim_run(&sim, 7000000);
	cr_assert_eq(clock_monotonic_us(process.world.clock) - before_us, sim.now_us);
	cr_assert_eq(clock_wall_ms(process.world.clock) - before_ms, sim.now_us / 1000);
}

Test(sim_process, its_random_bytes_come_from_the_seed)
{
	uint8_t first[16], again[16];

	entropy_fill(process.world.entropy, first, sizeof(first));
	tear_down();
	set_up();
	entropy_fill(process.world.entropy, again, sizeof(again));
	cr_assert_arr_eq(first, again, sizeof(first));
	entropy_fill(process.world.entropy, again, sizeof(again));
	cr_assert_arr_neq(first, again, sizeof(first));
}

static struct actor actor;
static struct actor_event events[4];
static int stepped[4], stepped_count;

static enum actor_result
step(struct actor *stepped_actor UNUSED, struct actor_event *event)
{
	stepped[stepped_count++] = (int)(event - events);
	return ACTOR_DONE;
}

static void
post_all(struct loop_message *message UNUSED)
{
	for (int i = 0; i < 4; i++)
		actor_post(&actor, &events[i]);
}

Test(sim_process, an_actor_that_counts_as_occupied_is_run_later_and_in_order)
{
	stepped_count = 0;
	sim_run(&sim, 500000);
	process.pretend_occupied = 1000;
	actor_init(&actor, process.world.loops[0], false, step);
	messages[0].run = post_all;
	loop_post(process.world.loops[1], &messages[0]);
	sim_run(&sim, LATER_US);
	cr_assert_eq(stepped_count, 4);
	cr_assert_arr_eq(stepped, ((int[]){ 0, 1, 2, 3 }), sizeof(stepped));
	actor_fini(&actor);
}
