/*
 * world/coord_zookeeper.h: the coordination port's real end, Debian's
 * libzookeeper_st on the control loop. It never blocks: the library gets
 * numeric addresses only, and its own waits (for a session's end) are not used.
 *
 * Limits of the library: it is for one thread, so a process has one control
 * loop that uses it (several sessions on that loop are fine); a create inside a
 * multi gives no stat (all zeros); a set-ACL inside a multi is
 * ZNODE_UNIMPLEMENTED.
 */
#ifndef KLAMM_WORLD_COORD_ZOOKEEPER_H
#define KLAMM_WORLD_COORD_ZOOKEEPER_H

#include "base/logger.h"
#include "world/coord.h"

struct coord_zookeeper {
	struct coord coord;
	struct logger *logger;
};

/* In place; `control` and `logger` stay the caller's and outlive it. */
void coord_zookeeper_init(struct coord_zookeeper *zookeeper, struct loop *control,
    struct logger *logger);

#endif
