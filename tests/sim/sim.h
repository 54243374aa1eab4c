/*
 * tests/sim/sim.h: one simulated run. A heap of events ordered by (time,
 * sequence), one seed, one thread. Everything that happens is mixed into a
 * rolling hash, so that two runs of a seed can be compared (I47).
 *
 * Times are simulated microseconds since the start of the run. Each stream of
 * decisions draws from its own generator, so that drawing more in one place
 * does not shift the others.
 */
#ifndef KLAMM_TESTS_SIM_SIM_H
#define KLAMM_TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/heap.h"
#include "base/list.h"
#include "base/macros.h"
#include "base/prng.h"

enum sim_stream {
	SIM_NET,
	SIM_DISK,
	SIM_SCHEDULE, /* when loops, workers and actors get their turn */
	SIM_WORKLOAD,
	SIM_FAULTS,
	SIM_BUGGIFY,
	SIM_ENTROPY, /* what the simulated brokers get from their entropy port */
	SIM_COORD,   /* the ensemble and the ways to it */
	SIM_STREAM_COUNT,
};

/* X(name): what can happen; the trace writes the name. */
#define SIM_WHAT_TABLE(X) \
	X(action) \
	X(loop_wake) \
	X(loop_timer) \
	X(pretend_occupied) \
	X(work_run) \
	X(work_done) \
	X(connect) \
	X(connected) \
	X(accepted) \
	X(deliver) \
	X(notify) \
	X(read) \
	X(write) \
	X(send_file) \
	X(close) \
	X(reset) \
	X(boot) \
	X(kill) \
	X(power_cut) \
	X(pause) \
	X(resume) \
	X(disk_write) \
	X(disk_sync) \
	X(disk_name) \
	X(disk_fault) \
	X(partition) \
	X(heal) \
	X(mark) \
	X(note) \
	X(coord_tick) \
	X(coord_apply) \
	X(coord_commit) \
	X(coord_forward) \
	X(coord_leader) \
	X(coord_server) \
	X(coord_session) \
	X(coord_up) \
	X(coord_down) \
	X(coord_client) \
	X(coord_call) \
	X(coord_answer) \
	X(coord_watch) \
	X(coord_state)

#define SIM_WHAT_MEMBER(name) SIM_WHAT_##name,
enum sim_what { SIM_WHAT_TABLE(SIM_WHAT_MEMBER) SIM_WHAT_COUNT };
#undef SIM_WHAT_MEMBER

struct sim;
struct sim_process;

/* Embedded in what waits for its time. Zeroed memory is an idle event. */
struct sim_event {
	struct heap_node node;
	enum sim_what what;
	struct sim_process *process;       /* NULL: nobody's; else it waits while that is paused */
	void (*run)(struct sim *sim, struct sim_event *event);
	struct list deferred;
	bool is_deferred;
};

enum { SIM_MARKS_MAX = 64, SIM_FAILURE_SIZE = 256, SIM_DECISIONS_MAX = 1024 };

/* A fault that has begun: which of the scenario's, and what its own draws come from. */
struct sim_decision {
	int64_t at_us;
	int what;
	uint64_t seed;
};

/* What is not drawn from the seed; see plan.h. */
struct sim_plan {
	struct sim_decision *decisions; /* these faults alone, in order */
	size_t count;
	int64_t work_us; /* how long there are faults; 0: as ever */
	int pace;        /* so many times slower is the workload; 0: as ever */
};

struct sim {
	uint64_t seed;
	int64_t now_us;
	int64_t spent_us; /* by the event that is being run: a blocking call takes its time */
	uint64_t event_count;
	uint64_t until_event; /* stop there; UINT64_MAX: never */
	uint64_t hash;
	struct heap events;
	struct prng streams[SIM_STREAM_COUNT];
	FILE *trace; /* NULL: none */

	bool failed;
	bool stopped;
	char failure[SIM_FAILURE_SIZE];
	const char *invariant; /* the failure without what is of this run alone; NULL: none */
	const struct sim_plan *plan; /* NULL: all is drawn */
	struct sim_decision decisions[SIM_DECISIONS_MAX]; /* so far */
	size_t decision_count;
	/* What a scenario counts of itself; see struct scenario. */
	uint64_t answered, crashes;

	const char *const *marks; /* that the scenario lists */
	int mark_count;
	bool marked[SIM_MARKS_MAX];
};

void sim_init(struct sim *sim, uint64_t seed);
/* No event may be scheduled that lives in memory of somebody else. */
void sim_fini(struct sim *sim);

static inline struct prng *
sim_stream(struct sim *sim, enum sim_stream stream)
{
	return &sim->streams[stream];
}

/* True in `part` of 1,000 cases. */
static inline bool
sim_chance(struct sim *sim, enum sim_stream stream, int part)
{
	return part > 0 && prng_chance(&sim->streams[stream], (uint64_t)part, 1000);
}

/*
 * Mostly near `low_us`, now and then up to `high_us`: the delays of machines
 * and networks have a long tail.
 */
int64_t sim_delay(struct sim *sim, enum sim_stream stream, int64_t low_us, int64_t high_us);

void sim_event_init(struct sim_event *event, enum sim_what what, struct sim_process *process,
    void (*run)(struct sim *sim, struct sim_event *event));
/* The event must be idle. A delay counts from now and what the event at hand has spent. */
void sim_schedule(struct sim *sim, struct sim_event *event, int64_t delay_us);
void sim_cancel(struct sim *sim, struct sim_event *event);
static inline bool
sim_is_scheduled(const struct sim_event *event)
{
	return heap_contains(&event->node) || event->is_deferred;
}
/* Puts back in order what was left aside for a process that was paused. */
void sim_release(struct sim *sim, struct list *deferred);

/* A call once, from the scenario; `context` is the caller's. */
void sim_after(struct sim *sim, int64_t delay_us, void (*call)(struct sim *sim, void *context),
    void *context);

/* Runs events up to `until_us`; false when it failed, was stopped or nothing was left. */
bool sim_run(struct sim *sim, int64_t until_us);
/* The blocking call that is under way takes `us`. */
void sim_spend(struct sim *sim, int64_t us);
static inline int64_t
sim_now_us(const struct sim *sim)
{
	return sim->now_us + sim->spent_us;
}

/* Into hash and trace. `who` NULL: nobody. */
void sim_note(struct sim *sim, enum sim_what what, const struct sim_process *who, uint64_t a,
    uint64_t b);
/* Into the hash: what is written, not only how much. */
void sim_mix_bytes(struct sim *sim, const void *bytes, size_t size);
/* A line of the trace only. */
void sim_trace(struct sim *sim, const char *format, ...) PRINTF_LIKE(2, 3);
/* The scenario's list says which names count; another name is a mistake. */
void sim_mark(struct sim *sim, const char *name);
/* A fault begins now. */
void sim_decided(struct sim *sim, int what, uint64_t seed);
/* How long there are faults, where the plan says nothing else. */
int64_t sim_work_us(const struct sim *sim, int64_t us);
/* Remembers the first failure and ends the run. `format` is a literal. */
void sim_fail(struct sim *sim, const char *format, ...) PRINTF_LIKE(2, 3);
#define sim_check(sim, condition, ...) \
	do { \
		if (!(condition)) \
			sim_fail(sim, __VA_ARGS__); \
	} while (0)

#endif
