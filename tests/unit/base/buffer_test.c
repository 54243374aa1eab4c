#include "base/buffer.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "base/macros.h"

#define EXPECT_BYTES(buffer, ...) expect_bytes(buffer, (const uint8_t[]){ __VA_ARGS__ }, \
    sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void
expect_bytes(const struct buffer *buffer, const uint8_t *bytes, size_t size)
{
	cr_assert_eq(buffer->size, size);
	cr_expect_arr_eq(buffer->bytes, bytes, size);
}

Test(buffer, begins_empty_and_not_null)
{
	struct buffer buffer;

	buffer_init(&buffer);
	cr_expect_eq(buffer_slice(&buffer).size, 0);
	cr_expect_not(slice_is_null(buffer_slice(&buffer)));
	buffer_fini(&buffer);
}

Test(buffer, writes_fixed_fields_big_endian)
{
	struct buffer buffer;

	buffer_init(&buffer);
	buffer_int8(&buffer, -1);
	buffer_int16(&buffer, -2);
	buffer_int32(&buffer, 0x01020304);
	buffer_int64(&buffer, 0x0102030405060708);
	EXPECT_BYTES(&buffer, 0xff, 0xff, 0xfe, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8);
	buffer_fini(&buffer);
}

Test(buffer, writes_the_extremes_of_each_width)
{
	struct buffer buffer;

	buffer_init(&buffer);
	buffer_int8(&buffer, INT8_MIN);
	buffer_int16(&buffer, INT16_MIN);
	buffer_int32(&buffer, INT32_MIN);
	buffer_int32(&buffer, INT32_MAX);
	buffer_int64(&buffer, INT64_MIN);
	buffer_int64(&buffer, INT64_MAX);
	EXPECT_BYTES(&buffer, 0x80, 0x80, 0, 0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff,
	    0x80, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
	buffer_fini(&buffer);
}

Test(buffer, writes_doubles_bit_by_bit)
{
	struct buffer buffer;

	buffer_init(&buffer);
	buffer_float64(&buffer, -1.5);
	buffer_float64(&buffer, -0.0);
	EXPECT_BYTES(&buffer, 0xbf, 0xf8, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0);
	buffer_fini(&buffer);
}

Test(buffer, writes_variable_lengths_at_their_extremes)
{
	struct buffer buffer;

	buffer_init(&buffer);
	buffer_varint(&buffer, INT32_MIN);
	EXPECT_BYTES(&buffer, 0xff, 0xff, 0xff, 0xff, 0x0f);
	buffer_clear(&buffer);
	buffer_uvarint(&buffer, UINT32_MAX);
	EXPECT_BYTES(&buffer, 0xff, 0xff, 0xff, 0xff, 0x0f);
	buffer_clear(&buffer);
	buffer_varlong(&buffer, INT64_MIN);
	EXPECT_BYTES(&buffer, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
	buffer_clear(&buffer);
	buffer_varint(&buffer, -64);
	buffer_varint(&buffer, 64);
	buffer_uvarint(&buffer, 127);
	buffer_uvarint(&buffer, 128);
	EXPECT_BYTES(&buffer, 0x7f, 0x80, 0x01, 0x7f, 0x80, 0x01);
	buffer_fini(&buffer);
}

Test(buffer, knows_the_sizes_of_variable_lengths)
{
	cr_expect_eq(uvarint_size(0), 1);
	cr_expect_eq(uvarint_size(127), 1);
	cr_expect_eq(uvarint_size(128), 2);
	cr_expect_eq(uvarint_size(UINT32_MAX), 5);
	cr_expect_eq(varint_size(-64), 1);
	cr_expect_eq(varint_size(64), 2);
	cr_expect_eq(varint_size(INT32_MIN), 5);
	cr_expect_eq(varint_size(INT32_MAX), 5);
	cr_expect_eq(varlong_size(-1), 1);
	cr_expect_eq(varlong_size(INT64_MIN), 10);
	cr_expect_eq(varlong_size(INT64_MAX), 10);
}

Test(buffer, appends_nothing_of_null_or_empty)
{
	struct buffer buffer;

	buffer_init(&buffer);
	buffer_append(&buffer, NULL, 0);
	buffer_append_slice(&buffer, slice_null());
	buffer_append_slice(&buffer, slice_of_text(""));
	cr_expect_eq(buffer.size, 0);
	buffer_append(&buffer, "ab", 2);
	buffer_append_slice(&buffer, slice_null());
	buffer_append_slice(&buffer, slice_of_text("c"));
	EXPECT_BYTES(&buffer, 'a', 'b', 'c');
	buffer_fini(&buffer);
}

Test(buffer, keeps_its_contents_while_it_grows)
{
	struct buffer buffer;

	buffer_init(&buffer);
	for (int32_t i = 0; i < 5000; i++)
		buffer_int32(&buffer, i * 7919);
	cr_assert_eq(buffer.size, 20000);
	for (uint32_t i = 0; i < 5000; i++) {
		const uint8_t *p = buffer.bytes + i * 4;

		cr_assert_eq((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3],
		    i * 7919);
	}
	buffer_fini(&buffer);
}

Test(buffer, does_not_move_within_what_was_reserved)
{
	struct buffer buffer;
	const uint8_t *before;

	buffer_init(&buffer);
	buffer_int8(&buffer, 1);
	buffer_reserve(&buffer, 1000);
	before = buffer.bytes;
	cr_expect_eq(buffer.size, 1);
	memset(buffer_extend(&buffer, 1000), 2, 1000);
	cr_expect_eq(buffer.bytes, before);
	cr_expect_eq(buffer.size, 1001);
	buffer_fini(&buffer);
}

Test(buffer, keeps_its_memory_when_cleared_and_gives_it_back_when_ended)
{
	struct buffer buffer;
	const uint8_t *before;

	buffer_init(&buffer);
	buffer_append(&buffer, "abc", 3);
	before = buffer.bytes;
	buffer_clear(&buffer);
	cr_expect_eq(buffer.size, 0);
	buffer_append(&buffer, "x", 1);
	cr_expect_eq(buffer.bytes, before);
	buffer_fini(&buffer);
	cr_expect_null(buffer.bytes);
	buffer_append(&buffer, "again", 5);
	cr_expect(slice_equal_text(buffer_slice(&buffer), "again"));
	buffer_fini(&buffer);
}

Test(buffer, overwrites_what_stands_inside)
{
	struct buffer buffer;

	buffer_init(&buffer);
	memset(buffer_extend(&buffer, 16), 0, 16);
	buffer_set_int16(&buffer, 0, -2);
	buffer_set_int32(&buffer, 2, INT32_MIN);
	buffer_set_int64(&buffer, 8, INT64_MAX);
	EXPECT_BYTES(&buffer, 0xff, 0xfe, 0x80, 0, 0, 0, 0, 0,
	    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
	buffer_fini(&buffer);
}

static struct buffer
four_bytes(void)
{
	struct buffer buffer;

	buffer_init(&buffer);
	buffer_int32(&buffer, 0);
	return buffer;
}

Test(buffer, does_not_overwrite_across_its_end, .signal = SIGABRT)
{
	struct buffer buffer = four_bytes();

	buffer_set_int32(&buffer, 1, 1);
}

Test(buffer, does_not_overwrite_past_its_end, .signal = SIGABRT)
{
	struct buffer buffer = four_bytes();

	buffer_set_int16(&buffer, SIZE_MAX, 1);
}

Test(buffer, does_not_reserve_more_than_can_be, .signal = SIGABRT)
{
	struct buffer buffer = four_bytes();

	buffer_reserve(&buffer, SIZE_MAX - 2);
}

Test(buffer, no_bytes_at_all_have_a_place)
{
	struct buffer buffer;

	buffer_init(&buffer);
	cr_assert_not_null(buffer_extend(&buffer, 0));
	cr_assert_eq(buffer.size, 0);
	buffer_fini(&buffer);
}
