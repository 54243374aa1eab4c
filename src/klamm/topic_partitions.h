/* klamm/topic_partitions.h: does a topic exist, and which partitions does it have? */
#ifndef KLAMM_KLAMM_TOPIC_PARTITIONS_H
#define KLAMM_KLAMM_TOPIC_PARTITIONS_H

#include "klamm/client.h"

/*
 * How many partitions a topic has; they are numbered from 0. `may_create`:
 * where brokers make topics by themselves (auto.create.topics.enable), asking
 * makes it. What is wrong is told in the client's complaint.
 */
NODISCARD enum error topic_partitions_ask(struct client *client, const char *topic, bool may_create,
    int32_t *count);

#endif
