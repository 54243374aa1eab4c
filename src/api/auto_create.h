/*
 * api/auto_create.h: topics that a client asks for and nobody has made yet
 * (AutoTopicCreationManager of Kafka 3.9): the controller makes them, and the
 * client comes again.
 */
#ifndef KLAMM_API_AUTO_CREATE_H
#define KLAMM_API_AUTO_CREATE_H

#include "api/request.h"

/*
 * The names are good ones and distinct. `done` gets a code for each, as
 * Metadata tells it: LEADER_NOT_AVAILABLE when the topic is being made,
 * UNKNOWN_TOPIC_OR_PARTITION where this broker cannot say more.
 */
void auto_create(struct request *request, const struct slice *names, size_t count,
    void (*done)(struct request *request, const int16_t *codes, void *context), void *context);

#endif
