/* klamm/topic_partitions.h: does a topic exist, and which partitions does it have? */
#ifndef KLAMM_KLAMM_TOPIC_PARTITIONS_H
#define KLAMM_KLAMM_TOPIC_PARTITIONS_H

#include "klamm/client.h"

/* What if the broker does not know the topic? */
enum topic_unknown {
	TOPIC_IS_MISSING, /* that is an error */
	TOPIC_IS_COMING,  /* it was made: wait a second for it */
	TOPIC_IS_MADE,    /* where brokers do so (auto.create.topics.enable), asking makes it */
};

/*
 * How many partitions a topic has; they are numbered from 0. What is wrong is
 * told in the client's complaint.
 */
NODISCARD enum error topic_partitions_ask(struct client *client, int32_t node_id, const char *topic,
    enum topic_unknown unknown, int32_t *count);

#endif
