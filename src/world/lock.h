/*
 * world/lock.h: a mutex for what loops and workers share for an instant. It
 * is held for a few instructions, never over a call into another port: no
 * thread may wait for a disk, a peer or a clock behind it (design section 4).
 */
#ifndef KLAMM_WORLD_LOCK_H
#define KLAMM_WORLD_LOCK_H

#include <pthread.h>

struct lock {
	pthread_mutex_t mutex;
};

void lock_init(struct lock *lock);
/* Nobody may hold it. */
void lock_fini(struct lock *lock);
void lock_take(struct lock *lock);
void lock_release(struct lock *lock);

#endif
