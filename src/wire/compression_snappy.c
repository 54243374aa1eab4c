#include "wire/compression_private.h"

#include <assert.h>
#include <snappy-c.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/reader.h"

enum {
	BLOCK_BYTES = 32 * 1024, /* of input, as the Java library cuts it */
	FRAMING_BYTES = 16,
	FRAMING_VERSION = 1,
	/* A copy of 64 bytes takes 3: no valid block expands more than this. */
	LARGEST_EXPANSION = 22,
};

/* The framing of the Java library (xerial): this, int32 version, int32 oldest readable one. */
static const uint8_t framing_magic[8] = { 0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0 };

struct snappy_state {
	bool framed;
	struct buffer block; /* decompressed */
	size_t given;        /* of the block */
};

static bool
is_framed(struct slice input)
{
	return input.size >= FRAMING_BYTES
	    && memcmp(input.bytes, framing_magic, sizeof(framing_magic)) == 0;
}

/* Over the framing's header, which also begins each of concatenated streams. */
static enum error
skip_framing(struct decompressor *decompressor)
{
	struct reader reader;

	reader_init(&reader, decompressor->input);
	reader_skip(&reader, sizeof(framing_magic));
	if (reader_int32(&reader) < FRAMING_VERSION)
		return ERROR_UNSUPPORTED;
	compression_consume(decompressor, FRAMING_BYTES);
	return ERROR_NONE;
}

static enum error
snappy_init(struct decompressor *decompressor)
{
	struct snappy_state *state = memory_new(sizeof(*state));

	buffer_init(&state->block);
	decompressor->state = state;
	state->framed = is_framed(decompressor->input);
	return ERROR_NONE;
}

static void
snappy_fini(struct decompressor *decompressor)
{
	struct snappy_state *state = decompressor->state;

	if (state == NULL)
		return;
	buffer_fini(&state->block);
	free(state);
}

/*
 * A block's claimed size is believed only within the limit and within what
 * its bytes can expand to, so memory follows what was received.
 */
static enum error
decompress_block(struct decompressor *decompressor, struct slice compressed)
{
	struct snappy_state *state = decompressor->state;
	const char *from = (const char *)compressed.bytes;
	char *into;
	size_t size;

	if (snappy_uncompressed_length(from, compressed.size, &size) != SNAPPY_OK)
		return ERROR_MALFORMED;
	if (size > decompressor->limit.bytes - decompressor->produced)
		return ERROR_TOO_LARGE;
	if (size / LARGEST_EXPANSION > compressed.size)
		return ERROR_MALFORMED;
	buffer_clear(&state->block);
	state->given = 0;
	/* An empty block needs a place too. */
	into = (char *)buffer_extend(&state->block, MAX(size, 1));
	state->block.size = 0;
	if (snappy_uncompress(from, compressed.size, into, &size) != SNAPPY_OK)
		return ERROR_MALFORMED;
	state->block.size = size;
	return ERROR_NONE;
}

static enum error
next_framed_block(struct decompressor *decompressor)
{
	struct reader reader;
	enum error error;
	struct slice block;
	int32_t size;

	while (is_framed(decompressor->input)) {
		error = skip_framing(decompressor);
		if (error != ERROR_NONE)
			return error;
	}
	if (decompressor->input.size == 0) {
		decompressor->at_end = true;
		return ERROR_NONE;
	}
	reader_init(&reader, decompressor->input);
	size = reader_int32(&reader);
	if (!reader_failed(&reader) && size <= 0)
		return ERROR_MALFORMED;
	block = reader_bytes(&reader, (size_t)size);
	if (reader_failed(&reader))
		return reader.error;
	compression_consume(decompressor, sizeof(size) + block.size);
	return decompress_block(decompressor, block);
}

static enum error
next_block(struct decompressor *decompressor)
{
	const struct snappy_state *state = decompressor->state;
	struct slice whole = decompressor->input;

	if (state->framed)
		return next_framed_block(decompressor);
	if (whole.size == 0) {
		decompressor->at_end = true;
		return ERROR_NONE;
	}
	compression_consume(decompressor, whole.size);
	return decompress_block(decompressor, whole);
}

static enum error
snappy_read(struct decompressor *decompressor, uint8_t *into, size_t capacity, size_t *size)
{
	struct snappy_state *state = decompressor->state;

	while (state->given == state->block.size) {
		enum error error = next_block(decompressor);

		if (error != ERROR_NONE || decompressor->at_end)
			return error;
	}
	*size = MIN(capacity, state->block.size - state->given);
	memcpy(into, state->block.bytes + state->given, *size);
	state->given += *size;
	return ERROR_NONE;
}

const struct decompressor_class compression_snappy_class = { snappy_init, snappy_fini,
	snappy_read };

static void
write_block(struct buffer *out, struct slice bytes)
{
	size_t position = out->size;
	size_t size = snappy_max_compressed_length(bytes.size);
	char *into = (char *)buffer_extend(out, sizeof(int32_t) + size) + sizeof(int32_t);
	snappy_status status;

	status = snappy_compress((const char *)bytes.bytes, bytes.size, into, &size);
	assert(status == SNAPPY_OK);
	buffer_set_int32(out, position, (int32_t)size);
	out->size = position + sizeof(int32_t) + size;
}

void
compression_snappy_write(struct buffer *out, struct slice bytes)
{
	buffer_append(out, framing_magic, sizeof(framing_magic));
	buffer_int32(out, FRAMING_VERSION);
	buffer_int32(out, FRAMING_VERSION);
	for (size_t at = 0; at < bytes.size; at += BLOCK_BYTES)
		write_block(out, slice_of(bytes.bytes + at, MIN(bytes.size - at,
		    (size_t)BLOCK_BYTES)));
}
