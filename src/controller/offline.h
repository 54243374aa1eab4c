/*
 * controller/offline.h: replicas became offline, with their broker or with
 * their log dir (zookeeper.md 5.9, 5.13). Private.
 */
#ifndef KLAMM_CONTROLLER_OFFLINE_H
#define KLAMM_CONTROLLER_OFFLINE_H

#include "controller/job.h"

/*
 * They are not online in the context any more. Partitions that they led get
 * another leader, ISRs lose them, deletions wait. Ends the step.
 */
void replicas_became_offline(struct job *job, struct job_replicas replicas);

#endif
