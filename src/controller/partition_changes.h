/*
 * controller/partition_changes.h: partitions change their states (zookeeper.md
 * 5.4): what is decided is written to ZooKeeper, then told to the brokers.
 *
 *     NON_EXISTENT -> NEW -> ONLINE <-> OFFLINE -> NON_EXISTENT
 *
 * Private.
 */
#ifndef KLAMM_CONTROLLER_PARTITION_CHANGES_H
#define KLAMM_CONTROLLER_PARTITION_CHANGES_H

#include "controller/job.h"
#include "controller/leader_election.h"

/* Whether the state may follow on the one at hand. */
bool partition_state_may_follow(enum partition_state before, enum partition_state after);
/* Those that may not are left, and told to the log. Nothing is written. */
void partition_changes_set(struct reign *reign, struct job_partitions partitions,
    enum partition_state state);

/*
 * New ones get their first leader, others a new one by the election; what was
 * done is told to the brokers. Ends the step. Partitions for which nobody can
 * lead stay as they are.
 */
void partition_changes_online(struct job *job, struct job_partitions partitions,
    enum leader_election_type type);
/* All that are New or Offline, and not to be deleted, by an OFFLINE election. Ends the step. */
void partition_changes_online_all(struct job *job);

/* In the job's arena. */
struct job_partitions job_partitions_of_topic(struct job *job, struct context_topic *topic);
/* Room for as many as there are. */
struct job_partitions job_partitions_new(struct job *job, size_t room);

#endif
