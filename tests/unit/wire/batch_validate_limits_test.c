/* The rules of batch_validate.h that a topic sets: times, keys, sizes, work. */
#include <criterion/criterion.h>

#include "tests/unit/wire/samples.h"
#include "wire/batch_validate.h"

static enum batch_verdict
judge(const struct buffer *batch, const struct batch_rules *rules)
{
	struct batch_outcome outcome;
	enum batch_verdict verdict = batch_validate(buffer_slice(batch), rules, &outcome);

	batch_outcome_fini(&outcome);
	return verdict;
}

/* One record of each time. */
static void
batch_of_times(struct buffer *batch, enum compression_codec codec, const int64_t *times,
    size_t count)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct batch_builder builder;

	options.compression = compression_of(codec);
	batch_builder_init(&builder, &options);
	for (size_t i = 0; i < count; i++) {
		struct record record = sample_record("k", "v", times[i]);

		cr_assert_eq(batch_builder_add(&builder, &record), ERROR_NONE);
	}
	cr_assert_eq(batch_builder_finish(&builder, batch), ERROR_NONE);
	batch_builder_fini(&builder);
}

Test(batch_validate_limits, names_the_records_whose_times_are_too_far_off)
{
	static const int64_t times[] = { 10000, 9899, 9900, 10050, 10051, -1 };

	for (int codec = 0; codec < COMPRESSION_CODEC_COUNT; codec++) {
		struct batch_rules rules = batch_rules_default();
		struct batch_outcome outcome;
		struct buffer batch = { 0 };

		rules.now_ms = 10000;
		rules.timestamp_before_max_ms = 100;
		rules.timestamp_after_max_ms = 50;
		batch_of_times(&batch, codec, times, ARRAY_LENGTH(times));
		cr_assert_eq(batch_validate(buffer_slice(&batch), &rules, &outcome),
		    BATCH_VERDICT_INVALID_TIMESTAMP);
		cr_assert(outcome.record_errors_found == 2 && outcome.record_errors_kept == 2);
		cr_assert_eq(outcome.record_errors[0].index, 1);
		cr_assert_eq(outcome.record_errors[1].index, 4);
		cr_assert_eq(outcome.record_errors[0].fault, BATCH_RECORD_TIMESTAMP_RANGE);
		batch_outcome_fini(&outcome);
		/* Append time makes create times irrelevant. */
		rules.log_append_time = true;
		cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_ACCEPTED);
		buffer_fini(&batch);
	}
}

Test(batch_validate_limits, extreme_times_are_within_no_limit_and_beyond_any)
{
	static const int64_t times[] = { INT64_MIN, INT64_MAX };
	struct batch_rules rules = batch_rules_default();

	rules.now_ms = INT64_C(1795352829613);
	for (size_t i = 0; i < ARRAY_LENGTH(times); i++) {
		struct buffer batch = { 0 };

		rules.timestamp_before_max_ms = INT64_MAX;
		rules.timestamp_after_max_ms = INT64_MAX;
		batch_of_times(&batch, COMPRESSION_NONE, &times[i], 1);
		cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_ACCEPTED);
		rules.timestamp_before_max_ms = INT64_MAX - 1;
		rules.timestamp_after_max_ms = 1;
		cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_INVALID_TIMESTAMP);
		buffer_fini(&batch);
	}
}

static void
set_append_time_bit(struct buffer *batch, int64_t max_timestamp)
{
	batch_set_max_timestamp(batch->bytes, true, max_timestamp);
}

Test(batch_validate_limits, a_producer_may_not_set_append_time_on_an_append_time_topic)
{
	struct batch_rules rules = batch_rules_default();
	struct batch_outcome outcome;
	struct buffer batch = { 0 };

	sample_batch_of(&batch, COMPRESSION_NONE, 3);
	set_append_time_bit(&batch, 5);
	rules.log_append_time = true;
	cr_assert_eq(batch_validate(buffer_slice(&batch), &rules, &outcome),
	    BATCH_VERDICT_INVALID_TIMESTAMP);
	cr_assert_eq(outcome.record_errors_found, 3);
	cr_assert_eq(outcome.record_errors[0].fault, BATCH_RECORD_TIMESTAMP_TYPE);
	batch_outcome_fini(&outcome);
	buffer_fini(&batch);
}

Test(batch_validate_limits, the_append_time_bit_is_cleared_on_a_create_time_topic)
{
	struct batch_rules rules = batch_rules_default();
	struct batch_outcome outcome;
	struct batch_header header;
	struct buffer batch = { 0 };

	sample_batch_of(&batch, COMPRESSION_NONE, 3);
	set_append_time_bit(&batch, 5000);
	cr_assert_eq(batch_validate(buffer_slice(&batch), &rules, &outcome),
	    BATCH_VERDICT_ACCEPTED);
	batch_outcome_stamp(&outcome, batch.bytes, 0, 0, -1);
	cr_assert_eq(batch_header_read(buffer_slice(&batch), &header), ERROR_NONE);
	cr_assert_not(batch_has(&header, BATCH_LOG_APPEND_TIME));
	cr_assert_eq(header.max_timestamp, 5000);
	batch_outcome_fini(&outcome);
	set_append_time_bit(&batch, BATCH_NO_TIMESTAMP);
	cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_INVALID_TIMESTAMP);
	buffer_fini(&batch);
}

static void
batch_with_keyless(struct buffer *batch, enum compression_codec codec, int32_t count)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct batch_builder builder;

	options.compression = compression_of(codec);
	batch_builder_init(&builder, &options);
	for (int32_t i = 0; i < count; i++) {
		struct record record = sample_record(i % 2 == 0 ? "" : NULL, "v", 0);

		cr_assert_eq(batch_builder_add(&builder, &record), ERROR_NONE);
	}
	cr_assert_eq(batch_builder_finish(&builder, batch), ERROR_NONE);
	batch_builder_fini(&builder);
}

Test(batch_validate_limits, compacted_topics_take_only_records_with_keys)
{
	for (int codec = 0; codec < COMPRESSION_CODEC_COUNT; codec++) {
		struct batch_rules rules = batch_rules_default();
		struct batch_outcome outcome;
		struct buffer batch = { 0 };

		batch_with_keyless(&batch, codec, 5);
		cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_ACCEPTED);
		rules.compacted = true;
		cr_assert_eq(batch_validate(buffer_slice(&batch), &rules, &outcome),
		    BATCH_VERDICT_INVALID_RECORD);
		cr_assert_eq(outcome.record_errors_kept, 2);
		cr_assert_eq(outcome.record_errors[0].index, 1);
		cr_assert_eq(outcome.record_errors[1].index, 3);
		cr_assert_eq(outcome.record_errors[1].fault, BATCH_RECORD_WITHOUT_KEY);
		cr_assert_gt(strlen(batch_record_fault_text(BATCH_RECORD_WITHOUT_KEY)), 0);
		batch_outcome_fini(&outcome);
		buffer_fini(&batch);
	}
}

Test(batch_validate_limits, keeps_only_so_many_record_errors_but_counts_them_all)
{
	struct batch_rules rules = batch_rules_default();
	struct batch_outcome outcome;
	struct buffer batch = { 0 };

	rules.compacted = true;
	batch_with_keyless(&batch, COMPRESSION_ZSTD, 10 * BATCH_RECORD_ERRORS_KEPT);
	cr_assert_eq(batch_validate(buffer_slice(&batch), &rules, &outcome),
	    BATCH_VERDICT_INVALID_RECORD);
	cr_assert_eq(outcome.record_errors_kept, BATCH_RECORD_ERRORS_KEPT);
	cr_assert_eq(outcome.record_errors_found, 5 * BATCH_RECORD_ERRORS_KEPT);
	batch_outcome_fini(&outcome);
	buffer_fini(&batch);
}

/* `count` records without a key at time 0, but for the last one: it has a key and is late. */
static void
batch_of_keyless_and_a_late_one(struct buffer *batch, int32_t count)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct batch_builder builder;

	batch_builder_init(&builder, &options);
	for (int32_t i = 0; i < count; i++) {
		struct record record = i < count - 1 ? sample_record(NULL, "v", 0)
		                                     : sample_record("k", "v", 9000);

		cr_assert_eq(batch_builder_add(&builder, &record), ERROR_NONE);
	}
	cr_assert_eq(batch_builder_finish(&builder, batch), ERROR_NONE);
	batch_builder_fini(&builder);
}

/* As Kafka 3.9.1 answers, also when the error is too far back to be kept. */
Test(batch_validate_limits, one_wrong_timestamp_anywhere_names_the_error)
{
	static const int32_t counts[] = { 2, BATCH_RECORD_ERRORS_KEPT + 5 };

	for (size_t i = 0; i < ARRAY_LENGTH(counts); i++) {
		struct batch_rules rules = batch_rules_default();
		struct batch_outcome outcome;
		struct buffer batch = { 0 };

		rules.compacted = true;
		rules.timestamp_after_max_ms = 100;
		batch_of_keyless_and_a_late_one(&batch, counts[i]);
		cr_assert_eq(batch_validate(buffer_slice(&batch), &rules, &outcome),
		    BATCH_VERDICT_INVALID_TIMESTAMP);
		cr_assert_eq(outcome.record_errors_found, counts[i]);
		batch_outcome_fini(&outcome);
		buffer_fini(&batch);
	}
}

Test(batch_validate_limits, broken_records_are_not_blamed_on_those_before_them)
{
	struct batch_rules rules = batch_rules_default();
	struct batch_outcome outcome;
	struct buffer batch = { 0 };

	rules.compacted = true;
	batch_with_keyless(&batch, COMPRESSION_NONE, 3);
	/* The last record's count of headers. */
	batch.bytes[batch.size - 1] = 2;
	batch_set_crc(batch.bytes);
	cr_assert_eq(batch_validate(buffer_slice(&batch), &rules, &outcome),
	    BATCH_VERDICT_INVALID_RECORD);
	cr_assert(outcome.record_errors_found == 0 && outcome.record_errors_kept == 0);
	batch_outcome_fini(&outcome);
	buffer_fini(&batch);
}

Test(batch_validate_limits, refuses_batches_larger_than_a_message_or_a_segment)
{
	struct batch_rules rules = batch_rules_default();
	struct buffer batch = { 0 };

	sample_batch_of(&batch, COMPRESSION_NONE, 10);
	rules.max_message_bytes = (int32_t)batch.size;
	rules.segment_bytes = (int32_t)batch.size;
	cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_ACCEPTED);
	rules.segment_bytes--;
	cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_RECORD_LIST_TOO_LARGE);
	rules.max_message_bytes--;
	cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_MESSAGE_TOO_LARGE);
	buffer_fini(&batch);
}

Test(batch_validate_limits, looks_at_the_size_again_after_recompression)
{
	struct batch_rules rules = batch_rules_default();
	struct buffer batch = { 0 };

	sample_batch_of(&batch, COMPRESSION_ZSTD, 1000);
	rules.max_message_bytes = (int32_t)batch.size;
	cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_ACCEPTED);
	rules.keep_codec = false;
	rules.target = compression_of(COMPRESSION_NONE);
	cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_MESSAGE_TOO_LARGE);
	rules.max_message_bytes = INT32_MAX;
	rules.segment_bytes = (int32_t)batch.size;
	cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_RECORD_LIST_TOO_LARGE);
	buffer_fini(&batch);
}

/* 64 MiB of zeros as the only record's value. */
static void
bomb(struct buffer *batch, enum compression_codec codec)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct record record = sample_record("k", NULL, 0);
	struct batch_builder builder;
	struct buffer zeros = { 0 };

	memset(buffer_extend(&zeros, 64 << 20), 0, 64 << 20);
	record.value = buffer_slice(&zeros);
	options.compression = compression_of(codec);
	batch_builder_init(&builder, &options);
	cr_assert_eq(batch_builder_add(&builder, &record), ERROR_NONE);
	cr_assert_eq(batch_builder_finish(&builder, batch), ERROR_NONE);
	batch_builder_fini(&builder);
	buffer_fini(&zeros);
}

Test(batch_validate_limits, sends_large_work_to_a_worker_and_bombs_nowhere)
{
	for (int codec = COMPRESSION_GZIP; codec < COMPRESSION_CODEC_COUNT; codec++) {
		struct batch_rules rules = batch_rules_default();
		struct buffer batch = { 0 };

		bomb(&batch, codec);
		rules.max_message_bytes = INT32_MAX;
		rules.inline_bytes = 1 << 20;
		cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_NEEDS_WORKER);
		rules.inline_bytes = 0;
		rules.limit.bytes = 32 << 20;
		cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_MESSAGE_TOO_LARGE);
		rules.limit.bytes = 65 << 20;
		cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_ACCEPTED);
		buffer_fini(&batch);
	}
}

Test(batch_validate_limits, unpacks_no_more_than_could_be_appended_unpacked)
{
	for (int codec = COMPRESSION_GZIP; codec < COMPRESSION_CODEC_COUNT; codec++) {
		struct batch_rules rules = batch_rules_default();
		struct batch_outcome outcome;
		struct buffer batch = { 0 };

		bomb(&batch, codec);
		rules.max_message_bytes = (int32_t)batch.size;
		rules.keep_codec = false;
		cr_assert_eq(batch_validate(buffer_slice(&batch), &rules, &outcome),
		    BATCH_VERDICT_MESSAGE_TOO_LARGE);
		cr_assert_eq(outcome.batch.capacity, 0);
		batch_outcome_fini(&outcome);
		buffer_fini(&batch);
	}
}

Test(batch_validate_limits, packing_much_is_a_worker_s_business_too)
{
	struct batch_rules rules = batch_rules_default();
	struct buffer batch = { 0 };

	sample_batch_of(&batch, COMPRESSION_NONE, 1000);
	rules.inline_bytes = batch.size - 1;
	cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_ACCEPTED);
	rules.keep_codec = false;
	rules.target = compression_of(COMPRESSION_GZIP);
	cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_NEEDS_WORKER);
	rules.inline_bytes = batch.size;
	cr_assert_eq(judge(&batch, &rules), BATCH_VERDICT_ACCEPTED);
	buffer_fini(&batch);
}

Test(batch_validate_limits, survives_any_bytes)
{
	struct batch_rules rules = batch_rules_default();
	struct prng prng;

	prng_init(&prng, 99);
	rules.limit.bytes = 1 << 20;
	for (int round = 0; round < 10000; round++) {
		struct batch_header header;
		struct buffer batch = { 0 };

		rules.produce_version = (int16_t)prng_below(&prng, 12);
		rules.keep_codec = prng_chance(&prng, 1, 2);
		rules.target = compression_of((enum compression_codec)prng_below(&prng, 5));
		if (prng_chance(&prng, 1, 3))
			sample_set(&batch, (int8_t)prng_below(&prng, 2), round % 4, 5, 0);
		else
			sample_batch_of(&batch, round % 5, 5);
		for (uint64_t n = 1 + prng_below(&prng, 3); n > 0; n--)
			batch.bytes[prng_below(&prng, batch.size)] = (uint8_t)prng_next(&prng);
		/* A right checksum lets more of the changes through. */
		if (batch_header_read(buffer_slice(&batch), &header) == ERROR_NONE)
			batch_set_crc(batch.bytes);
		(void)judge(&batch, &rules);
		buffer_fini(&batch);
	}
}
