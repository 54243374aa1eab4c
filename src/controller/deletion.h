/*
 * controller/deletion.h: topics are deleted (zookeeper.md 5.7). A topic that is
 * marked goes through
 *
 *     marked -> brokers told, partitions gone -> replicas Offline -> DELETION_STARTED
 *            -> all DELETION_SUCCESSFUL -> its znodes, last the mark -> forgotten
 *
 * and waits, ineligible, while a broker that has a replica is away or could not
 * delete it. Its znodes stay until all live brokers have heard that it is gone:
 * the next controller could not tell them any more. Private.
 */
#ifndef KLAMM_CONTROLLER_DELETION_H
#define KLAMM_CONTROLLER_DELETION_H

#include "controller/job.h"

enum deletion_next {
	DELETION_NONE,     /* not to be deleted */
	DELETION_WAITS,    /* for replicas to be gone, or brokers to come back */
	DELETION_TELLS,    /* all replicas are gone; not all brokers have heard that the topic is */
	DELETION_BEGINS,   /* or is tried again */
	DELETION_COMPLETE,
};

/* Pure: what is to be done for the topic now. */
enum deletion_next deletion_decide(const struct context *context,
    const struct context_topic *topic);

/* Steps: reads the marks; does all that can be done. */
void deletion_load(struct job *job);
void deletion_resume(struct job *job);

/* Brokers could not delete these, or are gone; or have deleted them. Each ends the step. */
void deletion_fail(struct job *job, struct job_replicas replicas);
void deletion_succeed(struct job *job, struct job_replicas replicas);
/* The broker is there: what waits for it is tried again by deletion_resume. */
void deletion_allow_of_broker(struct reign *reign, int32_t broker);

#endif
