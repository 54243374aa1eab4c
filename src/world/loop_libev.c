#include "world/loop_libev.h"

#include <assert.h>
#include <ev.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/logger.h"
#include "base/memory.h"
#include "world/thread_posix.h"

struct libev_loop {
	struct loop loop;
	struct logger *logger;
	struct ev_loop *ev;
	ev_async woken;
	ev_timer timer;
	int64_t timer_at_us;
	pthread_t thread;
	bool started;
	bool on_socket; /* the turn began with one that was ready */
	struct loop_message stop;
	bool stopped; /* its thread's */
	_Atomic(uint64_t) stalls;
};

struct loop_watcher {
	ev_io io;
	struct libev_loop *loop;
	void (*ready)(void *owner, bool readable, bool writable);
	void *owner;
};

static struct libev_loop *
libev_of(struct loop *loop)
{
	return container_of(loop, struct libev_loop, loop);
}

/* libev itself makes one wake-up of many, and no system call while we run. */
static void
wake(struct loop *loop)
{
	struct libev_loop *it = libev_of(loop);

	ev_async_send(it->ev, &it->woken);
}

static void
arm(struct loop *loop, int64_t at_us)
{
	struct libev_loop *it = libev_of(loop);
	int64_t wait_us;

	ev_timer_stop(it->ev, &it->timer);
	it->timer_at_us = at_us;
	if (at_us == INT64_MAX)
		return;
	wait_us = at_us - clock_monotonic_us(loop->clock);
	ev_now_update(it->ev); /* its own idea of now is as old as this round */
	ev_timer_set(&it->timer, wait_us > 0 ? (double)wait_us / 1e6 : 0., 0.);
	ev_timer_start(it->ev, &it->timer);
}

static const struct loop_ops ops = { .wake = wake, .arm = arm };

static void
on_woken(struct ev_loop *ev, ev_async *woken, int events)
{
	(void)woken;
	(void)events;
	loop_run(ev_userdata(ev));
}

static void
on_timer(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct loop *loop = ev_userdata(ev);
	struct libev_loop *it = libev_of(loop);

	(void)timer;
	(void)events;
	if (clock_monotonic_us(loop->clock) < it->timer_at_us)
		arm(loop, it->timer_at_us); /* two clocks, and libev's was ahead */
	else
		loop_run(loop);
}

static void
on_stalled(struct loop *loop, int64_t stalled_us)
{
	struct libev_loop *it = libev_of(loop);

	atomic_fetch_add_explicit(&it->stalls, 1, memory_order_relaxed);
	if (it->logger != NULL)
		log_warn(it->logger,
		    "%s loop %d stalled for %lld ms in a turn of %d messages, %d timers, %d actors%s",
		    loop->type == LOOP_CONTROL ? "control" : "data", loop->number,
		    (long long)(stalled_us / 1000), loop->turn.messages, loop->turn.timers,
		    loop->turn.actors, it->on_socket ? " and a socket" : "");
}

static void
on_stop(struct loop_message *message)
{
	struct libev_loop *it = container_of(message, struct libev_loop, stop);

	if (!list_is_empty(&it->loop.actors) || !list_is_empty(&it->loop.tasks)) {
		loop_post(&it->loop, message); /* their turns come first */
		return;
	}
	it->stopped = true;
	ev_break(it->ev, EVBREAK_ALL);
}

struct loop *
loop_libev_new(struct clock *clock, struct logger *logger, enum loop_type type, int number)
{
	struct libev_loop *it = memory_new(sizeof(*it));

	loop_init(&it->loop, &ops, clock, type, number);
	it->loop.stalled = on_stalled;
	it->logger = logger;
	it->stop.run = on_stop;
	it->ev = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	if (it->ev == NULL) {
		loop_fini(&it->loop);
		free(it);
		return NULL;
	}
	ev_set_userdata(it->ev, &it->loop);
	ev_async_init(&it->woken, on_woken);
	ev_async_start(it->ev, &it->woken);
	ev_timer_init(&it->timer, on_timer, 0., 0.);
	return &it->loop;
}

void
loop_libev_free(struct loop *loop)
{
	struct libev_loop *it = libev_of(loop);

	assert(!it->started);
	ev_timer_stop(it->ev, &it->timer);
	ev_async_stop(it->ev, &it->woken);
	ev_loop_destroy(it->ev);
	loop_fini(loop);
	free(it);
}

static void *
thread_main(void *argument)
{
	struct libev_loop *it = argument;

	loop_run(&it->loop); /* what was left for it before it started */
	if (!it->stopped) /* ev_run forgets an ev_break from before */
		ev_run(it->ev, 0);
	return NULL;
}

bool
loop_libev_start(struct loop *loop)
{
	struct libev_loop *it = libev_of(loop);
	char name[16] = "control";

	assert(!it->started);
	if (loop->type == LOOP_DATA)
		snprintf(name, sizeof(name), "loop %d", loop->number);
	it->started = thread_posix_start(&it->thread, thread_main, it, name);
	return it->started;
}

void
loop_libev_stop(struct loop *loop)
{
	struct libev_loop *it = libev_of(loop);

	assert(it->started && loop_current() != loop);
	loop_post(loop, &it->stop);
	pthread_join(it->thread, NULL);
	it->started = false;
}

uint64_t
loop_libev_stalls(struct loop *loop)
{
	return atomic_load_explicit(&libev_of(loop)->stalls, memory_order_relaxed);
}

/* -------------------------------------------------------------- watchers */

static void
on_ready(struct ev_loop *ev, ev_io *io, int events)
{
	struct loop_watcher *watcher = container_of(io, struct loop_watcher, io);
	struct loop *loop = ev_userdata(ev);

	loop_enter(loop);
	libev_of(loop)->on_socket = true;
	watcher->ready(watcher->owner, (events & EV_READ) != 0, (events & EV_WRITE) != 0);
	loop_leave(loop);
	libev_of(loop)->on_socket = false;
}

struct loop_watcher *
loop_watcher_new(struct loop *loop, int fd,
    void (*ready)(void *owner, bool readable, bool writable), void *owner)
{
	struct loop_watcher *watcher = memory_new(sizeof(*watcher));

	watcher->loop = libev_of(loop);
	watcher->ready = ready;
	watcher->owner = owner;
	ev_io_init(&watcher->io, on_ready, fd, 0);
	return watcher;
}

void
loop_watcher_want(struct loop_watcher *watcher, bool read, bool write)
{
	int events = (read ? EV_READ : 0) | (write ? EV_WRITE : 0);

	if ((watcher->io.events & (EV_READ | EV_WRITE)) == events &&
	    (ev_is_active(&watcher->io) || events == 0))
		return;
	ev_io_stop(watcher->loop->ev, &watcher->io);
	ev_io_set(&watcher->io, watcher->io.fd, events);
	if (events != 0)
		ev_io_start(watcher->loop->ev, &watcher->io);
}

void
loop_watcher_free(struct loop_watcher *watcher)
{
	ev_io_stop(watcher->loop->ev, &watcher->io);
	free(watcher);
}
