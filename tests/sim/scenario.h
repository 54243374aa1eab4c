/* tests/sim/scenario.h: what the program `sim` can run. */
#ifndef KLAMM_TESTS_SIM_SCENARIO_H
#define KLAMM_TESTS_SIM_SCENARIO_H

#include "tests/sim/sim.h"

struct scenario {
	const char *name;
	/* Each of these must be hit by some seed of a run of many, or the run proves nothing. */
	const char *const *marks;
	int mark_count;
	uint64_t mark_seeds;    /* so many seeds are a run of many; 0: two */
	uint64_t default_seeds; /* how many are run when none are named; 0: 200 */
	/* What the median seed of a run of many has to reach, or the run proves little; 0: anything. */
	int64_t median_simulated_us;
	uint64_t median_answered, median_crashes, median_fault_kinds;
	/* Names of what sim_decided() tells; NULL: it makes no plans. */
	const char *const *faults;
	int fault_count;
	/* Sets up, runs, checks, takes down. A failure is told by sim_fail(). */
	void (*run)(struct sim *sim);
};

extern const struct scenario scenario_actors;
extern const struct scenario scenario_broker;
extern const struct scenario scenario_cluster;
extern const struct scenario scenario_control;
extern const struct scenario scenario_control_crash;
extern const struct scenario scenario_coord;
extern const struct scenario scenario_disk;
extern const struct scenario scenario_groups;
extern const struct scenario scenario_log;

#endif
