/*
 * api/old_offsets.h: OffsetCommit and OffsetFetch of version 0, whose offsets
 * stand in ZooKeeper (cluster/consumer_offsets.h), one partition after the other.
 */
#ifndef KLAMM_API_OLD_OFFSETS_H
#define KLAMM_API_OLD_OFFSETS_H

#include "api/request.h"

void old_offsets_commit(struct request *request);
void old_offsets_fetch(struct request *request);

#endif
