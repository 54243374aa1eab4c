/*
 * world/net_posix.h: the net port's real end: TCP sockets on libev loops.
 *
 * A listener on "" or "::" is dual-stack, and falls back to 0.0.0.0 on a
 * machine without IPv6; IPv4 peers of it are told as IPv4 addresses. Sockets
 * have TCP_NODELAY and SO_KEEPALIVE, as Kafka's have.
 */
#ifndef KLAMM_WORLD_NET_POSIX_H
#define KLAMM_WORLD_NET_POSIX_H

#include "world/net.h"

/* It has no state of its own. SIGPIPE has to be ignored or blocked. */
void net_posix_init(struct net *net);

#endif
