/* klamm/transport_posix.h: the transport's real end: TCP, with poll(). It has no state. */
#ifndef KLAMM_KLAMM_TRANSPORT_POSIX_H
#define KLAMM_KLAMM_TRANSPORT_POSIX_H

#include "klamm/transport.h"

/* `clock` must outlive it. */
void transport_posix_init(struct transport *transport, struct clock *clock);

#endif
