/*
 * Decompression of any bytes; and compression, whose output must come back.
 * The first byte chooses codec, dialect and which of the two.
 */
#include <stdlib.h>

#include "wire/compression.h"

enum { LIMIT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
unpack(int codec, enum compression_dialect dialect, struct slice packed)
{
	struct decompression_limit limit = { .bytes = LIMIT, .window_bytes = LIMIT };
	struct buffer out = { 0 };

	if (decompress(&out, codec, dialect, packed, &limit) == ERROR_NONE)
		require(out.size <= LIMIT);
	require(out.capacity <= 4 * LIMIT);
	buffer_fini(&out);
}

static void
pack_and_unpack(const struct compression *compression, struct slice bytes)
{
	struct decompression_limit limit = { .bytes = bytes.size, .window_bytes = 8 * LIMIT };
	struct buffer packed = { 0 };
	struct buffer out = { 0 };

	compression_write(&packed, compression, bytes);
	require(decompress(&out, (int)compression->codec, compression->dialect,
	            buffer_slice(&packed), &limit) == ERROR_NONE);
	require(slice_equal(bytes, buffer_slice(&out)));
	buffer_fini(&packed);
	buffer_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct compression compression;
	int codec;

	if (size == 0)
		return 0;
	codec = data[0] & 7;
	compression = compression_of(codec < COMPRESSION_CODEC_COUNT
	    ? (enum compression_codec)codec : COMPRESSION_LZ4);
	if ((data[0] & 8) != 0)
		compression.dialect = COMPRESSION_DIALECT_MESSAGE_V0;
	if ((data[0] & 16) != 0)
		pack_and_unpack(&compression, slice_of(data + 1, size - 1));
	else
		unpack(codec, compression.dialect, slice_of(data + 1, size - 1));
	return 0;
}
