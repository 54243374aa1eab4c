#include "fetches.h"

TestSuite(fetch, .init = fetches_init, .fini = fetches_fini);

static void
expect_no_answer(void)
{
	cr_assert_eq(fixture.end, FIXTURE_NO_END);
}

/* -------------------------------------------------------------- one round */

Test(fetch, reads_partitions_in_their_order_and_answers)
{
	fetches_add(2);
	fetches_add(0);
	fetches_handle(12);
	cr_assert_eq(fetches_count(), 1, "what one gives leaves less for the next");
	cr_assert_eq(replicas_index_of(&fetches_at(0)->operation), 2);
	cr_assert_not(fetches_at(0)->wait);
	fetches_give(0, 10);
	cr_assert_eq(replicas_index_of(&fetches_at(1)->operation), 0);
	expect_no_answer();
	fetches_give(1, 20);
	cr_assert_eq(fetches_told(0)->partition_index, 2);
	cr_assert_eq(fetches_told(0)->records.bytes.size, 10);
	cr_assert_eq(fetches_told(1)->records.bytes.size, 20);
}

Test(fetch, of_nothing_is_answered_at_once)
{
	for (int16_t version = FETCH_FIRST_VERSION; version <= FETCH_LAST_VERSION; version++) {
		fetches_handle(version);
		cr_assert_eq(fetches_response()->responses.count, 0);
	}
}

static bool
give_100_at_once(struct partition_fetch *fetch)
{
	if (fetch->wait)
		return false;
	replicas_find(fetch, 100);
	replicas_answer_inside(&fetch->operation, PARTITION_OK);
	return true;
}

Test(fetch, goes_on_when_partitions_answer_at_once)
{
	shelf.fetch = give_100_at_once;
	for (int i = 0; i < 4; i++)
		fetches_add(i);
	fetches_handle(12);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(fetches_told(i)->records.bytes.size, 100);
	cr_assert_eq(fetches_count(), 4);
}

Test(fetch, of_a_partition_twice_reads_it_twice)
{
	fetches_add(1);
	fetches_add(1)->fetch_offset = 500;
	fetches_handle(12);
	fetches_give(0, 10);
	cr_assert_eq(fetches_at(1)->offset, 500);
	fetches_give(1, 11);
	cr_assert_eq(fetches_told(1)->records.bytes.size, 11);
}

/* ---------------------------------------------------------------- waiting */

/* All partitions of the round are answered with nothing, and then are parked. */
static void
nothing(int first, int count)
{
	for (int i = 0; i < count; i++) {
		cr_assert_not(fetches_at(first + i)->wait);
		fetches_give(first + i, 0);
	}
}

Test(fetch, parks_what_has_nothing_until_the_time_is_over)
{
	fetches_add(0);
	fetches_add(1);
	fetches_handle(12);
	nothing(0, 2);
	cr_assert_eq(fetches_count(), 4);
	cr_assert(fetches_at(2)->wait && fetches_at(3)->wait);
	fixture_pass_ms(499);
	cr_assert_eq(shelf.cancels, 0);
	expect_no_answer();
	fixture_pass_ms(1);
	cr_assert_eq(shelf.cancels, 2);
	fetches_at(2)->high_watermark = fetches_at(3)->high_watermark = 100;
	fetches_fail(2, PARTITION_TIMED_OUT);
	expect_no_answer();
	fetches_fail(3, PARTITION_TIMED_OUT);
	nothing(4, 2); /* a last look, since something may have come meanwhile */
	cr_assert_eq(fetches_told(0)->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(fetches_told(0)->records.bytes.size, 0);
	cr_assert_eq(fetches_told(1)->high_watermark, 1000);
}

Test(fetch, answers_what_came_to_a_parked_partition)
{
	fetches_add(0);
	fetches_add(1);
	fetches_handle(12);
	nothing(0, 2);
	fetches_give(3, 50);
	cr_assert_eq(shelf.cancels, 1);
	cr_assert(fetches_at(2)->operation.cancelled);
	expect_no_answer();
	fetches_fail(2, PARTITION_TIMED_OUT);
	cr_assert_eq(fetches_count(), 4, "no other round is needed");
	cr_assert_eq(fetches_told(0)->records.bytes.size, 0);
	cr_assert_eq(fetches_told(1)->records.bytes.size, 50);
}

Test(fetch, reads_again_when_several_parked_partitions_have_something)
{
	fetches_add(0);
	fetches_add(1);
	fetches_handle(12);
	nothing(0, 2);
	fetches_give(2, 50);
	fetches_give(3, 60); /* on its way when it was cancelled */
	cr_assert_eq(fetches_count(), 5);
	fetches_give(4, 50);
	fetches_give(5, 60);
	cr_assert_eq(fetches_told(0)->records.bytes.size, 50);
	cr_assert_eq(fetches_told(1)->records.bytes.size, 60);
}

/* What is out may not be asked again: it is still the partition's. */
Test(fetch, whose_time_ends_in_a_round_goes_on_with_the_round)
{
	fetches_add(0);
	fetches_add(1);
	fetches_handle(12);
	nothing(0, 2);
	fetches_give(2, 50);
	fetches_give(3, 60);
	cr_assert_eq(fetches_count(), 5);
	fixture_pass_ms(1000);
	cr_assert_eq(fetches_count(), 5);
	fetches_give(4, 0);
	fetches_give(5, 0);
	cr_assert_eq(fetches_count(), 6, "the time is over");
	cr_assert_eq(fetches_told(0)->records.bytes.size, 0);
}

Test(fetch, looks_again_when_less_came_than_is_wanted)
{
	fetch_body.min_bytes = 100;
	fetches_add(0);
	fetches_handle(12);
	fetches_give(0, 60);
	expect_no_answer();
	fixture_pass_ms(20);
	cr_assert_eq(fetches_count(), 2);
	cr_assert_eq(shelf.slices_released, 1);
	fetches_give(1, 120);
	cr_assert_eq(fetches_told(0)->records.bytes.size, 120);
}

Test(fetch, gives_what_there_is_when_the_time_is_over)
{
	fetch_body.min_bytes = 100;
	fetches_add(0);
	fetches_handle(12);
	fetches_give(0, 60);
	fixture_pass_ms(500);
	fetches_give(1, 70);
	cr_assert_eq(fetches_told(0)->records.bytes.size, 70);
}

Test(fetch, without_patience_is_answered_at_once)
{
	static const int32_t waits[] = { 0, -1, INT32_MIN };

	fetches_add(0);
	for (size_t i = 0; i < ARRAY_LENGTH(waits); i++) {
		int at = fetches_count();

		fetch_body.max_wait_ms = waits[i];
		fetches_handle(12);
		fetches_give(at, 0);
		cr_assert_eq(fetches_told(0)->records.bytes.size, 0);
		cr_assert_eq(fetches_count(), at + 1);
	}
}

Test(fetch, that_wants_no_bytes_does_not_wait)
{
	fetch_body.min_bytes = 0;
	fetches_add(0);
	fetches_handle(12);
	fetches_give(0, 0);
	cr_assert_eq(fetches_told(0)->records.bytes.size, 0);
}

Test(fetch, waits_for_no_more_than_it_may_give)
{
	fixture_configure("fetch.max.bytes=1500");
	fetch_body.min_bytes = 1000 * 1000;
	fetches_add(0);
	fetches_handle(12);
	fetches_give(0, 1500);
	cr_assert_eq(fetches_told(0)->records.bytes.size, 1500);
	fetch_body.max_bytes = 800;
	fetches_handle(12);
	fetches_give(1, 800);
	cr_assert_eq(fetches_told(0)->records.bytes.size, 800);
}

Test(fetch, with_an_error_does_not_wait)
{
	fetches_add(0);
	fetches_add(1);
	fetches_handle(12);
	fetches_fail(0, PARTITION_OFFSET_OUT_OF_RANGE);
	fetches_give(1, 0);
	cr_assert_eq(fetches_told(0)->error_code, KAFKA_ERROR_OFFSET_OUT_OF_RANGE);
	cr_assert_eq(fetches_told(1)->error_code, KAFKA_ERROR_NONE);
}

Test(fetch, waits_beside_a_topic_that_is_unknown)
{
	for (int16_t version = 12; version <= 13; version++) {
		int at = fetches_count(), cancels = shelf.cancels;

		fetch_body.topics.count = 0;
		fetches_add_to("unknown", 0);
		fetches_add_to("t", 0);
		fetches_handle(version);
		fetches_give(at, 0);
		expect_no_answer();
		fixture_pass_ms(500);
		cr_assert_eq(shelf.cancels, cancels + 1);
		fetches_fail(at + 1, PARTITION_TIMED_OUT);
		fetches_give(at + 2, 0);
		cr_assert_eq(fetches_told_of(1, 0)->error_code, KAFKA_ERROR_NONE);
	}
}

Test(fetch, of_unknown_topics_alone_does_not_wait)
{
	fetches_add_to("unknown", 0);
	for (int16_t version = 12; version <= 13; version++) {
		fetches_handle(version);
		cr_assert_neq(fetches_told(0)->error_code, KAFKA_ERROR_NONE);
	}
}

Test(fetch, with_a_partition_that_others_have_does_not_wait)
{
	static const int32_t others[] = { 2, -1 };

	fixture_add_partition("elsewhere", 0, 2, others, others, NULL);
	fixture_publish(1);
	fetches_add_to("elsewhere", 0);
	fetches_add_to("t", 0);
	fetches_handle(12);
	fetches_give(0, 0);
	cr_assert_eq(fetches_told_of(0, 0)->error_code, KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER);
}

Test(fetch, is_told_at_once_when_a_parked_partition_loses_its_leader)
{
	fetches_add(0);
	fetches_add(1);
	fetches_handle(12);
	nothing(0, 2);
	fetches_fail(2, PARTITION_NOT_LEADER);
	fetches_fail(3, PARTITION_TIMED_OUT);
	fetches_fail(4, PARTITION_NOT_LEADER);
	fetches_give(5, 0);
	cr_assert_eq(fetches_told(0)->error_code, KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER);
	cr_assert_eq(fetches_told(1)->error_code, KAFKA_ERROR_NONE);
}

static bool
parked_answers_at_once(struct partition_fetch *fetch)
{
	if (fetch->wait)
		replicas_find(fetch, 10);
	replicas_answer_inside(&fetch->operation, PARTITION_OK);
	return true;
}

Test(fetch, stops_parking_when_something_is_there_at_once)
{
	shelf.fetch = parked_answers_at_once;
	fetches_add(0);
	fetches_add(1);
	fetches_handle(12);
	cr_assert_eq(fetches_count(), 3, "the second one was not asked to wait");
	cr_assert_eq(fetches_told(0)->records.bytes.size, 10);
	cr_assert_eq(fetches_told(1)->records.bytes.size, 0);
}

Test(fetch, with_a_log_that_diverges_does_not_wait)
{
	fetches_add(0)->last_fetched_epoch = 3;
	fetches_handle(12);
	cr_assert_eq(fetches_at(0)->last_fetched_epoch, 3);
	fetches_at(0)->diverging_epoch = 2;
	fetches_at(0)->diverging_end_offset = 44;
	fetches_give(0, 0);
	cr_assert_eq(fetches_told(0)->diverging_epoch.epoch, 2);
	cr_assert_eq(fetches_told(0)->diverging_epoch.end_offset, 44);
}

/* ---------------------------------------------------------------- followers */

/* The partition knew one high watermark when the request came, and has another one. */
static void
follow(int at, int64_t known, int64_t high_watermark)
{
	struct partition_fetch *fetch = fetches_at(at);

	fetch->known_high_watermark = known;
	fetch->high_watermark = high_watermark;
	replicas_answer(&fetch->operation, PARTITION_OK);
}

Test(fetch, a_follower_that_has_moved_the_high_watermark_hears_of_it_at_once)
{
	fetch_body.replica_state.replica_id = 2;
	fetches_add(0);
	fetches_handle(17);
	follow(0, 50, 60);
	cr_assert_eq(fetches_told(0)->high_watermark, 60);
}

Test(fetch, a_parked_follower_hears_of_a_new_high_watermark)
{
	fetch_body.replica_state.replica_id = 2;
	fetches_add(0);
	fetches_add(1);
	fetches_handle(17);
	follow(0, 60, 60);
	follow(1, 70, 70);
	expect_no_answer();
	cr_assert_eq(fetches_at(2)->known_high_watermark, 60);
	cr_assert_eq(fetches_at(3)->known_high_watermark, 70);
	follow(3, 70, 71);
	fetches_fail(2, PARTITION_TIMED_OUT);
	cr_assert_eq(fetches_at(4)->known_high_watermark, 60, "not what it has become meanwhile");
	follow(4, 60, 60);
	follow(5, 70, 71);
	cr_assert_eq(fetches_told(1)->high_watermark, 71);
}

Test(fetch, a_consumer_does_not_hear_of_a_high_watermark_alone)
{
	fetches_add(0);
	fetches_handle(17);
	follow(0, 50, 60);
	expect_no_answer();
	fixture_pass_ms(500);
	fetches_fail(1, PARTITION_TIMED_OUT);
	follow(2, 50, 60);
	cr_assert_eq(fetches_told(0)->high_watermark, 60);
}

Test(fetch, a_parked_follower_is_answered_when_there_is_more_to_lead)
{
	fetch_body.replica_state.replica_id = 2;
	fetches_add(0);
	fetches_handle(17);
	follow(0, 60, 60);
	cr_assert(fetches_at(1)->wait);
	follower_waits_hurry(&fixture.follower_waits, clock_monotonic_us(fixture.world.clock));
	cr_assert_eq(shelf.cancels, 1);
	fetches_fail(1, PARTITION_TIMED_OUT);
	follow(2, 60, 60);
	cr_assert_eq(fetches_told(0)->records.bytes.size, 0);

	/* The next one does not wait for long, until the second is over. */
	fetches_handle(17);
	follow(3, 60, 60);
	fixture_pass_ms(19);
	cr_assert_eq(shelf.cancels, 1);
	fixture_pass_ms(1);
	cr_assert_eq(shelf.cancels, 2);
	fetches_fail(4, PARTITION_TIMED_OUT);
	follow(5, 60, 60);
	fixture_pass_ms(980);
	fetches_handle(17);
	follow(6, 60, 60);
	fixture_pass_ms(499);
	cr_assert_eq(shelf.cancels, 2);
	fixture_pass_ms(1);
	cr_assert_eq(shelf.cancels, 3);
	fetches_fail(7, PARTITION_TIMED_OUT);
	follow(8, 60, 60);
}

Test(fetch, a_consumer_waits_on_whatever_is_led)
{
	fetches_add(0);
	fetches_handle(17);
	fetches_give(0, 0);
	follower_waits_hurry(&fixture.follower_waits, clock_monotonic_us(fixture.world.clock));
	cr_assert_eq(shelf.cancels, 0);
	fixture_pass_ms(499);
	expect_no_answer();
	fixture_pass_ms(1);
	fetches_fail(1, PARTITION_TIMED_OUT);
	fetches_give(2, 0);
}
