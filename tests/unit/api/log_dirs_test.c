#include "api/broker_control.h"

#include "fixture.h"

static struct broker_control_call *asked;

static void
obey(struct broker_control_port *port, struct broker_control_call *call)
{
	cr_assert_eq(port, fixture.services.log_dirs);
	cr_assert_null(asked);
	asked = call;
}

static struct broker_control_port port = { obey };

static void
setup(void)
{
	fixture_init();
	fixture.services.log_dirs = &port;
	asked = NULL;
}

TestSuite(log_dirs, .init = setup, .fini = fixture_fini);

static void
give_back(void)
{
	cr_assert_eq(fixture.end, FIXTURE_NO_END);
	loop_enter(&fixture.data.loop);
	asked->done(asked);
	loop_leave(&fixture.data.loop);
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
}

Test(log_dirs, are_described_by_who_hosts_the_replicas)
{
	struct describe_log_dirs_request body = describe_log_dirs_request_defaults;
	struct describe_log_dirs_response *response;
	const struct describe_log_dirs_response *answer;
	struct describe_log_dirs_response_describe_log_dirs_result result;

	body.topics.count = -1;
	fixture_handle(api_describe_log_dirs, API_KEY_DESCRIBE_LOG_DIRS, 4, &body);
	cr_assert_not_null(asked);
	cr_expect_eq(asked->key, API_KEY_DESCRIBE_LOG_DIRS);
	cr_expect_eq(asked->arena, &fixture.request.arena);
	cr_expect_eq(asked->loop, &fixture.data.loop);
	cr_expect_lt(((const struct describe_log_dirs_request *)asked->request)->topics.count, 0);
	response = asked->response;
	result = describe_log_dirs_response_describe_log_dirs_result_defaults;
	result.log_dir = slice_of_text("/a");
	result.total_bytes = 100;
	response->results.items = &result;
	response->results.count = 1;
	give_back();
	answer = fixture.answer;
	cr_assert_eq(answer->results.count, 1);
	cr_expect(slice_equal_text(answer->results.items[0].log_dir, "/a"));
	cr_expect_eq(answer->results.items[0].total_bytes, 100);
}
