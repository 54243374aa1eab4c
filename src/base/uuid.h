/*
 * base/uuid.h: 16 bytes as Kafka uses them for topic, cluster and directory
 * ids. Zero means none. Its text is URL-safe base64 without padding.
 */
#ifndef KLAMM_BASE_UUID_H
#define KLAMM_BASE_UUID_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"

enum { UUID_TEXT_SIZE = 22 };

struct uuid {
	uint8_t bytes[16];
};

bool uuid_is_zero(struct uuid uuid);
bool uuid_equal(struct uuid a, struct uuid b);
/* 22 characters and a zero. */
void uuid_text(struct uuid uuid, char text[UUID_TEXT_SIZE + 1]);
NODISCARD enum error uuid_parse(struct slice text, struct uuid *uuid);
/*
 * Makes a random (version 4) UUID of 16 random bytes. False when Kafka would
 * draw again: text beginning with "-" (it looks like an option), zero, and
 * the reserved (0, 1).
 */
bool uuid_from_random(const uint8_t random[16], struct uuid *uuid);

#endif
