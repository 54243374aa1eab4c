#include "api/operations.h"
#include "fixture.h"

TestSuite(group_requests, .init = fixture_init, .fini = fixture_fini);

/* What goes to the coordinator as it is, and comes back so. */
static const struct {
	void (*handler)(struct request *request);
	int16_t key;
	int16_t first_version;
	int16_t last_version;
} plain[] = {
	{ api_join_group, API_KEY_JOIN_GROUP, 0, 9 },
	{ api_sync_group, API_KEY_SYNC_GROUP, 0, 5 },
	{ api_heartbeat, API_KEY_HEARTBEAT, 0, 4 },
	{ api_leave_group, API_KEY_LEAVE_GROUP, 0, 5 },
	{ api_offset_fetch, API_KEY_OFFSET_FETCH, 1, 9 },
	{ api_list_groups, API_KEY_LIST_GROUPS, 0, 5 },
	{ api_delete_groups, API_KEY_DELETE_GROUPS, 0, 2 },
	{ api_describe_groups, API_KEY_DESCRIBE_GROUPS, 0, 5 },
};

Test(group_requests, go_to_the_coordinator_in_every_version)
{
	for (size_t i = 0; i < ARRAY_LENGTH(plain); i++) {
		const struct message_type *type = message_type_find(plain[i].key, false);
		void *body = fixture_array(1, type->structure->size);

		message_set_defaults(type, body);
		for (int16_t version = plain[i].first_version; version <= plain[i].last_version;
		     version++) {
			const struct group_call *call;

			fixture_handle(plain[i].handler, plain[i].key, version, body);
			cr_assert_eq(fixture.end, FIXTURE_NO_END);
			call = fixture.group_call;
			cr_assert_not_null(call, "key %d", plain[i].key);
			cr_assert_eq(call->key, plain[i].key);
			cr_assert_eq(call->version, version);
			cr_assert_eq(call->request, fixture.request.body);
			cr_assert_eq(call->response, fixture.request.response);
			cr_assert_eq(call->arena, &fixture.request.arena);
			cr_expect_slice(call->client_id, "a-client");
			cr_expect_slice(call->client_host, "/127.0.0.1");
			fixture_groups_answer();
			cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
		}
	}
}

Test(group_requests, have_the_answer_of_the_coordinator)
{
	struct heartbeat_request body = heartbeat_request_defaults;
	struct heartbeat_response *response;

	fixture_handle(api_heartbeat, API_KEY_HEARTBEAT, 4, &body);
	response = fixture.group_call->response;
	response->error_code = KAFKA_ERROR_REBALANCE_IN_PROGRESS;
	fixture_groups_answer();
	response = fixture.answer;
	cr_assert_eq(response->error_code, KAFKA_ERROR_REBALANCE_IN_PROGRESS);
	cr_assert_eq(response->throttle_time_ms, 0);
}

static void
describe(int16_t version, bool operations)
{
	struct describe_groups_request body = describe_groups_request_defaults;
	struct describe_groups_response *response;

	body.groups.items = fixture_array(2, sizeof(*body.groups.items));
	body.groups.items[0] = slice_of_text("known");
	body.groups.items[1] = slice_of_text("elsewhere");
	body.groups.count = 2;
	body.include_authorized_operations = operations;
	fixture_handle(api_describe_groups, API_KEY_DESCRIBE_GROUPS, version, &body);
	response = fixture.group_call->response;
	response->groups.items = fixture_array(2, sizeof(*response->groups.items));
	response->groups.count = 2;
	for (int i = 0; i < 2; i++) {
		response->groups.items[i] = describe_groups_response_described_group_defaults;
		response->groups.items[i].group_id = body.groups.items[i];
	}
	response->groups.items[1].error_code = KAFKA_ERROR_NOT_COORDINATOR;
	fixture_groups_answer();
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
}

static int32_t
operations_of(int at)
{
	return ((struct describe_groups_response *)fixture.answer)->groups.items[at]
	    .authorized_operations;
}

/* KIP-430 */
Test(group_requests, tell_what_a_client_may_do_when_it_asks)
{
	for (int16_t version = 3; version <= 5; version++) {
		describe(version, true);
		cr_assert_eq(operations_of(0), OPERATIONS_OF_GROUP);
		describe(version, false);
		cr_assert_eq(operations_of(0), INT32_MIN);
	}
	describe(2, false);
	cr_assert_eq(operations_of(0), INT32_MIN);
}

Test(group_requests, tell_nothing_of_operations_of_groups_that_are_elsewhere)
{
	describe(5, true);
	cr_assert_eq(operations_of(1), INT32_MIN);
}
