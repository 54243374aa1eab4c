/*
 * controller/min_insync.h: min.insync.replicas of topics, for eligible.h: read when a
 * reign begins, when a topic is new, and when its configuration or that of brokers has
 * changed. Of the brokers' defaults those count that the controller's own broker has.
 * Private.
 */
#ifndef KLAMM_CONTROLLER_MIN_INSYNC_H
#define KLAMM_CONTROLLER_MIN_INSYNC_H

#include "controller/job.h"

/* A step of a job: of all topics of which it is not known. What cannot be read stays so. */
void min_insync_learn(struct job *job);

#endif
