#include "wire/batch_builder.h"

#include <criterion/criterion.h>

#include "tests/unit/wire/samples.h"
#include "wire/batch_records.h"

/* What is added is found again, at its offset and time. */
static void
check_round_trip(enum compression_codec codec, size_t value_size, int32_t count)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct decompression_limit limit = decompression_limit_default();
	struct record record = sample_record("k", NULL, 0);
	struct batch_builder builder;
	struct batch_records records;
	struct batch_cursor cursor;
	struct batch_view view;
	struct buffer value = { 0 };
	struct buffer batch = { 0 };
	struct prng prng;

	prng_init(&prng, value_size);
	sample_bytes(&value, &prng, value_size, true);
	record.value = buffer_slice(&value);
	options.compression = compression_of(codec);
	options.base_offset = 10;
	batch_builder_init(&builder, &options);
	for (int32_t i = 0; i < count; i++) {
		record.timestamp = 5000 - i;
		cr_assert_eq(batch_builder_add(&builder, &record), ERROR_NONE);
	}
	cr_assert_eq(batch_builder_finish(&builder, &batch), ERROR_NONE);
	batch_cursor_init(&cursor, buffer_slice(&batch));
	cr_assert_eq(batch_cursor_next(&cursor, &view), ERROR_NONE);
	cr_assert(batch_view_check_crc(&view));
	cr_assert_eq(view.max_timestamp, 5000);
	cr_assert_eq(batch_records_open(&records, &view, &limit), ERROR_NONE);
	for (int32_t i = 0; i < count; i++) {
		cr_assert_eq(batch_records_next(&records, &record), ERROR_NONE);
		cr_assert(record.offset == 10 + i && record.timestamp == 5000 - i);
		cr_assert(slice_equal(record.value, buffer_slice(&value)));
	}
	cr_assert_eq(batch_records_next(&records, &record), ERROR_END_OF_STREAM);
	batch_records_fini(&records);
	batch_builder_fini(&builder);
	buffer_fini(&value);
	buffer_fini(&batch);
}

Test(batch_builder, makes_batches_that_read_back_with_every_codec_and_size)
{
	static const size_t sizes[] = { 0, 1, 100, 1024, 65535, 65536, 100 * 1000 };

	for (int codec = 0; codec < COMPRESSION_CODEC_COUNT; codec++)
		for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
			check_round_trip(codec, sizes[i], 1);
			check_round_trip(codec, sizes[i], 17);
		}
}

Test(batch_builder, writes_the_bytes_that_kafka_writes)
{
	/* The first batch of golden segment "plain". */
	struct batch_builder_options options = batch_builder_options_default();
	struct record record = sample_record(NULL, "value-0-", INT64_C(1700000000000));
	struct batch_builder builder;
	struct buffer golden = { 0 };
	struct buffer batch = { 0 };

	sample_file(&golden, "golden/segments/plain/plain-0/00000000000000000000.log");
	options.partition_leader_epoch = 0;
	batch_builder_init(&builder, &options);
	cr_assert_eq(batch_builder_add(&builder, &record), ERROR_NONE);
	cr_assert_eq(batch_builder_finish(&builder, &batch), ERROR_NONE);
	cr_assert_lt(batch.size, golden.size);
	cr_assert(slice_equal(buffer_slice(&batch), slice_of(golden.bytes, batch.size)));
	batch_builder_fini(&builder);
	buffer_fini(&golden);
	buffer_fini(&batch);
}

Test(batch_builder, sets_the_header_s_flags_and_append_time)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct batch_header header;
	struct buffer batch = { 0 };

	options.log_append_time = true;
	options.append_time_ms = 777;
	options.transactional = true;
	options.control = true;
	options.compression = compression_of(COMPRESSION_LZ4);
	sample_batch(&batch, &options, 3);
	cr_assert_eq(batch_header_read(buffer_slice(&batch), &header), ERROR_NONE);
	cr_assert_eq(header.attributes, COMPRESSION_LZ4 | BATCH_LOG_APPEND_TIME
	    | BATCH_TRANSACTIONAL | BATCH_CONTROL);
	cr_assert_eq(header.max_timestamp, 777);
	cr_assert_eq(header.base_timestamp, 1000);
	buffer_fini(&batch);
}

Test(batch_builder, keeps_gaps_between_offsets)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct record record = sample_record("k", "v", 1);
	struct batch_builder builder;
	struct batch_header header;
	struct buffer batch = { 0 };

	batch_builder_init(&builder, &options);
	cr_assert_eq(batch_builder_add_at(&builder, 3, &record), ERROR_NONE);
	cr_assert_eq(batch_builder_add_at(&builder, INT32_MAX, &record), ERROR_NONE);
	cr_assert_eq(batch_builder_add(&builder, &record), ERROR_TOO_LARGE);
	cr_assert_eq(batch_builder_finish(&builder, &batch), ERROR_NONE);
	cr_assert_eq(batch_header_read(buffer_slice(&batch), &header), ERROR_NONE);
	cr_assert(header.count == 2 && header.last_offset_delta == INT32_MAX);
	batch_builder_fini(&builder);
	buffer_fini(&batch);
}

Test(batch_builder, refuses_what_its_length_field_cannot_tell)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct record record = sample_record("k", "v", 1);
	struct batch_builder builder;

	batch_builder_init(&builder, &options);
	/* The size is looked at before a byte of it. */
	record.value = slice_of("v", (size_t)INT32_MAX - BATCH_HEADER_BYTES - 10);
	cr_assert_eq(batch_builder_add(&builder, &record), ERROR_TOO_LARGE);
	record.value = slice_of("v", SIZE_MAX / 2);
	cr_assert_eq(batch_builder_add(&builder, &record), ERROR_TOO_LARGE);
	cr_assert_eq(batch_builder_size(&builder), BATCH_HEADER_BYTES);
	batch_builder_fini(&builder);
}

Test(batch_builder, is_empty_after_a_batch)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct record record = sample_record("k", "v", 1);
	struct batch_builder builder;
	struct buffer one = { 0 };
	struct buffer two = { 0 };

	batch_builder_init(&builder, &options);
	cr_assert_eq(batch_builder_add(&builder, &record), ERROR_NONE);
	cr_assert_eq(batch_builder_finish(&builder, &one), ERROR_NONE);
	cr_assert_eq(batch_builder_add(&builder, &record), ERROR_NONE);
	cr_assert_eq(batch_builder_finish(&builder, &two), ERROR_NONE);
	cr_assert(slice_equal(buffer_slice(&one), buffer_slice(&two)));
	batch_builder_fini(&builder);
	buffer_fini(&one);
	buffer_fini(&two);
}
