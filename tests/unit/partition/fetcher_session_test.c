/* KIP-227, as a follower uses it. */
#include <criterion/criterion.h>

#include "partition/partition_follow.h"
#include "partition/replicas_private.h"
#include "tests/unit/partition/far_leader.h"
#include "wire/kafka_error.h"

enum { LEADER = 2, EPOCH = 5, SESSION = 7 };

static struct depot depot;
static struct far_leader far;

static void
send_order(struct depot_order order)
{
	depot_send_leader_and_isr(&depot, &order, 1);
	cr_assert_eq(depot_code(&depot, order.topic, order.index), KAFKA_ERROR_NONE);
	depot_run(&depot, 1000);
}

static void
follow(int32_t index, int32_t epoch)
{
	send_order((struct depot_order){ .topic = "orders", .index = index, .leader = LEADER,
		.leader_epoch = epoch });
}

static void
answer(int32_t session_id)
{
	far.fetched.session_id = session_id;
	far_leader_send(&far, 0);
}

static void
expect_session(int32_t id, int32_t epoch)
{
	cr_expect_eq(far_leader_fetch(&far, 0)->session_id, id);
	cr_expect_eq(far_leader_fetch(&far, 0)->session_epoch, epoch);
}

static int
forgotten(void)
{
	return far_leader_fetch(&far, 0)->forgotten_topics_data.count;
}

static bool
names(int32_t index)
{
	return far_leader_asked(&far, 0, "orders", index) != NULL;
}

/* A session with orders-0, whose first Fetch is out. */
static void
set_up_with(const char *given)
{
	depot_init(&depot, 1, given);
	depot.links = &far_leader_links;
	far_leader_init(&far, &depot);
	depot_start(&depot);
	follow(0, EPOCH);
	expect_session(0, 0);
	far_leader_add(&far, "orders", 0, 0);
	answer(SESSION);
	expect_session(SESSION, 1);
}

static void
set_up(void)
{
	set_up_with("");
}

/* As much as one batch may have and a little more. */
static void
set_up_small(void)
{
	set_up_with("message.max.bytes=1000\nfetch.max.bytes=1060\n");
}

static void
tear_down(void)
{
	depot_fini(&depot);
	far_leader_fini(&far);
}

TestSuite(fetcher_session, .init = set_up, .fini = tear_down);

Test(fetcher_session, names_nothing_when_nothing_is_new)
{
	for (int32_t epoch = 1; epoch < 5; epoch++) {
		expect_session(SESSION, epoch);
		cr_expect_eq(far_leader_fetch_count(&far, 0), 0);
		answer(SESSION);
	}
}

Test(fetcher_session, takes_what_is_new_and_names_where_it_goes_on)
{
	far_leader_add(&far, "orders", 0, 1);
	far_leader_add_records(&far, 0, 2, EPOCH);
	answer(SESSION);
	expect_session(SESSION, 2);
	cr_assert(names(0));
	cr_expect_eq(far_leader_asked(&far, 0, "orders", 0)->fetch_offset, 2);
	far_leader_add(&far, "orders", 0, 2);
	answer(SESSION);
	cr_expect_not(names(0), "only its high watermark was new");
	cr_expect_eq(log_high_watermark(depot_replica(&depot, "orders", 0)->stored->log), 2);
}

Test(fetcher_session, names_who_comes_to_it)
{
	follow(1, EPOCH);
	answer(SESSION);
	cr_expect_not(names(0));
	cr_expect(names(1));
	cr_expect_eq(forgotten(), 0);
}

Test(fetcher_session, forgets_who_is_taken_away)
{
	struct depot_order order = { .topic = "orders", .index = 0, .leader_epoch = EPOCH };

	follow(1, EPOCH);
	answer(SESSION);
	depot_send_stop_replica(&depot, &order, 1);
	cr_assert_eq(depot_code(&depot, "orders", 0), KAFKA_ERROR_NONE);
	answer(SESSION);
	cr_assert_eq(forgotten(), 1);
	const struct fetch_request_forgotten_topic *topic =
	    &far_leader_fetch(&far, 0)->forgotten_topics_data.items[0];
	cr_expect(uuid_equal(topic->topic_id, depot.topic_id));
	cr_assert_eq(topic->partitions.count, 1);
	cr_expect_eq(topic->partitions.items[0], 0);
	answer(SESSION);
	cr_expect_eq(forgotten(), 0, "once");
}

/* A leader forgets after it has added: who was both would never be answered. */
Test(fetcher_session, does_not_forget_who_comes_back_with_a_newer_epoch)
{
	follow(0, EPOCH + 1);
	answer(SESSION);
	cr_assert(names(0));
	cr_expect_eq(far_leader_asked(&far, 0, "orders", 0)->current_leader_epoch, EPOCH + 1);
	cr_expect_eq(forgotten(), 0);
}

Test(fetcher_session, forgets_who_pauses_and_names_it_again)
{
	follow(1, EPOCH);
	answer(SESSION);
	far_leader_add(&far, "orders", 0, -1)->error_code = KAFKA_ERROR_FENCED_LEADER_EPOCH;
	answer(SESSION);
	cr_assert_eq(forgotten(), 1);
	cr_expect_not(names(0));
	depot_run(&depot, 1100000);
	answer(SESSION);
	cr_expect(names(0));
	cr_expect_eq(forgotten(), 0);
}

Test(fetcher_session, begins_anew_at_once_when_the_leader_has_lost_it)
{
	follow(1, EPOCH);
	answer(SESSION);
	far.fetched.error_code = KAFKA_ERROR_FETCH_SESSION_ID_NOT_FOUND;
	answer(0);
	expect_session(0, 0);
	cr_expect_eq(far_leader_fetch_count(&far, 0), 2);
	cr_expect_not(depot_has_logged(&depot, "cannot be fetched from"));
}

/* Which closes what may be left of it. */
Test(fetcher_session, begins_anew_after_a_lost_connection)
{
	far_leader_fail(&far, 0, ERROR_CONNECTION_RESET);
	depot_run(&depot, 1100000);
	expect_session(SESSION, 0);
	cr_expect(names(0));
	far_leader_add(&far, "orders", 0, 0);
	answer(SESSION + 1);
	expect_session(SESSION + 1, 1);
}

Test(fetcher_session, goes_on_without_when_the_leader_has_no_room)
{
	answer(0);
	for (int i = 0; i < 3; i++) {
		expect_session(0, 0);
		cr_expect(names(0));
		far_leader_add(&far, "orders", 0, 0);
		answer(0);
	}
}

Test(fetcher_session, trusts_no_other_session_than_its_own)
{
	answer(SESSION + 5);
	expect_session(0, 0);
	cr_expect(names(0));
}

/* The leader does not let names and ids mix. */
Test(fetcher_session, begins_anew_when_a_topic_without_an_id_comes)
{
	send_order((struct depot_order){ .topic = "old", .leader = LEADER, .leader_epoch = EPOCH,
		.anonymous = true });
	answer(SESSION);
	expect_session(SESSION, 0);
	cr_expect_eq(far.links[0].fetch->version, 12);
	cr_expect_eq(far_leader_fetch_count(&far, 0), 2);
}

Test(fetcher_session, a_session_error_of_a_full_fetch_is_no_reason_to_hurry)
{
	far.fetched.error_code = KAFKA_ERROR_INVALID_FETCH_SESSION_EPOCH;
	answer(0);
	expect_session(0, 0);
	far.fetched.error_code = KAFKA_ERROR_INVALID_FETCH_SESSION_EPOCH;
	answer(0);
	cr_expect_null(far.links[0].fetch);
}

static struct partition *
doubt(void)
{
	struct partition *partition = depot_replica(&depot, "orders", 0)->partition;

	partition->shrunk_isr.wanted.end_offset = INT64_MAX;
	partition->shrunk_isr.noted.end_offset = INT64_MAX;
	atomic_store(&partition->is_in_doubt, true);
	return partition;
}

/* An answer of a session is silent of it where nothing is new. */
Test(fetcher_session, who_is_in_doubt_hears_that_nothing_has_come)
{
	struct partition *partition = doubt();

	answer(SESSION);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_not(partition_is_in_doubt(partition));
	expect_session(SESSION, 2);
}

TestSuite(fetcher_session_small, .init = set_up_small, .fini = tear_down);

/* The leader's fetch.max.bytes is taken to be ours, though replica.fetch.response.max.bytes is larger. */
Test(fetcher_session_small, stays_in_doubt_when_the_leader_had_no_room_for_it)
{
	struct partition *partition;

	follow(1, EPOCH);
	answer(SESSION);
	partition = doubt();
	far_leader_add(&far, "orders", 1, 0);
	far_leader_add_records(&far, 0, 1, EPOCH);
	answer(SESSION);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect(partition_is_in_doubt(partition));
	answer(SESSION);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_expect_not(partition_is_in_doubt(partition));
}
