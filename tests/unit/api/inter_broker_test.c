#include "api/broker_control.h"

#include "fixture.h"

static struct broker_control_call *asked;
static int asks;

static void
obey(struct broker_control_port *port, struct broker_control_call *call)
{
	cr_assert_eq(port, fixture.services.control);
	asked = call;
	asks++;
}

static struct broker_control_port port = { obey };

static void
setup(void)
{
	fixture_init();
	fixture.services.control = &port;
	asked = NULL;
	asks = 0;
}

TestSuite(inter_broker, .init = setup, .fini = fixture_fini);

static void
give_back(void)
{
	cr_assert_not_null(asked);
	cr_assert_eq(fixture.end, FIXTURE_NO_END);
	loop_enter(&fixture.data.loop);
	asked->done(asked);
	loop_leave(&fixture.data.loop);
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
}

static void
expect_asked(int16_t key)
{
	cr_assert_eq(asks, 1);
	cr_expect_eq(asked->key, key);
	cr_expect_eq(asked->request, fixture.request.body);
	cr_expect_eq(asked->response, fixture.request.response);
	cr_expect_eq(asked->arena, &fixture.request.arena);
	cr_expect_eq(asked->loop, &fixture.data.loop);
	asks = 0;
}

/* ------------------------------------------------------------ LeaderAndIsr */

typedef struct leader_and_isr_response_leader_and_isr_partition_error partition_error;
typedef struct leader_and_isr_response_leader_and_isr_topic_error topic_error;

static partition_error errors[2];

static void
fill_errors(void)
{
	errors[0] = errors[1] = leader_and_isr_response_leader_and_isr_partition_error_defaults;
	errors[0].topic_name = errors[1].topic_name = slice_of_text("orders");
	errors[0].partition_index = 3;
	errors[0].error_code = KAFKA_ERROR_STALE_CONTROLLER_EPOCH;
	errors[1].partition_index = 4;
}

static const partition_error *
leaders_answer(int16_t version, bool by_id)
{
	struct leader_and_isr_response *response;
	const struct leader_and_isr_response *answer;

	fixture_handle(api_leader_and_isr, API_KEY_LEADER_AND_ISR, version,
	    &leader_and_isr_request_defaults);
	expect_asked(API_KEY_LEADER_AND_ISR);
	response = asked->response;
	fill_errors();
	if (by_id) {
		topic_error *topic = fixture_array(1, sizeof(*topic));

		topic->topic_id = fixture_topic_id("orders");
		topic->partition_errors.items = errors;
		topic->partition_errors.count = 2;
		response->topics.items = topic;
		response->topics.count = 1;
	} else {
		response->partition_errors.items = errors;
		response->partition_errors.count = 2;
	}
	give_back();
	answer = fixture.answer;
	cr_assert_eq(answer->topics.count, version >= 5 ? 1 : 0);
	cr_assert_eq(answer->partition_errors.count, version >= 5 ? 0 : 2);
	if (version < 5)
		return answer->partition_errors.items;
	cr_assert_eq(answer->topics.items[0].partition_errors.count, 2);
	cr_assert(uuid_equal(answer->topics.items[0].topic_id,
	    by_id ? fixture_topic_id("orders") : (struct uuid){ 0 }));
	return answer->topics.items[0].partition_errors.items;
}

static void
expect_errors(const partition_error *told)
{
	for (int i = 0; i < 2; i++) {
		cr_expect_eq(told[i].partition_index, errors[i].partition_index);
		cr_expect_eq(told[i].error_code, errors[i].error_code);
	}
}

Test(inter_broker, leaders_are_answered_in_every_version)
{
	for (int16_t version = 0; version <= 7; version++) {
		const partition_error *told = leaders_answer(version, false);

		expect_errors(told);
		if (version < 5)
			cr_expect_slice(told[0].topic_name, "orders");
	}
	for (int16_t version = 5; version <= 7; version++)
		expect_errors(leaders_answer(version, true));
}

Test(inter_broker, a_refusal_of_all_has_no_partitions)
{
	for (int16_t version = 0; version <= 7; version++) {
		const struct leader_and_isr_response *answer;

		fixture_handle(api_leader_and_isr, API_KEY_LEADER_AND_ISR, version,
		    &leader_and_isr_request_defaults);
		((struct leader_and_isr_response *)asked->response)->error_code =
		    KAFKA_ERROR_STALE_BROKER_EPOCH;
		give_back();
		answer = fixture.answer;
		cr_expect_eq(answer->error_code, KAFKA_ERROR_STALE_BROKER_EPOCH);
		cr_expect(answer->topics.count <= 0 && answer->partition_errors.count <= 0);
	}
}

/* --------------------------------------------------- the other two of them */

Test(inter_broker, images_and_stops_are_answered_in_every_version)
{
	for (int16_t version = 0; version <= 8; version++) {
		fixture_handle(api_update_metadata, API_KEY_UPDATE_METADATA, version,
		    &update_metadata_request_defaults);
		expect_asked(API_KEY_UPDATE_METADATA);
		((struct update_metadata_response *)asked->response)->error_code =
		    KAFKA_ERROR_STALE_CONTROLLER_EPOCH;
		give_back();
		cr_expect_eq(((const struct update_metadata_response *)fixture.answer)->error_code,
		    KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	}
	for (int16_t version = 0; version <= 4; version++) {
		struct stop_replica_response_stop_replica_partition_error error =
		    { slice_of_text("orders"), 3, KAFKA_ERROR_FENCED_LEADER_EPOCH };
		struct stop_replica_response *response;
		const struct stop_replica_response *answer;

		fixture_handle(api_stop_replica, API_KEY_STOP_REPLICA, version,
		    &stop_replica_request_defaults);
		expect_asked(API_KEY_STOP_REPLICA);
		response = asked->response;
		response->partition_errors.items = &error;
		response->partition_errors.count = 1;
		give_back();
		answer = fixture.answer;
		cr_assert_eq(answer->partition_errors.count, 1);
		cr_expect_slice(answer->partition_errors.items[0].topic_name, "orders");
		cr_expect_eq(answer->partition_errors.items[0].error_code,
		    KAFKA_ERROR_FENCED_LEADER_EPOCH);
	}
}

/* --------------------------------------------------------- to a controller */

Test(inter_broker, producer_ids_are_the_controllers)
{
	struct allocate_producer_ids_request body = allocate_producer_ids_request_defaults;
	const struct allocate_producer_ids_request *question;
	struct allocate_producer_ids_response *response;
	const struct allocate_producer_ids_response *answer;

	body.broker_id = 2;
	body.broker_epoch = 77;
	fixture_handle(api_allocate_producer_ids, API_KEY_ALLOCATE_PRODUCER_IDS, 0, &body);
	cr_assert_eq(fixture.controller_call->type, CONTROLLER_ALLOCATE_PRODUCER_IDS);
	question = fixture.controller_call->request;
	cr_expect(question->broker_id == 2 && question->broker_epoch == 77);
	response = fixture.controller_call->response;
	response->producer_id_start = 5000;
	response->producer_id_len = 1000;
	fixture_controller_answers();
	answer = fixture.answer;
	cr_expect(answer->producer_id_start == 5000 && answer->producer_id_len == 1000);
}

Test(inter_broker, a_broker_that_shuts_down_asks_the_controller)
{
	for (int16_t version = 0; version <= 3; version++) {
		struct controlled_shutdown_request body = controlled_shutdown_request_defaults;
		struct controlled_shutdown_response_remaining_partition left =
		    { slice_of_text("orders"), 3 };
		const struct controlled_shutdown_request *question;
		struct controlled_shutdown_response *response;
		const struct controlled_shutdown_response *answer;

		body.broker_id = 2;
		body.broker_epoch = version >= 2 ? 77 : -1;
		fixture_handle(api_controlled_shutdown, API_KEY_CONTROLLED_SHUTDOWN, version, &body);
		cr_assert_eq(fixture.controller_call->type, CONTROLLER_CONTROLLED_SHUTDOWN);
		question = fixture.controller_call->request;
		cr_expect(question->broker_id == 2 && question->broker_epoch == body.broker_epoch);
		response = fixture.controller_call->response;
		response->error_code = KAFKA_ERROR_STALE_CONTROLLER_EPOCH;
		response->remaining_partitions.items = &left;
		response->remaining_partitions.count = 1;
		fixture_controller_answers();
		answer = fixture.answer;
		cr_expect_eq(answer->error_code, KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
		cr_assert_eq(answer->remaining_partitions.count, 1);
		cr_expect_slice(answer->remaining_partitions.items[0].topic_name, "orders");
	}
}

/* The controller tells a topic by name and id; which of them is sent, the version says. */
Test(inter_broker, leaders_ask_the_controller_for_their_isrs)
{
	for (int16_t version = 0; version <= 3; version++) {
		struct alter_partition_response_partition_data partition =
		    alter_partition_response_partition_data_defaults;
		struct alter_partition_response_topic_data topic = {
			slice_of_text("orders"), fixture_topic_id("orders"), { &partition, 1 } };
		struct alter_partition_response *response;
		const struct alter_partition_response *answer;

		fixture_handle(api_alter_partition, API_KEY_ALTER_PARTITION, version,
		    &alter_partition_request_defaults);
		cr_assert_eq(fixture.controller_call->type, CONTROLLER_ALTER_PARTITION);
		cr_expect_eq(fixture.controller_call->version, version);
		cr_expect_eq(fixture.controller_call->request, fixture.request.body);
		response = fixture.controller_call->response;
		partition.error_code = KAFKA_ERROR_INVALID_UPDATE_VERSION;
		response->topics.items = &topic;
		response->topics.count = 1;
		fixture_controller_answers();
		answer = fixture.answer;
		cr_assert(answer->topics.count == 1 && answer->topics.items[0].partitions.count == 1);
		cr_expect_slice(answer->topics.items[0].topic_name, version < 2 ? "orders" : "");
		cr_expect_eq(uuid_is_zero(answer->topics.items[0].topic_id), version < 2);
		cr_expect_eq(answer->topics.items[0].partitions.items[0].error_code,
		    KAFKA_ERROR_INVALID_UPDATE_VERSION);
	}
}

Test(inter_broker, an_envelope_closes_the_connection)
{
	fixture_handle(api_envelope, API_KEY_ENVELOPE, 0, &envelope_request_defaults);
	cr_expect_eq(fixture.end, FIXTURE_CLOSED);
}

/* ------------------------------------------------------------- ListOffsets */

/* Its replicas are to know, also those that are not here; a tool asks partitions. */
Test(inter_broker, a_controller_that_has_doubts_asks_where_logs_end)
{
	struct list_offsets_request_list_offsets_partition partition =
	    list_offsets_request_list_offsets_partition_defaults;
	struct list_offsets_request_list_offsets_topic topic =
	    list_offsets_request_list_offsets_topic_defaults;
	struct list_offsets_request body = list_offsets_request_defaults;

	topic.name = slice_of_text("t");
	topic.partitions.items = &partition;
	topic.partitions.count = 1;
	body.topics.items = &topic;
	body.topics.count = 1;
	partition.timestamp = -1;
	body.replica_id = -2;
	body.isolation_level = 1;
	fixture_handle(api_list_offsets, API_KEY_LIST_OFFSETS, 6, &body);
	expect_asked(API_KEY_LIST_OFFSETS);
	give_back();
	partition.timestamp = -2;
	fixture_handle(api_list_offsets, API_KEY_LIST_OFFSETS, 6, &body);
	cr_expect_eq(asks, 0);
	partition.timestamp = -1;
	body.isolation_level = 0;
	fixture_handle(api_list_offsets, API_KEY_LIST_OFFSETS, 6, &body);
	cr_expect_eq(asks, 0);
	body.replica_id = -1;
	body.isolation_level = 1;
	fixture_handle(api_list_offsets, API_KEY_LIST_OFFSETS, 6, &body);
	cr_expect_eq(asks, 0);
}
