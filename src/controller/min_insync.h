/*
 * controller/min_insync.h: min.insync.replicas of topics, for eligible.h: read when a
 * reign begins, when a topic is new, and when its configuration or that of brokers has
 * changed. Of the brokers' defaults those count that the controller's own broker has.
 * Private.
 */
#ifndef KLAMM_CONTROLLER_MIN_INSYNC_H
#define KLAMM_CONTROLLER_MIN_INSYNC_H

#include "controller/job.h"

/*
 * A step of a job: what is not known is read. What could not be read is read by the next
 * one, and not known until then.
 */
void min_insync_learn(struct job *job);
/* The configuration of this has changed. */
void min_insync_is_changed(struct reign *reign, const struct paths_entity *entity);

#endif
