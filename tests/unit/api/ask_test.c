#include "api/ask.h"

#include "fixture.h"

TestSuite(ask, .init = fixture_init, .fini = fixture_fini);

static int answered;
static struct heartbeat_response heartbeat;
static struct create_topics_response creation;

static void
groups_told(struct request *request, void *context)
{
	answered++;
	cr_expect_eq(request, &fixture.request);
	cr_expect_eq(context, &heartbeat);
	request_answer(request);
}

static void
ask_group(struct request *request)
{
	ask_groups(request, request->body, &heartbeat, groups_told, &heartbeat);
}

static void
ask_group_namelessly(struct request *request)
{
	request->client_id = slice_null();
	ask_group(request);
}

static void
controller_told(struct request *request, void *context)
{
	answered++;
	cr_expect_eq(context, &creation);
	request_answer(request);
}

static void
ask_the_controller(struct request *request)
{
	ask_controller(request, CONTROLLER_CREATE_TOPICS, request->body, &creation,
	    controller_told, &creation);
}

Test(ask, groups_get_who_asks_and_from_where)
{
	fixture_handle(ask_group, API_KEY_HEARTBEAT, 3, &heartbeat_request_defaults);
	const struct group_call *call = fixture.group_call;
	cr_expect_eq(call->key, API_KEY_HEARTBEAT);
	cr_expect_eq(call->version, 3);
	cr_expect_eq(call->request, fixture.request.body);
	cr_expect_eq(call->response, &heartbeat);
	cr_expect_eq(call->arena, &fixture.request.arena);
	cr_expect_eq(call->loop, &fixture.data.loop);
	cr_expect_slice(call->client_id, "a-client");
	cr_expect_slice(call->client_host, "/127.0.0.1");
	cr_expect_eq(answered, 0);
	fixture_groups_answer();
	cr_expect_eq(answered, 1);
}

Test(ask, a_client_without_a_name_has_an_empty_one)
{
	fixture_handle(ask_group_namelessly, API_KEY_HEARTBEAT, 3, &heartbeat_request_defaults);
	cr_expect_slice(fixture.group_call->client_id, "");
}

Test(ask, the_controller_gets_the_version_and_answers_on_the_loop)
{
	fixture_handle(ask_the_controller, API_KEY_CREATE_TOPICS, 6,
	    &create_topics_request_defaults);
	const struct controller_call *call = fixture.controller_call;
	cr_expect_eq(call->type, CONTROLLER_CREATE_TOPICS);
	cr_expect_eq(call->version, 6);
	cr_expect_eq(call->request, fixture.request.body);
	cr_expect_eq(call->response, &creation);
	cr_expect_eq(call->loop, &fixture.data.loop);
	fixture_controller_answers();
	cr_expect_eq(answered, 1);
}
