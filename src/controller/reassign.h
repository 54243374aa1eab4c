/*
 * controller/reassign.h: partitions move to other replicas (zookeeper.md 5.12),
 * many at a time. The assignment goes first into the topic's znode, so that the
 * next controller goes on from any step:
 *
 *   U  the new assignment is written; whoever is needed no longer, of a
 *      reassignment that this one replaces, is stopped and deleted
 *   A  not all of the target are in sync: the leader epoch rises, all replicas
 *      hear of the assignment, added ones begin
 *   B  all are, and one of them leads or can be elected: the leader is one of the
 *      target; those that go leave the ISR and delete what they have; the assignment
 *      is the target, in ZooKeeper too
 *
 * Private.
 */
#ifndef KLAMM_CONTROLLER_REASSIGN_H
#define KLAMM_CONTROLLER_REASSIGN_H

#include "controller/job.h"
#include "controller/reassignment.h"

struct reassign_item {
	struct context_partition *partition; /* each once */
	struct reassignment to;              /* reassignment_of: it goes on as it is */
	bool failed;                         /* set: told to the log; the next controller tries again */
	/* reassign.c's own */
	bool is_refused;  /* not in the topic's znode */
	bool keeps_left;  /* of whom an earlier one left there: out of the ISR, but not deleted yet */
	bool is_complete; /* phase B */
	bool has_taken;   /* the target, in memory */
	int32_t epoch;    /* the leader epoch, then */
	struct reassignment before;
};

struct reassign_items {
	struct reassign_item *items;
	size_t count;
};

/* In the job's arena. */
struct reassign_items reassign_items_new(struct job *job, size_t room);
/* Goes on with what is under way. */
void reassign_add(struct job *job, struct reassign_items *items,
    struct context_partition *partition);
/* Ends the step. */
void reassign_run(struct job *job, struct reassign_items items);

/*
 * reassign_znode.c: these are taken out of /admin/reassign_partitions; when
 * `by_replicas`, only those that stand there with the replicas that they have.
 * Ends the step.
 */
void reassign_znode_remove(struct job *job, struct reassign_items items, bool by_replicas);
/* At the failover: what stands there, and all that was under way before. Ends the step. */
void reassign_resume_all(struct job *job);
/*
 * Those whose targets have one of the brokers, which are there now; and those
 * that can end, as their partitions have just been given a first leader, or one
 * that leads has answered. Ends the step.
 */
void reassign_resume_of_brokers(struct job *job, const int32_t *brokers, size_t count);
/* A step: after an election that was not of a broker's change, those that can end. */
void reassign_resume_complete(struct job *job);

#endif
