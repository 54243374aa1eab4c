#include "wire/batch_run.h"

#include <criterion/criterion.h>

#include "tests/unit/wire/samples.h"

static void
add_batch(struct buffer *run, int64_t base_offset, int32_t count)
{
	struct batch_builder_options options = batch_builder_options_default();

	options.base_offset = base_offset;
	sample_batch(run, &options, count);
}

Test(batch_run, tells_what_is_in_a_good_run)
{
	struct batch_run run;
	struct buffer bytes = { 0 };

	sample_set(&bytes, BATCH_MAGIC_V1, COMPRESSION_NONE, 1, 3);
	add_batch(&bytes, 10, 5);
	add_batch(&bytes, 20, 3); /* a gap, as the cleaner leaves them */
	cr_assert_eq(batch_run_check(buffer_slice(&bytes), &run), ERROR_NONE);
	cr_assert_eq(run.size, bytes.size);
	cr_assert_eq(run.count, 3);
	cr_assert_eq(run.first_offset, 3);
	cr_assert_eq(run.last_offset, 22);
	cr_assert_eq(run.max_timestamp, 1004);
	cr_assert_eq(run.offset_of_max_timestamp, 14);
	buffer_fini(&bytes);
}

Test(batch_run, the_first_of_equal_maximal_timestamps_counts)
{
	struct batch_run run;
	struct buffer bytes = { 0 };

	add_batch(&bytes, 0, 2);
	add_batch(&bytes, 2, 2);
	cr_assert_eq(batch_run_check(buffer_slice(&bytes), &run), ERROR_NONE);
	cr_assert(run.max_timestamp == 1001 && run.offset_of_max_timestamp == 1);
	buffer_fini(&bytes);
}

Test(batch_run, of_nothing_is_good_and_empty)
{
	struct batch_run run;

	cr_assert_eq(batch_run_check(slice_of("", 0), &run), ERROR_NONE);
	cr_assert(run.size == 0 && run.count == 0 && run.last_offset == -1
	    && run.max_timestamp == BATCH_NO_TIMESTAMP);
}

Test(batch_run, keeps_what_is_good_before_a_cut_or_a_changed_byte)
{
	struct batch_run run;
	struct buffer bytes = { 0 };
	size_t first;

	add_batch(&bytes, 0, 5);
	first = bytes.size;
	add_batch(&bytes, 5, 5);
	for (size_t at = first; at < bytes.size; at++) {
		if (at > first)
			cr_assert_eq(batch_run_check(slice_of(bytes.bytes, at), &run),
			    ERROR_TRUNCATED);
		cr_assert_eq(batch_run_check(slice_of(bytes.bytes, at), &run) == ERROR_NONE,
		    at == first);
		cr_assert(run.size == first && run.count == 1 && run.last_offset == 4);
	}
	for (size_t at = first + BATCH_AT_MAGIC; at < bytes.size; at++) {
		bytes.bytes[at] ^= 0x80;
		cr_assert_eq(batch_run_check(buffer_slice(&bytes), &run), ERROR_CORRUPT);
		cr_assert(run.size == first && run.count == 1);
		bytes.bytes[at] ^= 0x80;
	}
	buffer_fini(&bytes);
}

Test(batch_run, offsets_must_rise)
{
	struct batch_run run;
	struct buffer bytes = { 0 };

	add_batch(&bytes, 5, 5);
	add_batch(&bytes, 9, 1);
	cr_assert_eq(batch_run_check(buffer_slice(&bytes), &run), ERROR_OUT_OF_RANGE);
	cr_assert_eq(run.last_offset, 9);
	buffer_clear(&bytes);
	add_batch(&bytes, -1, 1);
	cr_assert_eq(batch_run_check(buffer_slice(&bytes), &run), ERROR_OUT_OF_RANGE);
	buffer_clear(&bytes);
	for (int32_t count = 1; count <= 2; count++) {
		buffer_clear(&bytes);
		add_batch(&bytes, INT64_MAX, count);
		cr_assert_eq(batch_run_check(buffer_slice(&bytes), &run), ERROR_OUT_OF_RANGE);
	}
	buffer_fini(&bytes);
}

Test(batch_run, counts_may_not_be_negative)
{
	struct batch_run run;
	struct buffer bytes = { 0 };

	sample_raw_batch(&bytes, 0, -3, slice_of("", 0));
	cr_assert_eq(batch_run_check(buffer_slice(&bytes), &run), ERROR_MALFORMED);
	buffer_fini(&bytes);
}
