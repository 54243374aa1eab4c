/*
 * controller/doubts_ask.h: asks the replicas of partitions in doubt where their
 * logs end, by ListOffsets (LATEST, as a tool: replica id -2) through the
 * channels; answers lead to another election. Private.
 *
 * A klammd that does not lead tells the epoch of its last record; a Kafka broker
 * the leader epoch that it was told last, which may be higher.
 */
#ifndef KLAMM_CONTROLLER_DOUBTS_ASK_H
#define KLAMM_CONTROLLER_DOUBTS_ASK_H

#include "controller/job.h"

void doubts_ask_init(struct reign *reign);
/* The reign ends. */
void doubts_ask_end(struct reign *reign);
/* Whoever of the replicas is online and was not asked, is asked. */
void doubts_ask(struct reign *reign);

#endif
