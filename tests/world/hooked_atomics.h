/*
 * tests/world/hooked_atomics.h: each atomic operation of the code that is
 * included after this header is preceded by a point where another thread may
 * be chosen to go on. Relaxed ones touch a node that nobody else sees yet.
 */
#ifndef KLAMM_TESTS_WORLD_HOOKED_ATOMICS_H
#define KLAMM_TESTS_WORLD_HOOKED_ATOMICS_H

#include <stdatomic.h>

void scheduling_point(const volatile void *object);

static inline void
atomic_point(const volatile void *object, memory_order order)
{
	if (order != memory_order_relaxed)
		scheduling_point(object);
}

#undef atomic_load_explicit
#undef atomic_store
#undef atomic_store_explicit
#undef atomic_exchange_explicit
#undef atomic_fetch_or_explicit
#undef atomic_fetch_and_explicit
#undef atomic_compare_exchange_strong_explicit

#define atomic_load_explicit(object, order) \
	(atomic_point(object, order), __atomic_load_n(object, __ATOMIC_SEQ_CST))
#define atomic_store(object, value) atomic_store_explicit(object, value, memory_order_seq_cst)
#define atomic_store_explicit(object, value, order) \
	(atomic_point(object, order), __atomic_store_n(object, value, __ATOMIC_SEQ_CST))
#define atomic_exchange_explicit(object, value, order) \
	(atomic_point(object, order), __atomic_exchange_n(object, value, __ATOMIC_SEQ_CST))
#define atomic_fetch_or_explicit(object, value, order) \
	(atomic_point(object, order), __atomic_fetch_or(object, value, __ATOMIC_SEQ_CST))
#define atomic_fetch_and_explicit(object, value, order) \
	(atomic_point(object, order), __atomic_fetch_and(object, value, __ATOMIC_SEQ_CST))
#define atomic_compare_exchange_strong_explicit(object, expected, value, order, failed) \
	(atomic_point(object, order), __atomic_compare_exchange_n(object, expected, value, false, \
	    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))

#endif
