/*
 * crash/workload.h: what the process does that is killed: everything that a
 * log and log dirs can do. The same for the same seed, operation by operation.
 */
#ifndef KLAMM_TESTS_CRASH_WORKLOAD_H
#define KLAMM_TESTS_CRASH_WORKLOAD_H

#include "mortal_disk.h"

struct workload_options {
	struct mortal_disk *disk;
	const char *folder;      /* exists and is empty */
	int events;              /* descriptor; struct event is written to it */
	bool flush_before_ack;   /* klamm.flush.before.ack */
	uint64_t seed;
};

#define WORKLOAD_NOW_MS INT64_C(1700000000000)

/* Ends the process with abort() when something fails that may not. */
void workload_run(const struct workload_options *options);

#endif
