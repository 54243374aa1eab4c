#include "log/producer_state.h"

#include <criterion/criterion.h>

#include "producer_samples.h"

static struct producer_state state, other;
static struct producer_duplicate duplicate;
static int64_t next_offset;

static void
setup(void)
{
	static const uint64_t seed[2] = { 3, 4 };

	producer_state_init(&state, seed);
	producer_state_init(&other, seed);
	next_offset = 0;
}

static void
teardown(void)
{
	producer_state_fini(&state);
	producer_state_fini(&other);
}

TestSuite(producer_state, .init = setup, .fini = teardown);

static enum producer_verdict
check(struct producer_append append)
{
	return producer_state_check(&state, &append, &duplicate);
}

/* Takes a batch in at the log's end. */
static void
apply(struct producer_append append)
{
	struct completed_transaction completed;

	sample_at(&append, next_offset);
	next_offset = append.last_offset + 1;
	cr_assert_not(producer_state_apply(&state, &append, &completed));
}

static void
accept(struct producer_append append)
{
	cr_assert_eq(check(append), PRODUCER_ACCEPTED);
	apply(append);
}

Test(producer_state, accepts_an_unknown_id_at_any_sequence)
{
	accept(sample_data(1, 0, 17, 3));
	cr_expect_eq(check(sample_data(1, 0, 20, 1)), PRODUCER_ACCEPTED);
}

Test(producer_state, wants_the_next_sequence_within_an_epoch)
{
	accept(sample_data(1, 0, 0, 3));
	cr_expect_eq(check(sample_data(1, 0, 4, 1)), PRODUCER_OUT_OF_ORDER_SEQUENCE);
	cr_expect_eq(check(sample_data(1, 0, 2, 1)), PRODUCER_OUT_OF_ORDER_SEQUENCE);
	cr_expect_eq(check(sample_data(1, 0, 3, 1)), PRODUCER_ACCEPTED);
}

Test(producer_state, sequences_wrap_to_zero)
{
	accept(sample_data(1, 0, INT32_MAX - 1, 2));
	cr_expect_eq(check(sample_data(1, 0, 1, 1)), PRODUCER_OUT_OF_ORDER_SEQUENCE);
	accept(sample_data(1, 0, 0, 1));
	accept(sample_data(1, 0, 1, 1));
}

Test(producer_state, a_batch_may_wrap_inside)
{
	struct producer_append wrapped = sample_data(1, 0, INT32_MAX - 1, 4);

	cr_assert_eq(wrapped.last_sequence, 1);
	accept(wrapped);
	cr_expect_eq(check(wrapped), PRODUCER_DUPLICATE);
	accept(sample_data(1, 0, 2, 1));
}

Test(producer_state, a_new_epoch_begins_at_zero)
{
	accept(sample_data(1, 0, 0, 3));
	cr_expect_eq(check(sample_data(1, 1, 3, 1)), PRODUCER_OUT_OF_ORDER_SEQUENCE);
	accept(sample_data(1, 1, 0, 1));
	cr_expect_eq(producer_state_find(&state, 1)->batch_count, 1);
}

Test(producer_state, an_old_epoch_is_refused_even_with_an_old_sequence)
{
	accept(sample_data(1, 5, 0, 3));
	cr_expect_eq(check(sample_data(1, 4, 0, 3)), PRODUCER_INVALID_EPOCH);
	cr_expect_eq(check(sample_data(1, 4, 3, 1)), PRODUCER_INVALID_EPOCH);
}

Test(producer_state, answers_the_last_five_batches_as_duplicates)
{
	for (int32_t i = 0; i < 6; i++)
		accept(sample_data(1, 0, 10 * i, 10));
	for (int32_t i = 1; i < 6; i++) {
		cr_expect_eq(check(sample_data(1, 0, 10 * i, 10)), PRODUCER_DUPLICATE);
		cr_expect_eq(duplicate.first_offset, 10 * i);
		cr_expect_eq(duplicate.last_offset, 10 * i + 9);
		cr_expect_eq(duplicate.timestamp_ms, 1000 + 10 * i);
	}
	cr_expect_eq(check(sample_data(1, 0, 0, 10)), PRODUCER_OUT_OF_ORDER_SEQUENCE);
	cr_expect_eq(producer_state_find(&state, 1)->batch_count, 5);
}

Test(producer_state, part_of_a_batch_is_not_a_duplicate)
{
	accept(sample_data(1, 0, 0, 10));
	cr_expect_eq(check(sample_data(1, 0, 0, 9)), PRODUCER_OUT_OF_ORDER_SEQUENCE);
	cr_expect_eq(check(sample_data(1, 0, 1, 9)), PRODUCER_OUT_OF_ORDER_SEQUENCE);
	cr_expect_eq(check(sample_data(1, 0, 5, 10)), PRODUCER_OUT_OF_ORDER_SEQUENCE);
}

Test(producer_state, the_same_sequences_of_a_new_epoch_are_new)
{
	accept(sample_data(1, 0, 0, 3));
	cr_expect_eq(check(sample_data(1, 1, 0, 3)), PRODUCER_ACCEPTED);
}

Test(producer_state, ids_do_not_know_of_each_other)
{
	accept(sample_data(1, 3, 0, 3));
	accept(sample_data(2, 0, 50, 1));
	cr_expect_eq(check(sample_data(1, 3, 3, 1)), PRODUCER_ACCEPTED);
	cr_expect_eq(check(sample_data(2, 0, 51, 1)), PRODUCER_ACCEPTED);
	cr_expect_eq(producer_state_count(&state), 2);
}

Test(producer_state, replicas_refuse_nothing)
{
	struct producer_append append = sample_data(1, 3, 77, 1);

	accept(sample_data(1, 5, 0, 3));
	append.origin = APPEND_REPLICATION;
	accept(append);
	cr_expect_eq(producer_state_find(&state, 1)->epoch, 3);
	append = sample_marker(1, 0, PRODUCER_ABORT_MARKER, -7);
	append.origin = APPEND_REPLICATION;
	cr_expect_eq(check(append), PRODUCER_ACCEPTED);
}

Test(producer_state, a_coordinator_is_held_to_the_epoch_but_not_to_the_sequence)
{
	struct producer_append append = sample_data(1, 5, 100, 1);

	accept(sample_data(1, 5, 0, 3));
	append.origin = APPEND_COORDINATOR;
	cr_expect_eq(check(append), PRODUCER_ACCEPTED);
	append.epoch = 4;
	cr_expect_eq(check(append), PRODUCER_INVALID_EPOCH);
}

Test(producer_state, check_changes_nothing)
{
	cr_expect_eq(check(sample_data(1, 0, 0, 1)), PRODUCER_ACCEPTED);
	cr_expect_eq(producer_state_count(&state), 0);
	cr_expect_eq(state.end_offset, 0);
}

Test(producer_state, a_failed_append_leaves_all_as_it_was)
{
	for (int32_t i = 0; i < 5; i++)
		accept(sample_data(1, 0, i, 1));
	producer_state_begin(&state);
	accept(sample_data(1, 0, 5, 1));
	accept(sample_data(1, 0, 6, 1));
	accept(sample_data(2, 0, 0, 1));
	accept(sample_data(1, 1, 0, 1));
	producer_state_rollback(&state);
	cr_expect_eq(producer_state_count(&state), 1);
	cr_expect_eq(state.end_offset, 5);
	cr_expect_eq(producer_state_find(&state, 1)->last_timestamp_ms, 1004);
	for (int32_t i = 0; i < 5; i++)
		cr_expect_eq(check(sample_data(1, 0, i, 1)), PRODUCER_DUPLICATE);
	cr_expect_eq(check(sample_data(1, 0, 5, 1)), PRODUCER_ACCEPTED);
}

Test(producer_state, batches_gathered_into_one_append_see_each_other)
{
	producer_state_begin(&state);
	accept(sample_data(1, 0, 0, 1));
	accept(sample_data(1, 0, 1, 1));
	cr_expect_eq(check(sample_data(1, 0, 0, 1)), PRODUCER_DUPLICATE);
	cr_expect_eq(check(sample_data(1, 0, 3, 1)), PRODUCER_OUT_OF_ORDER_SEQUENCE);
	producer_state_commit(&state);
	producer_state_begin(&state);
	accept(sample_data(1, 0, 2, 1));
	producer_state_rollback(&state);
	cr_expect_eq(check(sample_data(1, 0, 2, 1)), PRODUCER_ACCEPTED);
	cr_expect_eq(check(sample_data(1, 0, 1, 1)), PRODUCER_DUPLICATE);
}

Test(producer_state, forgets_producers_that_are_silent_for_long)
{
	accept(sample_data(1, 0, 0, 1)); /* at 1000 ms */
	accept(sample_data(2, 0, 0, 1)); /* at 1001 ms */
	cr_expect_eq(producer_state_expire(&state, 1000 + 99, 100), 0);
	cr_expect_eq(producer_state_expire(&state, 1000 + 100, 100), 1);
	cr_expect_null(producer_state_find(&state, 1));
	cr_expect_not_null(producer_state_find(&state, 2));
	accept(sample_data(1, 0, 500, 1));
}

Test(producer_state, timestamps_at_the_ends_of_their_range_do_not_overflow)
{
	struct producer_append append = sample_data(1, 0, 0, 1);
	struct completed_transaction completed;

	append.timestamp_ms = INT64_MIN;
	producer_state_apply(&state, &append, &completed);
	cr_expect_eq(producer_state_expire(&state, INT64_MAX, 100), 1);
	append.timestamp_ms = INT64_MAX;
	producer_state_apply(&state, &append, &completed);
	cr_expect_eq(producer_state_expire(&state, -5, 100), 0);
}

Test(producer_state, goes_through_its_producers_in_the_order_of_their_coming)
{
	static const int64_t ids[] = { 9, 2, 7, 1 };
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(ids); i++)
		accept(sample_data(ids[i], 0, 0, 1));
	accept(sample_data(2, 0, 1, 1));
	PRODUCER_STATE_FOREACH(link, &state)
		cr_expect_eq(producer_entry_of(link)->producer_id, ids[at++]);
	cr_expect_eq(at, 4);
}

Test(producer_state, reset_forgets_all)
{
	accept(sample_data(1, 0, 0, 1));
	apply(sample_transactional(2, 0, 0, 1));
	producer_state_reset(&state, 42);
	cr_expect_eq(producer_state_count(&state), 0);
	cr_expect_eq(producer_state_first_unstable_offset(&state), -1);
	cr_expect_eq(state.end_offset, 42);
}

Test(producer_state, its_end_follows_every_batch_and_the_log_start)
{
	accept(sample_data(1, 0, 0, 3));
	cr_expect_eq(state.end_offset, 3);
	producer_state_set_end(&state, 10);
	producer_state_log_start_moved(&state, 5);
	cr_expect_eq(state.end_offset, 10);
	producer_state_log_start_moved(&state, 15);
	cr_expect_eq(state.end_offset, 15);
}

Test(producer_state, sequences_that_no_client_sends_do_not_overflow)
{
	struct producer_batch batch = { .last_sequence = INT32_MIN, .offset_delta = INT32_MAX };

	cr_expect_eq(producer_batch_first_sequence(&batch), INT32_MIN + 1);
	batch.last_sequence = 2;
	batch.offset_delta = 4;
	cr_expect_eq(producer_batch_first_sequence(&batch), INT32_MAX - 1);
}

Test(producer_state, a_producer_takes_little_memory)
{
	accept(sample_data(1, 0, 0, 1));
	cr_expect_leq(sizeof(struct producer_entry), 104);
	cr_expect_leq(sizeof(struct producer_batch), 24);
}

/* ------------------------------------------------------------ from elsewhere */

static void
take(struct producer_state *into, int64_t first_offset, struct producer_append append)
{
	struct completed_transaction completed;

	sample_at(&append, first_offset);
	(void)producer_state_apply(into, &append, &completed);
}

/* Batches of ten with these numbers, their offsets the same as their sequences. */
static void
take_batches(struct producer_state *into, int32_t from, int32_t to)
{
	for (int32_t i = from; i < to; i++)
		take(into, INT64_C(10) * i, sample_data(1, 0, 10 * i, 10));
}

Test(producer_state, takes_the_batches_before_the_newest_one)
{
	take_batches(&other, 0, 8);
	take_batches(&state, 7, 8);
	const struct producer_entry *entry = producer_state_find(&other, 1);
	cr_expect(producer_state_load_earlier(&state, 2, entry->batches, 4), "it has expired");
	cr_expect_not(producer_state_load_earlier(&state, 1, entry->batches + 1, 4), "not before it");
	cr_expect(producer_state_load_earlier(&state, 1, entry->batches, 4));
	cr_expect_not(producer_state_load_earlier(&state, 1, entry->batches, 4), "twice");
	cr_expect_eq(producer_state_count(&state), 1);
	for (int32_t i = 3; i < 8; i++) {
		cr_expect_eq(check(sample_data(1, 0, 10 * i, 10)), PRODUCER_DUPLICATE);
		cr_expect_eq(duplicate.first_offset, 10 * i);
	}
	cr_expect_eq(check(sample_data(1, 0, 20, 10)), PRODUCER_OUT_OF_ORDER_SEQUENCE);
	cr_expect_eq(check(sample_data(1, 0, 80, 1)), PRODUCER_ACCEPTED);
}

Test(producer_state, a_copy_knows_the_same_and_nothing_else)
{
	take_batches(&other, 0, 8);
	take(&other, 80, sample_transactional(2, 0, 0, 1));
	take(&other, 81, sample_transactional(3, 0, 0, 1));
	take(&other, 82, sample_marker(2, 0, PRODUCER_COMMIT_MARKER, 6));
	take(&state, 0, sample_data(4, 0, 0, 1));
	cr_expect_not(producer_state_has_all_of(&state, &other));
	producer_state_copy(&state, &other);
	cr_expect(producer_state_has_all_of(&state, &other));
	cr_expect_null(producer_state_find(&state, 4));
	cr_expect_eq(state.end_offset, 83);
	cr_expect_eq(check(sample_data(1, 0, 30, 10)), PRODUCER_DUPLICATE);
	cr_expect_eq(producer_state_find(&state, 2)->coordinator_epoch, 6);
	cr_expect_eq(producer_state_first_unstable_offset(&state), 80);
	producer_state_high_watermark_moved(&state, 83);
	cr_expect_eq(producer_state_first_unstable_offset(&state), 81);
	cr_expect_eq(producer_state_first_unstable_offset(&other), 80);
}

Test(producer_state, adds_those_that_it_does_not_know)
{
	take_batches(&other, 0, 1);
	take(&other, 10, sample_data(2, 0, 0, 1));
	take_batches(&state, 0, 2);
	producer_state_add_unknown(&state, &other);
	cr_expect(producer_state_has_all_of(&state, &other));
	cr_expect_eq(check(sample_data(1, 0, 10, 10)), PRODUCER_DUPLICATE, "what it knows stays");
	cr_expect_eq(check(sample_data(2, 0, 0, 1)), PRODUCER_DUPLICATE);
}
