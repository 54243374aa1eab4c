#include "fixture.h"

TestSuite(topic_requests, .init = fixture_init, .fini = fixture_fini);

/* The controller answers one topic with this code. */
static const struct delete_topics_response_deletable_topic_result *
delete(int16_t version, int16_t code)
{
	struct delete_topics_request body = delete_topics_request_defaults;
	struct delete_topics_response *response;

	if (version >= 6) {
		body.topics.items = fixture_array(1, sizeof(*body.topics.items));
		body.topics.items[0] = delete_topics_request_delete_topic_state_defaults;
		body.topics.items[0].name = slice_of_text("t");
		body.topics.count = 1;
	} else {
		body.topic_names.items = fixture_array(1, sizeof(*body.topic_names.items));
		body.topic_names.items[0] = slice_of_text("t");
		body.topic_names.count = 1;
	}
	body.timeout_ms = 1234;
	fixture_handle(api_delete_topics, API_KEY_DELETE_TOPICS, version, &body);
	cr_assert_eq(fixture.end, FIXTURE_NO_END);
	cr_assert_eq(fixture.controller_call->type, CONTROLLER_DELETE_TOPICS);
	cr_assert_eq(fixture.controller_call->version, version);
	cr_assert_eq(fixture.controller_call->request, fixture.request.body);
	response = fixture.controller_call->response;
	response->responses.items = fixture_array(1, sizeof(*response->responses.items));
	response->responses.count = 1;
	response->responses.items[0] = delete_topics_response_deletable_topic_result_defaults;
	response->responses.items[0].name = slice_of_text("t");
	response->responses.items[0].error_code = code;
	response->responses.items[0].error_message = slice_of_text("why");
	fixture_controller_answers();
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	response = fixture.answer;
	cr_assert_eq(response->throttle_time_ms, 0);
	cr_assert_eq(response->responses.count, 1);
	return &response->responses.items[0];
}

Test(topic_requests, of_deletion_have_the_controllers_answer_in_every_version)
{
	static const int16_t codes[] = { KAFKA_ERROR_NONE, KAFKA_ERROR_NOT_CONTROLLER,
		KAFKA_ERROR_REQUEST_TIMED_OUT, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION,
		KAFKA_ERROR_UNKNOWN_TOPIC_ID, KAFKA_ERROR_INVALID_REQUEST };

	for (size_t i = 0; i < ARRAY_LENGTH(codes); i++)
		for (int16_t version = 0; version <= 6; version++) {
			const struct delete_topics_response_deletable_topic_result *told =
			    delete(version, codes[i]);

			cr_assert_eq(told->error_code, codes[i]);
			cr_expect_slice(told->name, "t");
			cr_assert_eq(slice_is_null(told->error_message), version < 5);
		}
}

Test(topic_requests, of_deletion_tell_old_clients_otherwise_that_it_is_disabled)
{
	for (int16_t version = 0; version <= 6; version++)
		cr_assert_eq(delete(version, KAFKA_ERROR_TOPIC_DELETION_DISABLED)->error_code,
		    version <= 2 ? KAFKA_ERROR_INVALID_REQUEST :
		    KAFKA_ERROR_TOPIC_DELETION_DISABLED);
}

Test(topic_requests, of_more_partitions_have_the_controllers_answer_in_every_version)
{
	for (int16_t version = 0; version <= 3; version++) {
		struct create_partitions_request body = create_partitions_request_defaults;
		struct create_partitions_response *response;

		body.topics.items = fixture_array(1, sizeof(*body.topics.items));
		body.topics.items[0] = create_partitions_request_create_partitions_topic_defaults;
		body.topics.items[0].name = slice_of_text("t");
		body.topics.items[0].count = 5;
		body.topics.count = 1;
		fixture_handle(api_create_partitions, API_KEY_CREATE_PARTITIONS, version, &body);
		cr_assert_eq(fixture.end, FIXTURE_NO_END);
		cr_assert_eq(fixture.controller_call->type, CONTROLLER_CREATE_PARTITIONS);
		cr_assert_eq(fixture.controller_call->request, fixture.request.body);
		response = fixture.controller_call->response;
		response->results.items = fixture_array(1, sizeof(*response->results.items));
		response->results.count = 1;
		response->results.items[0] =
		    create_partitions_response_create_partitions_topic_result_defaults;
		response->results.items[0].name = slice_of_text("t");
		response->results.items[0].error_code = KAFKA_ERROR_INVALID_PARTITIONS;
		response->results.items[0].error_message = slice_of_text("it has five");
		fixture_controller_answers();
		response = fixture.answer;
		cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
		cr_assert_eq(response->throttle_time_ms, 0);
		cr_assert_eq(response->results.items[0].error_code, KAFKA_ERROR_INVALID_PARTITIONS);
		cr_expect_slice(response->results.items[0].error_message, "it has five");
	}
}
