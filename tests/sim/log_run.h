/*
 * tests/sim/log_run.h: one log under random work and faults, and a model of
 * what it was given: what scenario `log` is made of.
 */
#ifndef KLAMM_TESTS_SIM_LOG_RUN_H
#define KLAMM_TESTS_SIM_LOG_RUN_H

#include "tests/sim/log_fixture.h"
#include "tests/sim/sim.h"

enum { LOG_RUN_OFFSETS = 4000, LOG_RUN_ATTEMPTS = 4 };

struct log_run {
	struct sim *sim;
	struct log_fixture fixture;
	struct buffer batches;
	bool flush_before_ack;
	int64_t next_value;
	int64_t acked_end;        /* what was acknowledged; lowered by truncations */
	int64_t synced_end;       /* below it all was on disk once */
	int64_t high_watermark;   /* as checkpointed */
	int64_t values[LOG_RUN_OFFSETS];
	/* What was not acknowledged may be there, too: the last attempts. */
	int64_t attempts[LOG_RUN_OFFSETS][LOG_RUN_ATTEMPTS];
};

static inline int64_t
log_run_below(struct log_run *run, int64_t bound)
{
	return (int64_t)prng_below(sim_stream(run->sim, SIM_WORKLOAD), (uint64_t)bound);
}

/* Writes the recovery point or log start where a crash finds it; false when that fails. */
bool log_run_checkpoint(struct log_run *run, enum log_flush_kind kind);
/* Appends up to five sets; false when the log refused. */
bool log_run_append(struct log_run *run);
/* Reads everything back; each record is the one that was given that offset. */
void log_run_check(struct log_run *run);
/* The same, but offsets [from, to) are damaged, and are not served. */
struct log_run_hole {
	int64_t from, to;
};
void log_run_check_around(struct log_run *run, const struct log_run_hole *hole);

#endif
