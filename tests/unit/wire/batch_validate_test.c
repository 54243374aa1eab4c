#include "wire/batch_validate.h"

#include <criterion/criterion.h>

#include "tests/unit/wire/samples.h"

/* The verdict about bytes whose outcome is of no interest. */
static enum batch_verdict
judge(struct slice records, const struct batch_rules *rules)
{
	struct batch_outcome outcome;
	enum batch_verdict verdict = batch_validate(records, rules, &outcome);

	cr_assert_eq(outcome.verdict, verdict);
	cr_assert_eq(verdict == BATCH_VERDICT_ACCEPTED, outcome.text[0] == '\0');
	batch_outcome_fini(&outcome);
	return verdict;
}

static enum batch_verdict
judge_buffer(const struct buffer *batch)
{
	struct batch_rules rules = batch_rules_default();

	return judge(buffer_slice(batch), &rules);
}

static void
rewrite_int32(struct buffer *batch, size_t position, int32_t value)
{
	buffer_set_int32(batch, position, value);
	batch_set_crc(batch->bytes);
}

Test(batch_validate, accepts_a_batch_of_every_codec_in_place)
{
	struct batch_rules rules = batch_rules_default();

	for (int codec = 0; codec < COMPRESSION_CODEC_COUNT; codec++) {
		struct batch_outcome outcome;
		struct buffer batch = { 0 };

		sample_batch_of(&batch, codec, 20);
		cr_assert_eq(batch_validate(buffer_slice(&batch), &rules, &outcome),
		    BATCH_VERDICT_ACCEPTED);
		cr_assert_not(outcome.rebuilt);
		cr_assert_eq(outcome.size, batch.size);
		cr_assert_eq(outcome.count, 20);
		cr_assert_eq(outcome.max_timestamp, 1019);
		cr_assert_eq(outcome.producer_id, BATCH_NO_PRODUCER_ID);
		cr_assert(outcome.source_codec == codec && outcome.codec == codec);
		batch_outcome_fini(&outcome);
		buffer_fini(&batch);
	}
}

Test(batch_validate, tells_the_log_about_the_producer)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct batch_rules rules = batch_rules_default();
	struct batch_outcome outcome;
	struct buffer batch = { 0 };

	options.producer_id = 4711;
	options.producer_epoch = 2;
	options.base_sequence = INT32_MAX - 1;
	options.transactional = true;
	sample_batch(&batch, &options, 4);
	cr_assert_eq(batch_validate(buffer_slice(&batch), &rules, &outcome),
	    BATCH_VERDICT_ACCEPTED);
	cr_assert(outcome.producer_id == 4711 && outcome.producer_epoch == 2);
	cr_assert(outcome.base_sequence == INT32_MAX - 1 && outcome.last_sequence == 1);
	cr_assert(outcome.transactional && !outcome.control);
	batch_outcome_fini(&outcome);
	buffer_fini(&batch);
}

Test(batch_validate, stamps_offset_epoch_and_nothing_else_with_create_time)
{
	struct batch_rules rules = batch_rules_default();
	struct batch_outcome outcome;
	struct batch_header header;
	struct buffer batch = { 0 };
	uint32_t crc;

	sample_batch_of(&batch, COMPRESSION_GZIP, 20);
	cr_assert_eq(batch_header_read(buffer_slice(&batch), &header), ERROR_NONE);
	crc = header.crc;
	cr_assert_eq(batch_validate(buffer_slice(&batch), &rules, &outcome),
	    BATCH_VERDICT_ACCEPTED);
	batch_outcome_stamp(&outcome, batch.bytes, 900, 5, 123456);
	cr_assert_eq(batch_header_read(buffer_slice(&batch), &header), ERROR_NONE);
	cr_assert(header.base_offset == 900 && header.partition_leader_epoch == 5);
	cr_assert(header.crc == crc && header.max_timestamp == 1019);
	batch_outcome_fini(&outcome);
	buffer_fini(&batch);
}

Test(batch_validate, stamps_append_time_where_the_topic_has_it)
{
	struct batch_rules rules = batch_rules_default();

	rules.log_append_time = true;
	rules.now_ms = 123456;
	for (int codec = 0; codec < COMPRESSION_CODEC_COUNT; codec++) {
		struct batch_outcome outcome;
		struct batch_header header;
		struct buffer batch = { 0 };

		sample_batch_of(&batch, codec, 20);
		cr_assert_eq(batch_validate(buffer_slice(&batch), &rules, &outcome),
		    BATCH_VERDICT_ACCEPTED);
		cr_assert(outcome.log_append_time && outcome.max_timestamp == 123456);
		batch_outcome_stamp(&outcome, batch.bytes, 900, 5, 123457);
		cr_assert_eq(batch_header_read(buffer_slice(&batch), &header), ERROR_NONE);
		cr_assert(batch_has(&header, BATCH_LOG_APPEND_TIME));
		cr_assert_eq(header.max_timestamp, 123457);
		cr_assert_eq(header.base_timestamp, 1000);
		cr_assert(batch_check_crc(&header, buffer_slice(&batch)));
		batch_outcome_fini(&outcome);
		buffer_fini(&batch);
	}
}

Test(batch_validate, mends_a_wrong_maximum_of_create_times)
{
	struct batch_rules rules = batch_rules_default();
	struct batch_outcome outcome;
	struct batch_header header;
	struct buffer batch = { 0 };

	sample_batch_of(&batch, COMPRESSION_NONE, 20);
	batch_set_max_timestamp(batch.bytes, false, 5);
	cr_assert_eq(batch_validate(buffer_slice(&batch), &rules, &outcome),
	    BATCH_VERDICT_ACCEPTED);
	cr_assert_not(outcome.rebuilt);
	batch_outcome_stamp(&outcome, batch.bytes, 0, 0, -1);
	cr_assert_eq(batch_header_read(buffer_slice(&batch), &header), ERROR_NONE);
	cr_assert_eq(header.max_timestamp, 1019);
	cr_assert(batch_check_crc(&header, buffer_slice(&batch)));
	batch_outcome_fini(&outcome);
	buffer_fini(&batch);
}

/* The rebuilt batch says the same records with offsets from 0. */
static void
check_recompression(int from, int to)
{
	struct batch_rules rules = batch_rules_default();
	struct batch_builder_options options = batch_builder_options_default();
	struct batch_outcome outcome;
	struct batch_header header;
	struct buffer batch = { 0 };
	struct buffer expected = { 0 };

	options.producer_id = 1;
	options.producer_epoch = 0;
	options.base_sequence = 3;
	options.compression = compression_of(from);
	sample_batch(&batch, &options, 50);
	options.compression = compression_of(to);
	sample_batch(&expected, &options, 50);
	rules.keep_codec = false;
	rules.target = compression_of(to);
	cr_assert_eq(batch_validate(buffer_slice(&batch), &rules, &outcome),
	    BATCH_VERDICT_ACCEPTED);
	cr_assert_eq(outcome.rebuilt, from != to);
	cr_assert(outcome.source_codec == from && outcome.codec == to);
	cr_assert(outcome.count == 50 && outcome.max_timestamp == 1049);
	if (outcome.rebuilt) {
		cr_assert_eq(outcome.size, outcome.batch.size);
		cr_assert(slice_equal(buffer_slice(&outcome.batch), buffer_slice(&expected)));
		batch_outcome_stamp(&outcome, outcome.batch.bytes, 77, 8, -1);
		cr_assert_eq(batch_header_read(buffer_slice(&outcome.batch), &header),
		    ERROR_NONE);
		cr_assert(header.base_offset == 77 && header.base_sequence == 3);
		cr_assert(batch_check_crc(&header, buffer_slice(&outcome.batch)));
	}
	batch_outcome_fini(&outcome);
	buffer_fini(&batch);
	buffer_fini(&expected);
}

Test(batch_validate, recompresses_to_the_topic_s_codec)
{
	for (int from = 0; from < COMPRESSION_CODEC_COUNT; from++)
		for (int to = 0; to < COMPRESSION_CODEC_COUNT; to++)
			check_recompression(from, to);
}

Test(batch_validate, rebuilds_records_whose_offsets_are_not_counted_from_0)
{
	for (int codec = 0; codec < COMPRESSION_CODEC_COUNT; codec++) {
		struct batch_builder_options options = batch_builder_options_default();
		struct batch_rules rules = batch_rules_default();
		struct record record = sample_record("k", "v", 9);
		struct batch_builder builder;
		struct batch_outcome outcome;
		struct batch_header header;
		struct buffer batch = { 0 };

		options.compression = compression_of(codec);
		batch_builder_init(&builder, &options);
		cr_assert_eq(batch_builder_add_at(&builder, 1, &record), ERROR_NONE);
		cr_assert_eq(batch_builder_add_at(&builder, 5, &record), ERROR_NONE);
		cr_assert_eq(batch_builder_finish(&builder, &batch), ERROR_NONE);
		rewrite_int32(&batch, BATCH_AT_LAST_OFFSET_DELTA, 1);
		cr_assert_eq(batch_validate(buffer_slice(&batch), &rules, &outcome),
		    BATCH_VERDICT_ACCEPTED);
		cr_assert(outcome.rebuilt && outcome.count == 2);
		cr_assert_eq(batch_header_read(buffer_slice(&outcome.batch), &header),
		    ERROR_NONE);
		cr_assert(header.last_offset_delta == 1 && batch_codec(&header) == codec);
		batch_outcome_fini(&outcome);
		batch_builder_fini(&builder);
		buffer_fini(&batch);
	}
}

Test(batch_validate, refuses_a_changed_byte_anywhere)
{
	struct buffer batch = { 0 };

	sample_batch_of(&batch, COMPRESSION_SNAPPY, 20);
	for (size_t at = BATCH_AT_CRC; at < batch.size; at++) {
		batch.bytes[at] ^= 4;
		cr_assert_eq(judge_buffer(&batch), BATCH_VERDICT_CORRUPT_MESSAGE);
		batch.bytes[at] ^= 4;
	}
	buffer_fini(&batch);
}

Test(batch_validate, refuses_every_cut_also_of_a_second_batch)
{
	struct batch_rules rules = batch_rules_default();
	struct buffer batch = { 0 };
	size_t first;

	sample_batch_of(&batch, COMPRESSION_NONE, 2);
	first = batch.size;
	for (size_t cut = 0; cut < first; cut++)
		cr_assert_eq(judge(slice_of(batch.bytes, cut), &rules),
		    BATCH_VERDICT_INVALID_RECORD);
	sample_batch_of(&batch, COMPRESSION_NONE, 2);
	cr_assert_eq(judge(slice_of(batch.bytes, first), &rules), BATCH_VERDICT_ACCEPTED);
	for (size_t cut = first + 1; cut < batch.size; cut++)
		cr_assert_eq(judge(slice_of(batch.bytes, cut), &rules),
		    BATCH_VERDICT_CORRUPT_MESSAGE);
	cr_assert_eq(judge_buffer(&batch), BATCH_VERDICT_INVALID_RECORD);
	buffer_fini(&batch);
}

Test(batch_validate, refuses_null_and_empty_and_old_formats_in_new_requests)
{
	struct batch_rules rules = batch_rules_default();
	struct buffer set = { 0 };

	cr_assert_eq(judge(slice_null(), &rules), BATCH_VERDICT_INVALID_RECORD);
	cr_assert_eq(judge(slice_of("", 0), &rules), BATCH_VERDICT_INVALID_RECORD);
	sample_set(&set, BATCH_MAGIC_V1, COMPRESSION_NONE, 1, 0);
	rules.produce_version = 3;
	cr_assert_eq(judge(buffer_slice(&set), &rules), BATCH_VERDICT_INVALID_RECORD);
	rules.produce_version = 2;
	cr_assert_eq(judge(buffer_slice(&set), &rules), BATCH_VERDICT_ACCEPTED);
	buffer_fini(&set);
}

Test(batch_validate, takes_zstd_from_version_7_on)
{
	struct batch_rules rules = batch_rules_default();
	struct buffer batch = { 0 };

	sample_batch_of(&batch, COMPRESSION_ZSTD, 2);
	rules.produce_version = 6;
	cr_assert_eq(judge(buffer_slice(&batch), &rules),
	    BATCH_VERDICT_UNSUPPORTED_COMPRESSION_TYPE);
	rules.produce_version = 7;
	cr_assert_eq(judge(buffer_slice(&batch), &rules), BATCH_VERDICT_ACCEPTED);
	buffer_fini(&batch);
}

Test(batch_validate, refuses_unknown_codecs)
{
	for (int16_t codec = COMPRESSION_CODEC_COUNT; codec < 8; codec++) {
		struct buffer batch = { 0 };

		sample_raw_batch(&batch, codec, 1, slice_of("abc", 3));
		cr_assert_eq(judge_buffer(&batch), BATCH_VERDICT_UNSUPPORTED_COMPRESSION_TYPE);
		buffer_fini(&batch);
	}
}

Test(batch_validate, refuses_headers_that_contradict_themselves)
{
	static const struct {
		size_t position;
		int32_t value;
	} cases[] = { { BATCH_AT_COUNT, 1 }, { BATCH_AT_COUNT, 3 }, { BATCH_AT_COUNT, 0 },
		{ BATCH_AT_COUNT, -1 }, { BATCH_AT_COUNT, INT32_MIN },
		{ BATCH_AT_LAST_OFFSET_DELTA, 0 }, { BATCH_AT_LAST_OFFSET_DELTA, -1 },
		{ BATCH_AT_LAST_OFFSET_DELTA, INT32_MAX }, { BATCH_AT_LAST_OFFSET_DELTA, 2 },
		{ BATCH_AT_BASE_OFFSET + 4, 1 }, { BATCH_AT_BASE_OFFSET, -1 } };

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct buffer batch = { 0 };

		sample_batch_of(&batch, COMPRESSION_NONE, 2);
		rewrite_int32(&batch, cases[i].position, cases[i].value);
		cr_assert_eq(judge_buffer(&batch), BATCH_VERDICT_INVALID_RECORD, "case %zu", i);
		buffer_fini(&batch);
	}
}

Test(batch_validate, refuses_a_count_that_the_records_do_not_have)
{
	for (int codec = 0; codec < COMPRESSION_CODEC_COUNT; codec++)
		for (int32_t count = 4; count <= 6; count++) {
			struct buffer batch = { 0 };

			sample_batch_of(&batch, codec, 5);
			buffer_set_int32(&batch, BATCH_AT_COUNT, count);
			rewrite_int32(&batch, BATCH_AT_LAST_OFFSET_DELTA, count - 1);
			cr_assert_eq(judge_buffer(&batch), count == 5
			    ? BATCH_VERDICT_ACCEPTED : BATCH_VERDICT_INVALID_RECORD);
			buffer_fini(&batch);
		}
}

Test(batch_validate, refuses_compressed_bytes_that_are_not)
{
	for (int16_t codec = COMPRESSION_GZIP; codec < COMPRESSION_CODEC_COUNT; codec++) {
		struct buffer batch = { 0 };

		sample_raw_batch(&batch, codec, 1, slice_of("\xff\xff\xff\xffnothing", 11));
		cr_assert_neq(judge_buffer(&batch), BATCH_VERDICT_ACCEPTED);
		buffer_fini(&batch);
	}
}

Test(batch_validate, lets_only_coordinators_write_control_batches)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct batch_rules rules = batch_rules_default();
	struct buffer batch = { 0 };

	options.control = true;
	options.transactional = true;
	options.producer_id = 5;
	options.producer_epoch = 1;
	options.base_sequence = 0; /* nothing else is wrong with it */
	sample_batch(&batch, &options, 1);
	cr_assert_eq(judge(buffer_slice(&batch), &rules), BATCH_VERDICT_INVALID_RECORD);
	rewrite_int32(&batch, BATCH_AT_BASE_SEQUENCE, BATCH_NO_SEQUENCE);
	rules.origin = BATCH_ORIGIN_COORDINATOR;
	rules.keep_codec = false;
	rules.target = compression_of(COMPRESSION_GZIP);
	cr_assert_eq(judge(buffer_slice(&batch), &rules), BATCH_VERDICT_ACCEPTED);
	buffer_fini(&batch);
}

Test(batch_validate, producer_ids_come_with_sequences_and_transactions_with_producer_ids)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct buffer batch = { 0 };

	options.producer_id = 5;
	sample_batch(&batch, &options, 1);
	cr_assert_eq(judge_buffer(&batch), BATCH_VERDICT_INVALID_RECORD);
	rewrite_int32(&batch, BATCH_AT_BASE_SEQUENCE, 0);
	cr_assert_eq(judge_buffer(&batch), BATCH_VERDICT_ACCEPTED);
	buffer_clear(&batch);
	options.producer_id = BATCH_NO_PRODUCER_ID;
	options.transactional = true;
	sample_batch(&batch, &options, 1);
	cr_assert_eq(judge_buffer(&batch), BATCH_VERDICT_INVALID_RECORD);
	buffer_fini(&batch);
}
