/*
 * base/base64.h: RFC 4648. Kafka writes ids URL-safe and without padding
 * (topic id, cluster id: 16 bytes are 22 characters) and SCRAM fields in the
 * standard alphabet with padding.
 */
#ifndef KLAMM_BASE_BASE64_H
#define KLAMM_BASE_BASE64_H

#include "base/buffer.h"
#include "base/error.h"

enum base64_alphabet { BASE64_STANDARD, BASE64_URL };

/* Appends the text; padding only in the standard alphabet. */
void base64_encode(struct buffer *out, struct slice bytes, enum base64_alphabet alphabet);
/*
 * Appends the bytes. Padding may be left out. ERROR_MALFORMED for a foreign
 * character, a wrong length or bits left over; then nothing is appended.
 */
NODISCARD enum error base64_decode(struct buffer *out, struct slice text,
    enum base64_alphabet alphabet);

#endif
