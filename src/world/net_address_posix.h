/* world/net_address_posix.h: addresses of the port and of the system. */
#ifndef KLAMM_WORLD_NET_ADDRESS_POSIX_H
#define KLAMM_WORLD_NET_ADDRESS_POSIX_H

#include <sys/socket.h>

#include "world/net.h"

struct socket_address {
	struct sockaddr_storage storage;
	socklen_t size;
};

/* ERROR_INVALID_ARGUMENT when the host is not numeric, or is "". */
NODISCARD enum error net_address_to_system(const struct net_address *address,
    struct socket_address *system);
/* IPv4 inside IPv6 is told as IPv4; what is neither has no host and port 0. */
void net_address_from_system(const struct socket_address *system, struct net_address *address);
/* Blocks; the ports are 0. */
NODISCARD enum error net_address_resolve(const char *name, struct net_address *addresses,
    size_t capacity, size_t *count);

#endif
