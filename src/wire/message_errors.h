/* wire/message_errors.h: the error codes that stand in a message, wherever they are. */
#ifndef KLAMM_WIRE_MESSAGE_ERRORS_H
#define KLAMM_WIRE_MESSAGE_ERRORS_H

#include "wire/message.h"

/* Calls `found` for each field errorCode that the version has, in the message's order. */
void message_errors(const struct message_type *type, int16_t version, const void *message,
    void (*found)(void *context, int16_t code), void *context);

#endif
