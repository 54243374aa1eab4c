/* world/thread_posix.h: how the threads of the real world begin. */
#ifndef KLAMM_WORLD_THREAD_POSIX_H
#define KLAMM_WORLD_THREAD_POSIX_H

#include <pthread.h>
#include <stdbool.h>

/*
 * With all signals blocked but those of the thread's own faults; `name`: up to
 * 15 bytes. False when the system has no thread left.
 */
bool thread_posix_start(pthread_t *thread, void *(*run)(void *argument), void *argument,
    const char *name);

#endif
