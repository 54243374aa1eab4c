/* world/entropy.h: random bytes fit for ids, nonces and salts. */
#ifndef KLAMM_WORLD_ENTROPY_H
#define KLAMM_WORLD_ENTROPY_H

#include <stddef.h>

struct entropy {
	void (*fill)(struct entropy *entropy, void *bytes, size_t size);
};

static inline void
entropy_fill(struct entropy *entropy, void *bytes, size_t size)
{
	entropy->fill(entropy, bytes, size);
}

#endif
