#include <criterion/criterion.h>

#include "log/leader_epochs.h"
#include "log/producer_state.h"
#include "tests/sim/log_fixture.h"

static struct log_fixture fixture;
static struct buffer bytes;

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

TestSuite(log_append, .init = setup, .fini = teardown);

static struct log_append
one(const struct log_sample *sample)
{
	buffer_clear(&bytes);
	log_sample_batch(&bytes, sample, 0);
	return (struct log_append){ .bytes = bytes.bytes, .size = bytes.size };
}

Test(log_append, gives_offsets_and_the_leader_epoch)
{
	struct log_sample sample = { .records = 3, .value_size = 10 };
	struct log_append append = one(&sample);

	cr_assert_eq(log_append_as_leader(fixture.log, &append, 1, 4, 5), ERROR_NONE);
	cr_expect_eq(append.status, LOG_APPEND_DONE);
	cr_expect_eq(append.base_offset, 0);
	cr_expect_eq(append.last_offset, 2);
	append = one(&sample);
	cr_assert_eq(log_append_as_leader(fixture.log, &append, 1, 4, 5), ERROR_NONE);
	cr_expect_eq(append.base_offset, 3);
	cr_expect_eq(log_fixture_count(&fixture, 0), 6);
	cr_expect_eq(leader_epochs_latest(log_leader_epochs(fixture.log))->epoch, 4);
	cr_expect_eq(leader_epochs_latest(log_leader_epochs(fixture.log))->start_offset, 0);
}

Test(log_append, gathers_many_sets_into_one_write)
{
	struct log_sample sample = { .records = 1, .value_size = 10 };
	struct log_append appends[20];
	struct buffer many[20];

	for (int i = 0; i < 20; i++) {
		buffer_init(&many[i]);
		log_sample_batch(&many[i], &sample, i);
		appends[i] = (struct log_append){ .bytes = many[i].bytes, .size = many[i].size };
	}
	log_fixture_fill(&fixture, 1, 10); /* the file is open now */
	uint64_t before = fixture.disk->operations;
	fixture.config.index_interval_bytes = INT32_MAX;
	log_set_config(fixture.log, &fixture.config);
	cr_assert_eq(log_append_as_leader(fixture.log, appends, 20, 3, 5), ERROR_NONE);
	cr_expect_eq(fixture.disk->operations - before, 1);
	for (int i = 0; i < 20; i++) {
		cr_expect_eq(appends[i].base_offset, i + 1);
		buffer_fini(&many[i]);
	}
	cr_expect_eq(log_fixture_count(&fixture, 0), 21);
}

Test(log_append, rolls_when_a_segment_is_full)
{
	log_fixture_fill(&fixture, 100, 100);
	cr_expect_gt(log_segment_count(fixture.log), 3);
	cr_expect_eq(log_fixture_count(&fixture, 0), 100);
	for (int64_t offset = 0; offset < 100; offset++)
		cr_expect_eq(log_fixture_count(&fixture, offset), 100 - offset);
}

Test(log_append, rolls_by_the_age_of_the_first_batch)
{
	struct log_sample sample = { .timestamp = 5000 };

	fixture.config.segment_ms = 1000;
	log_set_config(fixture.log, &fixture.config);
	cr_expect_eq(log_fixture_append(&fixture, &sample), 0);
	sample.timestamp = 6000;
	cr_expect_eq(log_fixture_append(&fixture, &sample), 1);
	cr_expect_eq(log_segment_count(fixture.log), 1);
	sample.timestamp = 6001;
	cr_expect_eq(log_fixture_append(&fixture, &sample), 2);
	cr_expect_eq(log_segment_count(fixture.log), 2);
	cr_expect_eq(log_active_base_offset(fixture.log), 2);
}

Test(log_append, rolls_when_an_index_is_full)
{
	fixture.config.segment_index_bytes = 5 * 12;
	fixture.config.index_interval_bytes = 1;
	cr_assert_eq(log_fixture_reopen(&fixture), ERROR_NONE);
	log_fixture_fill(&fixture, 20, 10);
	cr_expect_gt(log_segment_count(fixture.log), 3);
	cr_expect_eq(log_fixture_count(&fixture, 0), 20);
}

Test(log_append, refuses_a_batch_larger_than_a_segment)
{
	struct log_sample sample = { .records = 1, .value_size = 5000 };
	struct log_append append = one(&sample);

	cr_assert_eq(log_append_as_leader(fixture.log, &append, 1, 4, 5), ERROR_NONE);
	cr_expect_eq(append.status, LOG_APPEND_TOO_LARGE);
	cr_expect_eq(log_end_offset(fixture.log), 0);
}

Test(log_append, refuses_what_is_not_one_whole_batch)
{
	struct log_sample sample = { .records = 1, .value_size = 50 };

	for (size_t size = 0; size < 80; size++) {
		struct log_append append = one(&sample);
		append.size = size;
		cr_assert_eq(log_append_as_leader(fixture.log, &append, 1, 4, 5), ERROR_NONE);
		cr_expect_eq(append.status, LOG_APPEND_MALFORMED);
	}
	cr_expect_eq(log_end_offset(fixture.log), 0);
}

Test(log_append, a_refused_set_does_not_keep_the_next_from_being_appended)
{
	struct log_sample good = { .records = 1, .value_size = 20 };
	struct log_append appends[3];
	struct buffer other;

	appends[0] = one(&good);
	appends[0].size = 10;
	buffer_init(&other);
	log_sample_batch(&other, &good, 0);
	appends[1] = (struct log_append){ .bytes = other.bytes, .size = other.size };
	appends[2] = appends[0];
	cr_assert_eq(log_append_as_leader(fixture.log, appends, 3, 4, 5), ERROR_NONE);
	cr_expect_eq(appends[0].status, LOG_APPEND_MALFORMED);
	cr_expect_eq(appends[1].status, LOG_APPEND_DONE);
	cr_expect_eq(appends[2].status, LOG_APPEND_MALFORMED);
	cr_expect_eq(log_end_offset(fixture.log), 1);
	buffer_fini(&other);
}

Test(log_append, answers_a_duplicate_with_the_old_offset)
{
	struct log_sample sample = { .records = 2, .producer_id = 9, .base_sequence = 0 };

	cr_assert_eq(log_fixture_append(&fixture, &sample), 0);
	log_fixture_fill(&fixture, 3, 10);
	struct log_append append = one(&sample);
	cr_assert_eq(log_append_as_leader(fixture.log, &append, 1, 3, 5), ERROR_NONE);
	cr_expect_eq(append.status, LOG_APPEND_DUPLICATE);
	cr_expect_eq(append.base_offset, 0);
	cr_expect_eq(append.last_offset, 1);
	cr_expect_eq(log_end_offset(fixture.log), 5);
}

Test(log_append, refuses_a_gap_in_sequences)
{
	struct log_sample sample = { .records = 1, .producer_id = 9, .base_sequence = 0 };

	cr_assert_eq(log_fixture_append(&fixture, &sample), 0);
	sample.base_sequence = 2;
	struct log_append append = one(&sample);
	cr_assert_eq(log_append_as_leader(fixture.log, &append, 1, 3, 5), ERROR_NONE);
	cr_expect_eq(append.status, LOG_APPEND_OUT_OF_ORDER_SEQUENCE);
	cr_expect_eq(log_end_offset(fixture.log), 1);
}

Test(log_append, an_aborted_transaction_is_found_by_its_offsets)
{
	struct log_sample data = { .records = 2, .producer_id = 9, .transactional = true };
	struct log_append marker = { .origin = LOG_FROM_COORDINATOR };

	log_fixture_fill(&fixture, 1, 10);
	cr_assert_eq(log_fixture_append(&fixture, &data), 1);
	buffer_clear(&bytes);
	log_sample_marker(&bytes, 9, CONTROL_RECORD_ABORT);
	marker.bytes = bytes.bytes;
	marker.size = bytes.size;
	cr_assert_eq(log_append_as_leader(fixture.log, &marker, 1, 3, 5), ERROR_NONE);
	cr_assert_eq(marker.status, LOG_APPEND_DONE);
	cr_expect_eq(marker.base_offset, 3);
	cr_expect_eq(log_fixture_files(&fixture, ".txnindex"), 1);
	log_set_high_watermark(fixture.log, 4);
	cr_expect_eq(log_last_stable_offset(fixture.log), 4);
}

/* ---------------------------------------------------------------- failures */

Test(log_append, a_full_disk_leaves_the_log_as_it_was_and_heals)
{
	struct log_sample sample = { .records = 1, .value_size = 300, .producer_id = 5 };

	fixture.config.segment_bytes = 1 << 20;
	log_set_config(fixture.log, &fixture.config);
	for (int i = 0; i < 10; i++, sample.base_sequence++)
		cr_assert_eq(log_fixture_append(&fixture, &sample), i);
	fixture.disk->capacity = 1;
	for (int i = 0; i < 20 && log_fixture_append(&fixture, &sample) >= 0; i++)
		sample.base_sequence++;
	int64_t end = log_end_offset(fixture.log);
	cr_assert_lt(end, 30, "a page that is there already takes some more");
	cr_expect_eq(log_state(fixture.log), ERROR_NONE);
	cr_expect_eq(log_fixture_count(&fixture, 0), end);

	fixture.disk->capacity = 1 << 30;
	cr_expect_eq(log_fixture_append(&fixture, &sample), end, "the sequence is still the next");
	cr_expect_eq(log_fixture_count(&fixture, 0), end + 1);
}

Test(log_append, a_roll_on_a_full_disk_leaves_the_log_as_it_was_and_heals)
{
	log_fixture_fill(&fixture, 20, 100);
	int segments = log_segment_count(fixture.log);
	fixture.disk->capacity = 1;
	cr_expect_neq(log_roll(fixture.log, 5), ERROR_NONE);
	cr_expect_eq(log_segment_count(fixture.log), segments);
	fixture.disk->capacity = 1 << 30;
	log_fixture_fill(&fixture, 100, 100);
	cr_expect_eq(log_fixture_count(&fixture, 0), 120);
}

Test(log_append, a_failing_disk_takes_the_log_offline)
{
	struct log_sample sample = { .records = 1, .value_size = 30 };

	log_fixture_fill(&fixture, 3, 10);
	fixture.disk->write_error = 1000;
	struct log_append append = one(&sample);
	cr_expect_eq(log_append_as_leader(fixture.log, &append, 1, 3, 5), ERROR_IO);
	cr_expect_eq(append.status, LOG_APPEND_STORAGE);
	cr_expect_eq(append.error, ERROR_IO);
	fixture.disk->write_error = 0;
	cr_expect_eq(log_append_as_leader(fixture.log, &append, 1, 3, 5), ERROR_OFFLINE);
}

Test(log_append, short_writes_are_finished)
{
	fixture.disk->short_write = 500;
	log_fixture_fill(&fixture, 100, 100);
	fixture.disk->short_write = 0;
	cr_expect_eq(log_fixture_count(&fixture, 0), 100);
}
