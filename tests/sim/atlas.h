/*
 * tests/sim/atlas.h: the fault atlas (faults.md section 4): which copies of a
 * partition are good, and which of them a fault may damage. The last good copy of
 * an acknowledged record is never damaged. Plain functions over plain structs.
 *
 * A copy is good while its broker has lost nothing of it since it was in sync
 * last: neither its memory, nor its disk, nor a bit. Who is in sync has all that
 * was acknowledged.
 */
#ifndef KLAMM_TESTS_SIM_ATLAS_H
#define KLAMM_TESTS_SIM_ATLAS_H

#include <stdbool.h>
#include <stdint.h>

enum atlas_damage {
	ATLAS_MEMORY, /* what is not on its disk is lost with the power */
	ATLAS_DISK,   /* all is lost: the disk, or the log dir, is another one */
	ATLAS_BITS,   /* some records are bad; the others stay */
};

/* Of one partition; a bit a broker. */
struct atlas_copies {
	unsigned assigned;
	unsigned in_sync;
	unsigned damaged; /* and not in sync again since */
	unsigned there;   /* their brokers serve */
	bool is_led;
	/*
	 * Effective min.insync.replicas of two or more: two have what is acknowledged, and
	 * the protection of the last replica lets one of them be damaged, whatever
	 * else fails (level D1). Else one may be where all else is well.
	 */
	bool is_protected;
};

/* That broker's copy may be damaged so, now. */
bool atlas_allows(const struct atlas_copies *copies, int broker, enum atlas_damage damage);
/* How many good copies there are of what is acknowledged. */
int atlas_good_copies(const struct atlas_copies *copies);

#endif
