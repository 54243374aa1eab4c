/* world/clock_posix.h: the clock port's real end; it has no state. */
#ifndef KLAMM_WORLD_CLOCK_POSIX_H
#define KLAMM_WORLD_CLOCK_POSIX_H

#include "world/clock.h"

void clock_posix_init(struct clock *clock);

#endif
