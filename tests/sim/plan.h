/*
 * tests/sim/plan.h: a run that failed, as a text that can be kept, edited and run
 * again: its seed, and all that its faults were. What is drawn from the seed
 * changes with the code; the faults of a plan do not.
 *
 *	# value 12 at offset 3 of kept-0 stands after 14 of the same producer
 *	scenario cluster
 *	seed 138
 *	invariant value %d at offset %d of %s stands after %d of the same producer
 *	work 50000000
 *	pace 1
 *	fault 10150000 kill 8431216534321
 *
 * A fault is a time (us), a name of the scenario's and what its draws come from. Of work and pace
 * see struct sim_plan; the last line of each counts.
 */
#ifndef KLAMM_TESTS_SIM_PLAN_H
#define KLAMM_TESTS_SIM_PLAN_H

#include <stdio.h>

#include "tests/sim/scenario.h"

enum { PLAN_TEXT_SIZE = 256 };

struct plan {
	char scenario[64];
	uint64_t seed;
	char invariant[PLAN_TEXT_SIZE]; /* "": not known */
	char failure[PLAN_TEXT_SIZE];
	struct sim_plan plan;
	size_t room;
};

/* Zeroed memory is an empty plan. */
void plan_fini(struct plan *plan);
/* Of a run that has failed, or of another plan. `plan` is empty. */
void plan_take(struct plan *plan, const struct scenario *scenario, const struct sim *sim);
void plan_copy(struct plan *plan, const struct plan *from);
void plan_add(struct plan *plan, struct sim_decision decision);

void plan_write(const struct plan *plan, const struct scenario *scenario, FILE *file);
/* `find` gives a scenario by its name, NULL: there is none. False, and what is wrong is printed. */
bool plan_read(struct plan *plan, FILE *file,
    const struct scenario *(*find)(const char *name), const struct scenario **scenario);
/* FOLDER/SCENARIO-SEED.plan; false: it cannot be written. */
bool plan_keep(const struct plan *plan, const struct scenario *scenario, const char *folder);

/*
 * Runs it in a process of its own: what it fails with, without what is of one run
 * alone ("": it passes). A program that ends is a failure, too.
 */
void plan_run(const struct plan *plan, const struct scenario *scenario,
    char invariant[PLAN_TEXT_SIZE]);
/*
 * Takes away what the failure does not need, as long as it is the same one:
 * whole kinds of faults, then faults, the larger halves first; then half of the
 * time, and of the workload. How often it was run; 0: it does not fail so.
 */
int plan_shrink(struct plan *plan, const struct scenario *scenario);

#endif
