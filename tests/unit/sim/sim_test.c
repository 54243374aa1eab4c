#include <criterion/criterion.h>

#include "tests/sim/sim.h"

static const char *const marks[] = { "one", "two" };

static void
append(struct sim *sim, void *context)
{
	int **at = context;

	*(*at)++ = (int)sim->now_us;
}

static void
nothing(struct sim *sim UNUSED, void *context UNUSED)
{
}

static uint64_t
hash_of(uint64_t seed, int64_t extra_us)
{
	struct sim sim;
	uint64_t hash;

	sim_init(&sim, seed);
	for (int i = 0; i < 10; i++)
		sim_after(&sim, sim_delay(&sim, SIM_NET, 0, 1000) + extra_us, nothing, NULL);
	sim_run(&sim, INT64_MAX - 1);
	hash = sim.hash;
	sim_fini(&sim);
	return hash;
}

Test(sim, runs_events_in_the_order_of_time_and_then_of_asking)
{
	struct sim sim;
	int times[4] = { 0 }, *at = times;

	sim_init(&sim, 1);
	sim_after(&sim, 30, append, &at);
	sim_after(&sim, 10, append, &at);
	sim_after(&sim, 20, append, &at);
	cr_assert(sim_run(&sim, 25));
	cr_assert_eq(sim.now_us, 25);
	cr_assert_eq(at - times, 2);
	cr_assert_not(sim_run(&sim, 100));
	cr_assert_arr_eq(times, ((int[]){ 10, 20, 30, 0 }), sizeof(times));
	sim_fini(&sim);
}

Test(sim, gives_the_same_hash_to_the_same_run_only)
{
	cr_assert_eq(hash_of(7, 0), hash_of(7, 0));
	cr_assert_neq(hash_of(7, 0), hash_of(8, 0));
	cr_assert_neq(hash_of(7, 0), hash_of(7, 1));
}

Test(sim, stops_at_the_event_that_was_asked_for)
{
	struct sim sim;
	int times[4] = { 0 }, *at = times;

	sim_init(&sim, 1);
	sim.until_event = 2;
	for (int i = 1; i < 4; i++)
		sim_after(&sim, i, append, &at);
	sim_run(&sim, 100);
	cr_assert_eq(at - times, 2);
	sim_fini(&sim);
}

Test(sim, keeps_the_first_failure_and_stops)
{
	struct sim sim;
	int times[4] = { 0 }, *at = times;

	sim_init(&sim, 1);
	sim_after(&sim, 1, append, &at);
	sim_fail(&sim, "first %d", 1);
	sim_fail(&sim, "second");
	cr_assert_not(sim_run(&sim, 100));
	cr_assert_str_eq(sim.failure, "first 1");
	cr_assert_eq(at, times);
	sim_fini(&sim);
}

Test(sim, fails_at_a_mark_that_is_not_listed)
{
	struct sim sim;

	sim_init(&sim, 1);
	sim.marks = marks;
	sim.mark_count = 2;
	sim_mark(&sim, "two");
	cr_assert(sim.marked[1]);
	cr_assert_not(sim.marked[0]);
	cr_assert_not(sim.failed);
	sim_mark(&sim, "three");
	cr_assert(sim.failed);
	sim_fini(&sim);
}

Test(sim, counts_what_an_event_spends_into_later_delays)
{
	struct sim sim;
	int times[1] = { 0 }, *at = times;

	sim_init(&sim, 1);
	sim_spend(&sim, 500);
	sim_after(&sim, 10, append, &at);
	sim_run(&sim, 1000);
	cr_assert_eq(times[0], 510);
	sim_fini(&sim);
}

Test(sim, draws_from_one_stream_without_moving_another)
{
	struct sim a, b;

	sim_init(&a, 5);
	sim_init(&b, 5);
	for (int i = 0; i < 100; i++)
		prng_next(sim_stream(&a, SIM_NET));
	cr_assert_eq(prng_next(sim_stream(&a, SIM_DISK)), prng_next(sim_stream(&b, SIM_DISK)));
	sim_fini(&a);
	sim_fini(&b);
}
