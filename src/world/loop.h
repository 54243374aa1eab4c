/*
 * world/loop.h: one thread's loop of events: timers, messages from other
 * threads, and actors that wait to be run. The code is the same in the daemon
 * (a libev backend drives it, one thread a loop) and in the simulator (the
 * event heap drives all loops of all brokers on one thread).
 *
 * A backend calls loop_run() whenever it was woken or a timer is due, with
 * the loop's thread as the caller.
 */
#ifndef KLAMM_WORLD_LOOP_H
#define KLAMM_WORLD_LOOP_H

#include <stdbool.h>

#include "base/heap.h"
#include "base/list.h"
#include "metrics/metrics.h"
#include "world/clock.h"
#include "world/mailbox.h"

struct loop;
struct actor;

enum loop_type {
	LOOP_DATA,    /* connections; steps partition, group and transaction actors inline */
	LOOP_CONTROL, /* ZooKeeper session, controller, life cycle */
};

struct loop_ops {
	/* Any thread: have loop_run called soon. Several calls may become one. */
	void (*wake)(struct loop *loop);
	/*
	 * The loop's thread: have loop_run called at `at_us`, never before; the last
	 * call counts. INT64_MAX: not at all.
	 */
	void (*arm)(struct loop *loop, int64_t at_us);
	/*
	 * The simulator's say on whether an idle actor counts as occupied now, so
	 * that interleavings are searched. NULL in the daemon.
	 */
	bool (*pretend_occupied)(struct loop *loop, struct actor *actor);
};

struct loop {
	const struct loop_ops *ops;
	struct clock *clock;
	enum loop_type type;
	int number;              /* within its broker, from 0 */
	struct metrics_cell *metrics; /* its thread's; NULL: nothing is counted */
	struct heap timers;
	struct mailbox messages; /* from any thread */
	struct list actors;      /* that this loop is to run next; its thread only */
	struct list tasks;       /* to be run at the end of the turn; its thread only */
	bool stepping;           /* inside an actor's step */
	bool holding;            /* see loop_hold_actors */
	int64_t armed_us;
	int64_t entered_us;
	struct {
		int messages, timers, actors;
	} turn; /* what it has run since it was entered */
	/* Runs longer than 100 ms, counted and given to the log by the edge, with `turn`. */
	void (*stalled)(struct loop *loop, int64_t stalled_us);
};

void loop_init(struct loop *loop, const struct loop_ops *ops, struct clock *clock,
    enum loop_type type, int number);
/* No timer may be running and no message waiting. */
void loop_fini(struct loop *loop);

/* Messages, timers that are due, actors: each bounded, then back to the backend. */
void loop_run(struct loop *loop);
/* The loop whose thread this is; NULL on other threads (workers, tests). */
struct loop *loop_current(void);
/*
 * For backends that call into handlers outside loop_run (readable sockets):
 * makes the loop current, and afterwards runs what the handlers left behind.
 */
void loop_enter(struct loop *loop);
void loop_leave(struct loop *loop);

/* Embedded in what is sent to a loop. */
struct loop_message {
	struct mailbox_node node;
	void (*run)(struct loop_message *message); /* may free the message */
};

/* Any thread; messages of one sender keep their order. */
void loop_post(struct loop *loop, struct loop_message *message);

/*
 * The loop's own thread: until loop_let_actors_go() what is posted to actors is
 * left in their mailboxes, and run at the end of the turn: so that they gather
 * what is known to come together.
 */
void loop_hold_actors(struct loop *loop);
void loop_let_actors_go(struct loop *loop);

/*
 * Embedded in what is done once at the end of a turn, behind messages, timers
 * and actors, however often it was asked for meanwhile. Zeroed memory with
 * `run` and an initialised `link` is an idle task.
 */
struct loop_task {
	struct list link;
	void (*run)(struct loop_task *task); /* the task is idle when it is called */
};

/* On the running loop; harmless when the task waits already. */
void loop_run_at_end(struct loop *loop, struct loop_task *task);
/* Harmless when it is idle. */
static inline void
loop_task_cancel(struct loop_task *task)
{
	list_remove(&task->link);
}

/* Embedded in what waits for time. All calls on the loop's own thread. */
struct timer {
	struct heap_node node;
	void (*fire)(struct timer *timer); /* the timer is stopped when it is called */
};

void timer_init(struct timer *timer, void (*fire)(struct timer *timer));
/* (Re)starts it; `at_us` is monotonic. */
void timer_start(struct loop *loop, struct timer *timer, int64_t at_us);
/* Harmless when it is not running. */
void timer_stop(struct loop *loop, struct timer *timer);
bool timer_is_running(const struct timer *timer);

#endif
