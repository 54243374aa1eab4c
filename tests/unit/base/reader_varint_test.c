/* The variable lengths of base/reader.c, each against hand-written bytes. */
#include <criterion/criterion.h>

#include "base/buffer.h"
#include "base/prng.h"
#include "base/reader.h"

struct example {
	int64_t value;
	size_t size;
	uint8_t bytes[10];
};

static const struct example unsigned_examples[] = {
	{ 0, 1, { 0x00 } },
	{ 1, 1, { 0x01 } },
	{ 127, 1, { 0x7f } },
	{ 128, 2, { 0x80, 0x01 } },
	{ 300, 2, { 0xac, 0x02 } },
	{ 16383, 2, { 0xff, 0x7f } },
	{ 16384, 3, { 0x80, 0x80, 0x01 } },
	{ 2097151, 3, { 0xff, 0xff, 0x7f } },
	{ 2097152, 4, { 0x80, 0x80, 0x80, 0x01 } },
	{ 268435455, 4, { 0xff, 0xff, 0xff, 0x7f } },
	{ 268435456, 5, { 0x80, 0x80, 0x80, 0x80, 0x01 } },
	{ INT32_MAX, 5, { 0xff, 0xff, 0xff, 0xff, 0x07 } },
	{ UINT32_MAX, 5, { 0xff, 0xff, 0xff, 0xff, 0x0f } },
};

/* Those that fit 32 bits are the same bytes for varint and varlong. */
static const struct example zigzag_examples[] = {
	{ 0, 1, { 0x00 } },
	{ -1, 1, { 0x01 } },
	{ 1, 1, { 0x02 } },
	{ 63, 1, { 0x7e } },
	{ -64, 1, { 0x7f } },
	{ 64, 2, { 0x80, 0x01 } },
	{ -65, 2, { 0x81, 0x01 } },
	{ 8191, 2, { 0xfe, 0x7f } },
	{ -8192, 2, { 0xff, 0x7f } },
	{ 8192, 3, { 0x80, 0x80, 0x01 } },
	{ INT32_MAX, 5, { 0xfe, 0xff, 0xff, 0xff, 0x0f } },
	{ INT32_MIN, 5, { 0xff, 0xff, 0xff, 0xff, 0x0f } },
	{ INT32_MAX + 1LL, 5, { 0x80, 0x80, 0x80, 0x80, 0x10 } },
	{ INT32_MIN - 1LL, 5, { 0x81, 0x80, 0x80, 0x80, 0x10 } },
	{ 1LL << 34, 6, { 0x80, 0x80, 0x80, 0x80, 0x80, 0x01 } },
	{ INT64_MAX, 10, { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 } },
	{ INT64_MIN, 10, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 } },
};

static struct reader
reader_of(const struct example *example)
{
	struct reader reader;

	reader_init(&reader, slice_of(example->bytes, example->size));
	return reader;
}

static bool
fits_32_bits(int64_t value)
{
	return value >= INT32_MIN && value <= INT32_MAX;
}

Test(reader_varint, reads_unsigned_examples)
{
	for (size_t i = 0; i < ARRAY_LENGTH(unsigned_examples); i++) {
		const struct example *example = &unsigned_examples[i];
		struct reader reader = reader_of(example);

		cr_expect_eq(reader_uvarint(&reader), example->value);
		cr_expect_eq(reader.error, ERROR_NONE);
		cr_expect_eq(reader_remaining(&reader), 0);
		cr_expect_eq(uvarint_size((uint32_t)example->value), example->size);
	}
}

Test(reader_varint, reads_zigzag_examples)
{
	for (size_t i = 0; i < ARRAY_LENGTH(zigzag_examples); i++) {
		const struct example *example = &zigzag_examples[i];
		struct reader reader = reader_of(example), narrow = reader;

		cr_expect_eq(reader_varlong(&reader), example->value);
		cr_expect_eq(reader.error, ERROR_NONE);
		cr_expect_eq(reader_remaining(&reader), 0);
		cr_expect_eq(varlong_size(example->value), example->size);
		if (fits_32_bits(example->value)) {
			cr_expect_eq(reader_varint(&narrow), example->value);
			cr_expect_eq(narrow.error, ERROR_NONE);
			cr_expect_eq(varint_size((int32_t)example->value), example->size);
		} else {
			cr_expect_eq(reader_varint(&narrow), 0);
			cr_expect_eq(narrow.error, ERROR_MALFORMED, "%zu", i);
		}
	}
}

Test(reader_varint, cut_at_each_byte_gives_zero_and_truncated)
{
	for (size_t i = 0; i < ARRAY_LENGTH(zigzag_examples); i++) {
		for (size_t size = 0; size < zigzag_examples[i].size; size++) {
			struct reader wide, narrow;

			reader_init(&wide, slice_of(zigzag_examples[i].bytes, size));
			narrow = wide;
			cr_expect_eq(reader_varlong(&wide), 0);
			cr_expect_eq(wide.error, ERROR_TRUNCATED);
			if (size >= 5)
				continue;
			cr_expect_eq(reader_varint(&narrow), 0);
			cr_expect_eq(narrow.error, ERROR_TRUNCATED);
		}
	}
}

static enum error
error_of_varint(const uint8_t *bytes, size_t size)
{
	struct reader reader;

	reader_init(&reader, slice_of(bytes, size));
	cr_expect_eq(reader_uvarint(&reader), 0);
	cr_expect_eq(reader_remaining(&reader), 0);
	return reader.error;
}

static enum error
error_of_varlong(const uint8_t *bytes, size_t size)
{
	struct reader reader;

	reader_init(&reader, slice_of(bytes, size));
	cr_expect_eq(reader_varlong(&reader), 0);
	cr_expect_eq(reader_remaining(&reader), 0);
	return reader.error;
}

Test(reader_varint, refuses_a_sixth_byte_and_an_eleventh)
{
	uint8_t bytes[12];

	memset(bytes, 0x80, sizeof(bytes));
	cr_expect_eq(error_of_varint(bytes, sizeof(bytes)), ERROR_MALFORMED);
	cr_expect_eq(error_of_varlong(bytes, sizeof(bytes)), ERROR_MALFORMED);
	bytes[5] = 0;
	cr_expect_eq(error_of_varint(bytes, 6), ERROR_MALFORMED);
	bytes[5] = 0x80;
	bytes[10] = 0;
	cr_expect_eq(error_of_varlong(bytes, 11), ERROR_MALFORMED);
	/* The mark "more follows" in the last byte decides, cut or not. */
	cr_expect_eq(error_of_varint(bytes, 5), ERROR_MALFORMED);
	cr_expect_eq(error_of_varlong(bytes, 10), ERROR_MALFORMED);
}

Test(reader_varint, refuses_bits_beyond_the_32nd_and_the_64th)
{
	uint8_t bytes[10] = { 0x80, 0x80, 0x80, 0x80, 0x10 };

	for (int bit = 4; bit < 7; bit++) {
		bytes[4] = (uint8_t)(1 << bit);
		cr_expect_eq(error_of_varint(bytes, 5), ERROR_MALFORMED);
	}
	memset(bytes, 0x80, 9);
	for (int bit = 1; bit < 7; bit++) {
		bytes[9] = (uint8_t)(1 << bit);
		cr_expect_eq(error_of_varlong(bytes, 10), ERROR_MALFORMED);
	}
}

Test(reader_varint, accepts_zeros_that_only_pad)
{
	static const struct example padded = { 1, 5, { 0x82, 0x80, 0x80, 0x80, 0x00 } };
	static const struct example long_padded = { -1, 10,
		{ 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00 } };
	struct reader reader = reader_of(&padded), long_reader = reader_of(&long_padded);

	cr_expect_eq(reader_varint(&reader), padded.value);
	cr_expect_eq(reader.error, ERROR_NONE);
	cr_expect_eq(reader_varlong(&long_reader), long_padded.value);
	cr_expect_eq(long_reader.error, ERROR_NONE);
}

Test(reader_varint, leaves_what_follows)
{
	const uint8_t bytes[] = { 0xac, 0x02, 0x03, 0x7f };
	struct reader reader;

	reader_init(&reader, slice_of(bytes, sizeof(bytes)));
	cr_expect_eq(reader_uvarint(&reader), 300);
	cr_expect_eq(reader_varint(&reader), -2);
	cr_expect_eq(reader_varlong(&reader), -64);
	cr_expect_eq(reader_remaining(&reader), 0);
}

Test(reader_varint, reads_back_whatever_was_written)
{
	struct buffer buffer;
	struct prng prng;
	struct reader reader;

	buffer_init(&buffer);
	prng_init(&prng, 11);
	for (int i = 0; i < 20000; i++) {
		int64_t value = (int64_t)prng_next(&prng) >> prng_below(&prng, 64);

		buffer_clear(&buffer);
		buffer_varlong(&buffer, value);
		buffer_varint(&buffer, (int32_t)value);
		buffer_uvarint(&buffer, (uint32_t)value);
		cr_assert_eq(buffer.size, varlong_size(value) + varint_size((int32_t)value) +
		    uvarint_size((uint32_t)value));
		reader_init(&reader, buffer_slice(&buffer));
		cr_assert_eq(reader_varlong(&reader), value);
		cr_assert_eq(reader_varint(&reader), (int32_t)value);
		cr_assert_eq(reader_uvarint(&reader), (uint32_t)value);
		cr_assert_eq(reader.error, ERROR_NONE);
		cr_assert_eq(reader_remaining(&reader), 0);
	}
	buffer_fini(&buffer);
}
