#include "wire/message_set.h"

#include <criterion/criterion.h>

#include "tests/unit/wire/samples.h"

static const struct decompression_limit limit = { .bytes = 1 << 20, .window_bytes = 1 << 27 };

/* Walks the set; `first` and `last` are offsets. */
static enum error
walk(struct slice set, size_t *count, int64_t *first, int64_t *last)
{
	struct message_set_iterator iterator;
	struct record record;
	enum error error;

	*count = 0;
	message_set_iterator_init(&iterator, set, &limit);
	while ((error = message_set_iterator_next(&iterator, &record)) == ERROR_NONE) {
		if (*count == 0)
			*first = record.offset;
		*last = record.offset;
		++*count;
	}
	cr_assert_eq(message_set_iterator_next(&iterator, &record), error);
	message_set_iterator_fini(&iterator);
	return error;
}

Test(message_set, gives_absolute_offsets_in_every_format_and_codec)
{
	for (int8_t magic = 0; magic <= 1; magic++)
		for (int codec = COMPRESSION_NONE; codec <= COMPRESSION_LZ4; codec++) {
			struct buffer set = { 0 };
			int64_t first;
			int64_t last;
			size_t count;

			sample_set(&set, magic, codec, 3, 100);
			sample_set(&set, magic, codec, 40, 103);
			cr_assert_eq(walk(buffer_slice(&set), &count, &first, &last),
			    ERROR_END_OF_STREAM);
			cr_assert(count == 43 && first == 100 && last == 142);
			buffer_fini(&set);
		}
}

Test(message_set, gives_keys_values_and_times)
{
	struct message_set_iterator iterator;
	struct record record;
	struct buffer set = { 0 };

	sample_set(&set, BATCH_MAGIC_V0, COMPRESSION_NONE, 1, 0);
	sample_set(&set, BATCH_MAGIC_V1, COMPRESSION_GZIP, 1, 1);
	message_set_iterator_init(&iterator, buffer_slice(&set), &limit);
	cr_assert_eq(message_set_iterator_next(&iterator, &record), ERROR_NONE);
	cr_assert(slice_equal_text(record.key, "key-0"));
	cr_assert(slice_equal_text(record.value, "value-0"));
	cr_assert_eq(record.timestamp, BATCH_NO_TIMESTAMP);
	cr_assert_eq(message_set_iterator_next(&iterator, &record), ERROR_NONE);
	cr_assert_eq(record.timestamp, 1000);
	cr_assert_eq(record.header_count, 0);
	message_set_iterator_fini(&iterator);
	buffer_fini(&set);
}

Test(message_set, inner_records_have_the_wrapper_s_append_time)
{
	struct message_set_iterator iterator;
	struct compression compression = compression_of(COMPRESSION_GZIP);
	struct record record;
	struct buffer inner = { 0 };
	struct buffer packed = { 0 };
	struct buffer set = { 0 };

	sample_set(&inner, BATCH_MAGIC_V1, COMPRESSION_NONE, 2, 0);
	compression_write(&packed, &compression, buffer_slice(&inner));
	sample_wrapper(&set, BATCH_MAGIC_V1, COMPRESSION_GZIP | BATCH_LOG_APPEND_TIME,
	    buffer_slice(&packed), 1);
	message_set_iterator_init(&iterator, buffer_slice(&set), &limit);
	cr_assert_eq(message_set_iterator_next(&iterator, &record), ERROR_NONE);
	cr_assert_eq(record.timestamp, 1234);
	message_set_iterator_fini(&iterator);
	buffer_fini(&inner);
	buffer_fini(&packed);
	buffer_fini(&set);
}

Test(message_set, every_cut_shows)
{
	for (int8_t magic = 0; magic <= 1; magic++)
		for (int codec = COMPRESSION_NONE; codec <= COMPRESSION_LZ4; codec++) {
			struct buffer set = { 0 };
			int64_t offset;
			size_t count;

			sample_set(&set, magic, codec, 1, 0);
			for (size_t cut = 1; cut < set.size; cut++)
				cr_assert_eq(walk(slice_of(set.bytes, cut), &count, &offset,
				                 &offset), ERROR_TRUNCATED);
			buffer_fini(&set);
		}
}

Test(message_set, every_changed_byte_behind_the_checksum_shows)
{
	for (int codec = COMPRESSION_NONE; codec <= COMPRESSION_LZ4; codec++) {
		struct buffer set = { 0 };
		int64_t offset;
		size_t count;

		sample_set(&set, BATCH_MAGIC_V1, codec, 1, 0);
		for (size_t i = BATCH_OVERHEAD_BYTES; i < set.size; i++) {
			set.bytes[i] ^= 0x40;
			cr_assert_eq(walk(buffer_slice(&set), &count, &offset, &offset),
			    ERROR_CORRUPT);
			set.bytes[i] ^= 0x40;
		}
		buffer_fini(&set);
	}
}

static enum error
walk_wrapper(int8_t magic, enum compression_codec codec, const struct buffer *inner)
{
	struct compression compression = compression_of(codec);
	struct buffer packed = { 0 };
	struct buffer set = { 0 };
	int64_t offset;
	size_t count;
	enum error error;

	compression_write(&packed, &compression, buffer_slice(inner));
	sample_wrapper(&set, magic, (int)codec, buffer_slice(&packed), 0);
	error = walk(buffer_slice(&set), &count, &offset, &offset);
	buffer_fini(&packed);
	buffer_fini(&set);
	return error;
}

Test(message_set, refuses_wrappers_within_wrappers_and_other_formats_within)
{
	struct buffer inner = { 0 };

	sample_set(&inner, BATCH_MAGIC_V1, COMPRESSION_SNAPPY, 2, 0);
	cr_assert_eq(walk_wrapper(BATCH_MAGIC_V1, COMPRESSION_GZIP, &inner), ERROR_MALFORMED);
	buffer_clear(&inner);
	sample_set(&inner, BATCH_MAGIC_V0, COMPRESSION_NONE, 2, 0);
	cr_assert_eq(walk_wrapper(BATCH_MAGIC_V1, COMPRESSION_GZIP, &inner), ERROR_MALFORMED);
	buffer_clear(&inner);
	sample_batch_of(&inner, COMPRESSION_NONE, 2);
	cr_assert_eq(walk_wrapper(BATCH_MAGIC_V0, COMPRESSION_GZIP, &inner), ERROR_MALFORMED);
	buffer_fini(&inner);
}

Test(message_set, refuses_wrappers_that_are_empty_cut_or_null)
{
	struct buffer inner = { 0 };
	struct buffer set = { 0 };
	int64_t offset;
	size_t count;

	cr_assert_eq(walk_wrapper(BATCH_MAGIC_V1, COMPRESSION_GZIP, &inner), ERROR_MALFORMED);
	sample_set(&inner, BATCH_MAGIC_V1, COMPRESSION_NONE, 2, 0);
	inner.size--;
	cr_assert_eq(walk_wrapper(BATCH_MAGIC_V1, COMPRESSION_GZIP, &inner), ERROR_MALFORMED);
	sample_wrapper(&set, BATCH_MAGIC_V1, COMPRESSION_GZIP, slice_null(), 0);
	cr_assert_eq(walk(buffer_slice(&set), &count, &offset, &offset), ERROR_MALFORMED);
	buffer_fini(&inner);
	buffer_fini(&set);
}

/* The wrapper's offset is the last record's, or was never set (KIP-31, observed with 3.9.1). */
Test(message_set, a_wrapper_s_offset_is_0_or_not_below_the_last_one_inside)
{
	struct compression compression = compression_of(COMPRESSION_GZIP);
	struct buffer inner = { 0 };
	struct buffer packed = { 0 };
	struct buffer set = { 0 };
	int64_t first;
	int64_t last;
	size_t count;

	sample_set(&inner, BATCH_MAGIC_V1, COMPRESSION_NONE, 3, 0);
	compression_write(&packed, &compression, buffer_slice(&inner));
	sample_wrapper(&set, BATCH_MAGIC_V1, COMPRESSION_GZIP, buffer_slice(&packed), 0);
	cr_assert_eq(walk(buffer_slice(&set), &count, &first, &last), ERROR_END_OF_STREAM);
	cr_assert(count == 3 && first == 0 && last == 2);
	buffer_clear(&set);
	sample_wrapper(&set, BATCH_MAGIC_V1, COMPRESSION_GZIP, buffer_slice(&packed), 1);
	cr_assert_eq(walk(buffer_slice(&set), &count, &first, &last), ERROR_MALFORMED);
	buffer_fini(&inner);
	buffer_fini(&packed);
	buffer_fini(&set);
}

Test(message_set, checks_the_checksums_inside_a_wrapper)
{
	struct buffer inner = { 0 };

	sample_set(&inner, BATCH_MAGIC_V1, COMPRESSION_NONE, 2, 0);
	inner.bytes[inner.size - 1] ^= 1;
	cr_assert_eq(walk_wrapper(BATCH_MAGIC_V1, COMPRESSION_GZIP, &inner), ERROR_CORRUPT);
	buffer_fini(&inner);
}

Test(message_set, knows_no_zstd_and_no_v2)
{
	struct buffer inner = { 0 };
	struct buffer set = { 0 };
	int64_t offset;
	size_t count;

	sample_set(&inner, BATCH_MAGIC_V1, COMPRESSION_NONE, 2, 0);
	cr_assert_eq(walk_wrapper(BATCH_MAGIC_V1, COMPRESSION_ZSTD, &inner), ERROR_UNSUPPORTED);
	sample_batch_of(&set, COMPRESSION_NONE, 1);
	cr_assert_eq(walk(buffer_slice(&set), &count, &offset, &offset), ERROR_UNSUPPORTED);
	buffer_fini(&inner);
	buffer_fini(&set);
}

Test(message_set, unpacks_no_more_than_the_limit)
{
	struct buffer bomb = { 0 };

	for (int codec = COMPRESSION_GZIP; codec <= COMPRESSION_LZ4; codec++) {
		memset(buffer_extend(&bomb, 8 << 20), 0, 8 << 20);
		cr_assert_eq(walk_wrapper(BATCH_MAGIC_V1, codec, &bomb), ERROR_TOO_LARGE);
		buffer_clear(&bomb);
	}
	buffer_fini(&bomb);
}

static enum error
walk_lengths(int32_t key, int32_t value)
{
	struct buffer set = { 0 };
	struct message_set_entry message = { .magic = BATCH_MAGIC_V0, .key = slice_of("abc", 3),
		.value = slice_of("def", 3) };
	struct batch_view view = { 0 };
	int64_t offset;
	size_t count;
	enum error error;

	message_set_write(&set, &message);
	buffer_set_int32(&set, 18, key);
	buffer_set_int32(&set, 25, value);
	view.bytes = buffer_slice(&set);
	message_set_write_crc(set.bytes);
	cr_assert(batch_view_check_crc(&view));
	error = walk(buffer_slice(&set), &count, &offset, &offset);
	buffer_fini(&set);
	return error;
}

Test(message_set, refuses_lengths_that_do_not_fill_the_message)
{
	cr_assert_eq(walk_lengths(3, 3), ERROR_END_OF_STREAM);
	cr_assert_eq(walk_lengths(3, 2), ERROR_MALFORMED);
	cr_assert_eq(walk_lengths(3, 4), ERROR_MALFORMED);
	cr_assert_eq(walk_lengths(3, -1), ERROR_MALFORMED);
	cr_assert_eq(walk_lengths(3, -2), ERROR_MALFORMED);
	cr_assert_eq(walk_lengths(-1, 3), ERROR_MALFORMED);
	cr_assert_eq(walk_lengths(-2, 3), ERROR_MALFORMED);
	cr_assert_eq(walk_lengths(INT32_MAX, 3), ERROR_MALFORMED);
	cr_assert_eq(walk_lengths(INT32_MIN, 3), ERROR_MALFORMED);
}
