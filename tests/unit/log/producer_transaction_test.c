/* The transactions of producer_state.c. */
#include <criterion/criterion.h>

#include "log/producer_state.h"
#include "producer_samples.h"

static struct producer_state state;
static struct completed_transaction completed;

static void
setup(void)
{
	static const uint64_t seed[2] = { 3, 4 };

	producer_state_init(&state, seed);
}

static void
teardown(void)
{
	producer_state_fini(&state);
}

TestSuite(producer_transaction, .init = setup, .fini = teardown);

static enum producer_verdict
check(struct producer_append append)
{
	struct producer_duplicate duplicate;

	return producer_state_check(&state, &append, &duplicate);
}

/* Takes a batch in at an offset; true when it ended a transaction. */
static bool
apply(struct producer_append append, int64_t offset)
{
	sample_at(&append, offset);
	return producer_state_apply(&state, &append, &completed);
}

static void
expect_unstable(int64_t expected)
{
	cr_expect_eq(producer_state_first_unstable_offset(&state), expected, "%lld",
	    (long long)producer_state_first_unstable_offset(&state));
}

Test(producer_transaction, is_open_from_its_first_batch_to_its_marker)
{
	expect_unstable(-1);
	apply(sample_transactional(1, 0, 0, 1), 10);
	apply(sample_transactional(1, 0, 1, 1), 11);
	cr_expect_eq(producer_state_first_undecided_offset(&state), 10);
	expect_unstable(10);
	cr_assert(apply(sample_marker(1, 0, PRODUCER_COMMIT_MARKER, 0), 12));
	cr_expect_not(completed.aborted);
	cr_expect_eq(producer_state_first_undecided_offset(&state), -1);
	expect_unstable(10);
}

Test(producer_transaction, is_stable_once_its_marker_is_below_the_high_watermark)
{
	apply(sample_transactional(1, 0, 0, 1), 10);
	apply(sample_marker(1, 0, PRODUCER_COMMIT_MARKER, 0), 11);
	producer_state_high_watermark_moved(&state, 11);
	expect_unstable(10);
	producer_state_high_watermark_moved(&state, 12);
	expect_unstable(-1);
}

Test(producer_transaction, the_smallest_of_open_and_unreplicated_ones_is_unstable)
{
	apply(sample_transactional(1, 0, 0, 1), 10);
	apply(sample_transactional(2, 0, 0, 1), 11);
	apply(sample_transactional(3, 0, 0, 1), 12);
	apply(sample_marker(2, 0, PRODUCER_COMMIT_MARKER, 0), 13);
	expect_unstable(10);
	apply(sample_marker(1, 0, PRODUCER_COMMIT_MARKER, 0), 14);
	expect_unstable(10);
	producer_state_high_watermark_moved(&state, 14);
	expect_unstable(10);
	producer_state_high_watermark_moved(&state, 15);
	expect_unstable(12);
}

Test(producer_transaction, an_abort_is_told_with_the_last_stable_offset_of_the_moment)
{
	apply(sample_transactional(1, 0, 0, 1), 10);
	apply(sample_transactional(2, 0, 0, 1), 11);
	cr_assert(apply(sample_marker(1, 0, PRODUCER_ABORT_MARKER, 0), 12));
	cr_expect(completed.aborted);
	cr_expect_eq(completed.transaction.producer_id, 1);
	cr_expect_eq(completed.transaction.first_offset, 10);
	cr_expect_eq(completed.transaction.last_offset, 12);
	cr_expect_eq(completed.transaction.last_stable_offset, 11);
	cr_assert(apply(sample_marker(2, 0, PRODUCER_ABORT_MARKER, 0), 13));
	cr_expect_eq(completed.transaction.last_stable_offset, 14);
}

Test(producer_transaction, a_marker_without_records_ends_nothing)
{
	cr_expect_not(apply(sample_marker(1, 0, PRODUCER_ABORT_MARKER, 3), 5));
	expect_unstable(-1);
	cr_expect_eq(producer_state_find(&state, 1)->coordinator_epoch, 3);
	cr_expect_eq(state.end_offset, 6);
}

Test(producer_transaction, refuses_plain_batches_of_the_same_producer)
{
	apply(sample_transactional(1, 0, 0, 1), 10);
	cr_expect_eq(check(sample_data(1, 0, 1, 1)), PRODUCER_INVALID_TRANSACTION_STATE);
	cr_expect_eq(check(sample_transactional(1, 0, 1, 1)), PRODUCER_ACCEPTED);
	apply(sample_marker(1, 0, PRODUCER_COMMIT_MARKER, 0), 11);
	cr_expect_eq(check(sample_data(1, 0, 1, 1)), PRODUCER_ACCEPTED);
}

Test(producer_transaction, a_marker_with_a_newer_epoch_forgets_the_batches)
{
	apply(sample_transactional(1, 0, 0, 5), 10);
	cr_assert(apply(sample_marker(1, 1, PRODUCER_ABORT_MARKER, 0), 15));
	cr_expect_null(producer_entry_last_batch(producer_state_find(&state, 1)));
	cr_expect_eq(check(sample_transactional(1, 0, 5, 1)), PRODUCER_INVALID_EPOCH);
	cr_expect_eq(check(sample_transactional(1, 1, 5, 1)), PRODUCER_OUT_OF_ORDER_SEQUENCE);
	cr_expect_eq(check(sample_transactional(1, 1, 0, 1)), PRODUCER_ACCEPTED);
}

Test(producer_transaction, a_marker_with_the_same_epoch_keeps_the_sequence)
{
	apply(sample_transactional(1, 0, 0, 5), 10);
	apply(sample_marker(1, 0, PRODUCER_COMMIT_MARKER, 0), 15);
	cr_expect_eq(check(sample_transactional(1, 0, 0, 1)), PRODUCER_OUT_OF_ORDER_SEQUENCE);
	cr_expect_eq(check(sample_transactional(1, 0, 5, 1)), PRODUCER_ACCEPTED);
}

Test(producer_transaction, markers_of_old_coordinators_and_epochs_are_fenced)
{
	apply(sample_transactional(1, 5, 0, 1), 10);
	cr_expect_eq(check(sample_marker(1, 4, PRODUCER_ABORT_MARKER, 7)), PRODUCER_INVALID_EPOCH);
	apply(sample_marker(1, 5, PRODUCER_ABORT_MARKER, 7), 11);
	cr_expect_eq(check(sample_marker(1, 5, PRODUCER_ABORT_MARKER, 6)),
	    PRODUCER_COORDINATOR_FENCED);
	cr_expect_eq(check(sample_marker(1, 5, PRODUCER_ABORT_MARKER, 7)), PRODUCER_ACCEPTED);
	cr_expect_eq(check(sample_marker(1, 6, PRODUCER_COMMIT_MARKER, 8)), PRODUCER_ACCEPTED);
}

Test(producer_transaction, an_open_one_keeps_its_producer_from_expiring)
{
	apply(sample_transactional(1, 0, 0, 1), 10);
	cr_expect_eq(producer_state_expire(&state, INT64_MAX / 2, 1), 0);
	apply(sample_marker(1, 0, PRODUCER_COMMIT_MARKER, 0), 11);
	cr_expect_eq(producer_state_expire(&state, INT64_MAX / 2, 1), 1);
	expect_unstable(10); /* the high watermark has not passed the marker */
}

Test(producer_transaction, a_failed_append_does_not_open_one)
{
	producer_state_begin(&state);
	apply(sample_transactional(1, 0, 0, 1), 10);
	producer_state_rollback(&state);
	expect_unstable(-1);
	cr_expect_eq(producer_state_count(&state), 0);
}

Test(producer_transaction, a_failed_marker_leaves_it_open_in_its_place)
{
	apply(sample_transactional(1, 0, 0, 1), 10);
	apply(sample_transactional(2, 0, 0, 1), 11);
	apply(sample_transactional(3, 0, 0, 1), 12);
	producer_state_begin(&state);
	apply(sample_marker(2, 0, PRODUCER_ABORT_MARKER, 0), 13);
	apply(sample_marker(1, 0, PRODUCER_ABORT_MARKER, 0), 14);
	producer_state_rollback(&state);
	producer_state_high_watermark_moved(&state, 100);
	expect_unstable(10);
	cr_assert(apply(sample_marker(1, 0, PRODUCER_ABORT_MARKER, 0), 13));
	cr_expect_eq(completed.transaction.last_stable_offset, 11);
	cr_expect_eq(producer_state_find(&state, 2)->coordinator_epoch, COORDINATOR_EPOCH_NONE);
}

Test(producer_transaction, a_failed_append_does_not_forget_those_ended_before)
{
	apply(sample_transactional(1, 0, 0, 1), 10);
	apply(sample_marker(1, 0, PRODUCER_COMMIT_MARKER, 0), 11);
	producer_state_begin(&state);
	apply(sample_transactional(1, 0, 1, 1), 12);
	apply(sample_marker(1, 0, PRODUCER_COMMIT_MARKER, 0), 13);
	producer_state_rollback(&state);
	expect_unstable(10);
	producer_state_high_watermark_moved(&state, 12);
	expect_unstable(-1);
}

Test(producer_transaction, those_below_a_raised_log_start_are_forgotten)
{
	apply(sample_transactional(1, 0, 0, 1), 10);
	apply(sample_marker(1, 0, PRODUCER_COMMIT_MARKER, 0), 11);
	producer_state_log_start_moved(&state, 12);
	expect_unstable(-1);
}

Test(producer_transaction, that_a_damaged_snapshot_lets_begin_too_late_still_ends_in_order)
{
	struct producer_entry fields = { .producer_id = 1, .transaction_first_offset = 1000,
		.coordinator_epoch = COORDINATOR_EPOCH_NONE };

	producer_state_load(&state, &fields, NULL);
	cr_assert(apply(sample_marker(1, 0, PRODUCER_ABORT_MARKER, 0), 12));
	cr_expect_eq(completed.transaction.first_offset, 12);
	cr_expect_eq(completed.transaction.last_offset, 12);
	cr_expect_eq(producer_state_first_undecided_offset(&state), -1);
}
