/* Appending what was fetched from a leader: the second half of log_append.c. */
#include <criterion/criterion.h>
#include <string.h>

#include "log/leader_epochs.h"
#include "log/producer_state.h"
#include "tests/sim/log_fixture.h"
#include "wire/batch.h"
#include "wire/message_set.h"

static struct log_fixture fixture;
static struct buffer bytes;
static struct log_append append;

static void
setup(void)
{
	log_fixture_init(&fixture, 1);
	buffer_init(&bytes);
	cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE);
}

static void
teardown(void)
{
	buffer_fini(&bytes);
	log_fixture_fini(&fixture);
}

TestSuite(log_follower, .init = setup, .fini = teardown);

/* One more batch in the set, as a leader has stamped it. */
static void
add(const struct log_sample *sample, int64_t base_offset, int32_t leader_epoch)
{
	size_t at = bytes.size;

	log_sample_batch(&bytes, sample, base_offset);
	batch_set_base_offset(bytes.bytes + at, base_offset);
	batch_set_partition_leader_epoch(bytes.bytes + at, leader_epoch);
}

static void
add_plain(int64_t base_offset, int value_size)
{
	struct log_sample sample = { .records = 1, .value_size = value_size };

	add(&sample, base_offset, 3);
}

static enum log_append_status
fetch(void)
{
	append = (struct log_append){ .bytes = bytes.bytes, .size = bytes.size,
		.origin = LOG_FROM_LEADER };
	cr_expect_eq(log_append_as_follower(fixture.log, &append, fixture.now_ms), ERROR_NONE);
	buffer_clear(&bytes);
	return append.status;
}

Test(log_follower, takes_a_set_with_the_leaders_offsets)
{
	struct log_sample sample = { .records = 3, .value_size = 10, .timestamp = 5000 };

	add(&sample, 0, 3);
	add(&sample, 3, 3);
	cr_expect_eq(fetch(), LOG_APPEND_DONE);
	cr_expect_eq(append.base_offset, 0);
	cr_expect_eq(append.last_offset, 5);
	cr_expect_eq(append.max_timestamp, 5002);
	cr_expect_eq(log_end_offset(fixture.log), 6);
	cr_expect_eq(log_fixture_count(&fixture, 0), 6);
}

Test(log_follower, an_empty_set_changes_nothing)
{
	cr_expect_eq(fetch(), LOG_APPEND_DONE);
	cr_expect_eq(log_end_offset(fixture.log), 0);
}

Test(log_follower, leaves_a_partial_batch_out)
{
	for (size_t cut = 1; cut < 90; cut += 8) {
		int64_t end = log_end_offset(fixture.log);

		add_plain(end, 10);
		add_plain(end + 1, 40);
		bytes.size -= cut;
		cr_expect_eq(fetch(), LOG_APPEND_DONE);
		cr_expect_eq(append.last_offset, end);
		cr_expect_eq(log_end_offset(fixture.log), end + 1);
	}
	cr_expect_eq(log_fixture_count(&fixture, 0), log_end_offset(fixture.log));
}

Test(log_follower, refuses_a_wrong_checksum_and_all_with_it)
{
	add_plain(0, 10);
	add_plain(1, 10);
	bytes.bytes[bytes.size - 1] ^= 1;
	cr_expect_eq(fetch(), LOG_APPEND_MALFORMED);
	cr_expect_eq(append.error, ERROR_CORRUPT);
	cr_expect_eq(log_end_offset(fixture.log), 0);
	cr_expect_eq(log_size(fixture.log), 0);
}

Test(log_follower, refuses_offsets_that_are_there_already)
{
	add_plain(0, 10);
	add_plain(1, 10);
	cr_expect_eq(fetch(), LOG_APPEND_DONE);
	add_plain(1, 10);
	add_plain(2, 10);
	cr_expect_eq(fetch(), LOG_APPEND_OUT_OF_ORDER_OFFSET);
	add_plain(3, 10);
	add_plain(2, 10);
	cr_expect_eq(fetch(), LOG_APPEND_MALFORMED);
	cr_expect_eq(log_end_offset(fixture.log), 2);
}

Test(log_follower, takes_gaps_that_compaction_left)
{
	add_plain(10, 10);
	add_plain(20, 10);
	cr_expect_eq(fetch(), LOG_APPEND_DONE);
	cr_expect_eq(append.base_offset, 10);
	cr_expect_eq(log_end_offset(fixture.log), 21);

	struct log_read read = { .offset = 11, .upper_bound = 21, .max_bytes = 1000 };
	cr_assert_eq(log_read(fixture.log, &read, false), ERROR_NONE);
	cr_expect_eq(read.slice_offset, 20);
	log_slice_release(&read.slice);
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 21);
}

Test(log_follower, a_kill_loses_nothing_behind_a_gap_at_a_roll)
{
	for (int64_t offset = 0; offset < 400; offset += 10) {
		add_plain(offset, 300);
		cr_assert_eq(fetch(), LOG_APPEND_DONE);
	}
	cr_assert_gt(log_segment_count(fixture.log), 2);
	int64_t size = log_size(fixture.log);
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 391);
	cr_expect_eq(log_size(fixture.log), size);
}

Test(log_follower, rolls_inside_a_set)
{
	int64_t offset = 0;

	for (int set = 0; set < 3; set++) {
		for (int i = 0; i < 40; i++)
			add_plain(offset++, 300);
		cr_expect_eq(fetch(), LOG_APPEND_DONE);
		cr_expect_eq(append.last_offset, offset - 1);
	}
	cr_expect_geq(log_segment_count(fixture.log), 9);
	cr_expect_eq(log_fixture_count(&fixture, 0), offset);
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_fixture_count(&fixture, 0), offset);
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	cr_expect_eq(log_fixture_count(&fixture, 0), offset);
}

Test(log_follower, takes_a_batch_larger_than_a_segment)
{
	add_plain(0, 5000);
	cr_expect_eq(fetch(), LOG_APPEND_DONE);
	add_plain(1, 6000);
	cr_expect_eq(fetch(), LOG_APPEND_DONE);
	cr_expect_eq(log_fixture_count(&fixture, 0), 2);
}

Test(log_follower, offsets_far_apart_go_into_segments_of_their_own)
{
	static const int64_t far = 3000000000;

	add_plain(5, 10);
	add_plain(far, 10);
	add_plain(far + 1, 10);
	add_plain(3 * far, 10);
	cr_expect_eq(fetch(), LOG_APPEND_DONE);
	cr_expect_eq(log_segment_count(fixture.log), 3);
	for (int64_t i = 0; i < 20; i++) {
		add_plain(3 * far + 1 + i, 100);
		cr_expect_eq(fetch(), LOG_APPEND_DONE);
	}
	fixture.options.recovery_point_unknown = true;
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_end_offset(fixture.log), 3 * far + 21);
	cr_expect_eq(log_fixture_count(&fixture, 3 * far), 21);
}

Test(log_follower, takes_the_epochs_from_the_batches)
{
	struct log_sample sample = { .records = 1 };

	add(&sample, 0, 2);
	add(&sample, 1, 2);
	add(&sample, 2, 5);
	cr_expect_eq(fetch(), LOG_APPEND_DONE);
	const struct leader_epochs *epochs = log_leader_epochs(fixture.log);
	cr_assert_eq(epochs->count, 2);
	cr_expect_eq(epochs->entries[0].epoch, 2);
	cr_expect_eq(epochs->entries[0].start_offset, 0);
	cr_expect_eq(epochs->entries[1].epoch, 5);
	cr_expect_eq(epochs->entries[1].start_offset, 2);
}

Test(log_follower, a_failed_write_leaves_no_trace)
{
	struct log_sample sample = { .records = 1, .producer_id = 7 };

	add_plain(0, 10);
	cr_assert_eq(fetch(), LOG_APPEND_DONE);
	add(&sample, 1, 9);
	append = (struct log_append){ .bytes = bytes.bytes, .size = bytes.size };
	fixture.disk->capacity = 0;
	fixture.disk->write_error = 1000;
	cr_expect_neq(log_append_as_follower(fixture.log, &append, 1), ERROR_NONE);
	cr_expect_eq(append.status, LOG_APPEND_STORAGE);
	cr_expect_eq(log_end_offset(fixture.log), 1);
	cr_expect_eq(leader_epochs_latest(log_leader_epochs(fixture.log))->epoch, 3);
	cr_expect_null(producer_state_find(log_producer_state(fixture.log), 7));
}

Test(log_follower, knows_producers_and_their_transactions)
{
	struct log_sample sample = { .records = 2, .producer_id = 7, .transactional = true };

	add(&sample, 0, 3);
	cr_expect_eq(fetch(), LOG_APPEND_DONE);
	log_set_high_watermark(fixture.log, 2);
	cr_expect_eq(log_last_stable_offset(fixture.log), 0);
	size_t at = bytes.size;
	log_sample_marker(&bytes, 7, CONTROL_RECORD_ABORT);
	batch_set_base_offset(bytes.bytes + at, 2);
	cr_expect_eq(fetch(), LOG_APPEND_DONE);
	log_set_high_watermark(fixture.log, 3);
	cr_expect_eq(log_last_stable_offset(fixture.log), 3);
	/* As a leader it knows the producer's batch again. */
	sample.transactional = false;
	cr_expect_eq(log_fixture_append(&fixture, &sample), -1);
}

Test(log_follower, takes_old_formats)
{
	for (int8_t magic = 0; magic < 2; magic++) {
		struct message_set_entry entry = {
			.magic = magic, .timestamp = 7000, .value = slice_of_text("old"),
		};

		for (int i = 0; i < 30; i++) {
			entry.offset = log_end_offset(fixture.log) + i;
			message_set_write(&bytes, &entry);
		}
		int64_t end = log_end_offset(fixture.log) + 30;
		cr_expect_eq(fetch(), LOG_APPEND_DONE);
		cr_expect_eq(append.max_timestamp, magic == 0 ? BATCH_NO_TIMESTAMP : 7000);
		cr_expect_eq(log_end_offset(fixture.log), end);
	}
	cr_expect_eq(leader_epochs_latest(log_leader_epochs(fixture.log)), NULL);
	cr_expect_eq(log_fixture_count(&fixture, 0), 60);
	cr_assert_eq(log_fixture_kill(&fixture, 0), ERROR_NONE);
	cr_expect_eq(log_fixture_count(&fixture, 0), 60);
}
