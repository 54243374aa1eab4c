#include "fetches.h"

#include <stdlib.h>

TestSuite(fetch_response, .init = fetches_init, .fini = fetches_fini);

/* ---------------------------------------------------------------- limits */

Test(fetch_response, leaves_less_to_those_behind)
{
	fetch_body.max_bytes = 1000;
	fetches_add(0)->partition_max_bytes = 400;
	fetches_add(1);
	fetches_add(2);
	fetches_add(3);
	fetches_handle(12);
	cr_assert_eq(fetches_at(0)->max_bytes, 400);
	cr_assert(fetches_at(0)->at_least_one);
	fetches_give(0, 0);
	cr_assert_eq(fetches_at(1)->max_bytes, 1000);
	cr_assert(fetches_at(1)->at_least_one, "nothing came yet");
	fetches_give(1, 700);
	cr_assert_eq(fetches_at(2)->max_bytes, 300);
	cr_assert_not(fetches_at(2)->at_least_one);
	fetches_give(2, 300);
	cr_assert_eq(fetches_at(3)->max_bytes, 0);
	fetches_give(3, 0);
	cr_assert_eq(fetches_told(1)->records.bytes.size, 700);
}

/* KIP-74: the first batch comes even when it is larger than all limits. */
Test(fetch_response, takes_no_more_after_a_first_batch_that_is_too_large)
{
	fetch_body.max_bytes = 1000;
	fetches_add(0);
	fetches_add(1);
	fetches_handle(12);
	fetches_give(0, 5000);
	cr_assert_eq(fetches_at(1)->max_bytes, 0);
	cr_assert_not(fetches_at(1)->at_least_one);
	fetches_give(1, 0);
	cr_assert_eq(fetches_told(0)->records.bytes.size, 5000);
}

Test(fetch_response, is_bounded_by_the_broker_too)
{
	fixture_configure("fetch.max.bytes=2000");
	fetches_add(0);
	fetches_handle(12);
	cr_assert_eq(fetches_at(0)->max_bytes, 2000);
	fetches_give(0, 1);
}

Test(fetch_response, takes_negative_limits_as_none)
{
	fetch_body.max_bytes = -5;
	fetches_add(0)->partition_max_bytes = INT32_MIN;
	fetches_handle(12);
	cr_assert_eq(fetches_at(0)->max_bytes, 0);
	fetches_give(0, 1);
}

/* ------------------------------------------------------------- what is asked */

Test(fetch_response, asks_for_what_the_request_does)
{
	struct fetch_request_fetch_partition *asked = fetches_add(3);

	asked->fetch_offset = INT64_C(1) << 40;
	asked->current_leader_epoch = 9;
	asked->last_fetched_epoch = 8;
	fetches_handle(12);
	cr_assert_eq(fetches_at(0)->offset, INT64_C(1) << 40);
	cr_assert_eq(fetches_at(0)->current_leader_epoch, 9);
	cr_assert_eq(fetches_at(0)->last_fetched_epoch, 8);
	cr_assert_eq(fetches_at(0)->isolation, PARTITION_READ_UNCOMMITTED);
	fetches_give(0, 1);
}

Test(fetch_response, checks_no_epoch_for_clients_that_know_none)
{
	fetches_add(3);
	fetches_handle(4);
	cr_assert_eq(fetches_at(0)->current_leader_epoch, -1);
	cr_assert_eq(fetches_at(0)->last_fetched_epoch, -1);
	fetches_give(0, 1);
}

/* -------------------------------------------------------------- what is told */

Test(fetch_response, has_the_offsets_that_its_version_knows)
{
	fetches_add(1);
	for (int16_t version = FETCH_FIRST_VERSION; version <= FETCH_LAST_VERSION; version++) {
		int at = fetches_count();
		const told_partition *told;

		fetches_handle(version);
		fetches_give(at, 33);
		told = fetches_told(0);
		cr_assert_eq(told->partition_index, 1);
		cr_assert_eq(told->error_code, KAFKA_ERROR_NONE);
		cr_assert_eq(told->high_watermark, 1000);
		cr_assert_eq(told->last_stable_offset, 900);
		cr_assert_eq(told->log_start_offset, version >= 5 ? 7 : -1);
		cr_assert_eq(told->preferred_read_replica, -1);
		cr_assert_eq(told->aborted_transactions.count, -1);
		cr_assert_eq(told->records.bytes.size, 33);
		for (int i = 0; i < 33; i++)
			cr_assert_eq(told->records.bytes.bytes[i], replicas_byte(100 + i));
	}
}

/* What is read and not sent does not count. */
Test(fetch_response, of_a_throttled_replica_counts_when_it_is_sent)
{
	int at;

	fetches_add(1);
	shelf.throttled_bytes = 0;
	at = fetches_count();
	fetches_handle(FETCH_LAST_VERSION);
	fetches_at(at)->is_throttled = true;
	cr_assert_eq(shelf.throttled_bytes, 0);
	fetches_give(at, 33);
	cr_assert_eq(shelf.throttled_bytes, 33);
}

Test(fetch_response, names_topics_as_its_version_does)
{
	const struct fetch_response_fetchable_topic_response *topic;

	fetches_add(1);
	for (int16_t version = 12; version <= 13; version++) {
		int at = fetches_count();

		fetches_handle(version);
		fetches_give(at, 1);
		topic = &fetches_response()->responses.items[0];
		if (version < 13) {
			cr_expect_slice(topic->topic, "t");
		} else {
			struct uuid id = fixture_topic_id("t");
			cr_assert_arr_eq(topic->topic_id.bytes, id.bytes, sizeof(id));
		}
	}
}

Test(fetch_response, has_records_that_are_empty_not_null)
{
	fetch_body.max_wait_ms = 0;
	fetches_add(0);
	fetches_add(9);
	fetches_handle(12);
	fetches_give(0, 0);
	cr_assert_eq(fetches_told(0)->records.kind, WIRE_RECORDS_BYTES);
	cr_assert_eq(fetches_told(1)->records.kind, WIRE_RECORDS_BYTES);
	cr_assert_eq(fetches_told(1)->records.bytes.size, 0);
}

Test(fetch_response, lists_aborted_transactions_when_it_reads_committed)
{
	struct aborted_transaction *aborted = calloc(2, sizeof(*aborted));

	fetch_body.isolation_level = 1;
	fetches_add(0);
	fetches_add(1);
	fetches_handle(12);
	cr_assert_eq(fetches_at(0)->isolation, PARTITION_READ_COMMITTED);
	aborted[0] = (struct aborted_transaction){ .producer_id = 7, .first_offset = 70 };
	aborted[1] = (struct aborted_transaction){ .producer_id = 8, .first_offset = 80 };
	fetches_at(0)->aborted = aborted;
	fetches_at(0)->aborted_count = 2;
	fetches_give(0, 10);
	fetches_give(1, 10);
	cr_assert_eq(fetches_told(0)->aborted_transactions.count, 2);
	cr_assert_eq(fetches_told(0)->aborted_transactions.items[0].producer_id, 7);
	cr_assert_eq(fetches_told(0)->aborted_transactions.items[1].first_offset, 80);
	cr_assert_eq(fetches_told(1)->aborted_transactions.count, 0, "empty, not null");
}

/* ------------------------------------------------------------------ errors */

#define ROW(name, code) { PARTITION_##name, code },
static const struct {
	enum partition_status status;
	int16_t code;
} statuses[] = { PARTITION_STATUS_TABLE(ROW) };

Test(fetch_response, tells_errors_in_every_version)
{
	fetches_add(0);
	for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++) {
		if (statuses[i].status == PARTITION_OK)
			continue;
		shelf.fetch_count = 0;
		for (int16_t version = 4; version <= FETCH_LAST_VERSION; version++) {
			int at = fetches_count();
			int16_t code = statuses[i].code;

			if (code == KAFKA_ERROR_KAFKA_STORAGE_ERROR && version <= 5)
				code = KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER;
			fetches_handle(version);
			fetches_fail(at, statuses[i].status);
			cr_assert_eq(fetches_told(0)->error_code, code);
			cr_assert_eq(fetches_told(0)->high_watermark, -1);
			cr_assert_eq(fetches_told(0)->last_stable_offset, -1);
			cr_assert_eq(fetches_told(0)->log_start_offset, -1);
			cr_assert_eq(fetches_told(0)->records.bytes.size, 0);
			cr_assert_eq(fetches_told(0)->aborted_transactions.count, -1);
		}
	}
}

/* KIP-951 */
Test(fetch_response, tells_who_leads_from_version_16_on)
{
	static const enum partition_status with_leader[] = { PARTITION_NOT_LEADER,
		PARTITION_FENCED_LEADER_EPOCH, PARTITION_UNKNOWN_LEADER_EPOCH };

	fetches_add(0);
	for (size_t i = 0; i < ARRAY_LENGTH(with_leader); i++)
		for (int16_t version = 15; version <= FETCH_LAST_VERSION; version++) {
			bool told = version >= 16 &&
			    with_leader[i] != PARTITION_UNKNOWN_LEADER_EPOCH;
			int at = fetches_count();

			fetches_handle(version);
			fetches_at(at)->operation.leader = 4;
			fetches_at(at)->operation.leader_epoch = 17;
			fetches_fail(at, with_leader[i]);
			cr_assert_eq(fetches_told(0)->current_leader.leader_id, told ? 4 : -1);
			cr_assert_eq(fetches_told(0)->current_leader.leader_epoch, told ? 17 : -1);
		}
}

Test(fetch_response, refuses_what_is_not_there_and_reads_the_rest)
{
	fetches_add_to("unknown", 0);
	fetches_add_to("t", 4);
	fetches_add_to("t", -1);
	fetches_add_to("t", 2);
	for (int16_t version = 4; version <= FETCH_LAST_VERSION; version++) {
		int at = fetches_count();

		fetches_handle(version);
		fetches_give(at, 5);
		cr_assert_eq(fetches_told_of(0, 0)->error_code, version < 13 ?
		    KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION : KAFKA_ERROR_UNKNOWN_TOPIC_ID);
		cr_assert_eq(fetches_told_of(0, 0)->high_watermark, -1);
		cr_assert_eq(fetches_told_of(1, 0)->error_code,
		    KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
		cr_assert_eq(fetches_told_of(1, 1)->error_code,
		    KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
		cr_assert_eq(fetches_told_of(1, 2)->records.bytes.size, 5);
	}
}

Test(fetch_response, sends_away_who_wants_what_others_have)
{
	static const int32_t others[] = { 2, 3, -1 };

	fixture_add_partition("elsewhere", 0, 3, others, others, NULL);
	fixture_add_broker(3, "PLAINTEXT", "three.example", 9093, "r1");
	fixture_publish(1);
	fetches_add_to("elsewhere", 0);
	for (int16_t version = 4; version <= FETCH_LAST_VERSION; version++) {
		fetches_handle(version);
		cr_assert_eq(fetches_told(0)->error_code, KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER);
		cr_assert_eq(fetches_told(0)->current_leader.leader_id, version >= 16 ? 3 : -1);
		const struct fetch_response *answer = fixture.answer;
		cr_assert_eq(answer->node_endpoints.count, version >= 16 ? 1 : 0);
		if (version < 16)
			continue;
		cr_assert_eq(answer->node_endpoints.items[0].node_id, 3);
		cr_expect_slice(answer->node_endpoints.items[0].host, "three.example");
		cr_assert_eq(answer->node_endpoints.items[0].port, 9093);
		cr_expect_slice(answer->node_endpoints.items[0].rack, "r1");
	}
}

Test(fetch_response, knows_no_topic_of_the_id_zero)
{
	fetches_add(0);
	fetch_body.topics.items[0].topic_id = (struct uuid){ { 0 } };
	fetches_handle(13);
	cr_assert_eq(fetches_told(0)->error_code, KAFKA_ERROR_UNKNOWN_TOPIC_ID);
}

Test(fetch_response, has_zstd_topics_for_version_10_and_above)
{
	replicas_host("packed", 1, "compression.type=zstd");
	fetches_add_to("packed", 0);
	fetches_handle(9);
	cr_assert_eq(fetches_told(0)->error_code, KAFKA_ERROR_UNSUPPORTED_COMPRESSION_TYPE);
	fetches_handle(10);
	fetches_give(0, 4);
	cr_assert_eq(fetches_told(0)->error_code, KAFKA_ERROR_NONE);
}

/* ---------------------------------------------------------------- followers */

/* Broker `id`, of epoch 77, as the version has it. */
static void
ask_as(int32_t id, int16_t version)
{
	fetch_body.replica_id = version < 15 ? id : -1;
	fetch_body.replica_state.replica_id = version < 15 ? -1 : id;
	fetch_body.replica_state.replica_epoch = version < 15 ? -1 : 77;
	fetches_handle(version);
}

Test(fetch_response, tells_partitions_which_follower_asks)
{
	fetches_add(0);
	for (int16_t version = FETCH_FIRST_VERSION; version <= FETCH_LAST_VERSION; version++) {
		int at = fetches_count();
		const struct partition_fetch *fetch;

		ask_as(2, version);
		fetch = fetches_at(at);
		cr_assert(fetch->is_follower);
		cr_assert_eq(fetch->replica_id, 2);
		cr_assert_eq(fetch->replica_epoch, version < 15 ? -1 : 77);
		cr_assert_eq(fetch->isolation, PARTITION_READ_LOG_END);
		cr_assert_eq(fetch->known_high_watermark, -1);
		fetches_give(at, 1);
		cr_assert_eq(fetches_told(0)->error_code, KAFKA_ERROR_NONE);
	}
}

Test(fetch_response, tells_followers_that_are_none)
{
	fetches_add(0);
	ask_as(2, 17);
	fetches_fail(0, PARTITION_UNKNOWN_LEADER_EPOCH);
	cr_assert_eq(fetches_told(0)->error_code, KAFKA_ERROR_UNKNOWN_LEADER_EPOCH);
}

/* It asks where logs part. */
Test(fetch_response, reads_nothing_for_a_tool_that_wants_no_bytes)
{
	fetches_add(0)->partition_max_bytes = 0;
	fetch_body.max_wait_ms = 0;
	ask_as(-2, 12);
	cr_expect_eq(fetches_at(0)->max_bytes, 0);
	cr_expect_not(fetches_at(0)->at_least_one);
	fetches_give(0, 0);
	ask_as(-1, 12);
	cr_expect(fetches_at(1)->at_least_one, "a consumer gets a batch, as in Kafka");
	fetches_give(1, 1);
}

/* As Kafka's tools do. */
Test(fetch_response, reads_to_the_log_end_for_tools)
{
	fetches_add(0);
	ask_as(-2, 14);
	cr_assert_not(fetches_at(0)->is_follower);
	cr_assert(fetches_at(0)->any_replica);
	cr_assert_eq(fetches_at(0)->isolation, PARTITION_READ_LOG_END);
	fetches_give(0, 1);
	ask_as(2, 14);
	cr_assert_not(fetches_at(1)->any_replica);
	fetches_give(1, 1);
}

/* -------------------------------------------------------- the nearest replica */

/* Brokers 1, here, to 4. */
static void
make_racks(const char *own)
{
	fixture_configure("replica.selector.class="
	    "org.apache.kafka.common.replica.RackAwareReplicaSelector");
	fixture_add_broker(1, "PLAINTEXT", "one", 1, own);
	fixture_add_broker(2, "PLAINTEXT", "two", 2, "b");
	fixture_add_broker(3, "OTHER", "three", 3, "b");
	fixture_add_broker(4, "PLAINTEXT", "four", 4, "b");
	fixture_publish(1);
	fetch_body.rack_id = fixture_text("b");
}

Test(fetch_response, asks_for_who_is_in_the_readers_rack)
{
	make_racks("a");
	fetches_add(0);
	for (int16_t version = 11; version <= FETCH_LAST_VERSION; version++) {
		int at = fetches_count();
		const struct partition_fetch *fetch;

		fetches_handle(version);
		fetch = fetches_at(at);
		cr_assert(fetch->any_replica);
		cr_assert_eq(fetch->nearer_count, 2, "broker 3 is not at this listener");
		cr_assert_eq(fetch->nearer[0], 2);
		cr_assert_eq(fetch->nearer[1], 4);
		fetches_give(at, 1);
		cr_assert_eq(fetches_told(0)->preferred_read_replica, -1);
	}
}

Test(fetch_response, tells_at_once_who_is_to_be_read_from)
{
	make_racks("a");
	fetches_add(0);
	fetches_add(1);
	fetch_body.isolation_level = 1;
	fetches_handle(11);
	fetches_at(0)->preferred_replica = 4;
	fetches_give(0, 0);
	fetches_give(1, 0);
	cr_assert_eq(fetches_told(0)->preferred_read_replica, 4);
	cr_assert_eq(fetches_told(0)->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(fetches_told(0)->high_watermark, 1000);
	cr_assert_eq(fetches_told(0)->records.bytes.size, 0);
	cr_assert_eq(fetches_told(0)->aborted_transactions.count, -1);
	cr_assert_eq(fetches_told(1)->preferred_read_replica, -1);
	cr_assert_eq(fetches_told(1)->aborted_transactions.count, 0);
}

Test(fetch_response, sends_nobody_away_who_is_right_here)
{
	static const char *const own_racks[] = { "b", "a", "a", "a" };

	for (int i = 0; i < 4; i++) {
		int at = fetches_count();

		make_racks(own_racks[i]);
		if (i == 1)
			fetch_body.rack_id = slice_of("", 0);
		if (i == 2)
			fetch_body.rack_id = fixture_text("c");
		if (i == 3)
			fixture_configure("");
		fetch_body.topics.count = 0;
		fetches_add(0);
		fetches_handle(11);
		cr_assert_eq(fetches_at(at)->nearer_count, 0, "case %d", i);
		fetches_give(at, 1);
	}
}

Test(fetch_response, lets_only_leaders_serve_who_knows_no_racks)
{
	fetches_add(0);
	fetches_handle(10);
	cr_assert_not(fetches_at(0)->any_replica);
	fetches_give(0, 1);
}

Test(fetch_response, of_more_partitions_than_memory_may_hold_is_none)
{
	fixture.arena_cap = 4000;
	for (int32_t i = 0; i < 8; i++)
		fetches_add(i % 4);
	fetches_handle(12);
	cr_assert_eq(fixture.end, FIXTURE_CLOSED);
	cr_assert_eq(fetches_count(), 0);
}
