/*
 * api/ask.h: what a request asks another room. The answer comes on the loop of
 * the request, once; the request is not ended before it. Question and answer
 * lie in the request's arena, or the answer is its response itself.
 */
#ifndef KLAMM_API_ASK_H
#define KLAMM_API_ASK_H

#include "api/request.h"

/* `question` is a decoded request of the key of `request`. */
void ask_groups(struct request *request, const void *question, void *answer,
    void (*answered)(struct request *request, void *context), void *context);
void ask_controller(struct request *request, enum controller_call_type type, const void *question,
    void *answer, void (*answered)(struct request *request, void *context), void *context);
/* This broker itself, at one of its ports: what the request says, answered into its response. */
void ask_broker(struct request *request, struct broker_control_port *port,
    void (*answered)(struct request *request));
/* `question` is a create_topics_request as CONTROLLER_AUTO_CREATE has it. */
void ask_creator(struct request *request, const void *question, void *answer,
    void (*answered)(struct request *request, void *context), void *context);

#endif
