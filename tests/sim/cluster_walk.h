/*
 * tests/sim/cluster_walk.h: the batches of a replica, as its broker has them in its
 * page cache and on disk, one after the other. They are peeked at: nothing takes time, and no
 * cache changes.
 */
#ifndef KLAMM_TESTS_SIM_CLUSTER_WALK_H
#define KLAMM_TESTS_SIM_CLUSTER_WALK_H

#include "tests/sim/cluster.h"

struct cluster_walk {
	struct sim_disk *disk;
	const struct log *log;
	int segment;
	struct sim_inode *file; /* of the segment */
	int64_t at; /* in the segment, behind the batch */
	/* Of the batch; base offset -1: there is none left. */
	int64_t base_offset;
	int32_t epoch, size;
	uint32_t crc;
};

/* At the first batch of a log of that broker, which nobody works on. */
struct cluster_walk cluster_walk_begin(const struct broker_town *town, int broker,
    const struct log *log);
void cluster_walk_on(struct cluster_walk *walk);

#endif
