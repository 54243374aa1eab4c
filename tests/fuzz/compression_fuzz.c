/*
 * Decompression of any bytes; and compression, whose output must come back.
 * The first byte chooses codec, dialect and which of the two.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "wire/compression.h"

enum { LIMIT = 1 << 20 };

static void
unpack(int codec, enum compression_dialect dialect, struct slice packed)
{
	struct decompression_limit limit = { .bytes = LIMIT, .window_bytes = LIMIT };
	struct buffer out = { 0 };

	if (decompress(&out, codec, dialect, packed, &limit) == ERROR_NONE)
		assert(out.size <= LIMIT);
	assert(out.capacity <= 4 * LIMIT);
	buffer_fini(&out);
}

static void
pack_and_unpack(const struct compression *compression, struct slice bytes)
{
	struct decompression_limit limit = { .bytes = bytes.size, .window_bytes = 8 * LIMIT };
	struct buffer packed = { 0 };
	struct buffer out = { 0 };
	enum error error;

	compression_write(&packed, compression, bytes);
	error = decompress(&out, (int)compression->codec, compression->dialect,
	    buffer_slice(&packed), &limit);
	assert(error == ERROR_NONE);
	assert(slice_equal(bytes, buffer_slice(&out)));
	buffer_fini(&packed);
	buffer_fini(&out);
}

FUZZ_TARGET(compression)
{
	struct compression compression;
	int codec;

	if (size == 0)
		return 0;
	codec = bytes[0] & 7;
	compression = compression_of(codec < COMPRESSION_CODEC_COUNT
	    ? (enum compression_codec)codec : COMPRESSION_LZ4);
	if ((bytes[0] & 8) != 0)
		compression.dialect = COMPRESSION_DIALECT_MESSAGE_V0;
	if ((bytes[0] & 16) != 0)
		pack_and_unpack(&compression, slice_of(bytes + 1, size - 1));
	else
		unpack(codec, compression.dialect, slice_of(bytes + 1, size - 1));
	return 0;
}
