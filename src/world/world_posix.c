#include "world/world_posix.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>

#include "base/memory.h"
#include "world/boot_id_posix.h"
#include "world/clock_posix.h"
#include "world/cpu_count.h"
#include "world/disk_posix.h"
#include "world/entropy_posix.h"
#include "world/loop_libev.h"
#include "world/net_posix.h"
#include "world/workers_posix.h"

struct posix_world {
	struct world world;
	struct clock clock;
	struct disk disk;
	struct net net;
	struct entropy entropy;
	int started; /* loops, the control loop among them */
};

static bool
make_loops(struct posix_world *it, int count)
{
	struct world *world = &it->world;

	world->loops = memory_array((size_t)count, sizeof(struct loop *));
	world->control = loop_libev_new(&it->clock, world->logger, LOOP_CONTROL, 0);
	if (world->control == NULL)
		return false;
	for (; world->loop_count < count; world->loop_count++) {
		struct loop *loop = loop_libev_new(&it->clock, world->logger, LOOP_DATA,
		    world->loop_count);

		if (loop == NULL)
			return false;
		world->loops[world->loop_count] = loop;
	}
	return true;
}

/* The control loop is number 0 here, the data loops follow. */
static struct loop *
loop_at(const struct posix_world *it, int number)
{
	return number == 0 ? it->world.control : it->world.loops[number - 1];
}

static bool
start_loops(struct posix_world *it)
{
	while (it->started < it->world.loop_count + 1) {
		if (!loop_libev_start(loop_at(it, it->started)))
			return false;
		it->started++;
	}
	return true;
}

struct world *
world_posix_new(int loops, int workers, struct logger *logger)
{
	struct posix_world *it = memory_new(sizeof(*it));

	assert(loops >= 0 && workers > 0);
	(void)signal(SIGPIPE, SIG_IGN);
	clock_posix_init(&it->clock);
	disk_posix_init(&it->disk);
	net_posix_init(&it->net);
	entropy_posix_init(&it->entropy);
	it->world = (struct world){
		.clock = &it->clock,
		.disk = &it->disk,
		.net = &it->net,
		.entropy = &it->entropy,
		.logger = logger,
	};
	boot_id_posix_init(&it->world.boot_id);
	it->world.workers = workers_posix_new(workers, &it->entropy);
	if (it->world.workers != NULL && make_loops(it, loops == 0 ? cpu_count() : loops) &&
	    start_loops(it))
		return &it->world;
	log_error(logger, "cannot start %d threads: the system has no threads or files left",
	    1 + MAX(loops, 1) + workers);
	world_posix_free(&it->world);
	return NULL;
}

void
world_posix_count(struct world *world)
{
	const struct posix_world *it = container_of(world, const struct posix_world, world);

	world->metrics = metrics_new(1 + world->loop_count);
	for (int i = 0; i <= world->loop_count; i++)
		loop_at(it, i)->metrics = world->metrics->cells[i];
}

void
world_posix_free(struct world *world)
{
	struct posix_world *it = container_of(world, struct posix_world, world);

	if (world->workers != NULL)
		workers_posix_free(world->workers);
	while (it->started > 0)
		loop_libev_stop(loop_at(it, --it->started));
	for (int i = 0; i < world->loop_count; i++)
		loop_libev_free(world->loops[i]);
	if (world->control != NULL)
		loop_libev_free(world->control);
	metrics_free(world->metrics);
	free(world->loops);
	free(it);
}
