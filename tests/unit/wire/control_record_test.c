#include "wire/control_record.h"

#include <criterion/criterion.h>

#include "tests/unit/wire/samples.h"
#include "wire/batch_records.h"

static enum error
read_of(struct slice key, struct slice value, struct control_record *control)
{
	struct record record = { .key = key, .value = value };

	return control_record_read(&record, control);
}

Test(control_record, is_read_with_its_type_and_coordinator_epoch)
{
	struct control_record control;

	cr_assert_eq(read_of(slice_of("\0\0\0\1", 4), slice_of("\0\0\0\0\1\2", 6), &control),
	    ERROR_NONE);
	cr_assert(control.type == CONTROL_RECORD_COMMIT && control.coordinator_epoch == 258);
	cr_assert_eq(read_of(slice_of("\0\0\0\0", 4), slice_of("\0\0\0\0\0\0", 6), &control),
	    ERROR_NONE);
	cr_assert_eq(control.type, CONTROL_RECORD_ABORT);
}

Test(control_record, of_a_newer_version_or_an_unknown_type_is_passed_on)
{
	struct control_record control;

	cr_assert_eq(read_of(slice_of("\0\1\0\1more", 8), slice_of("\0\1\0\0\0\7more", 10),
	                 &control), ERROR_NONE);
	cr_assert_eq(control.coordinator_epoch, 7);
	cr_assert_eq(read_of(slice_of("\0\0\0\5", 4), slice_null(), &control), ERROR_NONE);
	cr_assert_eq(control.type, 5);
}

Test(control_record, is_refused_when_a_field_is_missing)
{
	struct control_record control;

	cr_assert_eq(read_of(slice_null(), slice_of("\0\0\0\0\0\0", 6), &control),
	    ERROR_MALFORMED);
	cr_assert_eq(read_of(slice_of("\0\0\0", 3), slice_of("\0\0\0\0\0\0", 6), &control),
	    ERROR_MALFORMED);
	cr_assert_eq(read_of(slice_of("\0\0\0\1", 4), slice_of("\0\0\0\0\0", 5), &control),
	    ERROR_MALFORMED);
	cr_assert_eq(read_of(slice_of("\0\0\0\0", 4), slice_null(), &control), ERROR_MALFORMED);
}

/* Each marker of the segment, written anew from what was read of it, is the same bytes. */
static size_t
rewrite_markers(const char *path)
{
	struct decompression_limit limit = decompression_limit_default();
	struct batch_cursor cursor;
	struct batch_view view;
	struct buffer log = { 0 };
	size_t markers = 0;

	sample_file(&log, path);
	batch_cursor_init(&cursor, buffer_slice(&log));
	while (batch_cursor_next(&cursor, &view) == ERROR_NONE) {
		struct batch_header header;
		struct batch_records records;
		struct control_record control;
		struct record record;
		struct buffer marker = { 0 };

		if ((view.attributes & BATCH_CONTROL) == 0)
			continue;
		cr_assert_eq(batch_header_read(view.bytes, &header), ERROR_NONE);
		cr_assert_eq(batch_records_open(&records, &view, &limit), ERROR_NONE);
		cr_assert_eq(batch_records_next(&records, &record), ERROR_NONE);
		cr_assert_eq(control_record_read(&record, &control), ERROR_NONE);
		control_record_write_marker(&marker, &(struct control_record_marker){
		    .base_offset = header.base_offset,
		    .partition_leader_epoch = header.partition_leader_epoch,
		    .timestamp = record.timestamp,
		    .producer_id = header.producer_id,
		    .producer_epoch = header.producer_epoch,
		    .type = (enum control_record_type)control.type,
		    .coordinator_epoch = control.coordinator_epoch });
		cr_assert(slice_equal(buffer_slice(&marker), view.bytes));
		markers++;
		batch_records_fini(&records);
		buffer_fini(&marker);
	}
	buffer_fini(&log);
	return markers;
}

Test(control_record, markers_are_the_bytes_that_kafka_writes)
{
	cr_assert_eq(rewrite_markers("golden/segments/txn/txn-0/00000000000000000008.log"),
	    6);
}
