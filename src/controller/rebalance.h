/*
 * controller/rebalance.h: partitions go back to their preferred leaders
 * (auto.leader.rebalance.enable), five seconds after the failover, then each
 * leader.imbalance.check.interval.seconds. Private.
 */
#ifndef KLAMM_CONTROLLER_REBALANCE_H
#define KLAMM_CONTROLLER_REBALANCE_H

#include "controller/job.h"

extern const struct job_type job_rebalance;

/*
 * Pure: of each broker that is alive, of whose preferred partitions more than
 * `percentage` in a hundred are led by another, those that it can lead. Writes
 * at most as many as there are partitions, and tells how many.
 */
size_t rebalance_choose(const struct context *context, int32_t percentage,
    struct context_partition **partitions);

/* The failover is done: the timer runs, if it is wanted; until the reign's end. */
void rebalance_begin(struct reign *reign);
void rebalance_end(struct reign *reign);

#endif
