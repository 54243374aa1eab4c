/* Loops and workers as threads: timers, wake-ups, the order of queues, stalls. */
#include <stdatomic.h>
#include <time.h>

#include "base/memory.h"
#include "check.h"
#include "posix_test.h"
#include "world/loop_libev.h"
#include "world/world_posix.h"

/* ---------------------------------------------------------------- timers */

enum { TIMERS = 3 };

struct waiting {
	struct timer timer;
	struct loop *loop;
	int64_t due_us;
	int64_t fired_us;
};

static struct waiting waiting[TIMERS];
static struct timer stopped_timer;
static atomic_int timers_fired;

static void
on_timer(struct timer *timer)
{
	struct waiting *it = container_of(timer, struct waiting, timer);

	it->fired_us = clock_monotonic_us(it->loop->clock);
	atomic_fetch_add(&timers_fired, 1);
}

static void
on_stopped_timer(struct timer *timer)
{
	(void)timer;
	atomic_fetch_add(&timers_fired, 100);
}

static void
start_timers(void *argument)
{
	static const int64_t after_us[TIMERS] = { 30000, 1500, 12345 };
	struct loop *loop = argument;
	int64_t now_us = clock_monotonic_us(loop->clock);

	for (int i = 0; i < TIMERS; i++) {
		waiting[i].loop = loop;
		waiting[i].due_us = now_us + after_us[i];
		timer_init(&waiting[i].timer, on_timer);
		timer_start(loop, &waiting[i].timer, waiting[i].due_us);
	}
	timer_init(&stopped_timer, on_stopped_timer);
	timer_start(loop, &stopped_timer, now_us + 500);
	timer_stop(loop, &stopped_timer);
}

static void
timers_test(struct loop *loop)
{
	run_on_loop(loop, start_timers, loop);
	CHECK(comes_true(&timers_fired, TIMERS));
	for (int i = 0; i < TIMERS; i++)
		CHECK(waiting[i].fired_us >= waiting[i].due_us);
	CHECK(waiting[1].fired_us <= waiting[2].fired_us);
	CHECK(waiting[2].fired_us <= waiting[0].fired_us);
}

/* ---------------------------------------------------------------- stalls */

static void
sleep_long(void *argument)
{
	const struct timespec moment = { .tv_nsec = 120000000 };

	nanosleep(&moment, argument);
}

/* It is counted when the loop's turn ends, which is after what we have asked for. */
static void
stall_test(struct loop *loop)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	uint64_t before = loop_libev_stalls(loop);

	run_on_loop(loop, sleep_long, NULL);
	for (int i = 0; i < 10000 && loop_libev_stalls(loop) == before; i++)
		nanosleep(&moment, NULL);
	CHECK(loop_libev_stalls(loop) > before);
}

/* --------------------------------------------------------------- workers */

enum { QUEUES = 5, PIECES = 200 };

struct piece {
	struct work work;
	int queue;
	int order;
};

static struct piece pieces[QUEUES][PIECES];
static int ran_in_queue[QUEUES], done_in_queue[QUEUES]; /* plain: one at a time */
static atomic_int inside_queue[QUEUES], pieces_done, concurrent, most_concurrent;

static void
run_piece(struct work *work)
{
	struct piece *it = container_of(work, struct piece, work);
	int now = atomic_fetch_add(&concurrent, 1) + 1;
	int most = atomic_load(&most_concurrent);
	const struct timespec moment = { .tv_nsec = it->order == 0 ? 5000000 : 1000 };

	while (now > most && !atomic_compare_exchange_weak(&most_concurrent, &most, now))
		;
	if (loop_current() != NULL)
		check_that(false, "a worker is no loop", __FILE__, __LINE__);
	if (it->queue > 0 && atomic_fetch_add(&inside_queue[it->queue], 1) != 0)
		check_that(false, "one piece of a queue at a time", __FILE__, __LINE__);
	if (it->queue > 0 && ran_in_queue[it->queue]++ != it->order)
		check_that(false, "pieces of a queue run in order", __FILE__, __LINE__);
	nanosleep(&moment, NULL);
	atomic_fetch_sub(&inside_queue[it->queue], it->queue > 0);
	atomic_fetch_sub(&concurrent, 1);
}

static void
piece_done(struct work *work)
{
	struct piece *it = container_of(work, struct piece, work);

	if (loop_current() != work->loop)
		check_that(false, "done is told on the loop", __FILE__, __LINE__);
	if (it->queue > 0 && done_in_queue[it->queue]++ != it->order)
		check_that(false, "a queue's results come in order", __FILE__, __LINE__);
	atomic_fetch_add(&pieces_done, 1);
}

/* Queue 0 is none. */
static void
workers_test(struct world *world)
{
	for (int order = 0; order < PIECES; order++) {
		for (int queue = 0; queue < QUEUES; queue++) {
			struct piece *it = &pieces[queue][order];

			*it = (struct piece){ .queue = queue, .order = order };
			it->work.loop = world->loops[queue % 2];
			it->work.run = run_piece;
			it->work.done = piece_done;
			it->work.queue = queue == 0 ? NULL : &ran_in_queue[queue];
			workers_submit(world->workers, &it->work);
		}
	}
	CHECK(comes_true(&pieces_done, QUEUES * PIECES));
	CHECK(atomic_load(&most_concurrent) == 3);
}

/* All that was submitted runs, and its results are seen, before a world ends. */
static void
clean_stop_test(struct logger *logger)
{
	struct world *world = world_posix_new(1, 2, logger);

	CHECK(world != NULL);
	atomic_store(&pieces_done, 0);
	for (int queue = 1; queue < QUEUES; queue++)
		ran_in_queue[queue] = done_in_queue[queue] = 0;
	for (int order = 0; order < 20; order++) {
		struct piece *it = &pieces[1][order];

		it->work.loop = world->loops[0];
		workers_submit(world->workers, &it->work);
	}
	world_posix_free(world);
	CHECK(atomic_load(&pieces_done) == 20);
}

/* The word to stop may come before the thread has begun. */
static void
stop_at_once_test(struct logger *logger)
{
	for (int i = 0; i < 200; i++) {
		struct world *world = world_posix_new(1, 1, logger);

		CHECK(world != NULL);
		if (world != NULL)
			world_posix_free(world);
	}
}

void
posix_threads_test(struct world *world)
{
	timers_test(world->loops[1]);
	stall_test(world->loops[0]);
	workers_test(world);
	clean_stop_test(world->logger);
	stop_at_once_test(world->logger);
}
