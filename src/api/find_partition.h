/*
 * api/find_partition.h: the replica that a request wants, or why it is not
 * here. Pure.
 */
#ifndef KLAMM_API_FIND_PARTITION_H
#define KLAMM_API_FIND_PARTITION_H

#include "api/request.h"

/* Why a partition is not here, and who leads it as far as is known (-1: nobody). */
struct partition_absence {
	int16_t code;
	int32_t leader;
	int32_t leader_epoch;
};

/*
 * NULL, with the absence: KAFKA_STORAGE_ERROR where this broker's replica is
 * offline, NOT_LEADER_OR_FOLLOWER where others have the partition, so that the
 * client asks for metadata; UNKNOWN_TOPIC_OR_PARTITION where nobody has.
 */
struct partition *find_partition(const struct request *request, struct slice topic, int32_t index,
    struct partition_absence *absence);

#endif
