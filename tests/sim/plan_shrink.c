#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/plan.h"

enum { RUNS_MAX = 400, WORK_LEAST_US = 1000000, PACE_MOST = 64 };

/* -------------------------------------------------------------------- one run */

static void
run_here(const struct plan *plan, const struct scenario *scenario, int out)
{
	struct sim sim;
	const char *invariant;

	sim_init(&sim, plan->seed);
	sim.marks = scenario->marks;
	sim.mark_count = scenario->mark_count;
	sim.plan = &plan->plan;
	scenario->run(&sim);
	invariant = !sim.failed ? "" : sim.invariant;
	if (write(out, invariant, strlen(invariant)) < 0)
		_exit(1);
	_exit(0);
}

void
plan_run(const struct plan *plan, const struct scenario *scenario, char invariant[PLAN_TEXT_SIZE])
{
	int pipes[2], status;
	ssize_t got;
	pid_t child;

	if (pipe(pipes) != 0)
		abort();
	fflush(NULL);
	child = fork();
	if (child == 0) {
		/* What an assertion prints is known from the first time. */
		for (int number = 1; number < 32; number++)
			(void)signal(number, SIG_DFL);
		if (freopen("/dev/null", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL)
			_exit(1);
		run_here(plan, scenario, pipes[1]);
	}
	close(pipes[1]);
	got = child < 0 ? -1 : read(pipes[0], invariant, PLAN_TEXT_SIZE - 1);
	close(pipes[0]);
	if (got < 0 || waitpid(child, &status, 0) != child)
		abort();
	invariant[got] = '\0';
	if (WIFSIGNALED(status))
		snprintf(invariant, PLAN_TEXT_SIZE, "%s", WTERMSIG(status) == SIGABRT ?
		    "an assertion failed" : strsignal(WTERMSIG(status)));
}

/* -------------------------------------------------------------------- shrinking */

struct shrinking {
	struct plan *plan;
	const struct scenario *scenario;
	int runs;
};

/* `less` becomes the plan when it fails as that does, and is freed else. */
static bool
takes(struct shrinking *it, struct plan *less)
{
	char invariant[PLAN_TEXT_SIZE];

	it->runs++;
	plan_run(less, it->scenario, invariant);
	if (strcmp(invariant, it->plan->invariant) != 0) {
		plan_fini(less);
		return false;
	}
	plan_fini(it->plan);
	*it->plan = *less;
	printf("  %zu faults, %lld ms, pace %d\n", it->plan->plan.count,
	    (long long)(it->plan->plan.work_us / 1000), it->plan->plan.pace);
	fflush(stdout);
	return true;
}

/* Without those from `from` up to `to`, or of the kind (-1: any). */
static bool
drop(struct shrinking *it, size_t from, size_t to, int kind)
{
	struct plan less;
	size_t kept = 0;

	plan_copy(&less, it->plan);
	for (size_t i = 0; i < less.plan.count; i++) {
		if (i >= from && i < to && (kind < 0 || less.plan.decisions[i].what == kind))
			continue;
		less.plan.decisions[kept++] = less.plan.decisions[i];
	}
	if (kept == less.plan.count || it->runs >= RUNS_MAX) {
		plan_fini(&less);
		return false;
	}
	less.plan.count = kept;
	return takes(it, &less);
}

/* Halves, quarters, and so on; the latest first, as they have least to do with others. */
static void
drop_parts(struct shrinking *it)
{
	for (size_t part = (it->plan->plan.count + 1) / 2; part > 0; part /= 2) {
		size_t to = it->plan->plan.count;

		while (to > 0) {
			size_t from = to > part ? to - part : 0;

			(void)drop(it, from, to, -1);
			to = from;
		}
	}
}

static bool
change(struct shrinking *it, int64_t work_us, int pace)
{
	struct plan less;

	plan_copy(&less, it->plan);
	less.plan.work_us = work_us;
	less.plan.pace = pace;
	return takes(it, &less);
}

/* No fault comes after the last one; then half of the time, and again. */
static void
halve(struct shrinking *it)
{
	const struct sim_plan *plan = &it->plan->plan;

	if (plan->count > 0 && (plan->work_us == 0 ||
	    plan->work_us > plan->decisions[plan->count - 1].at_us + WORK_LEAST_US))
		(void)change(it, plan->decisions[plan->count - 1].at_us + WORK_LEAST_US, plan->pace);
	while (plan->work_us / 2 >= WORK_LEAST_US && change(it, plan->work_us / 2, plan->pace))
		;
	while (MAX(plan->pace, 1) * 2 <= PACE_MOST &&
	    change(it, plan->work_us, MAX(plan->pace, 1) * 2))
		;
}

int
plan_shrink(struct plan *plan, const struct scenario *scenario)
{
	struct shrinking it = { .plan = plan, .scenario = scenario, .runs = 1 };
	char invariant[PLAN_TEXT_SIZE];

	plan_run(plan, scenario, invariant);
	if (invariant[0] == '\0' || (plan->invariant[0] != '\0' &&
	    strcmp(plan->invariant, invariant) != 0))
		return 0;
	snprintf(plan->invariant, sizeof(plan->invariant), "%s", invariant);
	for (int kind = 0; kind < scenario->fault_count; kind++)
		(void)drop(&it, 0, SIZE_MAX, kind);
	drop_parts(&it);
	halve(&it);
	return it.runs;
}
