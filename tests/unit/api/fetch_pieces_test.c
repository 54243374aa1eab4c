/* Incremental fetch sessions (KIP-227) as a client sees them. */
#include "exchange.h"
#include "fetches.h"

TestSuite(fetch_pieces, .init = fetches_init, .fini = fetches_fini);

static int32_t session_id;

/* All partitions that are read have these offsets and so many bytes. */
static int64_t high_watermark = 1000, bytes_of[4];

static bool
read_at_once(struct partition_fetch *fetch)
{
	int64_t bytes = bytes_of[replicas_index_of(&fetch->operation)];

	fetch->high_watermark = high_watermark;
	fetch->last_stable_offset = fetch->log_start_offset = 0;
	if (bytes > 0)
		replicas_find(fetch, bytes);
	replicas_answer_inside(&fetch->operation, PARTITION_OK);
	return true;
}

static void
expect_code(int16_t code)
{
	cr_assert_eq(fetches_response()->error_code, code, "%d", fetches_response()->error_code);
	if (code != KAFKA_ERROR_NONE) {
		cr_assert_eq(fetches_response()->responses.count, 0);
		cr_assert_eq(fetches_response()->session_id, 0);
	}
}

/* The partitions of topic t that the answer names, as digits; -1: none. */
static int
told(void)
{
	const struct fetch_response *response = fetches_response();
	int digits = -1;

	expect_code(KAFKA_ERROR_NONE);
	for (int32_t i = 0; i < response->responses.count; i++)
		for (int32_t j = 0; j < response->responses.items[i].partitions.count; j++)
			digits = MAX(digits, 0) * 10 +
			    response->responses.items[i].partitions.items[j].partition_index;
	return digits;
}

/* A session of partitions 1, 2 and 3, of which nothing is new. */
static void
begin(int16_t version)
{
	memset(bytes_of, 0, sizeof(bytes_of));
	shelf.fetch = read_at_once;
	fetch_body.max_wait_ms = 0;
	fetch_body.session_epoch = 0;
	for (int32_t i = 1; i <= 3; i++)
		fetches_add(i);
	fetches_handle(version);
	cr_assert_eq(told(), 123);
	session_id = fetches_response()->session_id;
	cr_assert_gt(session_id, 0);
	fetch_body.session_id = session_id;
	fetch_body.session_epoch = 1;
	fetch_body.topics.count = 0;
	shelf.fetch_count = 0;
}

static void
go_on(int16_t version)
{
	fetches_handle(version);
	fetch_body.session_epoch++;
	fetch_body.topics.count = 0;
	fetch_body.forgotten_topics_data.count = 0;
}

static void
forget(int32_t index)
{
	struct fetch_request_forgotten_topic *topic = fixture_array(1, sizeof(*topic));

	*topic = fetch_request_forgotten_topic_defaults;
	topic->topic = fixture_text("t");
	topic->topic_id = fixture_topic_id("t");
	topic->partitions.items = fixture_array(1, sizeof(int32_t));
	topic->partitions.items[0] = index;
	topic->partitions.count = 1;
	fetch_body.forgotten_topics_data.items = topic;
	fetch_body.forgotten_topics_data.count = 1;
}

Test(fetch_pieces, a_session_reads_all_its_partitions_and_tells_what_is_new)
{
	for (int16_t version = 7; version <= FETCH_LAST_VERSION; version++) {
		begin(version);
		go_on(version);
		cr_assert_eq(fetches_count(), 3, "version %d", version);
		cr_assert_eq(told(), -1);
		cr_assert_eq(fetches_response()->session_id, session_id);
		bytes_of[2] = 10;
		go_on(version);
		cr_assert_eq(told(), 2);
		cr_assert_eq(fetches_told(0)->records.bytes.size, 10);
		shelf.fetch_count = 0;
	}
}

Test(fetch_pieces, one_that_gave_records_is_read_last)
{
	begin(12);
	bytes_of[1] = 5;
	go_on(12);
	cr_assert_eq(told(), 1);
	bytes_of[1] = bytes_of[2] = bytes_of[3] = 5;
	go_on(12);
	cr_assert_eq(told(), 231);
}

Test(fetch_pieces, a_new_high_watermark_is_told)
{
	begin(12);
	high_watermark = 1001;
	go_on(12);
	high_watermark = 1000;
	cr_assert_eq(told(), 123);
}

Test(fetch_pieces, a_partition_may_be_asked_in_another_way)
{
	begin(12);
	fetches_add(2)->fetch_offset = 170;
	go_on(12);
	cr_assert_eq(fetches_count(), 3);
	cr_assert_eq(fetches_at(0)->offset, 100);
	cr_assert_eq(fetches_at(1)->offset, 170);
	cr_assert_eq(told(), -1);
	go_on(12);
	cr_assert_eq(fetches_at(4)->offset, 170);
}

Test(fetch_pieces, partitions_are_added_and_forgotten)
{
	begin(13);
	fetches_add(0);
	forget(2);
	go_on(13);
	cr_assert_eq(told(), 0, "the new one");
	cr_assert_eq(fetches_count(), 3);
	cr_assert_eq(replicas_index_of(&fetches_at(2)->operation), 0);
}

Test(fetch_pieces, a_session_without_partitions_is_none)
{
	begin(12);
	forget(1);
	go_on(12);
	forget(2);
	go_on(12);
	forget(3);
	go_on(12);
	cr_assert_eq(told(), -1);
	cr_assert_eq(fetches_response()->session_id, 0);
	go_on(12);
	expect_code(KAFKA_ERROR_FETCH_SESSION_ID_NOT_FOUND);
}

Test(fetch_pieces, errors_are_told_each_time)
{
	begin(12);
	fetches_add(9);
	go_on(12);
	cr_assert_eq(told(), 9);
	cr_assert_eq(fetches_told(0)->error_code, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	go_on(12);
	cr_assert_eq(told(), 9);
}

Test(fetch_pieces, a_topic_that_was_unknown_may_be_found_later)
{
	begin(13);
	fetches_add_to("later", 0);
	go_on(13);
	cr_assert_eq(fetches_told(0)->error_code, KAFKA_ERROR_UNKNOWN_TOPIC_ID);
	replicas_host("later", 1, "");
	fixture_add_partition("later", 0, 1, NULL, NULL, NULL);
	fixture_publish(1);
	go_on(13);
	cr_assert_eq(fetches_told(0)->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(fetches_response()->responses.items[0].topic_id.bytes[0],
	    fixture_topic_id("later").bytes[0]);
}

/* -------------------------------------------------------------------- errors */

Test(fetch_pieces, an_unknown_session_is_not_found)
{
	for (int16_t version = 7; version <= FETCH_LAST_VERSION; version++) {
		fetches_add(0);
		fetch_body.session_id = 77;
		fetch_body.session_epoch = 1;
		fetches_handle(version);
		expect_code(KAFKA_ERROR_FETCH_SESSION_ID_NOT_FOUND);
	}
	fetch_body.session_id = 0;
	fetch_body.session_epoch = -2;
	fetches_handle(12);
	expect_code(KAFKA_ERROR_FETCH_SESSION_ID_NOT_FOUND);
	cr_assert_eq(fetches_count(), 0);
}

Test(fetch_pieces, an_epoch_comes_once_and_in_its_turn)
{
	begin(12);
	fetch_body.session_epoch = 2;
	go_on(12);
	expect_code(KAFKA_ERROR_INVALID_FETCH_SESSION_EPOCH);
	fetch_body.session_epoch = 1;
	go_on(12);
	expect_code(KAFKA_ERROR_NONE);
	fetch_body.session_epoch = 1;
	go_on(12);
	expect_code(KAFKA_ERROR_INVALID_FETCH_SESSION_EPOCH);
	go_on(12);
	expect_code(KAFKA_ERROR_NONE);
}

Test(fetch_pieces, names_and_ids_are_not_mixed)
{
	begin(12);
	fetches_handle(13);
	expect_code(KAFKA_ERROR_FETCH_SESSION_TOPIC_ID_ERROR);
	fetches_handle(12);
	expect_code(KAFKA_ERROR_NONE);
}

Test(fetch_pieces, ids_and_names_are_not_mixed)
{
	begin(13);
	fetches_handle(12);
	expect_code(KAFKA_ERROR_FETCH_SESSION_TOPIC_ID_ERROR);
}

/* A client that has lost its connection may ask before the request on it is over. */
Test(fetch_pieces, a_session_is_used_by_one_request_at_a_time)
{
	struct fetch_session *session;

	begin(12);
	session = fetch_session_cache_find(fixture.fetch_sessions, session_id);
	session->is_in_use = true;
	go_on(12);
	expect_code(KAFKA_ERROR_INVALID_FETCH_SESSION_EPOCH);
	session->is_in_use = false;
}

/* ------------------------------------------------------------- begin and end */

Test(fetch_pieces, a_full_request_ends_the_session_that_it_names)
{
	for (int32_t epoch = -1; epoch <= 0; epoch++) {
		int32_t old;

		begin(12);
		old = session_id;
		fetches_add(0);
		fetch_body.session_epoch = epoch;
		fetches_handle(12);
		cr_assert_eq(told(), 0);
		cr_assert_eq(fetches_response()->session_id == 0, epoch == -1);
		cr_assert_neq(fetches_response()->session_id, old);
		cr_assert_null(fetch_session_cache_find(fixture.fetch_sessions, old));
		fetch_body.session_id = 0;
		fetch_body.topics.count = 0;
	}
}

Test(fetch_pieces, without_a_place_there_is_no_session)
{
	begin(12);
	fetch_body.session_id = 0;
	begin(12);
	fetches_add(0);
	fetch_body.session_id = 0;
	fetch_body.session_epoch = 0;
	fetches_handle(12);
	cr_assert_eq(told(), 0);
	cr_assert_eq(fetches_response()->session_id, 0);
}

Test(fetch_pieces, nobody_gets_a_session_for_nothing)
{
	fetch_body.session_epoch = 0;
	fetches_handle(12);
	cr_assert_eq(fetches_response()->session_id, 0);
	cr_assert_eq(fetch_session_cache_count(fixture.fetch_sessions), 0);
}

Test(fetch_pieces, versions_before_7_know_no_sessions)
{
	fetches_add(0);
	fetches_handle(6);
	fetches_give(0, 1);
	cr_assert_eq(fetches_response()->session_id, 0);
	cr_assert_eq(fetch_session_cache_count(fixture.fetch_sessions), 0);
}

Test(fetch_pieces, a_request_that_waits_has_its_session)
{
	struct fetch_session *session;

	begin(12);
	session = fetch_session_cache_find(fixture.fetch_sessions, session_id);
	shelf.fetch = NULL;
	fetch_body.max_wait_ms = 500;
	fetches_handle(12);
	cr_assert(session->is_in_use);
	for (int i = 0; i < 3; i++)
		fetches_give(i, 10);
	cr_assert_eq(told(), 123);
	cr_assert_not(session->is_in_use);
}

Test(fetch_pieces, a_follower_of_a_session_is_told_of_a_newer_high_watermark_than_it_knows)
{
	fetch_body.replica_state.replica_id = 2;
	begin(17);
	cr_assert(fetch_session_cache_find(fixture.fetch_sessions, session_id)->is_privileged);
	go_on(17);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(fetches_at(i)->known_high_watermark, 1000);
}

Test(fetch_pieces, an_unknown_session_is_answered_as_kafka_does)
{
	exchange_ask("Fetch v11 unknown session", api_fetch);
	exchange_expect_answer();
}
