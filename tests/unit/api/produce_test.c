#include "produces.h"

TestSuite(produce, .init = produces_init, .fini = produces_fini);

/* ----------------------------------------------------------------- the good */

Test(produce, gives_the_batch_to_its_partition_and_tells_where_it_is)
{
	for (int16_t version = 3; version <= PRODUCE_LAST_VERSION; version++) {
		int number = shelf.append_count;
		const struct partition_append *append;

		produces_clear();
		produces_add(2);
		produces_handle(version);
		cr_assert_eq(fixture.end, FIXTURE_NO_END);
		cr_assert_eq(shelf.append_count, number + 1);
		append = shelf.appends[number];
		cr_assert_eq(replicas_index_of(&append->operation), 2);
		cr_assert_eq(append->size, produce_batch.size);
		cr_assert_arr_eq(append->bytes, produce_batch.bytes, produce_batch.size);
		cr_assert_eq(append->required_acks, 1);
		cr_assert_eq(append->required_leader_epoch, -1);
		cr_assert_eq(append->origin, LOG_FROM_CLIENT);
		cr_assert_eq(append->now_ms, 5000);
		produces_accept(number, 77);
		cr_assert_eq(produces_told(0)->index, 2);
		cr_assert_eq(produces_told(0)->error_code, KAFKA_ERROR_NONE);
		cr_assert_eq(produces_told(0)->base_offset, 77);
		cr_assert_eq(produces_told(0)->log_append_time_ms, -1);
		cr_assert_eq(produces_told(0)->log_start_offset, version >= 5 ? 2 : -1);
		cr_assert_eq(produces_told(0)->record_errors.count, 0);
		cr_assert_eq(produces_told(0)->current_leader.leader_id, -1);
	}
}

Test(produce, converts_the_messages_of_old_requests)
{
	for (int16_t version = 0; version <= 2; version++) {
		struct buffer set;

		buffer_init(&set);
		sample_set(&set, version < 2 ? 0 : 1, COMPRESSION_NONE, 3, 0);
		produces_clear();
		produces_add_to("t", 0, buffer_slice(&set));
		produces_handle(version);
		cr_assert_eq(shelf.append_count, version + 1);
		cr_assert_eq(shelf.appends[version]->bytes[16], 2, "the magic");
		produces_accept(version, 5);
		cr_assert_eq(produces_told(0)->base_offset, 5);
		buffer_fini(&set);
	}
}

Test(produce, answers_when_all_partitions_have)
{
	produces_add(0);
	produces_add(1);
	produces_add(3);
	produces_handle(9);
	cr_assert_eq(shelf.append_count, 3);
	produces_accept(2, 30);
	produces_accept(0, 10);
	cr_assert_eq(fixture.end, FIXTURE_NO_END);
	produces_accept(1, 20);
	cr_assert_eq(produces_told(0)->base_offset, 10);
	cr_assert_eq(produces_told(1)->base_offset, 20);
	cr_assert_eq(produces_told(2)->base_offset, 30);
	cr_assert_eq(produces_told(2)->index, 3);
}

static bool
accept_at_once(struct partition_append *append)
{
	append->base_offset = 9;
	replicas_answer_inside(&append->operation, PARTITION_OK);
	return true;
}

Test(produce, answers_once_when_partitions_answer_at_once)
{
	shelf.append = accept_at_once;
	produces_add(0);
	produces_add(1);
	produces_handle(9);
	cr_assert_eq(produces_told(0)->base_offset, 9);
	cr_assert_eq(produces_told(1)->base_offset, 9);
	cr_assert_eq(shelf.drops, 0);
}

Test(produce, appends_a_partition_that_comes_twice_twice)
{
	produces_add(1);
	produces_add(1);
	produces_handle(9);
	cr_assert_eq(shelf.append_count, 2);
	produces_accept(0, 10);
	produces_accept(1, 13);
	cr_assert_eq(produces_told(0)->base_offset, 10);
	cr_assert_eq(produces_told(1)->base_offset, 13);
}

Test(produce, takes_a_topic_that_comes_twice_as_two)
{
	replicas_host("u", 1, "");
	produces_add(0);
	produces_add_to("u", 0, buffer_slice(&produce_batch));
	produces_add(1);
	produces_handle(9);
	cr_assert_eq(shelf.append_count, 3);
	for (int i = 0; i < 3; i++)
		produces_accept(i, i);
	cr_assert_eq(produces_told_of(0, 0)->base_offset, 0);
	cr_assert_eq(produces_told_of(1, 0)->base_offset, 1);
	cr_assert_eq(produces_told_of(2, 0)->base_offset, 2);
}

Test(produce, of_nothing_is_answered_with_nothing)
{
	for (int16_t version = 0; version <= PRODUCE_LAST_VERSION; version++) {
		const struct produce_response *response;

		produces_handle(version);
		cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
		response = fixture.answer;
		cr_assert_eq(response->responses.count, 0);
	}
	produce_body.topic_data.count = 1;
	produce_body.topic_data.items[0] = produce_request_topic_produce_data_defaults;
	produce_body.topic_data.items[0].name = fixture_text("t");
	produces_handle(9);
	cr_assert_eq(((struct produce_response *)fixture.answer)->responses.count, 1);
	cr_assert_eq(shelf.append_count, 0);
}

Test(produce, tells_the_time_that_the_log_has_given)
{
	replicas_host("stamped", 1, "message.timestamp.type=LogAppendTime");
	produces_add_to("stamped", 0, buffer_slice(&produce_batch));
	produces_handle(9);
	cr_assert(shelf.appends[0]->log_append_time);
	shelf.appends[0]->log_append_time_ms = 5001;
	produces_accept(0, 1);
	cr_assert_eq(produces_told(0)->log_append_time_ms, 5001);
}

/* -------------------------------------------------------------------- acks */

Test(produce, with_acks_0_is_never_answered)
{
	produce_body.acks = 0;
	produces_add(0);
	produces_handle(9);
	cr_assert_eq(shelf.appends[0]->required_acks, 0);
	produces_accept(0, 10);
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED_NOTHING);
}

Test(produce, with_acks_0_and_an_error_closes_the_connection)
{
	static const enum partition_status statuses[] = { PARTITION_NOT_LEADER, PARTITION_STORAGE,
		PARTITION_OUT_OF_ORDER_SEQUENCE };

	produce_body.acks = 0;
	produces_add(0);
	produces_add(1);
	for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++) {
		int number = shelf.append_count;

		produces_handle(9);
		produces_fail(number, statuses[i]);
		cr_assert_eq(fixture.end, FIXTURE_NO_END);
		produces_accept(number + 1, 1);
		cr_assert_eq(fixture.end, FIXTURE_CLOSED);
	}
}

Test(produce, with_acks_0_of_an_unknown_topic_closes_the_connection)
{
	produce_body.acks = 0;
	produces_add_to("unknown", 0, buffer_slice(&produce_batch));
	produces_handle(9);
	cr_assert_eq(fixture.end, FIXTURE_CLOSED);
}

Test(produce, with_acks_that_are_none_is_refused)
{
	static const int16_t wrong[] = { 2, -2, INT16_MAX, INT16_MIN };

	produces_add(0);
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
		for (int16_t version = 3; version <= PRODUCE_LAST_VERSION; version++) {
			produce_body.acks = wrong[i];
			produces_handle(version);
			cr_assert_eq(produces_told(0)->error_code, KAFKA_ERROR_INVALID_REQUIRED_ACKS);
			cr_assert_eq(produces_told(0)->base_offset, -1);
		}
	cr_assert_eq(shelf.append_count, 0);
}

Test(produce, with_acks_that_are_none_knows_unknown_topics_first)
{
	produce_body.acks = 5;
	produces_add_to("unknown", 0, buffer_slice(&produce_batch));
	produces_add(0);
	produces_handle(9);
	cr_assert_eq(produces_told_of(0, 0)->error_code, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_assert_eq(produces_told_of(1, 0)->error_code, KAFKA_ERROR_INVALID_REQUIRED_ACKS);
}

/* -------------------------------------------------------------- time is over */

Test(produce, with_acks_all_waits_as_long_as_the_client_does)
{
	produce_body.acks = -1;
	produce_body.timeout_ms = 1000;
	produces_add(0);
	produces_add(1);
	produces_handle(9);
	produces_accept(0, 10);
	fixture_pass_ms(999);
	cr_assert_eq(shelf.cancels, 0);
	fixture_pass_ms(1);
	cr_assert_eq(shelf.cancels, 1);
	cr_assert(shelf.appends[1]->operation.cancelled);
	cr_assert_eq(fixture.end, FIXTURE_NO_END);
	produces_fail(1, PARTITION_TIMED_OUT);
	cr_assert_eq(produces_told(0)->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(produces_told(1)->error_code, KAFKA_ERROR_REQUEST_TIMED_OUT);
	cr_assert_eq(produces_told(1)->base_offset, -1);
}

Test(produce, with_a_negative_timeout_does_not_wait)
{
	produce_body.acks = -1;
	produce_body.timeout_ms = INT32_MIN;
	produces_add(0);
	produces_handle(9);
	fixture_pass_ms(0);
	cr_assert_eq(shelf.cancels, 1);
	produces_fail(0, PARTITION_TIMED_OUT);
	cr_assert_eq(produces_told(0)->error_code, KAFKA_ERROR_REQUEST_TIMED_OUT);
}

Test(produce, with_acks_1_has_no_time_limit)
{
	produces_add(0);
	produces_handle(9);
	fixture_pass_ms(100 * 1000);
	cr_assert_eq(shelf.cancels, 0);
	produces_accept(0, 1);
	cr_assert_eq(produces_told(0)->error_code, KAFKA_ERROR_NONE);
}

Test(produce, is_not_cancelled_once_it_is_answered)
{
	produce_body.acks = -1;
	produces_add(0);
	produces_handle(9);
	produces_accept(0, 1);
	fixture_pass_ms(100 * 1000);
	cr_assert_eq(shelf.cancels, 0);
}

/* ------------------------------------------------------------------ the frame */

static void
tell_appended(int number)
{
	struct partition_append *append = shelf.appends[number];

	loop_enter(&fixture.data.loop);
	append->appended(append);
	loop_leave(&fixture.data.loop);
}

Test(produce, gives_its_frame_back_when_all_is_in_the_logs)
{
	produce_body.acks = -1;
	produces_add(0);
	produces_add(1);
	produces_handle(9);
	tell_appended(1);
	cr_assert_eq(shelf.drops, 0);
	tell_appended(0);
	cr_assert_eq(shelf.drops, 1);
	produces_accept(0, 1);
	produces_accept(1, 1);
	cr_assert_eq(produces_told(1)->base_offset, 1);
}

Test(produce, gives_its_frame_back_though_a_partition_was_refused)
{
	produce_body.acks = -1;
	produces_add(0);
	produces_add_to("t", 1, slice_null());
	produces_add(2);
	produces_handle(9);
	cr_assert_eq(shelf.append_count, 2);
	tell_appended(0);
	produces_fail(1, PARTITION_NOT_ENOUGH_REPLICAS);
	cr_assert_eq(shelf.drops, 1);
	produces_accept(0, 1);
	cr_assert_eq(produces_told(1)->error_code, KAFKA_ERROR_INVALID_RECORD);
	cr_assert_eq(produces_told(2)->error_code, KAFKA_ERROR_NOT_ENOUGH_REPLICAS);
}

/* ------------------------------------------------------------------- errors */

#define ROW(name, code) { PARTITION_##name, code },
static const struct {
	enum partition_status status;
	int16_t code;
} statuses[] = { PARTITION_STATUS_TABLE(ROW) };

Test(produce, tells_what_the_partition_says_in_every_version)
{
	produces_add(0);
	for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++) {
		if (statuses[i].status == PARTITION_OK)
			continue;
		shelf.append_count = 0;
		for (int16_t version = 3; version <= PRODUCE_LAST_VERSION; version++) {
			int number = shelf.append_count;

			produces_handle(version);
			produces_fail(number, statuses[i].status);
			cr_assert_eq(produces_told(0)->error_code, statuses[i].code);
			cr_assert_eq(produces_told(0)->base_offset, -1);
			cr_assert_eq(produces_told(0)->log_append_time_ms, -1);
			cr_assert_eq(produces_told(0)->log_start_offset, -1);
		}
	}
}

/* KIP-951 */
Test(produce, tells_who_leads_from_version_10_on)
{
	produces_add(0);
	for (int16_t version = 9; version <= PRODUCE_LAST_VERSION; version++) {
		int number = shelf.append_count;

		produces_handle(version);
		shelf.appends[number]->operation.leader = 4;
		shelf.appends[number]->operation.leader_epoch = 17;
		produces_fail(number, PARTITION_NOT_LEADER);
		cr_assert_eq(produces_told(0)->current_leader.leader_id, version >= 10 ? 4 : -1);
		cr_assert_eq(produces_told(0)->current_leader.leader_epoch, version >= 10 ? 17 : -1);
	}
}

static const struct produce_response *
answer(void)
{
	return fixture.answer;
}

Test(produce, to_what_others_have_tells_who_leads_it)
{
	static const int32_t others[] = { 2, 3, -1 };

	fixture_add_partition("elsewhere", 0, 3, others, others, NULL);
	fixture_add_broker(3, "PLAINTEXT", "three.example", 9093, "r1");
	fixture_publish(1);
	produces_add_to("elsewhere", 0, buffer_slice(&produce_batch));
	for (int16_t version = 3; version <= PRODUCE_LAST_VERSION; version++) {
		produces_handle(version);
		cr_assert_eq(produces_told(0)->error_code, KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER);
		cr_assert_eq(produces_told(0)->base_offset, -1);
		cr_assert_eq(produces_told(0)->current_leader.leader_id, version >= 10 ? 3 : -1);
		cr_assert_eq(produces_told(0)->current_leader.leader_epoch, version >= 10 ? 7 : -1);
		cr_assert_eq(answer()->node_endpoints.count, version >= 10 ? 1 : 0);
		if (version < 10)
			continue;
		cr_assert_eq(answer()->node_endpoints.items[0].node_id, 3);
		cr_expect_slice(answer()->node_endpoints.items[0].host, "three.example");
		cr_assert_eq(answer()->node_endpoints.items[0].port, 9093);
		cr_expect_slice(answer()->node_endpoints.items[0].rack, "r1");
	}
}

Test(produce, to_what_is_not_there_is_refused)
{
	produces_add_to("unknown", 0, buffer_slice(&produce_batch));
	produces_add(4);
	produces_add(-1);
	produces_add(0);
	produces_handle(9);
	cr_assert_eq(shelf.append_count, 1);
	produces_accept(0, 8);
	cr_assert_eq(produces_told_of(0, 0)->error_code, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_assert_eq(produces_told_of(1, 0)->error_code, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_assert_eq(produces_told_of(1, 1)->error_code, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	cr_assert_eq(produces_told_of(1, 2)->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(produces_told_of(1, 2)->base_offset, 8);
}

Test(produce, to_an_internal_topic_is_for_kafkas_own_admin_client)
{
	replicas_host("__consumer_offsets", 1, "");
	produces_add_to("__consumer_offsets", 0, buffer_slice(&produce_batch));
	produces_handle(9);
	cr_assert_eq(produces_told(0)->error_code, KAFKA_ERROR_INVALID_TOPIC_EXCEPTION);
	cr_assert_eq(shelf.append_count, 0);
	fixture.client_id = "__admin_client";
	produces_handle(9);
	cr_assert_eq(shelf.append_count, 1);
	produces_accept(0, 1);
	cr_assert_eq(produces_told(0)->error_code, KAFKA_ERROR_NONE);
}

Test(produce, of_more_partitions_than_memory_may_hold_closes_the_connection)
{
	fixture.arena_cap = 1500;
	for (int32_t i = 0; i < 4; i++)
		produces_add_to("t", i, slice_of("", 0));
	produces_handle(9);
	cr_assert_eq(fixture.end, FIXTURE_CLOSED);
	cr_assert_eq(shelf.append_count, 0);
}
