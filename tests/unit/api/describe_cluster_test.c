#include "api/operations.h"
#include "fixture.h"

static struct describe_cluster_request body;

static void
setup(void)
{
	fixture_init();
	body = describe_cluster_request_defaults;
	fixture_add_broker(2, "PLAINTEXT", "two.example", 9093, "rack-b");
	fixture_add_broker(3, "INTERNAL", "three.example", 9094, NULL);
}

TestSuite(describe_cluster, .init = setup, .fini = fixture_fini);

static const struct describe_cluster_response *
ask(int16_t version)
{
	fixture_handle(api_describe_cluster, API_KEY_DESCRIBE_CLUSTER, version, &body);
	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	return fixture.answer;
}

Test(describe_cluster, tells_the_brokers_that_have_the_listener_of_the_client)
{
	fixture_publish(2);
	for (int16_t version = 0; version <= 1; version++) {
		const struct describe_cluster_response *answer = ask(version);

		cr_assert_eq(answer->error_code, KAFKA_ERROR_NONE);
		cr_expect_slice(answer->error_message, NULL);
		cr_expect_eq(answer->endpoint_type, 1);
		cr_expect_slice(answer->cluster_id, "a-cluster");
		cr_expect_eq(answer->controller_id, 2);
		cr_assert_eq(answer->brokers.count, 2);
		cr_expect_slice(answer->brokers.items[0].rack, NULL);
		cr_expect_eq(answer->brokers.items[1].broker_id, 2);
		cr_expect_slice(answer->brokers.items[1].host, "two.example");
		cr_expect_eq(answer->brokers.items[1].port, 9093);
		cr_expect_slice(answer->brokers.items[1].rack, "rack-b");
		cr_expect_eq(answer->cluster_authorized_operations, INT32_MIN);
	}
}

Test(describe_cluster, tells_no_controller_that_the_client_cannot_reach)
{
	fixture_publish(3);
	cr_expect_eq(ask(1)->controller_id, -1);
	cr_expect_eq(ask(1)->brokers.count, 2);
}

Test(describe_cluster, tells_what_a_client_may_do_when_it_asks)
{
	fixture_publish(2);
	body.include_cluster_authorized_operations = true;
	cr_expect_eq(ask(0)->cluster_authorized_operations, OPERATIONS_OF_CLUSTER);
	cr_expect_eq(ask(1)->cluster_authorized_operations, OPERATIONS_OF_CLUSTER);
}

Test(describe_cluster, refuses_to_speak_for_controllers)
{
	static const struct {
		int8_t type;
		int16_t code;
	} cases[] = {
		{ 2, KAFKA_ERROR_MISMATCHED_ENDPOINT_TYPE },
		{ 0, KAFKA_ERROR_UNSUPPORTED_ENDPOINT_TYPE },
		{ 3, KAFKA_ERROR_UNSUPPORTED_ENDPOINT_TYPE },
	};

	fixture_publish(2);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		body.endpoint_type = cases[i].type;
		cr_expect_eq(ask(1)->error_code, cases[i].code);
		cr_expect(!slice_is_null(ask(1)->error_message));
		cr_expect_eq(ask(1)->brokers.count, 0);
		cr_expect_eq(ask(1)->controller_id, -1);
	}
}
