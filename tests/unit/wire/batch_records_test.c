/* Every record of every golden segment, compared with the .json beside it. */
#include "wire/batch_records.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <jansson.h>
#include <stdio.h>

#include "tests/unit/wire/samples.h"

static const struct decompression_limit limit = { .bytes = 1 << 20, .window_bytes = 1 << 27 };

struct totals {
	size_t segments;
	size_t batches;
	size_t messages; /* v0 and v1 entries */
	size_t records;
	size_t headers;
};

static int64_t
number(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	cr_assert(json_is_integer(value), "%s", name);
	return json_integer_value(value);
}

static bool
truth(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	cr_assert(json_is_boolean(value), "%s", name);
	return json_is_true(value);
}

static const char *
text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	cr_assert_not_null(value, "%s", name);
	return value;
}

/* Null, text, or "hex:" and digits. */
static void
check_bytes(const json_t *expected, struct slice bytes)
{
	char digits[3];
	const char *value = json_string_value(expected);

	if (json_is_null(expected)) {
		cr_assert(slice_is_null(bytes));
		return;
	}
	cr_assert_not_null(value);
	if (strncmp(value, "hex:", 4) != 0) {
		cr_assert(slice_equal_text(bytes, value), "%s", value);
		return;
	}
	cr_assert_eq(strlen(value + 4), bytes.size * 2);
	for (size_t i = 0; i < bytes.size; i++) {
		(void)snprintf(digits, sizeof(digits), "%02x", bytes.bytes[i]);
		cr_assert_eq(memcmp(value + 4 + 2 * i, digits, 2), 0);
	}
}

static void
check_headers(const json_t *expected, const struct record *record, struct totals *totals)
{
	struct record_header_iterator iterator;
	struct record_header header;
	size_t count = json_array_size(expected); /* 0 when there are none */

	cr_assert_eq((size_t)record->header_count, count);
	record_header_iterator_init(&iterator, record);
	for (size_t i = 0; i < count; i++) {
		const json_t *pair = json_array_get(expected, i);

		cr_assert(record_header_iterator_next(&iterator, &header));
		check_bytes(json_array_get(pair, 0), header.key);
		check_bytes(json_array_get(pair, 1), header.value);
		totals->headers++;
	}
	cr_assert_not(record_header_iterator_next(&iterator, &header));
}

static void
check_record(const json_t *expected, const struct record *record, int64_t timestamp,
    struct totals *totals)
{
	cr_assert_eq(record->offset, number(expected, "offset"));
	cr_assert_eq(record->timestamp, timestamp);
	check_bytes(json_object_get(expected, "key"), record->key);
	check_bytes(json_object_get(expected, "value"), record->value);
	check_headers(json_object_get(expected, "headers"), record, totals);
	totals->records++;
}

static void
check_header(const json_t *expected, const struct batch_header *header)
{
	cr_assert_eq(header->base_offset, number(expected, "baseOffset"));
	cr_assert_eq(header->length, number(expected, "batchLength"));
	cr_assert_eq(header->partition_leader_epoch, number(expected, "partitionLeaderEpoch"));
	cr_assert_eq(header->crc, number(expected, "crc"));
	cr_assert_eq(header->attributes, number(expected, "attributes"));
	cr_assert_eq(header->last_offset_delta, number(expected, "lastOffsetDelta"));
	cr_assert_eq(header->base_timestamp, number(expected, "baseTimestamp"));
	cr_assert_eq(header->max_timestamp, number(expected, "maxTimestamp"));
	cr_assert_eq(header->producer_id, number(expected, "producerId"));
	cr_assert_eq(header->producer_epoch, number(expected, "producerEpoch"));
	cr_assert_eq(header->base_sequence, number(expected, "baseSequence"));
	cr_assert_eq(header->count, number(expected, "count"));
	cr_assert_eq(batch_has(header, BATCH_TRANSACTIONAL), truth(expected, "isTransactional"));
	cr_assert_eq(batch_has(header, BATCH_CONTROL), truth(expected, "isControl"));
	cr_assert_eq(batch_has(header, BATCH_DELETE_HORIZON),
	    truth(expected, "hasDeleteHorizon"));
	cr_assert_str_eq(compression_codec_name((enum compression_codec)batch_codec(header)),
	    text(expected, "codec"));
}

/* The json has create times even where append time is what a reader sees. */
static void
check_batch(const json_t *expected, const struct batch_view *view, struct totals *totals)
{
	const json_t *records_expected = json_object_get(expected, "records");
	struct batch_header header;
	struct batch_records records;
	struct record record;

	cr_assert_eq(batch_header_read(view->bytes, &header), ERROR_NONE);
	check_header(expected, &header);
	cr_assert_eq(batch_records_open(&records, view, &limit), ERROR_NONE);
	cr_assert_eq(json_array_size(records_expected), (size_t)header.count);
	for (size_t i = 0; i < json_array_size(records_expected); i++) {
		const json_t *record_expected = json_array_get(records_expected, i);

		cr_assert_eq(batch_records_next(&records, &record), ERROR_NONE);
		check_record(record_expected, &record, batch_has(&header, BATCH_LOG_APPEND_TIME)
		    ? header.max_timestamp : number(record_expected, "timestamp"), totals);
	}
	cr_assert_eq(batch_records_next(&records, &record), ERROR_END_OF_STREAM);
	batch_records_fini(&records);
	totals->batches++;
}

static void
check_message(const json_t *expected, const struct batch_view *view, struct totals *totals)
{
	const json_t *inner = json_object_get(expected, "inner");
	struct batch_records records;
	struct record record;
	size_t count = inner != NULL ? json_array_size(inner) : 1;

	cr_assert_eq(view->last_offset, number(expected, "offset"));
	cr_assert_eq(view->attributes, number(expected, "attributes"));
	cr_assert_eq(view->bytes.size, (size_t)number(expected, "size") + BATCH_OVERHEAD_BYTES);
	cr_assert_eq(batch_records_open(&records, view, &limit), ERROR_NONE);
	for (size_t i = 0; i < count; i++) {
		const json_t *one = inner != NULL ? json_array_get(inner, i) : expected;

		cr_assert_eq(batch_records_next(&records, &record), ERROR_NONE);
		check_record(one, &record, view->magic == BATCH_MAGIC_V1
		    ? number(one, "timestamp") : BATCH_NO_TIMESTAMP, totals);
	}
	cr_assert_eq(batch_records_next(&records, &record), ERROR_END_OF_STREAM);
	batch_records_fini(&records);
	totals->messages++;
}

static void
check_segment(const char *path, const json_t *segment, struct totals *totals)
{
	const json_t *batches = json_object_get(segment, "batches");
	struct batch_cursor cursor;
	struct batch_view view;
	struct buffer log = { 0 };

	sample_file(&log, path);
	batch_cursor_init(&cursor, buffer_slice(&log));
	for (size_t i = 0; i < json_array_size(batches); i++) {
		const json_t *expected = json_array_get(batches, i);

		cr_assert_eq(batch_cursor_next(&cursor, &view), ERROR_NONE);
		cr_assert_eq(view.position, (size_t)number(expected, "position"));
		cr_assert_eq(view.magic, number(expected, "magic"));
		cr_assert(batch_view_check_crc(&view));
		if (view.magic == BATCH_MAGIC_V2)
			check_batch(expected, &view, totals);
		else
			check_message(expected, &view, totals);
	}
	cr_assert_eq(batch_cursor_next(&cursor, &view), ERROR_END_OF_STREAM);
	totals->segments++;
	buffer_fini(&log);
}

static void
check_case(const char *json_path, struct totals *totals)
{
	json_t *golden = json_load_file(json_path, 0, NULL);
	const char *name = strrchr(json_path, '/') + 1;
	const char *segment_name;
	json_t *segment;
	char path[1024];

	cr_assert_not_null(golden, "%s", json_path);
	json_object_foreach(json_object_get(golden, "segments"), segment_name, segment) {
		(void)snprintf(path, sizeof(path), "golden/segments/%.*s/%s/%s.log",
		    (int)strcspn(name, "."), name, text(golden, "partition"), segment_name);
		check_segment(path, segment, totals);
	}
	json_decref(golden);
}

Test(batch_records, are_what_kafka_wrote_into_the_golden_segments)
{
	struct totals totals = { 0 };
	glob_t found;

	cr_assert_eq(glob(TESTS_DIR "/golden/segments/*.json", 0, NULL, &found), 0);
	cr_assert_eq(found.gl_pathc, 25);
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_case(found.gl_pathv[i], &totals);
	globfree(&found);
	/* What the .json files hold, counted apart from this program. */
	cr_assert_eq(totals.segments, 40);
	cr_assert_eq(totals.batches, 209);
	cr_assert_eq(totals.messages, 30);
	cr_assert_eq(totals.records, 467);
	cr_assert_eq(totals.headers, 178);
}

Test(batch_records, of_a_header_without_records_are_none)
{
	struct batch_records records;
	struct batch_cursor cursor;
	struct batch_view view;
	struct record record;
	struct buffer batch = { 0 };

	sample_raw_batch(&batch, COMPRESSION_GZIP, 0, slice_of("", 0));
	batch_cursor_init(&cursor, buffer_slice(&batch));
	cr_assert_eq(batch_cursor_next(&cursor, &view), ERROR_NONE);
	cr_assert_eq(batch_records_open(&records, &view, &limit), ERROR_NONE);
	cr_assert_eq(batch_records_next(&records, &record), ERROR_END_OF_STREAM);
	batch_records_fini(&records);
	buffer_fini(&batch);
}

Test(batch_records, that_cannot_be_unpacked_are_an_error)
{
	struct batch_records records;
	struct batch_cursor cursor;
	struct batch_view view;
	struct buffer batch = { 0 };

	sample_raw_batch(&batch, COMPRESSION_GZIP, 1, slice_of("no gzip", 7));
	sample_raw_batch(&batch, 7, 1, slice_of("unknown", 7));
	batch_cursor_init(&cursor, buffer_slice(&batch));
	cr_assert_eq(batch_cursor_next(&cursor, &view), ERROR_NONE);
	cr_assert_eq(batch_records_open(&records, &view, &limit), ERROR_MALFORMED);
	batch_records_fini(&records);
	cr_assert_eq(batch_cursor_next(&cursor, &view), ERROR_NONE);
	cr_assert_eq(batch_records_open(&records, &view, &limit), ERROR_UNSUPPORTED);
	batch_records_fini(&records);
	buffer_fini(&batch);
}
