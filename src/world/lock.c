#include "world/lock.h"

#include <assert.h>

void
lock_init(struct lock *lock)
{
	int failed = pthread_mutex_init(&lock->mutex, NULL);

	assert(failed == 0);
}

void
lock_fini(struct lock *lock)
{
	int failed = pthread_mutex_destroy(&lock->mutex);

	assert(failed == 0);
}

void
lock_take(struct lock *lock)
{
	int failed = pthread_mutex_lock(&lock->mutex);

	assert(failed == 0);
}

void
lock_release(struct lock *lock)
{
	int failed = pthread_mutex_unlock(&lock->mutex);

	assert(failed == 0);
}
