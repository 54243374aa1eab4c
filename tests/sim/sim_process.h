/*
 * tests/sim/sim_process.h: a simulated process: a world made of simulated
 * ends, and a boot function that starts a program in it. It can be killed (its
 * memory and its connections go, the page cache stays), lose its power (the
 * machine's page cache goes too), be paused, and be started again on the same
 * disk.
 *
 * A process that is killed while it runs, by a disk or by the scenario, goes
 * on to the end of the event at hand, but nothing it does from then on has any
 * effect outside.
 */
#ifndef KLAMM_TESTS_SIM_SIM_PROCESS_H
#define KLAMM_TESTS_SIM_SIM_PROCESS_H

#include "tests/sim/sim.h"
#include "tests/sim/sim_disk.h"
#include "tests/sim/sim_memory.h"
#include "world/actor.h"
#include "world/world.h"

struct sim_net;
struct sim_net_end;

enum { SIM_LOOPS_MAX = 8 };

/* A machine has a disk, a place in the network, and clocks. */
struct sim_machine {
	struct sim *sim;
	struct sim_net *net;
	struct sim_disk *disk;
	int number; /* 10.0.0.(number + 1) in the network */
	bool has_power;
	int boots; /* power cuts so far: each is another boot id */
	int64_t wall_start_ms; /* an operator may move it */
	int64_t monotonic_start_us;
};

void sim_machine_init(struct sim_machine *machine, struct sim *sim, struct sim_net *net, int number);
/* After its processes. */
void sim_machine_fini(struct sim_machine *machine);

struct sim_clock {
	struct clock clock;
	struct sim_machine *machine;
};

struct sim_entropy {
	struct entropy entropy;
	struct sim *sim;
};

struct sim_logger {
	struct logger logger;
	struct sim_process *process;
};

struct sim_loop {
	struct loop loop;
	struct sim_process *process;
	struct sim_event wake, timer;
	int64_t busy_until_us; /* a blocking call on it has not returned before */
};

void sim_loop_init(struct sim_loop *loop, struct sim_process *process, enum loop_type type,
    int number);
void sim_loop_fini(struct sim_loop *loop);
/*
 * For events whose handler runs on the loop: false when the loop is blocked,
 * and then the event has been put off; true, and what comes until
 * sim_loop_leave runs as the process on that loop.
 */
bool sim_loop_enter(struct sim_loop *loop, struct sim_event *event);
/* The process may be gone when it returns. */
void sim_loop_leave(struct sim_loop *loop);

struct sim_workers;
struct sim_workers *sim_workers_new(struct sim_process *process);
/* Work that has not run is forgotten. */
void sim_workers_free(struct sim_workers *workers);
struct workers *sim_workers_port(struct sim_workers *workers);

enum sim_process_state {
	SIM_PROCESS_DOWN,
	SIM_PROCESS_UP,
	SIM_PROCESS_PAUSED,
	SIM_PROCESS_DYING, /* killed in the middle of an event of its own */
};

struct sim_process {
	struct sim *sim;
	struct sim_machine *machine;
	const char *name;
	int number;
	enum sim_process_state state;
	uint64_t lives; /* boots so far */
	bool running;   /* an event of its own is being run */

	int data_loops;
	int pretend_occupied; /* of 1,000 idle actors; drawn at boot */
	void (*boot)(struct sim_process *process); /* on the control loop */
	void *scenario;    /* the scenario's, kept over restarts */
	void *application; /* what boot made; in the process' memory */
	/* NULL: none. After the process is down, whoever killed it. */
	void (*died)(struct sim_process *process);
	/* NULL: none. Each line of its log. */
	void (*logged)(struct sim_process *process, const char *line);

	struct sim_memory memory;
	struct world world;
	struct sim_clock clock;
	struct sim_entropy entropy;
	struct sim_logger logger;
	struct sim_workers *workers;
	struct sim_net_end *net;
	struct sim_mount *mount;
	struct sim_event boot_event;
	struct sim_loop *loops[SIM_LOOPS_MAX + 1]; /* the last one is the control loop */
	struct loop *world_loops[SIM_LOOPS_MAX];
	struct list deferred; /* events that came while it was paused */
};

/* Down. `name` is borrowed. */
void sim_process_init(struct sim_process *process, struct sim_machine *machine, const char *name,
    int number, int data_loops, void (*boot)(struct sim_process *process));
/* Frees all it has, without a trace. */
void sim_process_fini(struct sim_process *process);

/* Must be down. Boots a little later. */
void sim_process_start(struct sim_process *process);
/* kill -9. */
void sim_process_kill(struct sim_process *process);
/* Of the whole machine; the other processes on it are to be cut too. */
void sim_process_power_cut(struct sim_process *process, enum sim_disk_crash crash);
/* The same of a machine whose processes are down. */
void sim_machine_power_cut(struct sim_machine *machine, enum sim_disk_crash crash);
void sim_process_pause(struct sim_process *process);
void sim_process_resume(struct sim_process *process);

static inline bool
sim_process_is_up(const struct sim_process *process)
{
	return process->state == SIM_PROCESS_UP || process->state == SIM_PROCESS_PAUSED;
}

bool sim_process_is_paused(const struct sim_process *process);
struct list *sim_process_deferred(struct sim_process *process);
int sim_process_number(const struct sim_process *process);
const char *sim_process_name(const struct sim_process *process);
/* Around code of the process; leave buries it when it was killed meanwhile. */
void sim_process_enter(struct sim_process *process);
void sim_process_leave(struct sim_process *process);

void sim_clock_init(struct sim_clock *clock, struct sim_machine *machine);
void sim_entropy_init(struct sim_entropy *entropy, struct sim *sim);

#endif
