/*
 * world/world.h: all that a broker has of the outside. One broker is made with
 * one world; it has no other way out and there is no global mutable state.
 * The coordination port belongs to the control loop.
 */
#ifndef KLAMM_WORLD_WORLD_H
#define KLAMM_WORLD_WORLD_H

#include "base/logger.h"
#include "metrics/metrics.h"
#include "world/boot_id.h"
#include "world/clock.h"
#include "world/coord.h"
#include "world/disk.h"
#include "world/entropy.h"
#include "world/loop.h"
#include "world/net.h"
#include "world/workers.h"

struct world {
	struct clock *clock;
	struct disk *disk;
	struct net *net;
	struct coord *coord;
	struct entropy *entropy;
	struct boot_id boot_id;
	struct workers *workers;
	struct logger *logger;
	struct loop *control;
	struct loop **loops; /* data loops */
	int loop_count;
	struct metrics *metrics; /* whose cells the loops count in; NULL: nothing is counted */
};

#endif
