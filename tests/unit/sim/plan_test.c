#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/sim/plan.h"

enum { RAIN, FROST, HAIL, KINDS };

static const char *const faults[KINDS] = { "rain", "frost", "hail" };

/* A planted bug: frost after hail, of that seed, within the first 20 s, at a pace below 8. */
static void
run(struct sim *sim)
{
	bool hail = false;

	sim->now_us = sim_work_us(sim, 50000000);
	for (size_t i = 0; i < sim->plan->count; i++) {
		const struct sim_decision *decision = &sim->plan->decisions[i];

		if (decision->at_us >= sim->now_us)
			break;
		sim_check(sim, decision->what != RAIN || decision->seed != 666, "it rains %d", 1);
		if (decision->what == RAIN && decision->seed == 777)
			abort();
		hail |= decision->what == HAIL && decision->seed == 5;
		sim_check(sim, !hail || decision->what != FROST || sim->plan->pace >= 8 ||
		    decision->at_us > 20000000, "the frost of %d ms", (int)(decision->at_us / 1000));
	}
}

static const struct scenario weather = { .name = "weather", .faults = faults,
	.fault_count = KINDS, .run = run };

static const struct scenario *
find(const char *name)
{
	return strcmp(name, weather.name) == 0 ? &weather : NULL;
}

static struct plan
of_many(void)
{
	struct plan plan = { .scenario = "weather", .seed = 3 };

	for (int i = 0; i < 40; i++)
		plan_add(&plan, (struct sim_decision){ i * 1000000, i % KINDS, (uint64_t)i });
	return plan;
}

Test(plan, what_is_not_needed_for_a_failure_is_taken_away)
{
	struct plan plan = of_many();

	cr_assert_gt(plan_shrink(&plan, &weather), 0);
	cr_expect_str_eq(plan.invariant, "the frost of %d ms");
	cr_assert_eq(plan.plan.count, 2);
	cr_expect_eq(plan.plan.decisions[0].what, HAIL);
	cr_expect_eq(plan.plan.decisions[0].seed, 5);
	cr_expect_eq(plan.plan.decisions[1].what, FROST);
	cr_expect_lt(plan.plan.work_us, 25000000);
	cr_expect_eq(plan.plan.pace, 4);
	plan_fini(&plan);
}

Test(plan, another_failure_is_not_taken_for_the_same)
{
	struct plan plan = of_many();

	/* Without the frost it rains: that is no reason to leave the frost out. */
	plan_add(&plan, (struct sim_decision){ 45000000, RAIN, 666 });
	cr_assert_gt(plan_shrink(&plan, &weather), 0);
	cr_expect_str_eq(plan.invariant, "the frost of %d ms");
	cr_expect_eq(plan.plan.count, 2);
	plan_fini(&plan);
}

Test(plan, an_assertion_that_fails_is_a_failure)
{
	struct plan plan = { .scenario = "weather" };

	plan_add(&plan, (struct sim_decision){ 5, FROST, 1 });
	plan_add(&plan, (struct sim_decision){ 10, RAIN, 777 });
	cr_assert_gt(plan_shrink(&plan, &weather), 0);
	cr_expect_str_eq(plan.invariant, "an assertion failed");
	cr_expect_eq(plan.plan.count, 1);
	plan_fini(&plan);
}

Test(plan, what_passes_is_not_shrunk)
{
	struct plan plan = { .scenario = "weather" };

	cr_expect_eq(plan_shrink(&plan, &weather), 0);
}

Test(plan, a_text_is_read_as_it_was_written)
{
	const struct scenario *scenario;
	struct plan plan = of_many(), read = { 0 };
	FILE *file = tmpfile();

	snprintf(plan.invariant, sizeof(plan.invariant), "the frost of %%d ms");
	snprintf(plan.failure, sizeof(plan.failure), "the frost of 3 ms");
	plan.plan.work_us = 123;
	plan.plan.pace = 2;
	plan_write(&plan, &weather, file);
	rewind(file);
	cr_assert(plan_read(&read, file, find, &scenario));
	cr_expect_eq(scenario, &weather);
	cr_expect_eq(read.seed, 3);
	cr_expect_str_eq(read.invariant, plan.invariant);
	cr_expect_eq(read.plan.work_us, 123);
	cr_expect_eq(read.plan.pace, 2);
	cr_assert_eq(read.plan.count, plan.plan.count);
	for (size_t i = 0; i < read.plan.count; i++) {
		cr_expect_eq(read.plan.decisions[i].at_us, plan.plan.decisions[i].at_us);
		cr_expect_eq(read.plan.decisions[i].what, plan.plan.decisions[i].what);
		cr_expect_eq(read.plan.decisions[i].seed, plan.plan.decisions[i].seed);
	}
	plan_fini(&read);
	plan_fini(&plan);
	fclose(file);
}

Test(plan, what_cannot_be_read_is_refused)
{
	static const char *const texts[] = { "", "scenario unknown\n", "fault 1 rain 1\n",
		"scenario weather\nfault 1 snow 1\n", "scenario weather\nfault x rain 1\n",
		"scenario weather\nseed many\n", "scenario weather\nwind 3\n", "scenario weather\nseed\n" };

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		const struct scenario *scenario;
		struct plan plan = { 0 };
		FILE *file = tmpfile();

		fputs(texts[i], file);
		rewind(file);
		cr_expect_not(plan_read(&plan, file, find, &scenario), "%s", texts[i]);
		plan_fini(&plan);
		fclose(file);
	}
}
