#include "base/prng.h"

#include <assert.h>

/* splitmix64, the seeding that xoshiro's authors advise. */
static uint64_t
splitmix(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void
prng_init(struct prng *prng, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		prng->state[i] = splitmix(&seed);
}

struct prng
prng_fork(const struct prng *prng, uint64_t stream)
{
	struct prng child;
	uint64_t seed = prng->state[0] ^ prng->state[3];

	seed ^= splitmix(&stream);
	prng_init(&child, seed);
	return child;
}

static uint64_t
rotate(uint64_t value, int bits)
{
	return value << bits | value >> (64 - bits);
}

uint64_t
prng_next(struct prng *prng)
{
	uint64_t *s = prng->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rotate(s[3], 45);
	return result;
}

uint64_t
prng_below(struct prng *prng, uint64_t bound)
{
	uint64_t unfair, value;

	assert(bound > 0);
	unfair = -bound % bound;
	do
		value = prng_next(prng);
	while (value < unfair);
	return value % bound;
}

int64_t
prng_between(struct prng *prng, int64_t low, int64_t high)
{
	uint64_t span = (uint64_t)high - (uint64_t)low;

	assert(low <= high);
	if (span == UINT64_MAX)
		return (int64_t)prng_next(prng);
	return (int64_t)((uint64_t)low + prng_below(prng, span + 1));
}

bool
prng_chance(struct prng *prng, uint64_t part, uint64_t whole)
{
	return prng_below(prng, whole) < part;
}
