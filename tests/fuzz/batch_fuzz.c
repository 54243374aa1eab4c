/*
 * Records of a produce request, judged and, when accepted, stamped and read
 * back. The first bytes of the input choose version, topic and origin; a right
 * checksum is put into v2 batches, or no change would get past it.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "wire/batch_records.h"
#include "wire/batch_run.h"
#include "wire/batch_validate.h"

enum { SELECTORS = 4, LIMIT = 1 << 20 };

static struct batch_rules
choose_rules(const uint8_t *selectors)
{
	struct batch_rules rules = batch_rules_default();

	rules.produce_version = selectors[0] % 12;
	rules.origin = (selectors[1] & 1) != 0 ? BATCH_ORIGIN_COORDINATOR : BATCH_ORIGIN_CLIENT;
	rules.log_append_time = (selectors[1] & 2) != 0;
	rules.compacted = (selectors[1] & 4) != 0;
	rules.keep_codec = (selectors[1] & 8) != 0;
	rules.inline_bytes = (selectors[1] & 16) != 0 ? 1 << 12 : 0;
	rules.target = compression_of((enum compression_codec)(selectors[2] % 5));
	rules.now_ms = INT64_C(1700000000000);
	if ((selectors[1] & 32) != 0)
		rules.timestamp_before_max_ms = rules.timestamp_after_max_ms = selectors[3];
	rules.limit.bytes = LIMIT;
	rules.limit.window_bytes = LIMIT;
	return rules;
}

/* What was accepted is a batch of good structure that holds what was promised. */
static void
check_accepted(const struct batch_outcome *outcome, uint8_t *bytes)
{
	struct decompression_limit limit = decompression_limit_default();
	struct slice batch = slice_of(bytes, outcome->size);
	struct batch_records records;
	struct batch_cursor cursor;
	struct batch_view view;
	struct batch_run run;
	struct record record;
	enum error error;
	int32_t count = 0;

	batch_outcome_stamp(outcome, bytes, 1000, 3, 1234);
	error = batch_run_check(batch, &run);
	assert(error == ERROR_NONE);
	assert(run.count == 1 && run.size == outcome->size && run.first_offset == 1000);
	batch_cursor_init(&cursor, batch);
	error = batch_cursor_next(&cursor, &view);
	assert(error == ERROR_NONE);
	error = batch_records_open(&records, &view, &limit);
	assert(error == ERROR_NONE);
	while ((error = batch_records_next(&records, &record)) == ERROR_NONE) {
		assert(record.offset == 1000 + count);
		count++;
	}
	assert(error == ERROR_END_OF_STREAM && count == outcome->count);
	batch_records_fini(&records);
}

FUZZ_TARGET(batch)
{
	struct batch_rules rules;
	struct batch_outcome outcome;
	struct batch_header header;
	struct buffer input = { 0 };

	if (size < SELECTORS)
		return 0;
	rules = choose_rules(bytes);
	buffer_append(&input, bytes + SELECTORS, size - SELECTORS);
	if (batch_header_read(buffer_slice(&input), &header) == ERROR_NONE)
		batch_set_crc(input.bytes);
	if (batch_validate(buffer_slice(&input), &rules, &outcome) == BATCH_VERDICT_ACCEPTED
	    && outcome.size > 0 && rules.origin == BATCH_ORIGIN_CLIENT)
		check_accepted(&outcome, outcome.rebuilt ? outcome.batch.bytes : input.bytes);
	batch_outcome_fini(&outcome);
	buffer_fini(&input);
	return 0;
}
