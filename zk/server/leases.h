/*
 * zk/server/leases.h: until when each session lives if nothing is heard of it.
 * A machine. As in ZooKeeper, ends fall on whole ticks, so that all that end
 * together are found together, and a session never ends before its time-out.
 */
#ifndef KLAMM_ZK_LEASES_H
#define KLAMM_ZK_LEASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct leases;

struct leases *leases_new(const uint64_t seed[2], int64_t tick_ms);
void leases_free(struct leases *leases);

/* Something was heard of the session, or it is new. */
void leases_touch(struct leases *leases, int64_t session, int64_t timeout_ms, int64_t now_ms);
/* The session has ended. Harmless when it has no lease. */
void leases_drop(struct leases *leases, int64_t session);
/* One whose time is up, taken out; 0 when there is none. The one that came first goes first. */
int64_t leases_take_ended(struct leases *leases, int64_t now_ms);
/* We were away for so long, and nobody could be heard. */
void leases_prolong(struct leases *leases, int64_t by_ms);
size_t leases_count(const struct leases *leases);

#endif
