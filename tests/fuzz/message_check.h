/* tests/fuzz/message_check.h: what must hold for any bytes taken as a message. */
#ifndef KLAMM_TESTS_FUZZ_MESSAGE_CHECK_H
#define KLAMM_TESTS_FUZZ_MESSAGE_CHECK_H

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "wire/message.h"

enum { MESSAGE_CHECK_CAP = 1 << 20 };

static inline struct buffer
message_check_encode(const struct message_type *type, int16_t version, const void *message)
{
	struct buffer_list list;
	struct buffer bytes;
	const struct buffer_part *part;
	size_t size;

	buffer_list_init(&list);
	buffer_init(&bytes);
	if (message_encode(type, version, message, &list) != ERROR_NONE)
		assert(!"what was decoded cannot be encoded");
	for (size_t i = 0; (part = buffer_list_part(&list, i)) != NULL; i++)
		buffer_append(&bytes, part->bytes, part->length);
	if (message_encoded_size(type, version, message, &size) != ERROR_NONE)
		assert(!"what was encoded cannot be measured");
	assert(size == bytes.size);
	buffer_list_fini(&list);
	return bytes;
}

/* What was decoded is written, read again, and is the same message in the same bytes. */
static inline void
message_check_again(const struct message_type *type, int16_t version, const void *message,
    struct arena *arena)
{
	struct buffer bytes = message_check_encode(type, version, message);
	struct buffer printed, again;
	struct reader reader;
	void *copy = memory_new(type->structure->size);

	reader_init(&reader, buffer_slice(&bytes));
	if (message_decode(type, version, &reader, arena, copy) != ERROR_NONE)
		assert(!"what was encoded cannot be decoded");
	assert(reader_remaining(&reader) == 0);
	assert(message_equal(type, version, message, copy));
	again = message_check_encode(type, version, copy);
	assert(slice_equal(buffer_slice(&bytes), buffer_slice(&again)));
	buffer_init(&printed);
	message_print(type, version, copy, &printed);
	assert(printed.size >= 2);
	buffer_fini(&printed);
	buffer_fini(&again);
	buffer_fini(&bytes);
	free(copy);
}

static inline void
message_check(const struct message_type *type, int16_t version, struct reader *in)
{
	void *message = memory_new(type->structure->size);
	struct arena arena, second;

	arena_init(&arena, MESSAGE_CHECK_CAP);
	/* The message written again needs no more memory than it did at first. */
	arena_init(&second, MESSAGE_CHECK_CAP);
	if (message_decode(type, version, in, &arena, message) == ERROR_NONE)
		message_check_again(type, version, message, &second);
	assert(arena.used <= MESSAGE_CHECK_CAP && second.used <= arena.used);
	arena_fini(&second);
	arena_fini(&arena);
	free(message);
}

#endif
