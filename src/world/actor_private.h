/* world/actor_private.h: what loop.c and actor.c share. */
#ifndef KLAMM_WORLD_ACTOR_PRIVATE_H
#define KLAMM_WORLD_ACTOR_PRIVATE_H

#include "world/actor.h"

/* The loop's thread, with an actor that it took out of its run queue. */
void actor_run(struct actor *actor);

#endif
