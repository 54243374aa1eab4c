/*
 * controller/topic_list.h: topics that were not known before, read from
 * ZooKeeper into the context. Private.
 */
#ifndef KLAMM_CONTROLLER_TOPIC_LIST_H
#define KLAMM_CONTROLLER_TOPIC_LIST_H

#include "controller/job.h"

struct topic_list_entry {
	struct context_topic *topic;  /* NULL: gone since it was listed */
	struct payload_topic payload; /* in the job's arena */
	int32_t version;
};

struct topic_list {
	struct topic_list_entry *entries;
	size_t count;
};

/*
 * Adds the topics of the names, which are not in the context, sets their
 * watches, reads who replicates what, and gives an id to those that have none
 * (KIP-516): job->topic_list. What cannot be read is quarantined. Ends the step.
 */
void topic_list_load(struct job *job, const struct slice *names, size_t count);
/* All partitions of those that were read. */
struct job_partitions topic_list_partitions(struct job *job);

/* A fresh id, as Kafka would take it. */
struct uuid topic_id_new(struct reign *reign);
/* What is wrong with an assignment that could be read; NULL when nothing is. */
const char *topic_fault(const struct payload_topic *payload);
/* Partitions of the payload that the topic does not have yet; how many. */
size_t topic_take_partitions(struct context_topic *topic, const struct payload_topic *payload,
    struct context_partition **added);

#endif
