/*
 * klammd/embedded.h: the ZooKeeper inside klammd (klamm.embedded.zookeeper):
 * zk/server on the control loop, kept with LMDB.
 */
#ifndef KLAMM_KLAMMD_EMBEDDED_H
#define KLAMM_KLAMMD_EMBEDDED_H

#include "config/broker_config.h"
#include "world/world.h"

struct embedded;

/*
 * Opens the store and listens; blocks. NULL, and what is wrong is in the log.
 * Not on a thread of the world.
 */
struct embedded *embedded_open(struct world *world, const struct broker_config *config);
/* host:port, for zookeeper.connect; the embedded one's. */
const char *embedded_address(const struct embedded *embedded);
/* On the control loop. */
NODISCARD enum error embedded_start(struct embedded *embedded);
void embedded_stop(struct embedded *embedded, void (*stopped)(void *context), void *context);
/* Stopped or never started; before the world is freed. */
void embedded_close(struct embedded *embedded);

#endif
