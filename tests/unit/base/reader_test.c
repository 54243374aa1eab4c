#include "base/reader.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>

#define READER_OF(...) reader_of((const uint8_t[]){ __VA_ARGS__ }, \
    sizeof((const uint8_t[]){ __VA_ARGS__ }))

static struct reader
reader_of(const uint8_t *bytes, size_t size)
{
	struct reader reader;

	reader_init(&reader, slice_of(bytes, size));
	return reader;
}

static void
expect_end(const struct reader *reader)
{
	cr_expect_eq(reader->error, ERROR_NONE);
	cr_expect_eq(reader_remaining(reader), 0);
}

Test(reader, reads_fixed_fields_big_endian_in_turn)
{
	struct reader reader = READER_OF(0xfe, 0x80, 0x00, 0x01, 0x02, 0x03, 0x04,
	    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08);

	cr_expect_eq(reader_int8(&reader), -2);
	cr_expect_eq(reader_int16(&reader), INT16_MIN);
	cr_expect_eq(reader_int32(&reader), 0x01020304);
	cr_expect_eq(reader_int64(&reader), 0x0102030405060708);
	expect_end(&reader);
}

Test(reader, reads_the_extremes_of_each_width)
{
	struct reader reader = READER_OF(0x80, 0x7f, 0x7f, 0xff,
	    0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff,
	    0x80, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

	cr_expect_eq(reader_int8(&reader), INT8_MIN);
	cr_expect_eq(reader_int8(&reader), INT8_MAX);
	cr_expect_eq(reader_int16(&reader), INT16_MAX);
	cr_expect_eq(reader_int32(&reader), INT32_MIN);
	cr_expect_eq(reader_int32(&reader), INT32_MAX);
	cr_expect_eq(reader_int64(&reader), INT64_MIN);
	cr_expect_eq(reader_int64(&reader), INT64_MAX);
	expect_end(&reader);
}

Test(reader, reads_unsigned_fields_without_a_sign)
{
	struct reader reader = READER_OF(0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xfd);

	cr_expect_eq(reader_uint8(&reader), 255);
	cr_expect_eq(reader_uint16(&reader), 65534);
	cr_expect_eq(reader_uint32(&reader), 4294967293u);
	expect_end(&reader);
}

Test(reader, reads_doubles_bit_by_bit)
{
	struct reader reader = READER_OF(0xbf, 0xf8, 0, 0, 0, 0, 0, 0,
	    0x7f, 0xf0, 0, 0, 0, 0, 0, 0, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0);

	cr_expect(reader_float64(&reader) == -1.5);
	cr_expect(isinf(reader_float64(&reader)));
	cr_expect(isnan(reader_float64(&reader)));
	expect_end(&reader);
}

Test(reader, gives_slices_of_the_bytes_themselves)
{
	const uint8_t bytes[] = { 1, 2, 3, 4, 5 };
	struct reader reader = reader_of(bytes, sizeof(bytes));
	struct slice slice = reader_bytes(&reader, 2);

	cr_expect_eq(slice.bytes, bytes);
	cr_expect_eq(slice.size, 2);
	reader_skip(&reader, 2);
	cr_expect_eq(reader_remaining(&reader), 1);
	cr_expect_eq(reader_uint8(&reader), 5);
	expect_end(&reader);
}

Test(reader, of_a_null_slice_is_at_its_end)
{
	struct reader reader;

	reader_init(&reader, slice_null());
	cr_expect_eq(reader_remaining(&reader), 0);
	cr_expect_eq(reader_bytes(&reader, 0).size, 0);
	expect_end(&reader);
	cr_expect_eq(reader_int32(&reader), 0);
	cr_expect_eq(reader.error, ERROR_TRUNCATED);
}

Test(reader, of_an_empty_slice_gives_an_empty_but_not_null_slice)
{
	struct reader reader = reader_of(NULL, 0);

	cr_expect_not(slice_is_null(reader_bytes(&reader, 0)));
	reader_skip(&reader, 0);
	expect_end(&reader);
}

/* One reading of each kind; what each gives must be zero once it has failed. */
static uint64_t
read_kind(struct reader *reader, int kind)
{
	double number;

	switch (kind) {
	case 0: return (uint64_t)reader_int8(reader);
	case 1: return reader_uint8(reader);
	case 2: return (uint64_t)reader_int16(reader);
	case 3: return reader_uint16(reader);
	case 4: return (uint64_t)reader_int32(reader);
	case 5: return reader_uint32(reader);
	case 6: return (uint64_t)reader_int64(reader);
	case 7: number = reader_float64(reader); return number != 0;
	case 8: return (uint64_t)reader_varint(reader);
	case 9: return (uint64_t)reader_varlong(reader);
	case 10: return reader_uvarint(reader);
	case 11: return reader_bytes(reader, 3).size;
	default: return UINT64_MAX;
	}
}

static const size_t size_of_kind[] = { 1, 1, 2, 2, 4, 4, 8, 8, 5, 10, 5, 3 };

Test(reader, gives_zero_when_cut_at_any_byte_of_any_field)
{
	/* All ones with the high bit: for variable lengths too, more must follow. */
	uint8_t bytes[10];

	memset(bytes, 0xff, sizeof(bytes));
	for (int kind = 0; kind < (int)ARRAY_LENGTH(size_of_kind); kind++) {
		for (size_t size = 0; size < size_of_kind[kind]; size++) {
			struct reader reader = reader_of(bytes, size);

			cr_expect_eq(read_kind(&reader, kind), 0, "kind %d of %zu", kind, size);
			cr_expect_eq(reader.error, ERROR_TRUNCATED, "kind %d of %zu", kind, size);
			cr_expect_eq(reader_remaining(&reader), 0);
		}
	}
}

Test(reader, never_looks_past_its_end)
{
	const uint8_t bytes[] = { 0x81, 0x01, 0x7f };
	struct reader reader = reader_of(bytes, 1);

	cr_expect_eq(reader_uvarint(&reader), 0);
	cr_expect_eq(reader.error, ERROR_TRUNCATED);
}

Test(reader, gives_zero_for_every_field_after_a_failure)
{
	const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

	for (int kind = 0; kind < (int)ARRAY_LENGTH(size_of_kind); kind++) {
		struct reader reader = reader_of(bytes, sizeof(bytes));

		reader_fail(&reader, ERROR_UNSUPPORTED);
		cr_expect_eq(read_kind(&reader, kind), 0, "kind %d", kind);
		cr_expect_eq(reader_remaining(&reader), 0);
		cr_expect_eq(reader.error, ERROR_UNSUPPORTED);
	}
}

Test(reader, remembers_the_first_overrun)
{
	struct reader reader = READER_OF(1, 2, 3);

	cr_expect_eq(reader_int32(&reader), 0);
	cr_expect(reader_failed(&reader));
	reader_fail(&reader, ERROR_CORRUPT);
	cr_expect_eq(reader.error, ERROR_TRUNCATED);
	cr_expect_eq(reader_int8(&reader), 0, "the bytes that were left are not read");
}

Test(reader, an_overrun_does_not_hide_an_earlier_error)
{
	struct reader reader = READER_OF(1, 2, 3);

	reader_fail(&reader, ERROR_MALFORMED);
	reader_skip(&reader, 0);
	(void)reader_int64(&reader);
	cr_expect_eq(reader.error, ERROR_MALFORMED);
}

Test(reader, refuses_sizes_beyond_the_rest)
{
	static const size_t sizes[] = { 4, INT32_MAX, UINT32_MAX, SIZE_MAX / 2, SIZE_MAX };

	for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
		struct reader taken = READER_OF(1, 2, 3), skipped = READER_OF(1, 2, 3);
		struct slice slice = reader_bytes(&taken, sizes[i]);

		cr_expect_eq(slice.size, 0);
		cr_expect_not(slice_is_null(slice));
		cr_expect_eq(taken.error, ERROR_TRUNCATED);
		reader_skip(&skipped, sizes[i]);
		cr_expect_eq(skipped.error, ERROR_TRUNCATED);
	}
}

Test(reader, does_not_take_success_for_a_failure, .signal = SIGABRT)
{
	struct reader reader = READER_OF(1);

	reader_fail(&reader, ERROR_NONE);
}
