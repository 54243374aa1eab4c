/*
 * Walks the interleavings of a few threads over the mailbox, the actor and the
 * loop: before each atomic operation any other thread may be chosen to go on,
 * and every choice is tried in turn, each run from the start. After each run:
 * each event was stepped once, each sender's in its order, never two at once,
 * and nothing is left when all are quiet.
 *
 * Built with a canary it succeeds when a violation is found.
 */
#include "hooked_atomics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

/* The threads are coroutines: what is thread-local is swapped with them. */
#define _Thread_local
#include "world/mailbox.c"
#include "world/loop.c"
#include "world/actor.c"
#undef _Thread_local

enum { THREADS_MAX = 3, EVENTS_MAX = 4, DEPTH_MAX = 400, STACK_SIZE = 65536, NO_BOUND = 1000 };

struct thread {
	ucontext_t context;
	char *stack;
	struct loop *loop;    /* NULL: a worker */
	struct loop *current; /* what is thread-local, while it is not running */
	bool quiet; /* has nothing to do until its loop is woken */
	bool waits_for_busy;
};

/* Who posts what, in letters: see the table of scenarios. */
struct scenario {
	const char *name;
	const char *script[THREADS_MAX]; /* NULL: no such thread */
	unsigned workers;   /* bit i: thread i has no loop */
	bool pinned;
	bool busy_at_first; /* the first event stepped leaves the actor busy */
	bool turns_of_one;  /* time flies: each turn ends after one event */
	bool pretends;      /* the hook calls an idle actor occupied, once on the first thread */
	bool points_in_loops;
	int preemptions; /* at most so many switches away from a thread that could go on */
};

struct event {
	struct actor_event event;
	int sender;
	int order; /* among its sender's */
	int stepped;
};

static const struct scenario *scenario;
static ucontext_t main_context;
static struct thread threads[THREADS_MAX];
static struct loop loops[THREADS_MAX];
static bool woken[THREADS_MAX];
static bool pretended;
static struct actor actor;
static struct event events[EVENTS_MAX];
static int event_count, running, steps_inside, last_order[THREADS_MAX];
static bool busy, was_busy;
static int64_t time_us;

static int choice[DEPTH_MAX], options[DEPTH_MAX];
static int depth, known_depth, preemptions;

static void
violation(const char *what)
{
	printf("interleave: %s: %s; choices:", scenario->name, what);
	for (int i = 0; i < depth; i++)
		printf(" %d", choice[i]);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

/* ------------------------------------------------------------- scheduling */

static bool
can_run(int thread)
{
	struct thread *it = &threads[thread];

	if (scenario->script[thread] == NULL)
		return false;
	if (it->waits_for_busy)
		return busy;
	return !it->quiet || (it->loop != NULL && woken[thread]);
}

/* The next number of the schedule that is being tried: below `count`. */
static int
choose(int count)
{
	if (depth == DEPTH_MAX)
		violation("a run that does not end");
	if (depth >= known_depth) {
		choice[depth] = 0;
		known_depth = depth + 1;
	}
	options[depth] = count;
	return choice[depth++];
}

/* Choice 0 is to go on; then each other thread that can run. */
static int
choose_thread(void)
{
	int able[THREADS_MAX], count = 0;
	bool can_go_on = running >= 0 && can_run(running);
	int chosen;

	if (can_go_on)
		able[count++] = running;
	for (int i = 0; i < THREADS_MAX; i++) {
		if (i != running && can_run(i))
			able[count++] = i;
	}
	if (count == 0)
		return -1;
	if (count == 1 || (can_go_on && preemptions == scenario->preemptions))
		return able[0];
	chosen = choose(count);
	if (can_go_on && chosen != 0)
		preemptions++;
	return able[chosen];
}

/* Another thread, or the main program when none can run. */
static void
reschedule(void)
{
	int self = running, next = choose_thread();

	if (next == self)
		return;
	if (self >= 0)
		threads[self].current = current;
	running = next;
	if (next >= 0)
		current = threads[next].current;
	swapcontext(self < 0 ? &main_context : &threads[self].context,
	    next < 0 ? &main_context : &threads[next].context);
}

void
scheduling_point(const volatile void *object)
{
	uintptr_t at = (uintptr_t)object;
	bool in_loop = at >= (uintptr_t)loops && at < (uintptr_t)(loops + THREADS_MAX);

	if (running >= 0 && (!in_loop || scenario->points_in_loops))
		reschedule();
}

/* --------------------------------------------------------------- the world */

static int64_t
monotonic_us(struct clock *clock)
{
	(void)clock;
	if (scenario->turns_of_one)
		time_us += ACTOR_TURN_US;
	return time_us;
}

static struct clock fake_clock = { .monotonic_us = monotonic_us };

static void
wake(struct loop *loop)
{
	woken[loop->number] = true;
}

static void
arm_never(struct loop *loop, int64_t at_us)
{
	(void)loop;
	(void)at_us;
}

static bool
pretend_once(struct loop *loop, struct actor *it)
{
	bool now = scenario->pretends && loop->number == 0 && !pretended;

	(void)it;
	pretended = pretended || now;
	return now;
}

static const struct loop_ops fake_ops = {
	.wake = wake,
	.arm = arm_never,
	.pretend_occupied = pretend_once,
};

static enum actor_result
step_event(struct actor *it, struct actor_event *event)
{
	struct event *stepped = container_of(event, struct event, event);

	if (steps_inside++ != 0)
		violation("two are inside");
	scheduling_point(NULL);
	if (it->pinned && loop_current() != it->home)
		violation("a pinned actor was stepped away from home");
	if (stepped->stepped++ != 0)
		violation("an event was stepped twice");
	if (stepped->order != last_order[stepped->sender] + 1)
		violation("a sender's events changed their order");
	last_order[stepped->sender] = stepped->order;
	steps_inside--;
	if (!scenario->busy_at_first || was_busy)
		return ACTOR_DONE;
	was_busy = true;
	busy = true;
	return ACTOR_BUSY;
}

static void
post_next(int sender, int order, bool resume)
{
	struct event *event = &events[event_count++];

	*event = (struct event){ .sender = sender, .order = order };
	if (!resume) {
		actor_post(&actor, &event->event);
		return;
	}
	event->order = 1;
	threads[sender].waits_for_busy = true;
	reschedule();
	busy = false;
	threads[sender].waits_for_busy = false;
	actor_resume(&actor, &event->event);
}

/*
 * A script: 'p' posts an event, 'r' waits until the actor is busy and resumes
 * it with an event, ' ' lets the loop be left and entered again.
 */
static void
run_script(struct thread *it, int number)
{
	int order = 0;

	if (it->loop != NULL)
		loop_enter(it->loop);
	for (const char *at = scenario->script[number]; *at != '\0'; at++) {
		if (*at == ' ') {
			loop_leave(it->loop);
			loop_enter(it->loop);
		} else {
			post_next(number, ++order, *at == 'r');
		}
	}
	if (it->loop != NULL)
		loop_leave(it->loop);
}

static void
thread_main(int number)
{
	struct thread *it = &threads[number];

	run_script(it, number);
	for (;;) {
		it->quiet = true;
		reschedule();
		it->quiet = false;
		woken[number] = false;
		loop_run(it->loop);
	}
}

/* ------------------------------------------------------------------- runs */

static void
set_up_thread(int number)
{
	struct thread *it = &threads[number];

	*it = (struct thread){ .stack = it->stack };
	woken[number] = false;
	last_order[number] = 0;
	if (scenario->script[number] == NULL)
		return;
	loop_init(&loops[number], &fake_ops, &fake_clock, LOOP_DATA, number);
	if ((scenario->workers & 1u << number) == 0)
		it->loop = &loops[number];
	getcontext(&it->context);
	it->context.uc_stack.ss_sp = it->stack;
	it->context.uc_stack.ss_size = STACK_SIZE;
	makecontext(&it->context, (void (*)(void))thread_main, 1, number);
}

/* The first thread's loop is the actor's home. */
static void
set_up(void)
{
	event_count = steps_inside = depth = preemptions = 0;
	busy = was_busy = pretended = false;
	time_us = 0;
	current = NULL;
	running = -1;
	for (int i = 0; i < THREADS_MAX; i++)
		set_up_thread(i);
	actor_init(&actor, &loops[0], scenario->pinned, step_event);
}

static void
verify(void)
{
	size_t expected = 0;

	for (int i = 0; i < THREADS_MAX; i++) {
		for (const char *at = scenario->script[i]; at != NULL && *at != '\0'; at++)
			expected += *at != ' ';
	}
	if ((size_t)event_count != expected)
		violation("a thread never came to its end");
	for (int i = 0; i < event_count; i++) {
		if (events[i].stepped == 0)
			violation("an event was left behind");
	}
	if (actor.occupied != IDLE || !mailbox_is_empty(&actor.mailbox))
		violation("the actor is not idle at the end");
}

/* The last choice that has another option is changed; false: all were tried. */
static bool
next_schedule(void)
{
	while (depth > 0) {
		depth--;
		if (choice[depth] + 1 < options[depth]) {
			choice[depth]++;
			known_depth = depth + 1;
			return true;
		}
	}
	return false;
}

static long
walk(const struct scenario *it)
{
	long count = 0;

	scenario = it;
	known_depth = 0;
	do {
		set_up();
		reschedule();
		verify();
		count++;
	} while (next_schedule());
	printf("interleave: %s: %ld interleavings%s\n", it->name, count,
	    it->preemptions == NO_BOUND ? ", all" : "");
	fflush(stdout);
	return count;
}

static const struct scenario scenarios[] = {
	{ .name = "two loops, two events and one", .script = { "p p", "p" },
	    .preemptions = NO_BOUND },
	{ .name = "two loops, two events each", .script = { "p p", "p p" }, .preemptions = 5 },
	{ .name = "a loop, and a worker that sends one", .script = { "p p", "p" }, .workers = 2,
	    .preemptions = NO_BOUND },
	{ .name = "a loop, and a worker that sends two", .script = { "p", "pp" }, .workers = 2,
	    .preemptions = NO_BOUND },
	{ .name = "two loops and a worker", .script = { "p", "p", "p" }, .workers = 4,
	    .preemptions = 3 },
	{ .name = "a worker and a loop's own messages", .script = { "p", "pp" }, .workers = 2,
	    .points_in_loops = true, .preemptions = 4 },
	{ .name = "a pinned actor at home", .script = { "p p", "p" }, .pinned = true,
	    .preemptions = NO_BOUND },
	{ .name = "an actor that seems to be occupied", .script = { "pp", "p" }, .pretends = true,
	    .preemptions = NO_BOUND },
	{ .name = "turns of one event", .script = { "p p", "p" }, .turns_of_one = true,
	    .preemptions = 5 },
	{ .name = "a busy actor, resumed by a worker", .script = { "pp", "r" }, .workers = 2,
	    .busy_at_first = true, .preemptions = NO_BOUND },
	{ .name = "a busy actor, resumed by another loop", .script = { "pp", "r" },
	    .busy_at_first = true, .preemptions = NO_BOUND },
	{ .name = "a busy actor, a poster and a worker that resumes", .script = { "p", "p", "r" },
	    .workers = 4, .busy_at_first = true, .preemptions = 3 },
};

static int
walk_all(void)
{
	long count = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(scenarios); i++)
		count += walk(&scenarios[i]);
	printf("interleave: %ld interleavings\n", count);
	printf("interleave: %zu passed, 0 failed\n", ARRAY_LENGTH(scenarios));
	return 0;
}

/* The walk has to fail, by a violation or by an assertion of the code. */
static UNUSED int
catch_canary(void)
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (child == 0)
		_exit(walk_all() == 0 ? 0 : 1);
	if (child < 0 || waitpid(child, &status, 0) != child)
		status = 0;
	printf("interleave, canary: %s\n", status != 0 ? "1 passed, 0 failed" : "0 passed, 1 failed");
	return status == 0;
}

int
main(void)
{
	for (int i = 0; i < THREADS_MAX; i++) {
		threads[i].stack = malloc(STACK_SIZE);
		assert(threads[i].stack != NULL);
	}
#if defined(CANARY_LOST_WAKE_UP_IN_MAILBOX) || defined(CANARY_INLINE_STEP_PAST_MAILBOX)
	return catch_canary();
#else
	return walk_all();
#endif
}
