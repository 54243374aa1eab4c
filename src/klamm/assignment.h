/*
 * klamm/assignment.h: which brokers a new topic's replicas go to, as a word:
 * partitions by commas, the replicas of each by colons, the preferred leader
 * first (1:2,2:3 is two partitions; as kafka-topics --replica-assignment).
 */
#ifndef KLAMM_KLAMM_ASSIGNMENT_H
#define KLAMM_KLAMM_ASSIGNMENT_H

#include "wire/messages.h"

enum { ASSIGNMENT_PARTITIONS_MAX = 100000, ASSIGNMENT_REPLICAS_MAX = 1000 };

/*
 * Fills in topic->assignments, to be given to assignment_fini. Static text that
 * says what is wrong with the word, or NULL: then every partition has as many
 * replicas, on different brokers. Which brokers there are is the cluster's to judge.
 */
NODISCARD const char *assignment_read(const char *word,
    struct create_topics_request_creatable_topic *topic);
void assignment_fini(struct create_topics_request_creatable_topic *topic);

#endif
