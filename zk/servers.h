/*
 * zk/servers.h: the ensemble's addresses. Names are resolved on a worker, again
 * and again, since an ensemble moves; a name server that does not answer holds
 * up nobody: what was known of a name stays until there is something newer. At
 * most one worker is kept busy.
 */
#ifndef KLAMM_ZK_SERVERS_H
#define KLAMM_ZK_SERVERS_H

#include "world/world.h"
#include "zk/connect_string.h"

enum { ZK_ADDRESSES_MAX = 32 };

struct zk_servers;

/* `changed`: on the control loop, when the addresses are others than before. */
struct zk_servers *zk_servers_new(struct world *world, const struct zk_connect_string *names,
    void (*changed)(void *owner), void *owner);
/* `changed` is called no more; a look-up that hangs ends by itself. */
void zk_servers_free(struct zk_servers *it);

/* What is known; none at first, but numeric hosts are known at once. */
const struct net_address *zk_servers_addresses(const struct zk_servers *it, size_t *count);
/* Looks up all names, unless that is under way; then again from time to time. */
void zk_servers_resolve(struct zk_servers *it);
/* While it is away names are looked up more often, at once to begin with. */
void zk_servers_set_connected(struct zk_servers *it, bool connected);

#endif
