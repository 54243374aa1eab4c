/* tests/unit/world/fake_loop.h: a loop that nothing drives, and a clock that stands still. */
#ifndef KLAMM_TESTS_UNIT_WORLD_FAKE_LOOP_H
#define KLAMM_TESTS_UNIT_WORLD_FAKE_LOOP_H

#include "world/actor.h"

struct fake_loop {
	struct loop loop;
	struct clock clock;
	int64_t now_us;
	int64_t tick_us; /* how much later it is at each look at the clock */
	int wakes;
	int arms;
	int64_t armed_us;
	bool pretends; /* an idle actor counts as occupied */
};

/* In place: it may not be moved afterwards. */
void fake_loop_init(struct fake_loop *fake, enum loop_type type);
/* Runs it as long as it was woken, at most 1,000 times; how often that was. */
int fake_loop_run(struct fake_loop *fake);

#endif
