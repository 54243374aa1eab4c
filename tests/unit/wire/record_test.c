#include "wire/record.h"

#include <criterion/criterion.h>

#include "tests/unit/wire/samples.h"

static const struct batch_header header_of_one = { .base_offset = 50, .base_timestamp = 1000,
	.max_timestamp = 9999, .count = 1 };

/* The first record of `bytes`, which is the only one. */
static enum error
read_one(struct slice bytes, struct record *record)
{
	struct record_iterator iterator;
	struct record other;
	enum error error;

	record_iterator_init(&iterator, &header_of_one, bytes);
	error = record_iterator_next(&iterator, record);
	if (error != ERROR_NONE)
		return error;
	error = record_iterator_next(&iterator, &other);
	return error == ERROR_END_OF_STREAM ? ERROR_NONE : error;
}

static struct buffer
one_record(void)
{
	struct record record = sample_record("key", "value", 0);
	struct buffer headers = { 0 };
	struct buffer bytes = { 0 };

	record_header_write(&headers, slice_of_text("h1"), slice_of_text("a"));
	record_header_write(&headers, slice_of_text("h2"), slice_null());
	record_header_write(&headers, slice_of_text(""), slice_of_text(""));
	record.headers = buffer_slice(&headers);
	record.header_count = 3;
	record_write(&bytes, &record, 4, 77);
	buffer_fini(&headers);
	return bytes;
}

Test(record, is_read_as_it_was_written)
{
	struct buffer bytes = one_record();
	struct record_header_iterator headers;
	struct record_header header;
	struct record record;

	cr_assert_eq(read_one(buffer_slice(&bytes), &record), ERROR_NONE);
	cr_assert_eq(record.offset, 54);
	cr_assert_eq(record.timestamp, 1077);
	cr_assert(slice_equal_text(record.key, "key"));
	cr_assert(slice_equal_text(record.value, "value"));
	cr_assert_eq(record.header_count, 3);
	record_header_iterator_init(&headers, &record);
	cr_assert(record_header_iterator_next(&headers, &header));
	cr_assert(slice_equal_text(header.key, "h1") && slice_equal_text(header.value, "a"));
	cr_assert(record_header_iterator_next(&headers, &header));
	cr_assert(slice_equal_text(header.key, "h2") && slice_is_null(header.value));
	cr_assert(record_header_iterator_next(&headers, &header));
	cr_assert(slice_equal_text(header.key, "") && slice_equal_text(header.value, ""));
	cr_assert_not(record_header_iterator_next(&headers, &header));
	buffer_fini(&bytes);
}

Test(record, tells_null_from_empty)
{
	struct record record = sample_record(NULL, "", 0);
	struct buffer bytes = { 0 };

	record_write(&bytes, &record, 0, 0);
	cr_assert_eq(read_one(buffer_slice(&bytes), &record), ERROR_NONE);
	cr_assert(slice_is_null(record.key));
	cr_assert_not(slice_is_null(record.value));
	cr_assert_eq(record.value.size, 0);
	buffer_fini(&bytes);
}

Test(record, has_the_batch_s_time_with_log_append_time)
{
	struct buffer bytes = one_record();
	struct batch_header header = header_of_one;
	struct record_iterator iterator;
	struct record record;

	header.attributes = BATCH_LOG_APPEND_TIME;
	record_iterator_init(&iterator, &header, buffer_slice(&bytes));
	cr_assert_eq(record_iterator_next(&iterator, &record), ERROR_NONE);
	cr_assert_eq(record.timestamp, 9999);
	buffer_fini(&bytes);
}

Test(record, is_refused_wherever_it_is_cut)
{
	struct buffer bytes = one_record();
	struct record record;

	for (size_t cut = 0; cut < bytes.size; cut++)
		cr_assert_neq(read_one(slice_of(bytes.bytes, cut), &record), ERROR_NONE);
	/* Also with a length that says so. */
	for (size_t cut = 1; cut < bytes.size; cut++) {
		bytes.bytes[0] = (uint8_t)((cut - 1) * 2);
		cr_assert_eq(read_one(slice_of(bytes.bytes, cut), &record), ERROR_MALFORMED);
	}
	buffer_fini(&bytes);
}

Test(record, may_not_be_followed_by_anything)
{
	struct buffer bytes = one_record();
	struct record record;

	buffer_int8(&bytes, 0);
	cr_assert_eq(read_one(buffer_slice(&bytes), &record), ERROR_MALFORMED);
	bytes.bytes[0] += 2; /* one byte more inside the record */
	cr_assert_eq(read_one(buffer_slice(&bytes), &record), ERROR_MALFORMED);
	buffer_fini(&bytes);
}

static enum error
read_encoded(const char *bytes, size_t size)
{
	struct record record;

	return read_one(slice_of(bytes, size), &record);
}

Test(record, lengths_below_null_and_beyond_the_record_are_malformed)
{
	/* length, attributes, timestamp, offset, key, value, header count (zigzag) */
	cr_assert_eq(read_encoded("\x0c\0\0\0\x01\x01\0", 7), ERROR_NONE);
	cr_assert_eq(read_encoded("\x0c\0\0\0\x03\x01\0", 7), ERROR_MALFORMED); /* key -2 */
	cr_assert_eq(read_encoded("\x0c\0\0\0\x01\x03\0", 7), ERROR_MALFORMED);
	cr_assert_eq(read_encoded("\x0c\0\0\0\x7e\x01\0", 7), ERROR_MALFORMED); /* key 63 */
	cr_assert_eq(read_encoded("\x0c\0\0\0\x01\x01\x01", 7), ERROR_MALFORMED);
	cr_assert_eq(read_encoded("\x0c\0\0\0\x01\x01\x7e", 7), ERROR_MALFORMED);
	cr_assert_eq(read_encoded("\x01\0\0\0\x01\x01\0", 7), ERROR_MALFORMED);
	/* one header: key null; then key "" and value -2 */
	cr_assert_eq(read_encoded("\x10\0\0\0\x01\x01\x02\x01\x01", 9), ERROR_MALFORMED);
	cr_assert_eq(read_encoded("\x10\0\0\0\x01\x01\x02\0\x03", 9), ERROR_MALFORMED);
	cr_assert_eq(read_encoded("\x10\0\0\0\x01\x01\x02\0\x01", 9), ERROR_NONE);
	/* a length of more than five bytes; one of 2^31 - 1 */
	cr_assert_eq(read_encoded("\x8c\x80\x80\x80\x80\x80\0\0\0\0\x01\x01\0", 13),
	    ERROR_MALFORMED);
	cr_assert_eq(read_encoded("\xfe\xff\xff\xff\x0f\0\0\0\x01\x01\0", 11), ERROR_TRUNCATED);
}

Test(record, count_of_the_batch_is_neither_too_small_nor_too_large)
{
	struct buffer bytes = one_record();
	struct batch_header header = header_of_one;
	struct record_iterator iterator;
	struct record record;

	header.count = 2;
	record_iterator_init(&iterator, &header, buffer_slice(&bytes));
	cr_assert_eq(record_iterator_next(&iterator, &record), ERROR_NONE);
	cr_assert_eq(record_iterator_next(&iterator, &record), ERROR_TRUNCATED);
	header.count = 0;
	record_iterator_init(&iterator, &header, buffer_slice(&bytes));
	cr_assert_eq(record_iterator_next(&iterator, &record), ERROR_MALFORMED);
	header.count = -1;
	record_iterator_init(&iterator, &header, buffer_slice(&bytes));
	cr_assert_eq(record_iterator_next(&iterator, &record), ERROR_MALFORMED);
	buffer_fini(&bytes);
}
