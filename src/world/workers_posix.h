/* world/workers_posix.h: the workers' real end: a pool of threads. */
#ifndef KLAMM_WORLD_WORKERS_POSIX_H
#define KLAMM_WORLD_WORKERS_POSIX_H

#include "world/entropy.h"
#include "world/workers.h"

/*
 * NULL when the system cannot have even one thread more; fewer than `count`
 * are put up with. `entropy` seeds the table of queues.
 */
struct workers *workers_posix_new(int count, struct entropy *entropy);
/*
 * Any thread but its own: waits until all that was submitted has run and its
 * results were posted; nothing may be submitted any more.
 */
void workers_posix_free(struct workers *workers);

#endif
