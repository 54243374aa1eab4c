#include "wire/batch.h"

#include <criterion/criterion.h>

#include "tests/unit/wire/samples.h"

static struct buffer
one_batch(void)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct buffer batch = { 0 };

	options.base_offset = 100;
	options.partition_leader_epoch = 7;
	options.producer_id = 4711;
	options.producer_epoch = 3;
	options.base_sequence = 12;
	options.transactional = true;
	sample_batch(&batch, &options, 5);
	return batch;
}

static struct batch_header
header_of(struct slice batch)
{
	struct batch_header header;

	cr_assert_eq(batch_header_read(batch, &header), ERROR_NONE);
	return header;
}

Test(batch, reads_every_field_of_a_header)
{
	struct buffer batch = one_batch();
	struct batch_header header = header_of(buffer_slice(&batch));

	cr_assert_eq(header.base_offset, 100);
	cr_assert_eq(batch_size(&header), batch.size);
	cr_assert_eq(header.partition_leader_epoch, 7);
	cr_assert_eq(header.magic, 2);
	cr_assert_eq(header.attributes, BATCH_TRANSACTIONAL);
	cr_assert_eq(header.last_offset_delta, 4);
	cr_assert_eq(batch_last_offset(&header), 104);
	cr_assert_eq(header.base_timestamp, 1000);
	cr_assert_eq(header.max_timestamp, 1004);
	cr_assert_eq(header.producer_id, 4711);
	cr_assert_eq(header.producer_epoch, 3);
	cr_assert_eq(header.base_sequence, 12);
	cr_assert_eq(batch_last_sequence(&header), 16);
	cr_assert_eq(header.count, 5);
	cr_assert(batch_has_producer_id(&header));
	cr_assert(batch_has(&header, BATCH_TRANSACTIONAL));
	cr_assert_not(batch_has(&header, BATCH_CONTROL));
	cr_assert(batch_check_crc(&header, buffer_slice(&batch)));
	buffer_fini(&batch);
}

Test(batch, refuses_every_cut)
{
	struct buffer batch = one_batch();
	struct batch_header header;

	for (size_t cut = 0; cut < batch.size; cut++)
		cr_assert_eq(batch_header_read(slice_of(batch.bytes, cut), &header),
		    ERROR_TRUNCATED, "cut at %zu", cut);
	buffer_fini(&batch);
}

Test(batch, refuses_impossible_lengths_and_formats)
{
	struct buffer batch = one_batch();
	struct batch_header header;
	static const int32_t lengths[] = { 48, 0, -1, INT32_MIN };

	for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
		buffer_set_int32(&batch, BATCH_AT_LENGTH, lengths[i]);
		cr_assert_eq(batch_header_read(buffer_slice(&batch), &header), ERROR_MALFORMED);
	}
	buffer_set_int32(&batch, BATCH_AT_LENGTH, INT32_MAX);
	cr_assert_eq(batch_header_read(buffer_slice(&batch), &header), ERROR_TRUNCATED);
	batch.bytes[BATCH_AT_MAGIC] = 1;
	cr_assert_eq(batch_header_read(buffer_slice(&batch), &header), ERROR_UNSUPPORTED);
	batch.bytes[BATCH_AT_MAGIC] = 3;
	cr_assert_eq(batch_header_read(buffer_slice(&batch), &header), ERROR_UNSUPPORTED);
	buffer_fini(&batch);
}

Test(batch, checksum_covers_all_but_offset_length_and_epoch)
{
	struct buffer batch = one_batch();

	for (size_t i = BATCH_AT_ATTRIBUTES; i < batch.size; i++) {
		struct batch_header header;

		batch.bytes[i] ^= 0x10;
		header = header_of(buffer_slice(&batch));
		cr_assert_not(batch_check_crc(&header, buffer_slice(&batch)));
		batch.bytes[i] ^= 0x10;
	}
	buffer_fini(&batch);
}

Test(batch, stamping_offset_and_epoch_leaves_the_checksum_right)
{
	struct buffer batch = one_batch();
	struct batch_header before = header_of(buffer_slice(&batch));
	struct batch_header header;

	batch_set_base_offset(batch.bytes, INT64_C(1) << 40);
	batch_set_partition_leader_epoch(batch.bytes, 99);
	header = header_of(buffer_slice(&batch));
	cr_assert_eq(header.base_offset, INT64_C(1) << 40);
	cr_assert_eq(header.partition_leader_epoch, 99);
	cr_assert_eq(header.crc, before.crc);
	cr_assert(batch_check_crc(&header, buffer_slice(&batch)));
	buffer_fini(&batch);
}

Test(batch, setting_append_time_changes_type_maximum_and_checksum)
{
	struct buffer batch = one_batch();
	struct batch_header before = header_of(buffer_slice(&batch));
	struct batch_header header;

	batch_set_max_timestamp(batch.bytes, true, 5555);
	header = header_of(buffer_slice(&batch));
	cr_assert_eq(header.attributes, BATCH_TRANSACTIONAL | BATCH_LOG_APPEND_TIME);
	cr_assert_eq(header.max_timestamp, 5555);
	cr_assert(batch_check_crc(&header, buffer_slice(&batch)));
	batch_set_max_timestamp(batch.bytes, false, 1004);
	header = header_of(buffer_slice(&batch));
	cr_assert_eq(header.crc, before.crc);
	buffer_fini(&batch);
}

Test(batch, unknown_attributes_are_cleared_with_the_next_change)
{
	struct buffer batch = one_batch();
	struct batch_header header;

	buffer_set_int16(&batch, BATCH_AT_ATTRIBUTES, (int16_t)0xffc0);
	batch_set_crc(batch.bytes);
	batch_set_max_timestamp(batch.bytes, false, 1004);
	header = header_of(buffer_slice(&batch));
	cr_assert_eq(header.attributes, (int16_t)0xffc0);
	batch_set_max_timestamp(batch.bytes, true, 5555);
	header = header_of(buffer_slice(&batch));
	cr_assert_eq(header.attributes, BATCH_DELETE_HORIZON | BATCH_LOG_APPEND_TIME);
	cr_assert(batch_check_crc(&header, buffer_slice(&batch)));
	buffer_fini(&batch);
}

Test(batch, sequences_wrap_to_0)
{
	struct batch_header header = { .base_sequence = INT32_MAX - 1, .last_offset_delta = 1 };

	cr_assert_eq(batch_last_sequence(&header), INT32_MAX);
	header.last_offset_delta = 2;
	cr_assert_eq(batch_last_sequence(&header), 0);
	header.last_offset_delta = INT32_MAX;
	cr_assert_eq(batch_last_sequence(&header), INT32_MAX - 3 + 1);
	header.base_sequence = BATCH_NO_SEQUENCE;
	cr_assert_eq(batch_last_sequence(&header), BATCH_NO_SEQUENCE);
	cr_assert_eq(batch_sequence_after(INT32_MAX, 1), 0);
	cr_assert_eq(batch_sequence_after(5, 0), 5);
}

Test(batch, cursor_walks_a_run_of_mixed_formats)
{
	struct buffer run = { 0 };
	struct batch_cursor cursor;
	struct batch_view view;
	int8_t magics[4];
	size_t position = 0;

	sample_set(&run, BATCH_MAGIC_V0, COMPRESSION_NONE, 1, 3);
	sample_set(&run, BATCH_MAGIC_V1, COMPRESSION_GZIP, 5, 4);
	sample_batch_of(&run, COMPRESSION_ZSTD, 9);
	sample_batch_of(&run, COMPRESSION_NONE, 2);
	batch_cursor_init(&cursor, buffer_slice(&run));
	for (size_t i = 0; i < ARRAY_LENGTH(magics); i++) {
		cr_assert_eq(batch_cursor_next(&cursor, &view), ERROR_NONE);
		cr_assert_eq(view.position, position);
		cr_assert(batch_view_check_crc(&view));
		magics[i] = view.magic;
		position += view.bytes.size;
		if (i == 0)
			cr_assert(view.last_offset == 3 && view.max_timestamp == -1);
		if (i == 1)
			cr_assert(view.last_offset == 8 && view.max_timestamp == 1234);
		if (i == 2)
			cr_assert(view.last_offset == 8 && view.base_offset == 0
			    && view.max_timestamp == 1008);
	}
	cr_assert_eq(memcmp(magics, "\0\1\2\2", 4), 0);
	cr_assert_eq(batch_cursor_next(&cursor, &view), ERROR_END_OF_STREAM);
	cr_assert_eq(cursor.position, run.size);
	buffer_fini(&run);
}

static void
check_cuts(const struct buffer *run, size_t first)
{
	for (size_t cut = first + 1; cut < run->size; cut++) {
		struct batch_cursor cursor;
		struct batch_view view;

		batch_cursor_init(&cursor, slice_of(run->bytes, cut));
		cr_assert_eq(batch_cursor_next(&cursor, &view), ERROR_NONE);
		cr_assert_eq(batch_cursor_next(&cursor, &view), ERROR_TRUNCATED);
		cr_assert_eq(cursor.position, first);
	}
}

Test(batch, cursor_stops_at_a_partial_batch_wherever_it_is_cut)
{
	for (int8_t magic = 0; magic <= 2; magic++) {
		struct buffer run = { 0 };
		size_t first;

		sample_batch_of(&run, COMPRESSION_NONE, 2);
		first = run.size;
		if (magic < 2)
			sample_set(&run, magic, COMPRESSION_NONE, 1, 0);
		else
			sample_batch_of(&run, COMPRESSION_NONE, 1);
		check_cuts(&run, first);
		buffer_fini(&run);
	}
}

Test(batch, cursor_calls_impossible_sizes_and_formats_corrupt)
{
	static const struct {
		int8_t magic;
		int32_t length;
	} cases[] = { { 2, 48 }, { 1, 21 }, { 0, 13 }, { 0, 0 }, { 2, -1 }, { 2, INT32_MIN },
		{ 3, 100 }, { -1, 100 }, { 127, 100 } };
	struct batch_cursor cursor;
	struct batch_view view;

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct buffer batch = one_batch();

		buffer_set_int32(&batch, BATCH_AT_LENGTH, cases[i].length);
		batch.bytes[BATCH_AT_MAGIC] = (uint8_t)cases[i].magic;
		batch_cursor_init(&cursor, buffer_slice(&batch));
		cr_assert_eq(batch_cursor_next(&cursor, &view), ERROR_CORRUPT, "case %zu", i);
		cr_assert_eq(cursor.position, 0);
		buffer_fini(&batch);
	}
}
