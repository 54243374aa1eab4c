/*
 * Message sets of formats 0 and 1. With a first byte that is odd the rest is a
 * set as it is; otherwise the second chooses format and codec, and the rest is
 * what a wrapper with a right checksum holds, compressed here.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "wire/message_set.h"

enum { LIMIT = 1 << 20 };

static void
walk(struct slice set)
{
	struct decompression_limit limit = { .bytes = LIMIT, .window_bytes = LIMIT };
	struct message_set_iterator iterator;
	struct record record;
	uint8_t sum = 0;

	message_set_iterator_init(&iterator, set, &limit);
	while (message_set_iterator_next(&iterator, &record) == ERROR_NONE) {
		for (size_t i = 0; i < record.key.size; i++)
			sum ^= record.key.bytes[i];
		for (size_t i = 0; i < record.value.size; i++)
			sum ^= record.value.bytes[i];
		assert(record.header_count == 0 && record.headers.size == 0);
	}
	message_set_iterator_fini(&iterator);
	(void)sum;
}

/* Sets right the checksums of the messages, as far as they are whole. */
static void
mend_checksums(struct buffer *set)
{
	struct batch_cursor cursor;
	struct batch_view view;

	batch_cursor_init(&cursor, buffer_slice(set));
	while (batch_cursor_next(&cursor, &view) == ERROR_NONE)
		if (view.magic < BATCH_MAGIC_V2)
			message_set_write_crc(set->bytes + view.position);
}

static void
walk_wrapped(uint8_t selector, struct buffer *inner)
{
	struct compression compression =
	    compression_of((enum compression_codec)(1 + selector / 2 % 3));
	struct message_set_entry wrapper = { .magic = selector % 2, .offset = 5 };
	struct buffer packed = { 0 };
	struct buffer set = { 0 };

	if (wrapper.magic == BATCH_MAGIC_V0)
		compression.dialect = COMPRESSION_DIALECT_MESSAGE_V0;
	compression_write(&packed, &compression, buffer_slice(inner));
	wrapper.attributes = (int8_t)compression.codec;
	wrapper.value = buffer_slice(&packed);
	message_set_write(&set, &wrapper);
	walk(buffer_slice(&set));
	buffer_fini(&packed);
	buffer_fini(&set);
}

FUZZ_TARGET(message_set)
{
	struct buffer input = { 0 };

	if (size < 2)
		return 0;
	buffer_append(&input, bytes + 2, size - 2);
	mend_checksums(&input);
	if (bytes[0] % 2 == 1)
		walk(buffer_slice(&input));
	else
		walk_wrapped(bytes[1], &input);
	buffer_fini(&input);
	return 0;
}
