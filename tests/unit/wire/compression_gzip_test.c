#include <criterion/criterion.h>

#include "tests/unit/wire/samples.h"

static const struct decompression_limit limit = { .bytes = 1 << 20, .window_bytes = 1 << 27 };

static void
write_text(struct buffer *out, const char *text, int level)
{
	struct compression compression = { .codec = COMPRESSION_GZIP, .level = level };

	compression_write(out, &compression, slice_of_text(text));
}

static enum error
unpack(struct buffer *out, struct slice packed)
{
	buffer_clear(out);
	return decompress(out, COMPRESSION_GZIP, COMPRESSION_DIALECT_PLAIN, packed, &limit);
}

Test(compression_gzip, reads_several_members_as_one)
{
	struct buffer packed = { 0 };
	struct buffer out = { 0 };

	write_text(&packed, "one ", 1);
	write_text(&packed, "", 9);
	write_text(&packed, "two", -1);
	cr_assert_eq(unpack(&out, buffer_slice(&packed)), ERROR_NONE);
	cr_assert(slice_equal_text(buffer_slice(&out), "one two"));
	buffer_fini(&packed);
	buffer_fini(&out);
}

Test(compression_gzip, refuses_what_follows_the_last_member)
{
	struct buffer packed = { 0 };
	struct buffer out = { 0 };

	write_text(&packed, "one", -1);
	buffer_append(&packed, "garbage", 7);
	cr_assert_eq(unpack(&out, buffer_slice(&packed)), ERROR_MALFORMED);
	buffer_fini(&packed);
	buffer_fini(&out);
}

Test(compression_gzip, refuses_a_wrong_checksum_and_a_wrong_length)
{
	struct buffer packed = { 0 };
	struct buffer out = { 0 };

	write_text(&packed, "one", -1);
	for (size_t back = 1; back <= 8; back++) {
		packed.bytes[packed.size - back] ^= 1;
		cr_assert_eq(unpack(&out, buffer_slice(&packed)), ERROR_MALFORMED);
		packed.bytes[packed.size - back] ^= 1;
	}
	cr_assert_eq(unpack(&out, buffer_slice(&packed)), ERROR_NONE);
	buffer_fini(&packed);
	buffer_fini(&out);
}

Test(compression_gzip, refuses_raw_deflate_and_empty_input)
{
	struct buffer packed = { 0 };
	struct buffer out = { 0 };

	write_text(&packed, "one", -1);
	cr_assert_eq(unpack(&out, slice_of(packed.bytes + 10, packed.size - 10)),
	    ERROR_MALFORMED);
	cr_assert_eq(unpack(&out, slice_of("", 0)), ERROR_TRUNCATED);
	buffer_fini(&packed);
	buffer_fini(&out);
}
