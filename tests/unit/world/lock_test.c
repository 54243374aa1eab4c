#include "world/lock.h"

#include <criterion/criterion.h>

Test(lock, is_held_by_one_at_a_time)
{
	struct lock lock;

	lock_init(&lock);
	lock_take(&lock);
	cr_expect_neq(pthread_mutex_trylock(&lock.mutex), 0);
	lock_release(&lock);
	cr_assert_eq(pthread_mutex_trylock(&lock.mutex), 0);
	lock_release(&lock);
	lock_fini(&lock);
}
