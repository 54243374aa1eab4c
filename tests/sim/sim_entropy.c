#include "tests/sim/sim_process.h"

static void
fill(struct entropy *entropy, void *bytes, size_t size)
{
	struct sim *sim = container_of(entropy, struct sim_entropy, entropy)->sim;
	uint8_t *at = bytes;

	while (size-- > 0)
		*at++ = (uint8_t)prng_next(sim_stream(sim, SIM_ENTROPY));
}

void
sim_entropy_init(struct sim_entropy *entropy, struct sim *sim)
{
	entropy->entropy.fill = fill;
	entropy->sim = sim;
}
