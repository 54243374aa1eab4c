/*
 * base/counted.h: what several threads hold and nobody changes: it is freed by
 * whoever lets go last. Embedded as the first member.
 */
#ifndef KLAMM_BASE_COUNTED_H
#define KLAMM_BASE_COUNTED_H

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>

struct counted {
	_Atomic(unsigned) holders;
	void (*free)(struct counted *counted);
};

/* One holder: the caller. */
static inline void
counted_init(struct counted *counted, void (*free)(struct counted *counted))
{
	atomic_init(&counted->holders, 1);
	counted->free = free;
}

static inline void
counted_hold(struct counted *counted)
{
	unsigned before = atomic_fetch_add_explicit(&counted->holders, 1, memory_order_relaxed);

	assert(before > 0);
}

/* NULL is harmless. */
static inline void
counted_release(struct counted *counted)
{
	if (counted == NULL)
		return;
	unsigned before = atomic_fetch_sub_explicit(&counted->holders, 1, memory_order_acq_rel);

	assert(before > 0);
	if (before == 1)
		counted->free(counted);
}

#endif
