/* world/guardian_private.h: what the guardian's two files share. */
#ifndef KLAMM_WORLD_GUARDIAN_PRIVATE_H
#define KLAMM_WORLD_GUARDIAN_PRIVATE_H

#include "world/guardian.h"

/* One message of the socket pair: what to watch; a session of 0 is the dismissal. */
struct guardian_order {
	struct coord_credentials credentials;
	int32_t timeout_ms;
	uint32_t server_count;
	struct net_address servers[GUARDIAN_SERVERS_MAX];
};

/*
 * Attaches to the session and closes it, at the first server that answers; all
 * are tried in turn until the session must have expired. Blocks. True when the
 * session is over, closed by us or gone already.
 */
bool guardian_close_session(const struct guardian_order *order);

#endif
