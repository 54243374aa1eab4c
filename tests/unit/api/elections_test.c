#include "fixture.h"

TestSuite(elections, .init = fixture_init, .fini = fixture_fini);

static struct elect_leaders_request
ask_for_elections(void)
{
	struct elect_leaders_request body = elect_leaders_request_defaults;
	int32_t *ids = fixture_array(2, sizeof(*ids));

	ids[1] = 3;
	body.topic_partitions.items = fixture_array(1, sizeof(*body.topic_partitions.items));
	body.topic_partitions.items[0] = elect_leaders_request_topic_partitions_defaults;
	body.topic_partitions.items[0].topic = slice_of_text("t");
	body.topic_partitions.items[0].partitions.items = ids;
	body.topic_partitions.items[0].partitions.count = 2;
	body.topic_partitions.count = 1;
	body.election_type = 1;
	body.timeout_ms = 1234;
	return body;
}

Test(elections, have_the_controllers_answer_in_every_version)
{
	for (int16_t version = 0; version <= 2; version++) {
		struct elect_leaders_request body = ask_for_elections();
		const struct elect_leaders_request *asked;
		struct elect_leaders_response *response;

		if (version == 0)
			body.election_type = 0;
		fixture_handle(api_elect_leaders, API_KEY_ELECT_LEADERS, version, &body);
		cr_assert_eq(fixture.end, FIXTURE_NO_END);
		cr_assert_eq(fixture.controller_call->type, CONTROLLER_ELECT_LEADERS);
		asked = fixture.controller_call->request;
		cr_assert_eq(asked->election_type, version == 0 ? 0 : 1);
		cr_assert_eq(asked->topic_partitions.items[0].partitions.count, 2);
		response = fixture.controller_call->response;
		response->error_code = version == 0 ? 0 : KAFKA_ERROR_NOT_CONTROLLER;
		response->replica_election_results.items =
		    fixture_array(1, sizeof(*response->replica_election_results.items));
		response->replica_election_results.items[0] =
		    elect_leaders_response_replica_election_result_defaults;
		response->replica_election_results.items[0].topic = slice_of_text("t");
		response->replica_election_results.count = 1;
		fixture_controller_answers();
		cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
		response = fixture.answer;
		cr_assert_eq(response->error_code, version == 0 ? 0 : KAFKA_ERROR_NOT_CONTROLLER);
		cr_expect_slice(response->replica_election_results.items[0].topic, "t");
	}
}

Test(elections, of_all_partitions_are_asked_for_without_a_list)
{
	struct elect_leaders_request body = elect_leaders_request_defaults;
	const struct elect_leaders_request *asked;

	body.topic_partitions.count = -1;
	fixture_handle(api_elect_leaders, API_KEY_ELECT_LEADERS, 2, &body);
	asked = fixture.controller_call->request;
	cr_assert_eq(asked->topic_partitions.count, -1);
	fixture_controller_answers();
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
}

Test(elections, and_reassignments_are_the_controllers)
{
	struct alter_partition_reassignments_request move =
	    alter_partition_reassignments_request_defaults;
	struct list_partition_reassignments_request list =
	    list_partition_reassignments_request_defaults;
	const struct list_partition_reassignments_request *asked;

	fixture_handle(api_alter_partition_reassignments, API_KEY_ALTER_PARTITION_REASSIGNMENTS, 0,
	    &move);
	cr_assert_eq(fixture.controller_call->type, CONTROLLER_ALTER_REASSIGNMENTS);
	((struct alter_partition_reassignments_response *)fixture.controller_call->response)
	    ->error_code = KAFKA_ERROR_NOT_CONTROLLER;
	fixture_controller_answers();
	cr_assert_eq(((struct alter_partition_reassignments_response *)fixture.answer)->error_code,
	    KAFKA_ERROR_NOT_CONTROLLER);
	list.topics.count = -1;
	fixture_handle(api_list_partition_reassignments, API_KEY_LIST_PARTITION_REASSIGNMENTS, 0,
	    &list);
	cr_assert_eq(fixture.controller_call->type, CONTROLLER_LIST_REASSIGNMENTS);
	asked = fixture.controller_call->request;
	cr_assert_eq(asked->topics.count, -1);
	fixture_controller_answers();
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
}
