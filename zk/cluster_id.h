/*
 * zk/cluster_id.h: the id that the first broker gives a cluster. Kafka draws a
 * random UUID; ids of old clusters, and of other tools, may be any text.
 */
#ifndef KLAMM_ZK_CLUSTER_ID_H
#define KLAMM_ZK_CLUSTER_ID_H

#include "base/uuid.h"

/* False when other random bytes must be drawn; see uuid_from_random(). */
bool cluster_id_from_random(const uint8_t random[16], char text[UUID_TEXT_SIZE + 1]);
/* Whether it is one as Kafka makes them: the text of a UUID that is not zero. */
bool cluster_id_is_usual(struct slice text);

#endif
