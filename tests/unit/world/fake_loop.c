#include "fake_loop.h"

static struct fake_loop *
fake_of(struct loop *loop)
{
	return container_of(loop, struct fake_loop, loop);
}

static int64_t
monotonic_us(struct clock *clock)
{
	struct fake_loop *fake = container_of(clock, struct fake_loop, clock);

	fake->now_us += fake->tick_us;
	return fake->now_us;
}

static void
wake(struct loop *loop)
{
	fake_of(loop)->wakes++;
}

static void
arm(struct loop *loop, int64_t at_us)
{
	fake_of(loop)->arms++;
	fake_of(loop)->armed_us = at_us;
}

static bool
pretend_occupied(struct loop *loop, struct actor *actor)
{
	(void)actor;
	return fake_of(loop)->pretends;
}

static const struct loop_ops ops = {
	.wake = wake,
	.arm = arm,
	.pretend_occupied = pretend_occupied,
};

void
fake_loop_init(struct fake_loop *fake, enum loop_type type)
{
	*fake = (struct fake_loop){
		.clock = { .monotonic_us = monotonic_us },
		.armed_us = INT64_MAX,
	};
	loop_init(&fake->loop, &ops, &fake->clock, type, 0);
}

int
fake_loop_run(struct fake_loop *fake)
{
	int runs = 0;

	for (; fake->wakes > 0 && runs < 1000; runs++) {
		fake->wakes = 0;
		loop_run(&fake->loop);
	}
	return runs;
}
