/*
 * controller/new_partitions.h: partitions that are in the context, and nowhere
 * else yet, come into being (zookeeper.md 5.5). Private.
 */
#ifndef KLAMM_CONTROLLER_NEW_PARTITIONS_H
#define KLAMM_CONTROLLER_NEW_PARTITIONS_H

#include "controller/job.h"

/* New, with their replicas; then Online. Ends the step. */
void new_partitions_begin(struct job *job, struct job_partitions partitions);

#endif
