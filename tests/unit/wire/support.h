/* tests/unit/wire/support.h: random messages, bytes written by hand. */
#ifndef KLAMM_TESTS_WIRE_SUPPORT_H
#define KLAMM_TESTS_WIRE_SUPPORT_H

#include "base/arena.h"
#include "base/buffer_list.h"
#include "base/prng.h"
#include "wire/message.h"

/* The bytes of a list of BYTES parts, in one run; the list is ended. */
struct buffer flatten(struct buffer_list *list);

/* What message_encode writes; asserts that it succeeds. */
struct buffer encoded(const struct message_type *type, int16_t version, const void *message);

/* Bytes from hexadecimal digits; blanks are skipped. */
struct buffer from_hex(const char *text);

/* Room for a message of any type. */
void *message_room(const struct message_type *type, struct arena *arena);

/*
 * Fills the message with values that the version can carry: nulls where they
 * are allowed, empty and longer arrays, extremes, defaults and others in
 * tagged fields, values in ignorable fields that the version lacks.
 */
void random_message(const struct message_type *type, int16_t version, struct prng *prng,
    struct arena *arena, void *message);

#endif
