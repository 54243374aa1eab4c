#include "wire/record_walk.h"

#include <criterion/criterion.h>

#include "tests/unit/wire/samples.h"

static const struct decompression_limit limit = { .bytes = 16 << 20, .window_bytes = 1 << 27 };

static enum error
walk(struct slice batch, int32_t *count)
{
	struct batch_header header;
	struct record_walk walk;
	struct record_shape shape;
	enum error error;

	cr_assert_eq(batch_header_read(batch, &header), ERROR_NONE);
	record_walk_init(&walk, &header, batch, &limit);
	for (*count = 0; (error = record_walk_next(&walk, &shape)) == ERROR_NONE; ++*count)
		;
	cr_assert_leq(walk.window.capacity, COMPRESSION_STEP_BYTES);
	record_walk_fini(&walk);
	return error;
}

Test(record_walk, sees_every_record_whatever_the_codec)
{
	for (int codec = 0; codec < COMPRESSION_CODEC_COUNT; codec++) {
		struct buffer batch = { 0 };
		int32_t count;

		sample_batch_of(&batch, codec, 10000);
		cr_assert_eq(walk(buffer_slice(&batch), &count), ERROR_END_OF_STREAM);
		cr_assert_eq(count, 10000);
		buffer_fini(&batch);
	}
}

Test(record_walk, passes_over_records_larger_than_its_window)
{
	for (int codec = 0; codec < COMPRESSION_CODEC_COUNT; codec++) {
		struct batch_builder_options options = batch_builder_options_default();
		struct record record = sample_record("", NULL, 1);
		struct batch_builder builder;
		struct buffer value = { 0 };
		struct buffer batch = { 0 };
		int32_t count;

		memset(buffer_extend(&value, 5 << 20), 'v', 5 << 20);
		record.value = buffer_slice(&value);
		options.compression = compression_of(codec);
		batch_builder_init(&builder, &options);
		for (int i = 0; i < 3; i++)
			cr_assert_eq(batch_builder_add(&builder, &record), ERROR_NONE);
		cr_assert_eq(batch_builder_finish(&builder, &batch), ERROR_NONE);
		cr_assert_eq(walk(buffer_slice(&batch), &count), ERROR_END_OF_STREAM);
		cr_assert_eq(count, 3);
		batch_builder_fini(&builder);
		buffer_fini(&value);
		buffer_fini(&batch);
	}
}

Test(record_walk, tells_keys_offsets_and_times)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct record with_key = sample_record("", "v", 500);
	struct record without_key = sample_record(NULL, "v", 400);
	struct batch_builder builder;
	struct batch_header header;
	struct record_walk walk;
	struct record_shape shape;
	struct buffer batch = { 0 };

	batch_builder_init(&builder, &options);
	cr_assert_eq(batch_builder_add(&builder, &with_key), ERROR_NONE);
	cr_assert_eq(batch_builder_add_at(&builder, 7, &without_key), ERROR_NONE);
	cr_assert_eq(batch_builder_finish(&builder, &batch), ERROR_NONE);
	cr_assert_eq(batch_header_read(buffer_slice(&batch), &header), ERROR_NONE);
	record_walk_init(&walk, &header, buffer_slice(&batch), &limit);
	cr_assert_eq(record_walk_next(&walk, &shape), ERROR_NONE);
	cr_assert(shape.timestamp_delta == 0 && shape.offset_delta == 0 && !shape.key_is_null);
	cr_assert_eq(record_walk_next(&walk, &shape), ERROR_NONE);
	cr_assert(shape.timestamp_delta == -100 && shape.offset_delta == 7 && shape.key_is_null);
	cr_assert_eq(record_walk_next(&walk, &shape), ERROR_END_OF_STREAM);
	record_walk_fini(&walk);
	batch_builder_fini(&builder);
	buffer_fini(&batch);
}

/* What the iterator over contiguous bytes says of the same payload. */
static enum error
iterate(struct slice batch)
{
	struct batch_header header;
	struct record_iterator iterator;
	struct record record;
	enum error error;

	cr_assert_eq(batch_header_read(batch, &header), ERROR_NONE);
	record_iterator_init(&iterator, &header, batch_payload(&header, batch));
	while ((error = record_iterator_next(&iterator, &record)) == ERROR_NONE)
		;
	return error;
}

Test(record_walk, agrees_with_the_iterator_about_every_changed_byte)
{
	struct buffer batch = { 0 };
	struct prng prng;
	size_t refused = 0;

	prng_init(&prng, 3);
	sample_batch_of(&batch, COMPRESSION_NONE, 20);
	for (int round = 0; round < 20000; round++) {
		size_t at = BATCH_HEADER_BYTES + prng_below(&prng, batch.size - BATCH_HEADER_BYTES);
		uint8_t before = batch.bytes[at];
		int32_t count;
		bool good;

		batch.bytes[at] = (uint8_t)prng_next(&prng);
		good = walk(buffer_slice(&batch), &count) == ERROR_END_OF_STREAM;
		cr_assert_eq(good, iterate(buffer_slice(&batch)) == ERROR_END_OF_STREAM,
		    "byte %zu is %d", at, batch.bytes[at]);
		refused += !good;
		batch.bytes[at] = before;
	}
	cr_assert_gt(refused, 1000);
	buffer_fini(&batch);
}

/* A record whose offset delta is written as these bytes; what the walk says of it. */
static enum error
walk_offset_delta(const char *delta, size_t size, int codec, int32_t *offset_delta)
{
	struct compression compression = compression_of((enum compression_codec)codec);
	struct buffer record = { 0 };
	struct buffer payload = { 0 };
	struct buffer batch = { 0 };
	struct batch_header header;
	struct record_shape shape;
	struct record_walk walk;
	enum error error;

	buffer_varint(&record, (int32_t)size + 5);
	buffer_append(&record, "\0\0", 2);
	buffer_append(&record, delta, size);
	buffer_append(&record, "\1\1\0", 3);
	compression_write(&payload, &compression, buffer_slice(&record));
	sample_raw_batch(&batch, (int16_t)codec, 1, buffer_slice(&payload));
	cr_assert_eq(batch_header_read(buffer_slice(&batch), &header), ERROR_NONE);
	record_walk_init(&walk, &header, buffer_slice(&batch), &limit);
	error = record_walk_next(&walk, &shape);
	*offset_delta = shape.offset_delta;
	record_walk_fini(&walk);
	buffer_fini(&record);
	buffer_fini(&payload);
	buffer_fini(&batch);
	return error;
}

Test(record_walk, a_varint_has_no_more_bits_and_bytes_than_its_type)
{
	for (int codec = COMPRESSION_NONE; codec <= COMPRESSION_GZIP; codec++) {
		int32_t delta;

		cr_assert_eq(walk_offset_delta("\x82\x80\x80\x80\x00", 5, codec, &delta),
		    ERROR_NONE);
		cr_assert_eq(delta, 1);
		cr_assert_eq(walk_offset_delta("\xff\xff\xff\xff\x0f", 5, codec, &delta),
		    ERROR_NONE);
		cr_assert_eq(delta, INT32_MIN);
		cr_assert_eq(walk_offset_delta("\x82\x80\x80\x80\x10", 5, codec, &delta),
		    ERROR_MALFORMED);
		cr_assert_eq(walk_offset_delta("\x82\x80\x80\x80\x80\x00", 6, codec, &delta),
		    ERROR_MALFORMED);
	}
}

Test(record_walk, headers_need_keys)
{
	/* length, attributes, timestamp, offset, key, value, 1 header: key, value */
	static const char with_key[] = "\x10\0\0\0\x01\x01\x02\0\x01";
	static const char without_key[] = "\x10\0\0\0\x01\x01\x02\x01\x01";
	struct buffer batch = { 0 };
	int32_t count;

	sample_raw_batch(&batch, 0, 1, slice_of(with_key, 9));
	cr_assert_eq(walk(buffer_slice(&batch), &count), ERROR_END_OF_STREAM);
	buffer_clear(&batch);
	sample_raw_batch(&batch, 0, 1, slice_of(without_key, 9));
	cr_assert_eq(walk(buffer_slice(&batch), &count), ERROR_MALFORMED);
	buffer_fini(&batch);
}

Test(record_walk, refuses_cut_and_trailing_payload_of_every_codec)
{
	for (int codec = 0; codec < COMPRESSION_CODEC_COUNT; codec++) {
		struct compression compression = compression_of(codec);
		struct buffer plain = { 0 };
		struct buffer payload = { 0 };
		struct buffer batch = { 0 };
		int32_t count;

		sample_batch_of(&plain, COMPRESSION_NONE, 20);
		for (int change = -1; change <= 1; change++) {
			size_t size = plain.size - BATCH_HEADER_BYTES;

			buffer_int8(&plain, 0);
			buffer_clear(&payload);
			buffer_clear(&batch);
			compression_write(&payload, &compression, slice_of(
			    plain.bytes + BATCH_HEADER_BYTES, (size_t)((int)size + change)));
			sample_raw_batch(&batch, (int16_t)codec, 20, buffer_slice(&payload));
			plain.size--;
			cr_assert_eq(walk(buffer_slice(&batch), &count), change < 0
			    ? ERROR_TRUNCATED : change > 0 ? ERROR_MALFORMED
			                                   : ERROR_END_OF_STREAM);
		}
		buffer_fini(&plain);
		buffer_fini(&payload);
		buffer_fini(&batch);
	}
}
