#include "partition/follower.h"

#include <criterion/criterion.h>

#include "wire/kafka_error.h"

enum { EPOCH = 5, BACKOFF_MS = 1000 };

static struct follower follower;
static struct leader_epochs epochs;
static struct follower_log own;

/* A log [0, 100) with epochs 1 from 0, 3 from 40, 4 from 70. */
static void
set_up(void)
{
	leader_epochs_init(&epochs);
	leader_epochs_assign(&epochs, 1, 0);
	leader_epochs_assign(&epochs, 3, 40);
	leader_epochs_assign(&epochs, 4, 70);
	own = (struct follower_log){ .end_offset = 100, .high_watermark = 60, .epochs = &epochs };
	follower_init(&follower, BACKOFF_MS);
	follower_begin(&follower, EPOCH);
}

static void
tear_down(void)
{
	leader_epochs_fini(&epochs);
}

TestSuite(follower, .init = set_up, .fini = tear_down);

static struct follower_ask
next(void)
{
	return follower_next(&follower, &own, EPOCH);
}

static struct follower_step
take(struct follower_answer answer)
{
	answer.leader_epoch = EPOCH;
	if (answer.type == FOLLOWER_RECORDS)
		answer.asked_offset = own.end_offset;
	return follower_take(&follower, &own, &answer);
}

static struct follower_step
take_error(enum kafka_error code)
{
	return take((struct follower_answer){ .type = FOLLOWER_RECORDS, .code = (int16_t)code,
		.diverging_epoch = -1 });
}

static struct follower_step
take_divergence(int32_t epoch, int64_t end_offset)
{
	return take((struct follower_answer){ .type = FOLLOWER_RECORDS, .diverging_epoch = epoch,
		.diverging_end_offset = end_offset });
}

/* As the log does it. */
static void
truncate(int64_t offset)
{
	own.end_offset = offset;
	own.high_watermark = offset < own.high_watermark ? offset : own.high_watermark;
	leader_epochs_truncate_from_end(&epochs, offset);
}

/* ----------------------------------------------------------------- fetching */

Test(follower, asks_from_its_log_end_on_with_the_epoch_of_its_last_record)
{
	struct follower_ask ask = next();

	cr_expect_eq(ask.type, FOLLOWER_ASK_RECORDS);
	cr_expect_eq(ask.offset, 100);
	cr_expect_eq(ask.leader_epoch, EPOCH);
	cr_expect_eq(ask.last_fetched_epoch, 4);
	cr_expect_eq(ask.log_start_offset, 0);
}

Test(follower, appends_what_follows_its_log_end)
{
	struct follower_step step = take((struct follower_answer){ .type = FOLLOWER_RECORDS,
		.diverging_epoch = -1, .records = slice_of_text("records") });

	cr_expect_eq(step.action, FOLLOWER_APPEND);
	cr_expect(step.learns);
	cr_expect_eq(next().type, FOLLOWER_ASK_RECORDS);
}

Test(follower, learns_the_high_watermark_without_records)
{
	struct follower_step step = take((struct follower_answer){ .type = FOLLOWER_RECORDS,
		.diverging_epoch = -1 });

	cr_expect_eq(step.action, FOLLOWER_KEEP);
	cr_expect(step.learns);
}

Test(follower, takes_no_records_for_another_offset_than_its_log_end)
{
	struct follower_answer answer = { .type = FOLLOWER_RECORDS, .leader_epoch = EPOCH,
		.asked_offset = 99, .diverging_epoch = -1, .records = slice_of_text("records") };
	struct follower_step step = follower_take(&follower, &own, &answer);

	cr_expect_eq(step.action, FOLLOWER_KEEP);
	cr_expect_not(step.learns);
	cr_expect_eq(next().offset, 100);
}

Test(follower, has_no_high_watermark_above_its_own_log_end)
{
	cr_expect_eq(follower_high_watermark(&own, 250), 100);
	cr_expect_eq(follower_high_watermark(&own, 80), 80);
}

Test(follower, begins_no_later_than_at_its_high_watermark)
{
	cr_expect_eq(follower_log_start(&own, 250), 60);
	cr_expect_eq(follower_log_start(&own, 10), 10);
}

/* ------------------------------------------------------- whose answers count */

/* KIP-320: a zombie may fetch and be fetched, and it changes nothing. */
Test(follower, kip_320_an_answer_for_an_older_leadership_changes_nothing)
{
	struct follower_answer answer = { .type = FOLLOWER_RECORDS, .leader_epoch = EPOCH - 1,
		.asked_offset = 100, .diverging_epoch = 1, .diverging_end_offset = 10 };

	cr_expect_eq(follower_take(&follower, &own, &answer).action, FOLLOWER_KEEP);
	answer.code = KAFKA_ERROR_OFFSET_OUT_OF_RANGE;
	cr_expect_eq(follower_take(&follower, &own, &answer).action, FOLLOWER_KEEP);
	cr_expect_eq(follower.state, FOLLOWER_NEW);
	cr_expect_eq(follower_next(&follower, &own, EPOCH - 1).type, FOLLOWER_ASK_NOTHING);
	cr_expect_eq(next().type, FOLLOWER_ASK_RECORDS);
}

Test(follower, asks_nothing_when_it_follows_nobody)
{
	follower_end(&follower);
	cr_expect_eq(next().type, FOLLOWER_ASK_NOTHING);
	cr_expect_eq(take_divergence(1, 10).action, FOLLOWER_KEEP);
}

/* --------------------------------------------------------------- truncation */

/* KIP-101: not to the high watermark, but where the leader's epoch ended. */
Test(follower, kip_101_truncates_to_the_leaders_end_of_its_epoch)
{
	struct follower_step step = take_divergence(4, 90);

	cr_expect_eq(step.action, FOLLOWER_TRUNCATE);
	cr_expect_eq(step.offset, 90);
	cr_expect_not(step.below_high_watermark);
	cr_expect_not(step.learns);
	truncate(90);
	cr_expect_eq(next().offset, 90);
	cr_expect_eq(next().last_fetched_epoch, 4);
}

Test(follower, kip_101_truncates_to_its_own_end_of_the_epoch_when_that_is_lower)
{
	cr_expect_eq(take_divergence(3, 95).offset, 70);
}

/* KIP-279: two fast failovers; the leader knows epoch 2, which was never here. */
Test(follower, kip_279_goes_back_epoch_by_epoch_until_the_logs_agree)
{
	struct follower_step step = take_divergence(2, 75);

	cr_expect_eq(step.action, FOLLOWER_TRUNCATE);
	cr_expect_eq(step.offset, 40, "its own end of epoch 1");
	cr_expect(step.below_high_watermark);
	truncate(40);
	cr_expect_eq(next().last_fetched_epoch, 1);
	step = take_divergence(1, 30);
	cr_expect_eq(step.offset, 30);
	truncate(30);
	cr_expect_eq(next().type, FOLLOWER_ASK_RECORDS);
	cr_expect_eq(next().offset, 30);
}

/* KIP-279: a leader that appended nothing has an epoch that nobody else knows. */
Test(follower, kip_279_forgets_an_epoch_of_its_own_without_records)
{
	struct follower_step step;

	leader_epochs_assign(&epochs, 5, 100);
	step = take_divergence(4, 120);
	cr_expect_eq(step.action, FOLLOWER_TRUNCATE);
	cr_expect_eq(step.offset, 100);
	truncate(100);
	cr_expect_eq(next().last_fetched_epoch, 4);
}

Test(follower, kip_595_a_divergence_comes_with_the_answer_of_a_fetch_and_takes_no_records)
{
	struct follower_step step = take((struct follower_answer){ .type = FOLLOWER_RECORDS,
		.diverging_epoch = 3, .diverging_end_offset = 65,
		.records = slice_of_text("records") });

	cr_expect_eq(step.action, FOLLOWER_TRUNCATE);
	cr_expect_eq(step.offset, 65);
}

Test(follower, truncates_to_the_leaders_end_when_it_knows_no_epoch_that_old)
{
	leader_epochs_clear(&epochs);
	cr_expect_eq(take_divergence(2, 30).offset, 30);
}

Test(follower, tells_when_it_cuts_below_its_high_watermark)
{
	cr_expect(take_divergence(3, 59).below_high_watermark);
	cr_expect_not(take_divergence(3, 60).below_high_watermark);
}

/* Of an epoch that its leader has removed it may have had other records. */
Test(follower, that_parts_at_the_leaders_log_start_keeps_nothing)
{
	struct follower_step step = take((struct follower_answer){ .type = FOLLOWER_RECORDS,
		.diverging_epoch = 4, .diverging_end_offset = 90, .log_start_offset = 90 });

	cr_expect_eq(step.action, FOLLOWER_RESTART);
	cr_expect_eq(step.offset, 90);
	step = take((struct follower_answer){ .type = FOLLOWER_RECORDS, .diverging_epoch = 4,
		.diverging_end_offset = 90, .log_start_offset = 89 });
	cr_expect_eq(step.action, FOLLOWER_TRUNCATE, "they share the one at 89");
	cr_expect_eq(step.offset, 90);
	step = take((struct follower_answer){ .type = FOLLOWER_RECORDS, .diverging_epoch = 3,
		.diverging_end_offset = 95, .log_start_offset = 80 });
	cr_expect_eq(step.action, FOLLOWER_RESTART, "what is left, to 70, is of a removed epoch");
	cr_expect_eq(step.offset, 80);
}

static struct follower_step
take_start_with(int64_t log_start_offset)
{
	return take((struct follower_answer){ .type = FOLLOWER_RECORDS, .diverging_epoch = -1,
		.log_start_offset = log_start_offset });
}

/* Seed 621370 of scenario cluster: a repetition was acknowledged of what its last batch had parted with. */
Test(follower, that_ends_where_the_leader_begins_keeps_nothing)
{
	struct follower_step step;

	follower_compares(&follower);
	step = take_start_with(100);
	cr_expect_eq(step.action, FOLLOWER_RESTART);
	cr_expect_eq(step.offset, 100);
	own.start_offset = 100;
	cr_expect_eq(take_start_with(100).action, FOLLOWER_KEEP, "there is nothing left");
}

Test(follower, that_has_what_its_leader_has_keeps_it_when_that_goes)
{
	cr_expect_eq(take_start_with(100).action, FOLLOWER_KEEP, "it is in sync");
	follower_compares(&follower);
	cr_expect_eq(take_start_with(99).action, FOLLOWER_KEEP);
	cr_expect_eq(take_start_with(100).action, FOLLOWER_KEEP, "it was compared before");
	follower_begin(&follower, EPOCH);
	follower_compares(&follower);
	leader_epochs_assign(&epochs, EPOCH, 90);
	cr_expect_eq(take_start_with(100).action, FOLLOWER_KEEP, "the last ones are of this leader");
}

Test(follower, backs_off_from_a_divergence_that_makes_no_sense)
{
	cr_expect_eq(take_divergence(4, 100).action, FOLLOWER_KEEP);
	cr_expect_eq(next().type, FOLLOWER_ASK_LATER);
	cr_expect_eq(take_divergence(4, -7).action, FOLLOWER_KEEP);
	cr_expect_eq(next().type, FOLLOWER_ASK_LATER);
}

Test(follower, truncates_to_the_high_watermark_only_without_any_epoch)
{
	struct follower_step step = take((struct follower_answer){ .type = FOLLOWER_BEGINS });

	cr_expect_eq(step.action, FOLLOWER_KEEP);
	follower_begin(&follower, EPOCH);
	leader_epochs_clear(&epochs);
	step = take((struct follower_answer){ .type = FOLLOWER_BEGINS });
	cr_expect_eq(step.action, FOLLOWER_TRUNCATE);
	cr_expect_eq(step.offset, 60);
	cr_expect_eq(take((struct follower_answer){ .type = FOLLOWER_BEGINS }).action,
	    FOLLOWER_KEEP, "once");
}

/* ------------------------------------------------------ offset out of range */

Test(follower, out_of_range_asks_the_leader_for_its_end)
{
	cr_expect_eq(take_error(KAFKA_ERROR_OFFSET_OUT_OF_RANGE).action, FOLLOWER_KEEP);
	cr_expect_eq(next().type, FOLLOWER_ASK_END);
}

Test(follower, out_of_range_of_a_shorter_leader_truncates_to_its_end)
{
	struct follower_step step;

	take_error(KAFKA_ERROR_OFFSET_OUT_OF_RANGE);
	step = take((struct follower_answer){ .type = FOLLOWER_END, .offset = 50 });
	cr_expect_eq(step.action, FOLLOWER_TRUNCATE);
	cr_expect_eq(step.offset, 50);
	cr_expect(step.below_high_watermark);
	cr_expect_eq(next().type, FOLLOWER_ASK_RECORDS);
}

Test(follower, out_of_range_below_the_leaders_start_begins_anew_there)
{
	struct follower_step step;

	take_error(KAFKA_ERROR_OFFSET_OUT_OF_RANGE);
	step = take((struct follower_answer){ .type = FOLLOWER_END, .offset = 900 });
	cr_expect_eq(step.action, FOLLOWER_KEEP);
	cr_expect_eq(next().type, FOLLOWER_ASK_START);
	step = take((struct follower_answer){ .type = FOLLOWER_START, .offset = 300 });
	cr_expect_eq(step.action, FOLLOWER_RESTART);
	cr_expect_eq(step.offset, 300);
	cr_expect_eq(next().type, FOLLOWER_ASK_RECORDS);
}

Test(follower, out_of_range_within_the_leaders_log_drops_nothing)
{
	struct follower_step step;

	take_error(KAFKA_ERROR_OFFSET_OUT_OF_RANGE);
	take((struct follower_answer){ .type = FOLLOWER_END, .offset = 900 });
	step = take((struct follower_answer){ .type = FOLLOWER_START, .offset = 100 });
	cr_expect_eq(step.action, FOLLOWER_KEEP);
	cr_expect_eq(next().type, FOLLOWER_ASK_LATER);
	take((struct follower_answer){ .type = FOLLOWER_BEGINS });
	cr_expect_eq(next().type, FOLLOWER_ASK_RECORDS);
	cr_expect_eq(next().offset, 100);
}

Test(follower, out_of_range_with_a_bound_that_is_none_backs_off)
{
	take_error(KAFKA_ERROR_OFFSET_OUT_OF_RANGE);
	cr_expect_eq(take((struct follower_answer){ .type = FOLLOWER_END, .offset = -1 }).action,
	    FOLLOWER_KEEP);
	cr_expect_eq(next().type, FOLLOWER_ASK_LATER);
}

Test(follower, an_error_while_it_looks_for_bounds_begins_with_a_fetch_again)
{
	take_error(KAFKA_ERROR_OFFSET_OUT_OF_RANGE);
	take((struct follower_answer){ .type = FOLLOWER_END,
		.code = KAFKA_ERROR_FENCED_LEADER_EPOCH });
	cr_expect_eq(next().type, FOLLOWER_ASK_LATER);
	take((struct follower_answer){ .type = FOLLOWER_BEGINS });
	cr_expect_eq(next().type, FOLLOWER_ASK_RECORDS);
}

/* ------------------------------------------------------------------- errors */

Test(follower, backs_off_after_an_error_and_goes_on)
{
	static const enum kafka_error codes[] = { KAFKA_ERROR_FENCED_LEADER_EPOCH,
		KAFKA_ERROR_KAFKA_STORAGE_ERROR, KAFKA_ERROR_INCONSISTENT_TOPIC_ID,
		KAFKA_ERROR_UNKNOWN_SERVER_ERROR, KAFKA_ERROR_CORRUPT_MESSAGE };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		cr_expect_eq(take_error(codes[i]).action, FOLLOWER_KEEP);
		cr_expect_eq(next().type, FOLLOWER_ASK_LATER);
		cr_expect_eq(next().wait_ms, BACKOFF_MS);
		take((struct follower_answer){ .type = FOLLOWER_BEGINS });
		cr_expect_eq(next().type, FOLLOWER_ASK_RECORDS);
	}
}

/* What follows an election has not to wait a whole second for it. */
Test(follower, asks_soon_again_who_has_not_heard_of_its_election)
{
	int64_t before = 0;

	for (int i = 0; i < 40; i++) {
		take_error(KAFKA_ERROR_UNKNOWN_LEADER_EPOCH);
		cr_expect_eq(next().type, FOLLOWER_ASK_LATER);
		cr_expect_gt(next().wait_ms, 0);
		cr_expect_geq(next().wait_ms, before);
		cr_expect_leq(next().wait_ms, BACKOFF_MS);
		if (i == 0)
			cr_expect_lt(next().wait_ms, 50);
		before = next().wait_ms;
		take((struct follower_answer){ .type = FOLLOWER_BEGINS });
	}
	cr_expect_eq(before, BACKOFF_MS);
	take((struct follower_answer){ .type = FOLLOWER_RECORDS, .diverging_epoch = -1 });
	take_error(KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER);
	cr_expect_lt(next().wait_ms, 50, "an answer was good meanwhile");
}

/* Its leader's log may be damaged: to ask again and again helps nobody (F15). */
Test(follower, F15_backs_off_longer_and_longer_from_records_that_it_refuses)
{
	int64_t before = 0;

	for (int i = 1; i < 20; i++) {
		cr_expect_eq(follower_records_refused(&follower), i);
		cr_expect_eq(follower.state, FOLLOWER_BACKING_OFF);
		cr_expect_geq(follower.wait_ms, before);
		before = follower.wait_ms;
	}
	cr_expect_eq(before, 64 * (int64_t)follower.backoff_ms);
	follower_records_taken(&follower);
	(void)follower_records_refused(&follower);
	cr_expect_eq(follower.wait_ms, follower.backoff_ms);
}

Test(follower, backs_off_when_its_log_could_not_take_a_step)
{
	follower_step_failed(&follower);
	cr_expect_eq(next().type, FOLLOWER_ASK_LATER);
	cr_expect_eq(next().wait_ms, BACKOFF_MS);
}

Test(follower, a_new_leadership_forgets_the_pause_of_the_old_one)
{
	follower_step_failed(&follower);
	follower_begin(&follower, EPOCH + 1);
	cr_expect_eq(follower_next(&follower, &own, EPOCH + 1).type, FOLLOWER_ASK_RECORDS);
	cr_expect_eq(next().type, FOLLOWER_ASK_NOTHING);
}
