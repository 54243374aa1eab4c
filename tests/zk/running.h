/*
 * tests/zk/running.h: an embedded ZooKeeper that runs in this process on the
 * real world's control loop, for the tests.
 */
#ifndef KLAMM_TESTS_ZK_RUNNING_H
#define KLAMM_TESTS_ZK_RUNNING_H

#include "world/world.h"
#include "zk/server/server.h"

struct running;

/* Keeps its data in `folder`. NULL when it cannot start; the log says why. */
struct running *running_start(const struct zk_server_options *options, const char *folder,
    struct logger *logger);
/* On a store of the caller's; NULL for none. */
struct running *running_start_on(const struct zk_server_options *options, struct store *store,
    struct logger *logger);
uint16_t running_port(const struct running *running);
void running_stop(struct running *running);

#endif
