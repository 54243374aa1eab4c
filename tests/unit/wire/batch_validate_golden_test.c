/* What real clients sent and Kafka stored, offered to the validator again. */
#include <criterion/criterion.h>
#include <glob.h>

#include "tests/unit/wire/samples.h"
#include "wire/batch_records.h"
#include "wire/batch_validate.h"

struct totals {
	size_t batches;
	size_t messages;
	size_t records;
};

/* Records of the accepted batch, which was stamped with `base_offset`. */
static size_t
count_records(const uint8_t *bytes, size_t size, int64_t base_offset)
{
	struct decompression_limit limit = decompression_limit_default();
	struct batch_records records;
	struct batch_cursor cursor;
	struct batch_view view;
	struct record record;
	size_t count = 0;

	batch_cursor_init(&cursor, slice_of(bytes, size));
	cr_assert_eq(batch_cursor_next(&cursor, &view), ERROR_NONE);
	cr_assert(batch_view_check_crc(&view));
	cr_assert_eq(batch_records_open(&records, &view, &limit), ERROR_NONE);
	for (; batch_records_next(&records, &record) == ERROR_NONE; count++)
		cr_assert_eq(record.offset, base_offset + (int64_t)count);
	batch_records_fini(&records);
	return count;
}

/* As its client sent it the batch had offset 0 and create time. */
static void
check_batch(const struct batch_view *view, struct totals *totals)
{
	struct batch_rules rules = batch_rules_default();
	struct batch_outcome outcome;
	struct batch_header header;
	struct buffer sent = { 0 };

	cr_assert_eq(batch_header_read(view->bytes, &header), ERROR_NONE);
	if (batch_has(&header, BATCH_CONTROL) || header.count != header.last_offset_delta + 1)
		return; /* the broker's own, and what the cleaner changed */
	buffer_append_slice(&sent, view->bytes);
	batch_set_base_offset(sent.bytes, 0);
	batch_set_partition_leader_epoch(sent.bytes, BATCH_NO_PARTITION_LEADER_EPOCH);
	rules.log_append_time = batch_has(&header, BATCH_LOG_APPEND_TIME);
	batch_set_max_timestamp(sent.bytes, false, header.base_timestamp);
	cr_assert_eq(batch_validate(buffer_slice(&sent), &rules, &outcome),
	    BATCH_VERDICT_ACCEPTED, "%s", outcome.text);
	cr_assert_not(outcome.rebuilt);
	batch_outcome_stamp(&outcome, sent.bytes, header.base_offset,
	    header.partition_leader_epoch, header.max_timestamp);
	/* With a delete horizon the records' times are relative to another base. */
	if (!batch_has(&header, BATCH_DELETE_HORIZON))
		cr_assert(slice_equal(buffer_slice(&sent), view->bytes));
	totals->records += count_records(sent.bytes, sent.size, header.base_offset);
	totals->batches++;
	batch_outcome_fini(&outcome);
	buffer_fini(&sent);
}

static void
check_message(const struct batch_view *view, struct totals *totals)
{
	struct batch_rules rules = batch_rules_default();
	struct batch_outcome outcome;

	rules.produce_version = 1;
	cr_assert_eq(batch_validate(view->bytes, &rules, &outcome), BATCH_VERDICT_ACCEPTED,
	    "%s", outcome.text);
	cr_assert_eq(outcome.codec, view->attributes & BATCH_CODEC_MASK);
	batch_outcome_stamp(&outcome, outcome.batch.bytes, 40, 1, -1);
	totals->records += count_records(outcome.batch.bytes, outcome.size, 40);
	totals->messages++;
	batch_outcome_fini(&outcome);
}

Test(batch_validate_golden, stamping_what_clients_sent_gives_the_bytes_that_kafka_stored)
{
	struct totals totals = { 0 };
	glob_t found;

	cr_assert_eq(glob(TESTS_DIR "/golden/segments/*/*/*.log", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct batch_cursor cursor;
		struct batch_view view;
		struct buffer log = { 0 };

		sample_file(&log, found.gl_pathv[i] + strlen(TESTS_DIR "/"));
		batch_cursor_init(&cursor, buffer_slice(&log));
		while (batch_cursor_next(&cursor, &view) == ERROR_NONE)
			if (view.magic == BATCH_MAGIC_V2)
				check_batch(&view, &totals);
			else
				check_message(&view, &totals);
		buffer_fini(&log);
	}
	globfree(&found);
	cr_assert_eq(totals.batches, 195);
	cr_assert_eq(totals.messages, 30);
	cr_assert_eq(totals.records, 453);
}
