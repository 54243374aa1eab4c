/*
 * base/prng.h: seeded generator (xoshiro256**). Not for secrets: those come
 * from the world's entropy port. One generator is forked per stream, so that
 * drawing more from one does not shift the others.
 */
#ifndef KLAMM_BASE_PRNG_H
#define KLAMM_BASE_PRNG_H

#include <stdbool.h>
#include <stdint.h>

struct prng {
	uint64_t state[4];
};

void prng_init(struct prng *prng, uint64_t seed);
/* A generator of its own for `stream`; the parent does not move. */
struct prng prng_fork(const struct prng *prng, uint64_t stream);
uint64_t prng_next(struct prng *prng);
/* Uniform in [0, bound); bound > 0. */
uint64_t prng_below(struct prng *prng, uint64_t bound);
/* Uniform in [low, high]. */
int64_t prng_between(struct prng *prng, int64_t low, int64_t high);
/* True in `part` of `whole` cases. */
bool prng_chance(struct prng *prng, uint64_t part, uint64_t whole);

#endif
