/*
 * partition/lost_leaders.h: leaders whose connection has just broken: they may be
 * dead, and the controller about to elect others. For so long who leads what they
 * led is in doubt. Written and read on all loops, without a lock. Of two brokers
 * that share a place the later one counts: this is a hint and nothing is lost by it.
 */
#ifndef KLAMM_PARTITION_LOST_LEADERS_H
#define KLAMM_PARTITION_LOST_LEADERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	LOST_LEADERS_PLACES = 16,
	LOST_LEADERS_DOUBT_MS = 250, /* an election takes some tens */
};

struct lost_leaders {
	/* Broker id + 1, above the milliseconds until which it is in doubt, modulo 2^32; 0: nobody. */
	_Atomic(uint64_t) places[LOST_LEADERS_PLACES];
};

void lost_leaders_init(struct lost_leaders *lost);
/* The connection broke now; monotonic microseconds. A negative id is nobody's. */
void lost_leaders_note(struct lost_leaders *lost, int32_t broker, int64_t now_us);
/* Whether any is in doubt: a quick look before one asks for each leader. */
bool lost_leaders_are_any(const struct lost_leaders *lost, int64_t now_us);
/* How many milliseconds the broker is in doubt from now on; 0: it is not. */
int32_t lost_leaders_doubt_ms(const struct lost_leaders *lost, int32_t broker, int64_t now_us);

#endif
