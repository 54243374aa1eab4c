#include <criterion/criterion.h>

#include "tests/unit/wire/samples.h"
#include "wire/batch_records.h"
#include "wire/batch_validate.h"

static struct batch_rules
old_rules(void)
{
	struct batch_rules rules = batch_rules_default();

	rules.produce_version = 2;
	return rules;
}

static enum batch_verdict
judge(const struct buffer *set, const struct batch_rules *rules)
{
	struct batch_outcome outcome;
	enum batch_verdict verdict = batch_validate(buffer_slice(set), rules, &outcome);

	batch_outcome_fini(&outcome);
	return verdict;
}

/* The outcome holds "key-N" = "value-N" from offset 0, at 1000 + N or without a time. */
static void
check_converted(const struct batch_outcome *outcome, int8_t magic, int32_t count)
{
	struct decompression_limit limit = decompression_limit_default();
	struct batch_records records;
	struct batch_cursor cursor;
	struct batch_view view;
	struct record record;

	cr_assert(outcome->rebuilt && outcome->converted && outcome->count == count);
	cr_assert_eq(outcome->size, outcome->batch.size);
	batch_cursor_init(&cursor, buffer_slice(&outcome->batch));
	cr_assert_eq(batch_cursor_next(&cursor, &view), ERROR_NONE);
	cr_assert(batch_view_check_crc(&view));
	cr_assert_eq(view.max_timestamp, outcome->max_timestamp);
	cr_assert_eq(batch_records_open(&records, &view, &limit), ERROR_NONE);
	for (int32_t i = 0; i < count; i++) {
		cr_assert_eq(batch_records_next(&records, &record), ERROR_NONE);
		cr_assert_eq(record.offset, i);
		if ((view.attributes & BATCH_LOG_APPEND_TIME) == 0)
			cr_assert_eq(record.timestamp, magic == BATCH_MAGIC_V0
			    ? BATCH_NO_TIMESTAMP : 1000 + i);
		cr_assert_eq(record.key.size, strlen("key-") + (i < 10 ? 1 : 2));
		cr_assert_eq(memcmp(record.value.bytes, "value-", 6), 0);
	}
	cr_assert_eq(batch_records_next(&records, &record), ERROR_END_OF_STREAM);
	cr_assert_eq(batch_cursor_next(&cursor, &view), ERROR_END_OF_STREAM);
	batch_records_fini(&records);
}

Test(batch_validate_messages, converts_every_format_and_codec_to_one_batch_of_every_codec)
{
	for (int8_t magic = 0; magic <= 1; magic++)
		for (int from = COMPRESSION_NONE; from <= COMPRESSION_LZ4; from++)
			for (int to = -1; to < COMPRESSION_CODEC_COUNT; to++) {
				struct batch_rules rules = old_rules();
				struct batch_outcome outcome;
				struct buffer set = { 0 };

				rules.keep_codec = to < 0;
				if (to >= 0)
					rules.target = compression_of(to);
				sample_set(&set, magic, from, 25, 300);
				cr_assert_eq(batch_validate(buffer_slice(&set), &rules,
				                 &outcome), BATCH_VERDICT_ACCEPTED);
				cr_assert_eq(outcome.source_codec, from);
				cr_assert_eq(outcome.codec, to < 0 ? from : to);
				check_converted(&outcome, magic, 25);
				batch_outcome_fini(&outcome);
				buffer_fini(&set);
			}
}

Test(batch_validate_messages, gives_append_time_to_what_had_no_time)
{
	struct batch_rules rules = old_rules();
	struct batch_outcome outcome;
	struct buffer set = { 0 };

	rules.log_append_time = true;
	rules.now_ms = 777;
	sample_set(&set, BATCH_MAGIC_V0, COMPRESSION_NONE, 3, 0);
	cr_assert_eq(batch_validate(buffer_slice(&set), &rules, &outcome),
	    BATCH_VERDICT_ACCEPTED);
	cr_assert_eq(outcome.max_timestamp, 777);
	check_converted(&outcome, BATCH_MAGIC_V0, 3);
	batch_outcome_stamp(&outcome, outcome.batch.bytes, 10, 1, 778);
	batch_outcome_fini(&outcome);
	buffer_fini(&set);
}

Test(batch_validate_messages, has_no_time_with_create_time_and_v0)
{
	struct batch_rules rules = old_rules();
	struct batch_outcome outcome;
	struct buffer set = { 0 };

	rules.timestamp_before_max_ms = 1;
	rules.timestamp_after_max_ms = 1;
	rules.now_ms = 500000;
	sample_set(&set, BATCH_MAGIC_V0, COMPRESSION_LZ4, 3, 0);
	cr_assert_eq(batch_validate(buffer_slice(&set), &rules, &outcome),
	    BATCH_VERDICT_ACCEPTED);
	cr_assert_eq(outcome.max_timestamp, BATCH_NO_TIMESTAMP);
	batch_outcome_fini(&outcome);
	buffer_clear(&set);
	sample_set(&set, BATCH_MAGIC_V1, COMPRESSION_LZ4, 3, 0);
	cr_assert_eq(judge(&set, &rules), BATCH_VERDICT_INVALID_TIMESTAMP);
	buffer_fini(&set);
}

Test(batch_validate_messages, an_empty_set_is_accepted_and_appends_nothing)
{
	struct batch_rules rules = old_rules();
	struct batch_outcome outcome;

	cr_assert_eq(batch_validate(slice_of("", 0), &rules, &outcome), BATCH_VERDICT_ACCEPTED);
	cr_assert(outcome.size == 0 && outcome.count == 0 && !outcome.rebuilt);
	batch_outcome_fini(&outcome);
	cr_assert_eq(batch_validate(slice_null(), &rules, &outcome),
	    BATCH_VERDICT_INVALID_RECORD);
	batch_outcome_fini(&outcome);
}

Test(batch_validate_messages, refuses_every_cut)
{
	struct batch_rules rules = old_rules();
	struct buffer set = { 0 };
	size_t first;

	sample_set(&set, BATCH_MAGIC_V1, COMPRESSION_NONE, 1, 0);
	first = set.size;
	sample_set(&set, BATCH_MAGIC_V1, COMPRESSION_NONE, 1, 1);
	for (size_t cut = 1; cut < set.size; cut++) {
		struct buffer part = { .bytes = set.bytes, .size = cut };

		cr_assert_eq(judge(&part, &rules), cut < first
		    ? BATCH_VERDICT_INVALID_RECORD
		    : cut == first ? BATCH_VERDICT_ACCEPTED : BATCH_VERDICT_CORRUPT_MESSAGE);
	}
	buffer_fini(&set);
}

Test(batch_validate_messages, refuses_changed_bytes)
{
	struct batch_rules rules = old_rules();

	for (int codec = COMPRESSION_NONE; codec <= COMPRESSION_LZ4; codec++) {
		struct buffer set = { 0 };

		/* One entry: what it begins with, its offset, is under no checksum. */
		sample_set(&set, BATCH_MAGIC_V1, codec, 1, 0);
		for (size_t at = sizeof(int64_t); at < set.size; at++) {
			set.bytes[at] ^= 0x24; /* codec bits too */
			/* What attributes and lengths seem to say then is of no interest. */
			if (at > BATCH_AT_MAGIC)
				cr_assert_eq(judge(&set, &rules), BATCH_VERDICT_CORRUPT_MESSAGE);
			else
				cr_assert_neq(judge(&set, &rules), BATCH_VERDICT_ACCEPTED);
			set.bytes[at] ^= 0x24;
		}
		buffer_fini(&set);
	}
}

Test(batch_validate_messages, refuses_sets_of_several_kinds)
{
	struct batch_rules rules = old_rules();
	struct buffer set = { 0 };

	sample_set(&set, BATCH_MAGIC_V0, COMPRESSION_NONE, 1, 0);
	sample_set(&set, BATCH_MAGIC_V1, COMPRESSION_NONE, 1, 0);
	cr_assert_eq(judge(&set, &rules), BATCH_VERDICT_INVALID_RECORD);
	buffer_clear(&set);
	sample_set(&set, BATCH_MAGIC_V1, COMPRESSION_NONE, 1, 0);
	sample_set(&set, BATCH_MAGIC_V1, COMPRESSION_GZIP, 3, 0);
	cr_assert_eq(judge(&set, &rules), BATCH_VERDICT_INVALID_RECORD);
	buffer_clear(&set);
	sample_wrapper(&set, BATCH_MAGIC_V1, COMPRESSION_ZSTD, slice_of("zstd", 4), 0);
	cr_assert_eq(judge(&set, &rules), BATCH_VERDICT_INVALID_RECORD);
	buffer_clear(&set);
	sample_wrapper(&set, BATCH_MAGIC_V1, COMPRESSION_ZSTD + 1, slice_of("none", 4), 0);
	cr_assert_eq(judge(&set, &rules), BATCH_VERDICT_UNSUPPORTED_COMPRESSION_TYPE);
	buffer_fini(&set);
}

Test(batch_validate_messages, checks_keys_sizes_and_work)
{
	struct batch_rules rules = old_rules();
	struct message_set_entry keyless = {
		.magic = BATCH_MAGIC_V1, .value = slice_of("v", 1)
	};
	struct batch_outcome outcome;
	struct buffer set = { 0 };

	sample_set(&set, BATCH_MAGIC_V1, COMPRESSION_NONE, 1, 0);
	message_set_write(&set, &keyless);
	rules.compacted = true;
	cr_assert_eq(batch_validate(buffer_slice(&set), &rules, &outcome),
	    BATCH_VERDICT_INVALID_RECORD);
	cr_assert(outcome.record_errors_kept == 1 && outcome.record_errors[0].index == 1);
	batch_outcome_fini(&outcome);
	rules.compacted = false;
	rules.inline_bytes = set.size - 1;
	cr_assert_eq(judge(&set, &rules), BATCH_VERDICT_NEEDS_WORKER);
	rules.inline_bytes = 0;
	rules.max_message_bytes = 40; /* of the larger message, 48 */
	cr_assert_eq(judge(&set, &rules), BATCH_VERDICT_MESSAGE_TOO_LARGE);
	buffer_fini(&set);
}

/* A set of v1: no key at time 0, then a key at a time that is too late. */
static void
keyless_and_late(struct buffer *set)
{
	struct message_set_entry keyless = { .magic = BATCH_MAGIC_V1, .key = slice_null() };
	struct message_set_entry late = {
		.magic = BATCH_MAGIC_V1, .offset = 1, .timestamp = 9000, .key = slice_of("k", 1)
	};

	message_set_write(set, &keyless);
	message_set_write(set, &late);
}

/* Kafka 3.9.1 judges each entry of a plain set by itself, those of a wrapper together. */
Test(batch_validate_messages, the_first_wrong_entry_decides_but_in_a_wrapper_a_timestamp)
{
	struct compression compression = compression_of(COMPRESSION_GZIP);
	struct batch_rules rules = old_rules();
	struct buffer plain = { 0 };
	struct buffer packed = { 0 };
	struct buffer set = { 0 };

	rules.compacted = true;
	rules.timestamp_after_max_ms = 100;
	keyless_and_late(&plain);
	cr_assert_eq(judge(&plain, &rules), BATCH_VERDICT_INVALID_RECORD);
	compression_write(&packed, &compression, buffer_slice(&plain));
	sample_wrapper(&set, BATCH_MAGIC_V1, COMPRESSION_GZIP, buffer_slice(&packed), 1);
	cr_assert_eq(judge(&set, &rules), BATCH_VERDICT_INVALID_TIMESTAMP);
	buffer_fini(&plain);
	buffer_fini(&packed);
	buffer_fini(&set);
}

Test(batch_validate_messages, unpacks_no_bomb)
{
	for (int codec = COMPRESSION_GZIP; codec <= COMPRESSION_LZ4; codec++) {
		struct batch_rules rules = old_rules();
		struct compression compression = compression_of(codec);
		struct buffer zeros = { 0 };
		struct buffer packed = { 0 };
		struct buffer set = { 0 };

		memset(buffer_extend(&zeros, 32 << 20), 0, 32 << 20);
		compression_write(&packed, &compression, buffer_slice(&zeros));
		sample_wrapper(&set, BATCH_MAGIC_V1, codec, buffer_slice(&packed), 0);
		rules.max_message_bytes = INT32_MAX;
		rules.limit.bytes = 16 << 20;
		cr_assert_eq(judge(&set, &rules), BATCH_VERDICT_MESSAGE_TOO_LARGE);
		rules.inline_bytes = 1 << 20;
		/* Snappy's packed form alone is more than may be looked at here. */
		cr_assert_eq(judge(&set, &rules), BATCH_VERDICT_NEEDS_WORKER);
		buffer_fini(&zeros);
		buffer_fini(&packed);
		buffer_fini(&set);
	}
}
