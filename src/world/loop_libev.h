/*
 * world/loop_libev.h: the loop's real backend, one libev loop and one thread
 * each. Only loop_libev.c knows libev; who waits for a file descriptor does it
 * with a watcher from here.
 */
#ifndef KLAMM_WORLD_LOOP_LIBEV_H
#define KLAMM_WORLD_LOOP_LIBEV_H

#include "world/loop.h"

struct logger;

struct loop_watcher;

/* The loop is the caller's, freed with loop_libev_free. `logger`: of stalls. */
struct loop *loop_libev_new(struct clock *clock, struct logger *logger, enum loop_type type,
    int number);
/* It has been stopped, or was never started. */
void loop_libev_free(struct loop *loop);

/* Starts its thread; false when the system has none left. */
bool loop_libev_start(struct loop *loop);
/* Any other thread: runs what was posted before, then ends and joins the thread. */
void loop_libev_stop(struct loop *loop);
/* How often it stalled; any thread. */
uint64_t loop_libev_stalls(struct loop *loop);

/*
 * All on the loop's thread. `ready` is called inside loop_enter/loop_leave for
 * what was wanted, and may end the watcher. At first nothing is wanted. The
 * descriptor stays the caller's and is closed after the watcher has ended.
 */
struct loop_watcher *loop_watcher_new(struct loop *loop, int fd,
    void (*ready)(void *owner, bool readable, bool writable), void *owner);
void loop_watcher_want(struct loop_watcher *watcher, bool read, bool write);
void loop_watcher_free(struct loop_watcher *watcher);

#endif
