/* world/entropy_posix.h: the entropy port's real end; it has no state. */
#ifndef KLAMM_WORLD_ENTROPY_POSIX_H
#define KLAMM_WORLD_ENTROPY_POSIX_H

#include "world/entropy.h"

void entropy_posix_init(struct entropy *entropy);

#endif
