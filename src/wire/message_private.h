/* wire/message_private.h: what the interpreters of the tables share. */
#ifndef KLAMM_WIRE_MESSAGE_PRIVATE_H
#define KLAMM_WIRE_MESSAGE_PRIVATE_H

#include "wire/message.h"

/* The generated tables; the first ends with NULL, the second is [key][is response]. */
extern const struct message_type *const message_types[];
extern const struct message_type *const message_types_by_key[][2];
extern const size_t message_types_by_key_count;

/* Kafka's limit for a string, compact or not. */
enum { STRING_SIZE_MAX = INT16_MAX };

/* Any WIRE_ARRAY, seen without the type of its items. */
struct wire_array {
	void *items;
	int32_t count;
};

/*
 * Arrays and pointers in messages have types of their own, so they are moved
 * as bytes, which the aliasing rules allow.
 */
static inline struct wire_array
wire_array_load(const void *at)
{
	struct wire_array array;

	memcpy(&array, at, sizeof(array));
	return array;
}

static inline void
wire_array_store(void *at, struct wire_array array)
{
	memcpy(at, &array.items, sizeof(array.items));
	memcpy((uint8_t *)at + offsetof(struct wire_array, count), &array.count,
	    sizeof(array.count));
}

/* The struct of a FIELD_STRUCT: in place, or where its pointer leads. */
static inline const void *
wire_struct_load(const struct message_field *field, const void *at)
{
	const void *structure = at;

	if ((field->flags & FIELD_POINTER) != 0)
		memcpy(&structure, at, sizeof(structure));
	return structure;
}

static inline const void *
field_at(const struct message_field *field, const void *structure)
{
	return (const uint8_t *)structure + field->offset;
}

/* The bytes of a value of `type` inside a struct or an array. */
size_t field_type_size(enum field_type type, const struct message_struct *structure);

/*
 * Compares one field, which is at `a` and at `b`. With version -1 fields that
 * only other versions have count too.
 */
bool field_equal(const struct message_field *field, int16_t version, const void *a,
    const void *b);

/* True when the field has the value that a version without it implies. */
bool field_has_default(const struct message_struct *structure,
    const struct message_field *field, const void *at);

#endif
