#include <criterion/criterion.h>
#include <zstd.h>

#include "tests/unit/wire/samples.h"

static enum error
unpack(struct buffer *out, struct slice packed, size_t window_bytes)
{
	struct decompression_limit limit = { .bytes = 1 << 24, .window_bytes = window_bytes };

	buffer_clear(out);
	return decompress(out, COMPRESSION_ZSTD, COMPRESSION_DIALECT_PLAIN, packed, &limit);
}

static void
write_text(struct buffer *out, const char *text, int level)
{
	struct compression compression = { .codec = COMPRESSION_ZSTD, .level = level };

	compression_write(out, &compression, slice_of_text(text));
}

/* As a streaming writer does it that does not know the size: the header has the window. */
static void
write_stream(struct buffer *out, int window_log, size_t size)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	struct buffer in = { 0 };
	ZSTD_inBuffer from;
	ZSTD_outBuffer into;

	memset(buffer_extend(&in, size), 'x', size);
	from = (ZSTD_inBuffer){ .src = in.bytes, .size = in.size };
	into = (ZSTD_outBuffer){ .size = ZSTD_compressBound(size) };
	into.dst = buffer_extend(out, into.size);
	cr_assert_not(ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log)));
	cr_assert_not(ZSTD_isError(ZSTD_compressStream2(context, &into, &from, ZSTD_e_flush)));
	cr_assert_eq(ZSTD_compressStream2(context, &into, &from, ZSTD_e_end), 0);
	out->size -= into.size - into.pos;
	buffer_fini(&in);
	(void)ZSTD_freeCCtx(context);
}

Test(compression_zstd, reads_frames_one_after_another_and_skips_skippable_ones)
{
	struct buffer packed = { 0 };
	struct buffer out = { 0 };

	write_text(&packed, "one ", 1);
	buffer_append(&packed, "\x50\x2a\x4d\x18\x03\0\0\0abc", 11);
	write_text(&packed, "two", 19);
	cr_assert_eq(unpack(&out, buffer_slice(&packed), 1 << 27), ERROR_NONE);
	cr_assert(slice_equal_text(buffer_slice(&out), "one two"));
	buffer_fini(&packed);
	buffer_fini(&out);
}

Test(compression_zstd, holds_to_the_window_it_was_allowed)
{
	struct buffer packed = { 0 };
	struct buffer out = { 0 };

	write_stream(&packed, 23, 1000);
	cr_assert_eq(unpack(&out, buffer_slice(&packed), 1 << 23), ERROR_NONE);
	cr_assert_eq(out.size, 1000);
	cr_assert_eq(unpack(&out, buffer_slice(&packed), (1 << 23) - 1), ERROR_TOO_LARGE);
	buffer_fini(&packed);
	buffer_fini(&out);
}

Test(compression_zstd, reads_what_level_22_makes_by_default)
{
	struct decompression_limit limit = decompression_limit_default();
	struct buffer packed = { 0 };
	struct buffer out = { 0 };

	write_stream(&packed, 27, 1000);
	cr_assert_eq(unpack(&out, buffer_slice(&packed), limit.window_bytes), ERROR_NONE);
	cr_assert_eq(out.size, 1000);
	buffer_fini(&packed);
	buffer_fini(&out);
}

Test(compression_zstd, believes_no_content_size)
{
	/* One segment of 2^40 bytes, then a last block of 3 raw bytes. */
	static const uint8_t claim[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 1, 0, 0,
		0x19, 0, 0, 'a', 'b', 'c' };
	struct buffer out = { 0 };

	cr_assert_eq(unpack(&out, slice_of(claim, sizeof(claim)), 1 << 27), ERROR_TOO_LARGE);
	buffer_fini(&out);
}

Test(compression_zstd, refuses_empty_input_and_other_formats)
{
	struct buffer packed = { 0 };
	struct buffer out = { 0 };

	cr_assert_eq(unpack(&out, slice_of("", 0), 1 << 27), ERROR_TRUNCATED);
	cr_assert_eq(unpack(&out, slice_of("not zstd at all", 15), 1 << 27), ERROR_MALFORMED);
	write_text(&packed, "one", 3);
	buffer_append(&packed, "garbage", 7);
	cr_assert_eq(unpack(&out, buffer_slice(&packed), 1 << 27), ERROR_MALFORMED);
	buffer_fini(&packed);
	buffer_fini(&out);
}
