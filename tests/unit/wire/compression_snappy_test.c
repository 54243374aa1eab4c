#include <criterion/criterion.h>
#include <malloc.h>
#include <snappy-c.h>

#include "tests/unit/wire/samples.h"

static const struct decompression_limit limit = { .bytes = 1 << 20, .window_bytes = 1 << 27 };

static enum error
unpack(struct buffer *out, struct slice packed)
{
	buffer_clear(out);
	return decompress(out, COMPRESSION_SNAPPY, COMPRESSION_DIALECT_PLAIN, packed, &limit);
}

static void
write_raw(struct buffer *out, const char *text)
{
	size_t size = snappy_max_compressed_length(strlen(text));
	char *into = (char *)buffer_extend(out, size);
	size_t bound = size;

	cr_assert_eq(snappy_compress(text, strlen(text), into, &size), SNAPPY_OK);
	out->size -= bound - size;
}

static void
write_framing(struct buffer *out, int32_t version)
{
	buffer_append(out, "\x82SNAPPY\0", 8);
	buffer_int32(out, version);
	buffer_int32(out, 1);
}

static void
write_block(struct buffer *out, const char *text)
{
	size_t position = out->size;

	buffer_int32(out, 0);
	write_raw(out, text);
	buffer_set_int32(out, position, (int32_t)(out->size - position - sizeof(int32_t)));
}

Test(compression_snappy, writes_the_java_library_s_framing_in_blocks_of_32_KiB)
{
	struct compression compression = compression_of(COMPRESSION_SNAPPY);
	struct buffer packed = { 0 };
	struct buffer in = { 0 };
	struct reader reader;
	size_t blocks = 0;

	memset(buffer_extend(&in, 100000), 'x', 100000);
	compression_write(&packed, &compression, buffer_slice(&in));
	cr_assert_eq(memcmp(packed.bytes, "\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16), 0);
	reader_init(&reader, buffer_slice(&packed));
	reader_skip(&reader, 16);
	for (; reader_remaining(&reader) > 0; blocks++) {
		struct slice block = reader_bytes(&reader, (size_t)reader_int32(&reader));
		size_t size;

		cr_assert_not(reader_failed(&reader));
		cr_assert_eq(snappy_uncompressed_length((const char *)block.bytes, block.size,
		                 &size), SNAPPY_OK);
		cr_assert_eq(size, blocks < 3 ? 32 * 1024 : 100000 - 3 * 32 * 1024);
	}
	cr_assert_eq(blocks, 4);
	buffer_fini(&packed);
	buffer_fini(&in);
}

Test(compression_snappy, reads_raw_blocks_and_framed_and_concatenated_ones)
{
	struct buffer packed = { 0 };
	struct buffer out = { 0 };

	write_raw(&packed, "without a frame");
	cr_assert_eq(unpack(&out, buffer_slice(&packed)), ERROR_NONE);
	cr_assert(slice_equal_text(buffer_slice(&out), "without a frame"));

	buffer_clear(&packed);
	write_framing(&packed, 1);
	write_block(&packed, "one ");
	write_block(&packed, "two ");
	write_framing(&packed, 2);
	write_block(&packed, "three");
	cr_assert_eq(unpack(&out, buffer_slice(&packed)), ERROR_NONE);
	cr_assert(slice_equal_text(buffer_slice(&out), "one two three"));
	buffer_fini(&packed);
	buffer_fini(&out);
}

Test(compression_snappy, passes_over_empty_blocks)
{
	struct buffer packed = { 0 };
	struct buffer out = { 0 };

	write_framing(&packed, 1);
	write_block(&packed, "");
	write_block(&packed, "one");
	write_block(&packed, "");
	cr_assert_eq(unpack(&out, buffer_slice(&packed)), ERROR_NONE);
	cr_assert(slice_equal_text(buffer_slice(&out), "one"));
	buffer_clear(&packed);
	write_raw(&packed, "");
	cr_assert_eq(unpack(&out, buffer_slice(&packed)), ERROR_NONE);
	cr_assert_eq(out.size, 0);
	buffer_fini(&packed);
	buffer_fini(&out);
}

Test(compression_snappy, allocates_nothing_for_a_claim_of_4_GiB_in_6_bytes)
{
	/* The length is a varint of 2^32 - 1; then a literal of one byte. */
	static const uint8_t claim[] = { 0xff, 0xff, 0xff, 0xff, 0x0f, 0x00 };
	struct decompression_limit generous = { .bytes = SIZE_MAX / 2, .window_bytes = 0 };
	struct decompressor decompressor;
	struct buffer packed = { 0 };
	struct buffer out = { 0 };
	uint8_t byte;
	size_t size;

	cr_assert_eq(unpack(&out, slice_of(claim, sizeof(claim))), ERROR_TOO_LARGE);
	/* Where no limit protects, the expansion that is possible does. */
	decompressor_init(&decompressor, COMPRESSION_SNAPPY, COMPRESSION_DIALECT_PLAIN,
	    slice_of(claim, sizeof(claim)), &generous);
	cr_assert_eq(decompressor_read(&decompressor, &byte, 1, &size), ERROR_MALFORMED);
	cr_assert_lt(mallinfo2().hblkhd, (size_t)1 << 30);
	decompressor_fini(&decompressor);
	write_framing(&packed, 1);
	buffer_int32(&packed, sizeof(claim));
	buffer_append(&packed, claim, sizeof(claim));
	cr_assert_eq(unpack(&out, buffer_slice(&packed)), ERROR_TOO_LARGE);
	cr_assert_leq(out.capacity, 1 << 20);
	buffer_fini(&packed);
	buffer_fini(&out);
}

static enum error
unpack_block_of_size(int32_t size)
{
	struct buffer packed = { 0 };
	struct buffer out = { 0 };
	enum error error;

	write_framing(&packed, 1);
	buffer_int32(&packed, size);
	write_raw(&packed, "block");
	error = unpack(&out, buffer_slice(&packed));
	buffer_fini(&packed);
	buffer_fini(&out);
	return error;
}

Test(compression_snappy, believes_no_block_length)
{
	cr_assert_eq(unpack_block_of_size(0), ERROR_MALFORMED);
	cr_assert_eq(unpack_block_of_size(-1), ERROR_MALFORMED);
	cr_assert_eq(unpack_block_of_size(INT32_MIN), ERROR_MALFORMED);
	cr_assert_eq(unpack_block_of_size(100), ERROR_TRUNCATED);
	cr_assert_eq(unpack_block_of_size(INT32_MAX), ERROR_TRUNCATED);
	cr_assert_eq(unpack_block_of_size(3), ERROR_MALFORMED);
}

Test(compression_snappy, refuses_a_framing_version_before_the_first)
{
	struct buffer packed = { 0 };
	struct buffer out = { 0 };

	write_framing(&packed, 0);
	write_block(&packed, "one");
	cr_assert_eq(unpack(&out, buffer_slice(&packed)), ERROR_UNSUPPORTED);
	buffer_fini(&packed);
	buffer_fini(&out);
}

Test(compression_snappy, gives_nothing_for_a_frame_without_blocks)
{
	struct buffer packed = { 0 };
	struct buffer out = { 0 };

	write_framing(&packed, 1);
	cr_assert_eq(unpack(&out, buffer_slice(&packed)), ERROR_NONE);
	cr_assert_eq(out.size, 0);
	buffer_fini(&packed);
	buffer_fini(&out);
}
