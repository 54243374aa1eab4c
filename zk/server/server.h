/*
 * zk/server/server.h: the embedded ZooKeeper: requests.h behind sockets, on
 * one loop, with a store. For one machine; more machines use an ensemble.
 *
 * Nothing that a client is sent shows what is not yet in the store. Changes
 * are gathered while a commit runs, and go into the store together. While it
 * cannot be written nobody is served, and it is tried again each second.
 */
#ifndef KLAMM_ZK_SERVER_H
#define KLAMM_ZK_SERVER_H

#include "world/world.h"
#include "zk/server/store.h"

struct zk_server;

struct zk_server_options {
	struct net_address address;
	int64_t tick_ms;         /* sessions live between 2 and 20 ticks without a word */
	size_t frame_bytes;      /* a longer one closes the connection */
	size_t connections;      /* one more is closed at once */
};

/* ZooKeeper's own: 2,000 ms, 1,048,575 bytes; 1,024 connections; 127.0.0.1:2181. */
struct zk_server_options zk_server_options_default(void);

/*
 * Loads the store (which blocks) and listens; nobody is served yet. Uses of
 * `world`: net, clock, entropy, workers, logger. `store`: borrowed; NULL for a
 * server that keeps nothing. What is wrong is in the log.
 */
NODISCARD enum error zk_server_open(struct world *world, struct loop *loop,
    const struct zk_server_options *options, struct store *store, struct zk_server **server);
/* The port that it got. */
uint16_t zk_server_port(const struct zk_server *server);
/* On the loop's thread. Sessions of before have their whole time-out from now on. */
NODISCARD enum error zk_server_start(struct zk_server *server);
/*
 * On the loop's thread, once, of a started server: what clients were promised
 * is kept, their connections are closed, their sessions stay. `stopped` is
 * called on the loop when nothing is under way, perhaps before this returns.
 */
void zk_server_stop(struct zk_server *server, void (*stopped)(void *context), void *context);
/* One that has stopped, or was never started. */
void zk_server_close(struct zk_server *server);

#endif
