/*
 * crash/verify.h: starts what a killed process left and looks at all of it.
 */
#ifndef KLAMM_TESTS_CRASH_VERIFY_H
#define KLAMM_TESTS_CRASH_VERIFY_H

#include "model.h"

struct verify_options {
	const char *folder;
	const struct model *model;
	uint64_t seed;
	bool whole;   /* also without indexes, in use, and stopped cleanly */
	bool verbose;
};

/*
 * True when everything is as it has to be:
 *  - all that was acknowledged is there, in order, once, with the right bytes,
 *    and besides it only what was begun (I25);
 *  - look-ups by offset and time, leader epochs, producers and aborted
 *    transactions are those of the batches (I28);
 *  - a second start changes no byte (I26);
 *  - `whole`: the same answers after all indexes were deleted; duplicates are
 *    known; appends go on; a clean stop and start keeps all of it.
 * Else says on stderr what is wrong.
 */
bool verify(const struct verify_options *options);

#endif
