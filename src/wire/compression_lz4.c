#include "wire/compression_private.h"

#include <assert.h>
#include <lz4frame.h>
#include <stdlib.h>

#include "base/memory.h"
#include "wire/xxhash32.h"

enum {
	FRAME_MAGIC_BYTES = 4,
	SHORTEST_HEADER = 7,
	FLAG_CONTENT_SIZE = 0x08,
	FLAG_DICTIONARY = 0x01,
	FLAG_INDEPENDENT_BLOCKS = 0x20,
	LARGEST_HEADER = 19,
	FAST_COMPRESSOR = 0,
};

static const uint8_t frame_magic[FRAME_MAGIC_BYTES] = { 0x04, 0x22, 0x4d, 0x18 };

struct lz4_state {
	LZ4F_dctx *context;
	/* A v0 frame's header with its checksum put right, read before the input. */
	uint8_t header[LARGEST_HEADER];
	struct slice prefix;
};

/* Of the first frame; 0 when no frame begins here. */
static size_t
header_size(struct slice input)
{
	size_t size = SHORTEST_HEADER;

	if (input.size < SHORTEST_HEADER
	    || memcmp(input.bytes, frame_magic, FRAME_MAGIC_BYTES) != 0)
		return 0;
	if ((input.bytes[FRAME_MAGIC_BYTES] & FLAG_CONTENT_SIZE) != 0)
		size += 8;
	if ((input.bytes[FRAME_MAGIC_BYTES] & FLAG_DICTIONARY) != 0)
		size += 4;
	return size <= input.size ? size : 0;
}

/* The second byte of the hash of the descriptor, which v0 writers began at the magic. */
static uint8_t
header_checksum(const uint8_t *header, size_t size, enum compression_dialect dialect)
{
	size_t skipped = dialect == COMPRESSION_DIALECT_MESSAGE_V0 ? 0 : FRAME_MAGIC_BYTES;

	return (uint8_t)(xxhash32(header + skipped, size - 1 - skipped) >> 8);
}

/* Both checksums are taken in v0 messages, as Kafka's reader does not look at it there. */
static void
mend_header(struct decompressor *decompressor)
{
	struct lz4_state *state = decompressor->state;
	size_t size = header_size(decompressor->input);
	uint8_t *checksum;

	if (size == 0)
		return;
	memcpy(state->header, decompressor->input.bytes, size);
	checksum = &state->header[size - 1];
	if (*checksum != header_checksum(state->header, size, COMPRESSION_DIALECT_MESSAGE_V0))
		return;
	*checksum = header_checksum(state->header, size, COMPRESSION_DIALECT_PLAIN);
	compression_consume(decompressor, size);
	state->prefix = slice_of(state->header, size);
}

/* Blocks that refer to those before are beyond Kafka's reader, so none may come into a log. */
static bool
has_linked_blocks(struct slice input)
{
	return header_size(input) > 0
	    && (input.bytes[FRAME_MAGIC_BYTES] & FLAG_INDEPENDENT_BLOCKS) == 0;
}

static enum error
lz4_init(struct decompressor *decompressor)
{
	struct lz4_state *state;

	if (has_linked_blocks(decompressor->input))
		return ERROR_UNSUPPORTED;
	state = memory_new(sizeof(*state));
	decompressor->state = state;
	if (LZ4F_isError(LZ4F_createDecompressionContext(&state->context, LZ4F_VERSION)))
		return ERROR_NO_MEMORY;
	if (decompressor->dialect == COMPRESSION_DIALECT_MESSAGE_V0)
		mend_header(decompressor);
	return ERROR_NONE;
}

static void
lz4_fini(struct decompressor *decompressor)
{
	struct lz4_state *state = decompressor->state;

	if (state == NULL)
		return;
	(void)LZ4F_freeDecompressionContext(state->context);
	free(state);
}

/* One call: `from` shrinks by what was read, *size grows by what came out. */
static size_t
decompress_some(struct lz4_state *state, struct slice *from, uint8_t *into, size_t capacity,
    size_t *size)
{
	size_t read = from->size;
	size_t written = capacity - *size;
	size_t status = LZ4F_decompress(state->context, into + *size, &written, from->bytes, &read,
	    NULL);

	from->bytes += read;
	from->size -= read;
	*size += written;
	return status;
}

static enum error
lz4_read(struct decompressor *decompressor, uint8_t *into, size_t capacity, size_t *size)
{
	struct lz4_state *state = decompressor->state;

	while (*size < capacity) {
		struct slice *from = state->prefix.size > 0 ? &state->prefix
		                                            : &decompressor->input;
		size_t left = from->size;
		size_t before = *size;
		size_t status = decompress_some(state, from, into, capacity, size);

		if (LZ4F_isError(status))
			return ERROR_MALFORMED;
		if (status == 0) {
			/* Like Kafka's reader: what follows the first frame is not looked at. */
			decompressor->at_end = true;
			return ERROR_NONE;
		}
		if (from->size == left && *size == before)
			return ERROR_TRUNCATED;
	}
	return ERROR_NONE;
}

const struct decompressor_class compression_lz4_class = { lz4_init, lz4_fini, lz4_read };

void
compression_lz4_write(struct buffer *out, int level, enum compression_dialect dialect,
    struct slice bytes)
{
	LZ4F_preferences_t preferences = {
		.frameInfo = {
			.blockSizeID = LZ4F_max64KB,
			.blockMode = LZ4F_blockIndependent,
			.contentChecksumFlag = LZ4F_noContentChecksum,
		},
		/* Kafka takes the fast compressor for its default level (KIP-390). */
		.compressionLevel = level == COMPRESSION_LZ4_LEVEL ? FAST_COMPRESSOR : level,
	};
	size_t bound = LZ4F_compressFrameBound(bytes.size, &preferences);
	size_t position = out->size;
	uint8_t *into = buffer_extend(out, bound);
	size_t size = LZ4F_compressFrame(into, bound, bytes.bytes, bytes.size, &preferences);
	size_t header;

	assert(!LZ4F_isError(size));
	out->size = position + size;
	if (dialect == COMPRESSION_DIALECT_MESSAGE_V0) {
		header = header_size(slice_of(into, size));
		assert(header > 0);
		into[header - 1] = header_checksum(into, header, dialect);
	}
}
