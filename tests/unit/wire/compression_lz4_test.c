#include <criterion/criterion.h>
#include <lz4frame.h>

#include "tests/unit/wire/samples.h"

static const struct decompression_limit limit = { .bytes = 1 << 24, .window_bytes = 1 << 27 };

static enum error
unpack(struct buffer *out, struct slice packed, enum compression_dialect dialect)
{
	buffer_clear(out);
	return decompress(out, COMPRESSION_LZ4, dialect, packed, &limit);
}

static void
write_text(struct buffer *out, const char *text, int level, enum compression_dialect dialect)
{
	struct compression compression = { .codec = COMPRESSION_LZ4, .level = level,
		.dialect = dialect };

	compression_write(out, &compression, slice_of_text(text));
}

Test(compression_lz4, writes_independent_blocks_of_64_KiB_without_checksums)
{
	struct buffer packed = { 0 };

	write_text(&packed, "text", 9, COMPRESSION_DIALECT_PLAIN);
	cr_assert_eq(memcmp(packed.bytes, "\x04\x22\x4d\x18\x60\x40\x82", 7), 0);
	buffer_fini(&packed);
}

/* The size that lz4's own level makes of bytes that levels differ about. */
static size_t
size_at_level(const struct buffer *in, int level)
{
	struct compression compression = { .codec = COMPRESSION_LZ4, .level = level };
	struct buffer packed = { 0 };
	size_t size;

	compression_write(&packed, &compression, buffer_slice(in));
	size = packed.size;
	buffer_fini(&packed);
	return size;
}

Test(compression_lz4, takes_the_fast_compressor_for_kafka_s_default_level)
{
	struct prng prng;
	struct buffer in = { 0 };

	prng_init(&prng, 5);
	sample_bytes(&in, &prng, 50000, true);
	cr_assert_eq(size_at_level(&in, 9), size_at_level(&in, 1));
	cr_assert_lt(size_at_level(&in, 10), size_at_level(&in, 9));
	cr_assert_lt(size_at_level(&in, 8), size_at_level(&in, 9));
	buffer_fini(&in);
}

Test(compression_lz4, writes_the_wrong_header_checksum_into_v0_messages)
{
	struct buffer plain = { 0 };
	struct buffer old = { 0 };

	write_text(&plain, "text", 9, COMPRESSION_DIALECT_PLAIN);
	write_text(&old, "text", 9, COMPRESSION_DIALECT_MESSAGE_V0);
	cr_assert_eq(plain.size, old.size);
	cr_assert_neq(plain.bytes[6], old.bytes[6]);
	old.bytes[6] = plain.bytes[6];
	cr_assert(slice_equal(buffer_slice(&plain), buffer_slice(&old)));
	buffer_fini(&plain);
	buffer_fini(&old);
}

Test(compression_lz4, takes_both_header_checksums_in_v0_messages_and_one_elsewhere)
{
	struct buffer plain = { 0 };
	struct buffer old = { 0 };
	struct buffer out = { 0 };

	write_text(&plain, "text", 9, COMPRESSION_DIALECT_PLAIN);
	write_text(&old, "text", 9, COMPRESSION_DIALECT_MESSAGE_V0);
	cr_assert_eq(unpack(&out, buffer_slice(&plain), COMPRESSION_DIALECT_MESSAGE_V0),
	    ERROR_NONE);
	cr_assert(slice_equal_text(buffer_slice(&out), "text"));
	cr_assert_eq(unpack(&out, buffer_slice(&old), COMPRESSION_DIALECT_MESSAGE_V0),
	    ERROR_NONE);
	cr_assert(slice_equal_text(buffer_slice(&out), "text"));
	cr_assert_eq(unpack(&out, buffer_slice(&old), COMPRESSION_DIALECT_PLAIN),
	    ERROR_MALFORMED);
	buffer_fini(&plain);
	buffer_fini(&old);
	buffer_fini(&out);
}

static void
check_frame(const LZ4F_preferences_t *preferences)
{
	struct prng prng;
	struct buffer in = { 0 };
	struct buffer packed = { 0 };
	struct buffer out = { 0 };
	size_t bound;

	prng_init(&prng, 7);
	sample_bytes(&in, &prng, 300000, true);
	bound = LZ4F_compressFrameBound(in.size, preferences);
	packed.size = LZ4F_compressFrame(buffer_extend(&packed, bound), bound, in.bytes, in.size,
	    preferences);
	cr_assert_not(LZ4F_isError(packed.size));
	cr_assert_eq(unpack(&out, buffer_slice(&packed), COMPRESSION_DIALECT_PLAIN), ERROR_NONE);
	cr_assert(slice_equal(buffer_slice(&in), buffer_slice(&out)));
	buffer_fini(&in);
	buffer_fini(&packed);
	buffer_fini(&out);
}

Test(compression_lz4, reads_any_frame_of_independent_blocks)
{
	for (int size = LZ4F_max64KB; size <= LZ4F_max4MB; size++)
		for (int flags = 0; flags < 8; flags++) {
			LZ4F_preferences_t preferences = { 0 };

			preferences.frameInfo.blockSizeID = (LZ4F_blockSizeID_t)size;
			preferences.frameInfo.blockMode = LZ4F_blockIndependent;
			preferences.frameInfo.contentChecksumFlag = (flags & 1) != 0;
			preferences.frameInfo.blockChecksumFlag = (flags & 2) != 0;
			preferences.frameInfo.contentSize = (flags & 4) != 0 ? 300000 : 0;
			check_frame(&preferences);
		}
}

/* Java's consumers could not read them (compared with Kafka 3.9.1, which refuses them). */
Test(compression_lz4, refuses_linked_blocks)
{
	LZ4F_preferences_t preferences = { .frameInfo.blockMode = LZ4F_blockLinked };
	struct buffer in = { 0 };
	struct buffer packed = { 0 };
	struct buffer out = { 0 };
	size_t bound;

	/* What fits into one block is always written as an independent one. */
	memset(buffer_extend(&in, 100000), 'x', 100000);
	bound = LZ4F_compressFrameBound(in.size, &preferences);
	packed.size = LZ4F_compressFrame(buffer_extend(&packed, bound), bound, in.bytes, in.size,
	    &preferences);
	cr_assert_not(LZ4F_isError(packed.size));
	cr_assert_eq(unpack(&out, buffer_slice(&packed), COMPRESSION_DIALECT_PLAIN),
	    ERROR_UNSUPPORTED);
	cr_assert_eq(unpack(&out, buffer_slice(&packed), COMPRESSION_DIALECT_MESSAGE_V0),
	    ERROR_UNSUPPORTED);
	buffer_fini(&in);
	buffer_fini(&packed);
	buffer_fini(&out);
}

/* Records in a second frame would be acknowledged, and missed by Java's consumers. */
Test(compression_lz4, ends_where_the_first_frame_ends)
{
	struct buffer packed = { 0 };
	struct buffer out = { 0 };

	write_text(&packed, "one ", 9, COMPRESSION_DIALECT_PLAIN);
	write_text(&packed, "two", 12, COMPRESSION_DIALECT_PLAIN);
	buffer_int32(&packed, 4711);
	cr_assert_eq(unpack(&out, buffer_slice(&packed), COMPRESSION_DIALECT_PLAIN), ERROR_NONE);
	cr_assert(slice_equal_text(buffer_slice(&out), "one "));
	buffer_fini(&packed);
	buffer_fini(&out);
}

Test(compression_lz4, believes_no_content_size)
{
	struct buffer packed = { 0 };
	struct buffer out = { 0 };
	LZ4F_preferences_t preferences = { .frameInfo = { .contentSize = 4 } };
	size_t bound = LZ4F_compressFrameBound(4, &preferences);

	packed.size = LZ4F_compressFrame(buffer_extend(&packed, bound), bound, "text", 4,
	    &preferences);
	/* 2^63 bytes, with the header's checksum in the dialect that can be mended here. */
	packed.bytes[13] = 0x80;
	cr_assert_eq(unpack(&out, buffer_slice(&packed), COMPRESSION_DIALECT_PLAIN),
	    ERROR_MALFORMED);
	cr_assert_leq(out.capacity, 1 << 17);
	buffer_fini(&packed);
	buffer_fini(&out);
}

Test(compression_lz4, refuses_empty_input_and_other_formats)
{
	struct buffer out = { 0 };

	cr_assert_eq(unpack(&out, slice_of("", 0), COMPRESSION_DIALECT_PLAIN), ERROR_TRUNCATED);
	cr_assert_eq(unpack(&out, slice_of("", 0), COMPRESSION_DIALECT_MESSAGE_V0),
	    ERROR_TRUNCATED);
	cr_assert_eq(unpack(&out, slice_of("\x1f\x8b\x08 not lz4", 12), COMPRESSION_DIALECT_PLAIN),
	    ERROR_MALFORMED);
	buffer_fini(&out);
}
