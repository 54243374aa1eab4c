#include <criterion/criterion.h>

#include "partition/replicas_private.h"
#include "tests/unit/partition/far_leader.h"
#include "wire/kafka_error.h"

enum { LEADER = 2, EPOCH = 5 };

static struct depot depot;
static struct far_leader far;

/* The replicas' own fetcher; its first Fetch asks for orders-0, all later ones for all. */
static void
set_up_with(const char *properties)
{
	depot_init(&depot, 1, properties);
	depot.links = &far_leader_links;
	far_leader_init(&far, &depot);
	depot_start(&depot);
	depot_enter(&depot);
	replicas_set_broker_epoch(depot.replicas, 77);
	depot_leave(&depot);
}

static void
set_up(void)
{
	set_up_with("replica.fetch.max.bytes=2000\nreplica.fetch.min.bytes=3\n"
	    "replica.fetch.response.max.bytes=7000\nreplica.fetch.wait.max.ms=400\n");
}

static void
tear_down(void)
{
	depot_fini(&depot);
	far_leader_fini(&far);
}

TestSuite(fetcher_exchange, .init = set_up, .fini = tear_down);

static void
follow(int32_t index, bool anonymous)
{
	struct depot_order order = { .topic = anonymous ? "old" : "orders", .index = index,
		.leader = LEADER, .leader_epoch = EPOCH, .anonymous = anonymous };

	depot_send_leader_and_isr(&depot, &order, 1);
	cr_assert_eq(depot_code(&depot, order.topic, index), KAFKA_ERROR_NONE);
	depot_run(&depot, 1000);
}

static void
follow_two(void)
{
	follow(0, false);
	far_leader_add(&far, "orders", 0, 0);
	follow(1, false);
	far_leader_send(&far, 0);
	cr_assert_eq(far_leader_fetch_count(&far, 0), 2);
}

static int64_t
end_of(int32_t index)
{
	return log_end_offset(depot_replica(&depot, "orders", index)->stored->log);
}

Test(fetcher_exchange, says_who_asks_and_how_much)
{
	const struct fetch_request *fetch;
	const struct fetch_request_fetch_partition *partition;

	follow(0, false);
	fetch = far_leader_fetch(&far, 0);
	cr_expect_eq(far.links[0].fetch->version, 17);
	cr_expect_eq(far.links[0].fetch->timeout_ms, 30000);
	cr_expect_eq(fetch->replica_state.replica_id, DEPOT_BROKER);
	cr_expect_eq(fetch->replica_state.replica_epoch, 77);
	cr_expect_eq(fetch->max_wait_ms, 400);
	cr_expect_eq(fetch->min_bytes, 3);
	cr_expect_eq(fetch->max_bytes, 7000);
	cr_expect_eq(fetch->session_id, 0);
	cr_expect_eq(fetch->session_epoch, 0, "a full one, that wants a session");
	cr_expect(uuid_equal(fetch->topics.items[0].topic_id, depot.topic_id));
	partition = far_leader_asked(&far, 0, "orders", 0);
	cr_expect_eq(partition->partition_max_bytes, 2000);
	cr_expect_eq(partition->last_fetched_epoch, -1);
	cr_expect_eq(partition->log_start_offset, 0);
}

/* A topic of before 2.8 has no id. */
Test(fetcher_exchange, asks_by_name_where_a_topic_has_no_id)
{
	follow(0, true);
	cr_expect_eq(far.links[0].fetch->version, 12);
	cr_expect_eq(far_leader_fetch(&far, 0)->replica_id, DEPOT_BROKER);
	far_leader_add(&far, "old", 0, 1);
	far_leader_add_records(&far, 0, 1, EPOCH);
	far_leader_send(&far, 0);
	cr_expect_eq(far_leader_asked(&far, 0, "old", 0)->fetch_offset, 1);
}

Test(fetcher_exchange, passes_on_the_high_watermark_once)
{
	follow_two();
	far_leader_add(&far, "orders", 0, 2);
	far_leader_add_records(&far, 0, 2, EPOCH);
	far_leader_add(&far, "orders", 1, 0);
	far_leader_send(&far, 0);
	cr_expect_eq(log_high_watermark(depot_replica(&depot, "orders", 0)->stored->log), 2);
	for (int i = 0; i < 3; i++) {
		far_leader_add(&far, "orders", 0, 2);
		far_leader_add(&far, "orders", 1, 0);
		far_leader_send(&far, 0);
		cr_expect_eq(far_leader_fetch_count(&far, 0), 2);
	}
}

Test(fetcher_exchange, the_log_start_alone_is_news)
{
	follow(0, false);
	far_leader_add(&far, "orders", 0, 2);
	far_leader_add_records(&far, 0, 1, EPOCH);
	far_leader_add_records(&far, 1, 1, EPOCH);
	far_leader_send(&far, 0);
	far_leader_add(&far, "orders", 0, 2)->log_start_offset = 1;
	far_leader_send(&far, 0);
	cr_expect_eq(log_start_offset(depot_replica(&depot, "orders", 0)->stored->log), 1);
	cr_expect_eq(far_leader_asked(&far, 0, "orders", 0)->log_start_offset, 1);
}

/* ------------------------------------------------------- what makes no sense */

Test(fetcher_exchange, takes_nothing_for_a_partition_that_was_not_asked_for)
{
	follow(0, false);
	far_leader_add(&far, "orders", 1, 1);
	far_leader_add_records(&far, 0, 1, EPOCH);
	far_leader_add(&far, "orders", -5, 1);
	far_leader_add(&far, "orders", 0, 0);
	far_leader_send(&far, 0);
	cr_expect_eq(end_of(0), 0);
	cr_expect_eq(far_leader_fetch_count(&far, 0), 1);
}

Test(fetcher_exchange, takes_nothing_of_another_topic)
{
	follow(0, false);
	far_leader_add(&far, "orders", 0, 1);
	far_leader_add_records(&far, 0, 1, EPOCH);
	far.topics[0].topic_id.bytes[15] ^= 1;
	far_leader_send(&far, 0);
	cr_expect_eq(end_of(0), 0);
	cr_expect_null(far.links[0].fetch, "it backs off");
}

Test(fetcher_exchange, counts_the_first_of_two_answers)
{
	follow(0, false);
	far_leader_add(&far, "orders", 0, 1);
	far_leader_add_records(&far, 0, 1, EPOCH);
	far_leader_add(&far, "orders", 0, 2);
	far_leader_add_records(&far, 0, 2, EPOCH);
	far_leader_send(&far, 0);
	cr_expect_eq(end_of(0), 1);
	cr_expect_eq(far_leader_asked(&far, 0, "orders", 0)->fetch_offset, 1);
}

Test(fetcher_exchange, who_is_not_named_backs_off)
{
	follow_two();
	far_leader_add(&far, "orders", 1, 0);
	far_leader_send(&far, 0);
	cr_expect_null(far_leader_asked(&far, 0, "orders", 0));
	cr_expect_not_null(far_leader_asked(&far, 0, "orders", 1));
	depot_run(&depot, 1100000);
	far_leader_add(&far, "orders", 1, 0);
	far_leader_send(&far, 0);
	cr_expect_not_null(far_leader_asked(&far, 0, "orders", 0));
}

Test(fetcher_exchange, an_error_of_the_whole_answer_concerns_all)
{
	follow_two();
	far_leader_add(&far, "orders", 0, 1);
	far_leader_add_records(&far, 0, 1, EPOCH);
	far.fetched.error_code = KAFKA_ERROR_INVALID_FETCH_SESSION_EPOCH;
	far_leader_send(&far, 0);
	cr_expect_eq(end_of(0), 0);
	cr_expect_null(far.links[0].fetch);
	cr_expect(depot_has_logged(&depot, "INVALID_FETCH_SESSION_EPOCH"));
	depot_run(&depot, 1100000);
	cr_expect_eq(far_leader_fetch_count(&far, 0), 2);
}

Test(fetcher_exchange, null_records_are_none)
{
	follow(0, false);
	far_leader_add(&far, "orders", 0, 0)->records.kind = WIRE_RECORDS_NULL;
	far_leader_send(&far, 0);
	cr_expect_eq(far_leader_fetch_count(&far, 0), 1);
}

Test(fetcher_exchange, damaged_records_are_fetched_again)
{
	follow(0, false);
	far_leader_add(&far, "orders", 0, 1);
	far_leader_add_records(&far, 0, 1, EPOCH);
	far.records[0].bytes[far.records[0].size - 1] ^= 1;
	far_leader_send(&far, 0);
	cr_expect_eq(end_of(0), 0);
	cr_expect_null(far.links[0].fetch);
	depot_run(&depot, 1100000);
	cr_expect_eq(far_leader_asked(&far, 0, "orders", 0)->fetch_offset, 0);
}

/* ------------------------------------------------------------------- bounds */

static void
look_for_bounds(void)
{
	follow(0, false);
	far_leader_add(&far, "orders", 0, -1)->error_code = KAFKA_ERROR_OFFSET_OUT_OF_RANGE;
	far_leader_send(&far, 0);
}

Test(fetcher_exchange, asks_for_a_bound_as_a_replica)
{
	look_for_bounds();
	cr_expect_eq(far.links[0].list_offsets->version, 9);
	cr_expect_eq(far_leader_list(&far, 0)->replica_id, DEPOT_BROKER);
	cr_expect_eq(far_leader_list(&far, 0)->topics.items[0].partitions.items[0].current_leader_epoch,
	    EPOCH);
}

Test(fetcher_exchange, a_refused_bound_backs_off)
{
	look_for_bounds();
	far_leader_send_offset(&far, 0, KAFKA_ERROR_KAFKA_STORAGE_ERROR, -1);
	cr_expect_null(far.links[0].fetch);
	cr_expect_null(far.links[0].list_offsets);
	depot_run(&depot, 1100000);
	cr_expect_not_null(far.links[0].fetch);
}

Test(fetcher_exchange, a_bound_that_does_not_come_backs_off)
{
	look_for_bounds();
	far_leader_fail(&far, 0, ERROR_TIMED_OUT);
	cr_expect_null(far.links[0].list_offsets);
	depot_run(&depot, 1100000);
	cr_expect_not_null(far.links[0].fetch);
}

/* ----------------------------------------------------------------- versions */

Test(fetcher_exchange, speaks_as_inter_broker_protocol_version_says)
{
	static const struct {
		const char *text;
		int16_t fetch, list_offsets;
	} levels[] = {
		{ "2.8", 12, 6 }, { "3.0", 12, 7 }, { "3.1", 13, 7 }, { "3.4", 13, 7 },
		{ "3.5-IV0", 14, 8 }, { "3.5", 15, 8 }, { "3.7-IV3", 15, 8 }, { "3.8", 16, 8 },
		{ "3.9", 17, 9 },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(levels); i++) {
		char properties[64];
		const struct fetch_request *fetch;

		tear_down();
		snprintf(properties, sizeof(properties), "inter.broker.protocol.version=%s\n",
		    levels[i].text);
		set_up_with(properties);
		follow(0, false);
		fetch = far_leader_fetch(&far, 0);
		cr_expect_eq(far.links[0].fetch->version, levels[i].fetch, "%s", levels[i].text);
		if (levels[i].fetch >= 15)
			cr_expect_eq(fetch->replica_state.replica_id, DEPOT_BROKER);
		else
			cr_expect_eq(fetch->replica_id, DEPOT_BROKER);
		far_leader_add(&far, "orders", 0, -1)->error_code =
		    KAFKA_ERROR_OFFSET_OUT_OF_RANGE;
		far_leader_send(&far, 0);
		cr_expect_eq(far.links[0].list_offsets->version, levels[i].list_offsets, "%s",
		    levels[i].text);
	}
}
