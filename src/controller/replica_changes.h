/*
 * controller/replica_changes.h: replicas change their states (zookeeper.md 5.4).
 *
 *     NON_EXISTENT -> NEW -> ONLINE <-> OFFLINE
 *     OFFLINE -> DELETION_STARTED -> DELETION_SUCCESSFUL -> NON_EXISTENT
 *     DELETION_STARTED, OFFLINE -> DELETION_INELIGIBLE -> OFFLINE, ONLINE
 *
 * Private.
 */
#ifndef KLAMM_CONTROLLER_REPLICA_CHANGES_H
#define KLAMM_CONTROLLER_REPLICA_CHANGES_H

#include "controller/job.h"

bool replica_state_may_follow(enum replica_state before, enum replica_state after);

/*
 * All but OFFLINE: nothing is written. Those that may not change are left, and
 * told to the log. NEW and ONLINE tell the replica who leads, DELETION_STARTED
 * that it is to be deleted.
 */
void replica_changes_set(struct reign *reign, struct job_replicas replicas,
    enum replica_state state);
/*
 * OFFLINE: the replica is told to stop, if it is there; it leaves ISR and
 * leadership, in ZooKeeper, and the other replicas are told. Ends the step.
 */
void replica_changes_offline(struct job *job, struct job_replicas replicas);

/* In the job's arena; room for as many as there are. */
struct job_replicas job_replicas_new(struct job *job, size_t room);
void job_replicas_add(struct job_replicas *replicas, struct context_partition *partition,
    int32_t broker);
/* Those on the broker, of all topics. */
struct job_replicas job_replicas_of_broker(struct job *job, int32_t broker);
struct job_replicas job_replicas_of(struct job *job, struct job_partitions partitions);

#endif
