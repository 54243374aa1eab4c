/*
 * world/guardian.h: somebody who outlives the process for a moment, and then
 * ends its coordination session, so that its ephemerals vanish at once instead
 * of after the session's time-out (design section 5). Only the death of the
 * process counts: one that is stopped, or hangs, keeps its session.
 */
#ifndef KLAMM_WORLD_GUARDIAN_H
#define KLAMM_WORLD_GUARDIAN_H

#include "world/coord.h"

enum { GUARDIAN_SERVERS_MAX = 32 }; /* what is more is left out */

struct guardian {
	/* Replaces what it was told before; false when the guardian is gone. */
	bool (*watch)(struct guardian *guardian, const struct coord_credentials *credentials,
	    int32_t timeout_ms, const struct net_address *servers, size_t server_count);
	/* The session was ended in good order: there is nothing to do any more. */
	void (*dismiss)(struct guardian *guardian);
};

/* Never block. `timeout_ms`: the session's, after which there is nothing to end. */
static inline bool
guardian_watch(struct guardian *guardian, const struct coord_credentials *credentials,
    int32_t timeout_ms, const struct net_address *servers, size_t server_count)
{
	return guardian->watch(guardian, credentials, timeout_ms, servers, server_count);
}

static inline void
guardian_dismiss(struct guardian *guardian)
{
	guardian->dismiss(guardian);
}

#endif
