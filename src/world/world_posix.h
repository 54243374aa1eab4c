/*
 * world/world_posix.h: a whole real world for one broker: the system's clocks,
 * files, sockets and random bytes, a thread for the control loop, one for each
 * data loop, and the workers.
 */
#ifndef KLAMM_WORLD_WORLD_POSIX_H
#define KLAMM_WORLD_WORLD_POSIX_H

#include "world/world.h"

/*
 * `loops`: of data, 0: one a processor that we may use. NULL, with a line in
 * the log, when the system has no threads or descriptors left. All threads
 * run; signals are blocked in them, and SIGPIPE is ignored in the process.
 */
struct world *world_posix_new(int loops, int workers, struct logger *logger);
/* From here on its loops count (world->metrics); before anything is posted to them. */
void world_posix_count(struct world *world);
/*
 * Not on a thread of the world. First what was submitted to workers ends, then
 * the loops do. The broker has closed its connections and listeners and
 * stopped its timers before.
 */
void world_posix_free(struct world *world);

#endif
