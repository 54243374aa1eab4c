/* world/net_posix_private.h: what connections and listeners of the real end share. */
#ifndef KLAMM_WORLD_NET_POSIX_PRIVATE_H
#define KLAMM_WORLD_NET_POSIX_PRIVATE_H

#include "world/net.h"

/* Takes the non-blocking descriptor; on the loop's thread. */
struct net_connection *connection_posix_new(struct net *net, struct loop *loop, int fd);

NODISCARD enum error listener_posix_listen(struct net *net, const struct net_address *address,
    const struct net_sockets *sockets, struct net_listener **listener);
NODISCARD enum error listener_posix_accept_on(struct net_listener *listener, struct loop *loop,
    struct net_acceptor *acceptor);
void listener_posix_stop_accepting(struct net_listener *listener, struct loop *loop);
void listener_posix_close(struct net_listener *listener);

#endif
