#include "partition/fetcher_private.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/partition/far_leader.h"
#include "wire/kafka_error.h"

enum { LEADER = 2, EPOCH = 5 };

static struct depot depot;
static struct far_leader far;
static struct fetcher *fetcher;
static struct fetcher_partition *handles[4];
static _Atomic(int64_t) broker_epoch;
static struct fetcher_settings settings;
static struct lost_leaders lost_leaders;
static bool is_closed;

static void
follow(const char *topic, int32_t index, int32_t epoch)
{
	struct depot_order order = { .topic = topic, .index = index, .leader = LEADER,
		.leader_epoch = epoch };

	depot_send_leader_and_isr(&depot, &order, 1);
	cr_assert_eq(depot_code(&depot, topic, index), KAFKA_ERROR_NONE);
}

static void
set_up(void)
{
	lost_leaders_init(&lost_leaders);
	depot_init(&depot, 1, "");
	far_leader_init(&far, &depot);
	depot_start(&depot);
	for (int32_t i = 0; i < 4; i++)
		follow("orders", i, EPOCH);
	settings = (struct fetcher_settings){ .wait_max_ms = 500, .min_bytes = 1,
		.partition_max_bytes = 1000, .response_max_bytes = 5000,
		.leader_max_bytes = 5000, .backoff_ms = 1000,
		.timeout_ms = 30000, .largest_answer = 100000, .fetch_version = 17,
		.list_offsets_version = 9 };
	atomic_store(&broker_epoch, 77);
	fetcher = fetcher_new(&(struct fetcher_options){
		.world = &depot.process.world, .loop = depot.process.world.loops[1],
		.links = &far_leader_links, .settings = &settings, .broker_epoch = &broker_epoch,
		.lost_leaders = &lost_leaders,
		.broker_id = DEPOT_BROKER, .leader = LEADER, .number = 3, .host = "far",
		.port = 9092, .hash_seed = { 1, 2 } });
}

static void
note_closed(void *context UNUSED)
{
	cr_assert_eq(loop_current(), depot.process.world.control);
	is_closed = true;
}

static void
begin_closing(void)
{
	depot_enter(&depot);
	for (int i = 0; i < 4; i++)
		if (handles[i] != NULL)
			fetcher_remove(fetcher, handles[i]);
	fetcher_close(fetcher, note_closed, NULL);
	depot_leave(&depot);
}

static void
tear_down(void)
{
	if (!is_closed)
		begin_closing();
	depot_wait(&depot, &is_closed);
	depot_fini(&depot);
	far_leader_fini(&far);
}

TestSuite(fetcher, .init = set_up, .fini = tear_down);

static void
add(int32_t index, int32_t epoch)
{
	depot_enter(&depot);
	handles[index] = fetcher_add(fetcher, depot_partition(&depot, "orders", index), epoch);
	depot_leave(&depot);
	depot_run(&depot, 1000);
}

static void
take_away(int32_t index)
{
	depot_enter(&depot);
	fetcher_remove(fetcher, handles[index]);
	handles[index] = NULL;
	depot_leave(&depot);
	depot_run(&depot, 1000);
}

static const struct fetch_request_fetch_partition *
asked(int32_t index)
{
	return far_leader_asked(&far, 0, "orders", index);
}

static bool
is_out(void)
{
	return far.links[0].fetch != NULL;
}

/* ---------------------------------------------------------------- the link */

Test(fetcher, connects_when_there_is_something_to_ask)
{
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_eq(far.link_count, 0);
	add(0, EPOCH);
	cr_assert_eq(far.link_count, 1);
	cr_expect_str_eq(far.links[0].host, "far");
	cr_expect_eq(far.links[0].port, 9092);
	cr_expect_str_eq(far.links[0].client_id, "broker-1-fetcher-3");
}

Test(fetcher, goes_to_where_the_leader_is_now)
{
	add(0, EPOCH);
	depot_enter(&depot);
	fetcher_set_address(fetcher, "farther", 9093);
	depot_leave(&depot);
	depot_run(&depot, 1000);
	cr_expect_str_eq(far.links[0].host, "farther");
	cr_expect_eq(far.links[0].port, 9093);
}

Test(fetcher, knows_a_new_address_before_it_connects)
{
	depot_enter(&depot);
	fetcher_set_address(fetcher, "farther", 9093);
	depot_leave(&depot);
	add(0, EPOCH);
	cr_expect_str_eq(far.links[0].host, "farther");
	cr_expect_eq(far.links[0].port, 9093);
}

/* Its machine has lost its power, and is back: what it was asked before nobody answers. */
Test(fetcher, waits_no_longer_for_an_earlier_life_of_a_leader_that_leads_again)
{
	add(0, EPOCH);
	depot_run(&depot, 2400000);
	add(1, EPOCH);
	cr_expect_eq(far.links[0].resets, 0, "it may be slow");
	depot_run(&depot, 200000);
	add(2, EPOCH);
	cr_expect_eq(far.links[0].resets, 1);
	cr_expect_eq(far_leader_fetch_count(&far, 0), 2);
	cr_expect_null(asked(0));
	far_leader_add(&far, "orders", 1, 0);
	far_leader_add(&far, "orders", 2, 0);
	depot_run(&depot, DEPOT_SECOND_US);
	far_leader_send(&far, 0);
	cr_expect_not_null(asked(0));
	add(3, EPOCH);
	cr_expect_eq(far.links[0].resets, 1);
}

/* Numbers that Kafka's AbstractFetcherManager gives. */
Test(fetcher, chooses_among_several_as_kafka_does)
{
	cr_expect_eq(fetcher_number_of(slice_of_text("a"), 0, 1), 0);
	/* "a" is 97: 31 * 97 = 3007. */
	cr_expect_eq(fetcher_number_of(slice_of_text("a"), 0, 4), 3007 % 4);
	cr_expect_eq(fetcher_number_of(slice_of_text("a"), 5, 4), 3012 % 4);
	/* "orders" is -1008770331: 31 times that is -1207109189 in 32 bits. */
	cr_expect_eq(fetcher_number_of(slice_of_text("orders"), 0, 7), 1207109189 % 7);
	cr_expect_eq(fetcher_number_of(slice_of_text("orders"), 9, 7), 1207109180 % 7);
}

/* ----------------------------------------------------------------- fetching */

Test(fetcher, asks_for_all_its_partitions_at_once)
{
	add(0, EPOCH);
	far_leader_add(&far, "orders", 0, 0);
	add(1, EPOCH);
	add(2, EPOCH);
	cr_expect_eq(far_leader_fetch_count(&far, 0), 1, "one at a time");
	far_leader_send(&far, 0);
	cr_expect_eq(far_leader_fetch_count(&far, 0), 3);
	cr_expect_eq(asked(2)->current_leader_epoch, EPOCH);
	cr_expect_eq(asked(2)->fetch_offset, 0);
	cr_expect_eq(asked(2)->partition_max_bytes, 1000);
}

Test(fetcher, appends_records_and_asks_for_what_follows)
{
	add(0, EPOCH);
	far_leader_add(&far, "orders", 0, 2);
	far_leader_add_records(&far, 0, 3, EPOCH);
	far_leader_send(&far, 0);
	cr_expect_eq(asked(0)->fetch_offset, 3);
	cr_expect_eq(asked(0)->last_fetched_epoch, EPOCH);
	cr_expect_eq(log_end_offset(depot_replica(&depot, "orders", 0)->stored->log), 3);
	cr_expect_eq(log_high_watermark(depot_replica(&depot, "orders", 0)->stored->log), 2);
	cr_expect_eq(far.answers, 0, "no answer is kept");
}

/* One with records goes to the end, so that no partition keeps the others from being read. */
Test(fetcher, asks_first_for_who_got_nothing)
{
	add(0, EPOCH);
	far_leader_add(&far, "orders", 0, 0);
	add(1, EPOCH);
	far_leader_send(&far, 0);
	far_leader_add(&far, "orders", 0, 0);
	far_leader_add_records(&far, 0, 1, EPOCH);
	far_leader_add(&far, "orders", 1, 0);
	far_leader_send(&far, 0);
	far_leader_add(&far, "orders", 0, 0);
	far_leader_add_records(&far, 1, 1, EPOCH);
	far_leader_add(&far, "orders", 1, 0);
	far_leader_send(&far, 0);
	const struct fetch_request *fetch = far_leader_fetch(&far, 0);
	cr_assert_eq(fetch->topics.count, 1);
	cr_assert_eq(fetch->topics.items[0].partitions.count, 2);
	cr_expect_eq(fetch->topics.items[0].partitions.items[0].partition, 1);
	cr_expect_eq(fetch->topics.items[0].partitions.items[1].partition, 0);
}

Test(fetcher, waits_after_an_error_of_one_partition_without_the_others_waiting)
{
	add(0, EPOCH);
	far_leader_add(&far, "orders", 0, 0);
	add(1, EPOCH);
	far_leader_send(&far, 0);
	far_leader_add(&far, "orders", 0, -1)->error_code = KAFKA_ERROR_FENCED_LEADER_EPOCH;
	far_leader_add(&far, "orders", 1, 0);
	far_leader_send(&far, 0);
	cr_expect_null(asked(0));
	cr_expect_not_null(asked(1));
	for (int i = 0; i < 3; i++) {
		depot_run(&depot, 300000);
		far_leader_add(&far, "orders", 1, 0);
		far_leader_send(&far, 0);
		cr_expect_null(asked(0));
	}
	depot_run(&depot, 200000);
	far_leader_add(&far, "orders", 1, 0);
	far_leader_send(&far, 0);
	cr_expect_not_null(asked(0));
}

/* Who waits is not to wait for what the leader keeps. */
Test(fetcher, lets_the_leader_wait_no_longer_than_somebody_waits_here)
{
	add(0, EPOCH);
	cr_expect_eq(far_leader_fetch(&far, 0)->max_wait_ms, 500);
	add(1, EPOCH);
	far_leader_add(&far, "orders", 0, 0);
	far_leader_send(&far, 0);
	cr_expect_eq(far_leader_fetch(&far, 0)->max_wait_ms, 500);
	far_leader_add(&far, "orders", 0, -1)->error_code = KAFKA_ERROR_UNKNOWN_LEADER_EPOCH;
	far_leader_add(&far, "orders", 1, 0);
	far_leader_send(&far, 0);
	cr_expect_lt(far_leader_fetch(&far, 0)->max_wait_ms, 50);
}

Test(fetcher, a_lost_connection_is_tried_again_after_the_pause)
{
	add(0, EPOCH);
	far_leader_fail(&far, 0, ERROR_CONNECTION_RESET);
	cr_expect_not(is_out());
	depot_run(&depot, 900000);
	cr_expect_not(is_out());
	depot_run(&depot, 200000);
	cr_expect(is_out());
	cr_expect_eq(depot_log_count(&depot, "cannot be fetched from"), 1);
	far_leader_fail(&far, 0, ERROR_CONNECTION_RESET);
	depot_run(&depot, 1100000);
	cr_expect_eq(depot_log_count(&depot, "cannot be fetched from"), 1, "said once");
	far_leader_add(&far, "orders", 0, 0);
	far_leader_send(&far, 0);
	cr_expect(depot_has_logged(&depot, "broker 2 answers again"));
}

/* ---------------------------------------------------------------- leadership */

Test(fetcher, forgets_a_partition_whose_leadership_is_over)
{
	add(0, EPOCH);
	far_leader_add(&far, "orders", 0, 0);
	add(1, EPOCH);
	far_leader_send(&far, 0);
	follow("orders", 0, EPOCH + 1);
	far_leader_add(&far, "orders", 0, 1);
	far_leader_add_records(&far, 0, 1, EPOCH);
	far_leader_add(&far, "orders", 1, 0);
	far_leader_send(&far, 0);
	cr_expect_null(asked(0));
	cr_expect_not_null(asked(1));
	cr_expect_eq(log_end_offset(depot_replica(&depot, "orders", 0)->stored->log), 0);
	take_away(0);
	add(0, EPOCH + 1);
	far_leader_add(&far, "orders", 1, 0);
	far_leader_send(&far, 0);
	cr_expect_eq(asked(0)->current_leader_epoch, EPOCH + 1);
}

Test(fetcher, asks_nothing_for_who_was_taken_away)
{
	add(0, EPOCH);
	far_leader_add(&far, "orders", 0, 0);
	add(1, EPOCH);
	far_leader_send(&far, 0);
	take_away(0);
	far_leader_add(&far, "orders", 0, 1);
	far_leader_add_records(&far, 0, 1, EPOCH);
	far_leader_add(&far, "orders", 1, 0);
	far_leader_send(&far, 0);
	cr_expect_null(asked(0));
	cr_expect_not_null(asked(1));
	cr_expect_eq(log_end_offset(depot_replica(&depot, "orders", 0)->stored->log), 0);
	take_away(1);
	far_leader_add(&far, "orders", 1, 0);
	far_leader_send(&far, 0);
	cr_expect_not(is_out());
}

Test(fetcher, takes_away_who_waits)
{
	add(0, EPOCH);
	far_leader_fail(&far, 0, ERROR_CONNECTION_RESET);
	take_away(0);
	depot_run(&depot, 3 * DEPOT_SECOND_US);
	cr_expect_not(is_out());
}

/* ------------------------------------------------------------------- bounds */

Test(fetcher, looks_for_the_bounds_of_the_leaders_log)
{
	add(0, EPOCH);
	far_leader_add(&far, "orders", 0, -1)->error_code = KAFKA_ERROR_OFFSET_OUT_OF_RANGE;
	far_leader_send(&far, 0);
	cr_expect_not(is_out());
	cr_expect_eq(far_leader_list(&far, 0)->topics.items[0].partitions.items[0].timestamp, -1);
	far_leader_send_offset(&far, 0, KAFKA_ERROR_NONE, 50);
	cr_expect_eq(far_leader_list(&far, 0)->topics.items[0].partitions.items[0].timestamp, -2);
	far_leader_send_offset(&far, 0, KAFKA_ERROR_NONE, 40);
	depot_run(&depot, 100000);
	cr_assert(is_out());
	cr_expect_eq(asked(0)->fetch_offset, 40);
	cr_expect_eq(asked(0)->log_start_offset, 40);
	far_leader_add(&far, "orders", 0, 41);
	far_leader_add_records(&far, 40, 1, EPOCH);
	far_leader_send(&far, 0);
	cr_expect_eq(asked(0)->fetch_offset, 41);
}

Test(fetcher, a_divergence_cuts_the_log)
{
	add(0, EPOCH);
	far_leader_add(&far, "orders", 0, 0);
	far_leader_add_records(&far, 0, 2, 3);
	far_leader_add_records(&far, 2, 2, 4);
	far_leader_send(&far, 0);
	cr_expect_eq(asked(0)->fetch_offset, 4);
	cr_expect_eq(asked(0)->last_fetched_epoch, 4);
	far_leader_add(&far, "orders", 0, 0)->diverging_epoch =
	    (struct fetch_response_epoch_end_offset){ 3, 2 };
	far_leader_send(&far, 0);
	depot_run(&depot, 100000);
	cr_expect_eq(asked(0)->fetch_offset, 2);
	cr_expect_eq(asked(0)->last_fetched_epoch, 3);
}

/* ------------------------------------------------------------------ the end */

Test(fetcher, is_closed_with_a_request_out)
{
	add(0, EPOCH);
	add(1, EPOCH);
	cr_assert(is_out());
	begin_closing();
	depot_wait(&depot, &is_closed);
	cr_expect(far.links[0].is_closed);
}

Test(fetcher, is_closed_without_ever_having_asked)
{
	begin_closing();
	depot_wait(&depot, &is_closed);
	cr_expect_eq(far.link_count, 0);
}

Test(fetcher, is_closed_when_its_partition_is_busy)
{
	add(0, EPOCH);
	far_leader_add(&far, "orders", 0, 0);
	far_leader_add_records(&far, 0, 2, 3);
	far_leader_add_records(&far, 2, 2, 4);
	far_leader_send(&far, 0);
	far_leader_add(&far, "orders", 0, 0)->diverging_epoch =
	    (struct fetch_response_epoch_end_offset){ 3, 2 };
	far_leader_send(&far, 0);
	begin_closing();
	depot_wait(&depot, &is_closed);
	cr_expect_eq(log_end_offset(depot_replica(&depot, "orders", 0)->stored->log), 2);
}

/* For how long the leader is in doubt, at the depot's time. */
static int32_t
doubt_ms(void)
{
	return lost_leaders_doubt_ms(&lost_leaders, LEADER,
	    clock_monotonic_us(depot.process.world.clock));
}

Test(fetcher, tells_of_a_leader_whose_connection_breaks)
{
	add(0, EPOCH);
	far_leader_add(&far, "orders", 0, 0);
	far_leader_send(&far, 0);
	cr_expect_eq(doubt_ms(), 0);
	far_leader_fail(&far, 0, ERROR_CONNECTION_RESET);
	cr_expect_gt(doubt_ms(), 0);
	/* It stays away: nobody waits for that. */
	depot_run(&depot, 1100 * 1000);
	far_leader_fail(&far, 0, ERROR_CONNECTION_RESET);
	cr_expect_eq(doubt_ms(), 0);
	/* It answers again, and breaks again. */
	depot_run(&depot, 1100 * 1000);
	far_leader_add(&far, "orders", 0, 0);
	far_leader_send(&far, 0);
	far_leader_fail(&far, 0, ERROR_CONNECTION_RESET);
	cr_expect_gt(doubt_ms(), 0);
}

Test(fetcher, does_not_doubt_a_leader_that_answers_with_an_error)
{
	add(0, EPOCH);
	far.fetched.error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
	far_leader_send(&far, 0);
	cr_expect_eq(doubt_ms(), 0);
}

Test(fetcher, does_not_doubt_a_leader_whom_it_leaves_itself)
{
	add(0, EPOCH);
	far_leader_add(&far, "orders", 0, 0);
	far_leader_send(&far, 0);
	begin_closing();
	depot_wait(&depot, &is_closed);
	cr_expect_not(lost_leaders_are_any(&lost_leaders, clock_monotonic_us(depot.process.world.clock)));
}
