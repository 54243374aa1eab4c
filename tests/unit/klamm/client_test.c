#include "klamm/client.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_cluster.h"

static struct fake_cluster cluster;
static struct client client;
static struct answer answer;

static void
begin(const char *list)
{
	struct bootstrap bootstrap;

	cr_assert_eq(bootstrap_parse(&bootstrap, list), ERROR_NONE);
	client_init(&client, &cluster.transport, &bootstrap, 1000);
}

static void
set_up(void)
{
	fake_cluster_init(&cluster);
	answer_init(&answer);
}

static void
tear_down(void)
{
	client_fini(&client);
	answer_fini(&answer);
	fake_cluster_fini(&cluster);
}

TestSuite(client, .init = set_up, .fini = tear_down);

Test(client, tries_the_next_of_the_list_when_one_does_not_answer)
{
	fake_cluster_host(&cluster, "x:1", FAKE_REFUSES);
	fake_cluster_host(&cluster, "y:2", FAKE_HANGS_UP);
	fake_cluster_answer_metadata(&cluster);
	begin("x:1,y:2,a:1");
	cr_expect_eq(client_learn(&client), ERROR_NONE);
	cr_expect(fake_cluster_saw(&cluster, "Metadata 12 a:1"));
}

Test(client, leaves_time_for_those_behind_one_that_hangs)
{
	fake_cluster_host(&cluster, "x:1", FAKE_SAYS_NOTHING);
	fake_cluster_answer_metadata(&cluster);
	begin("x:1,a:1");
	cr_expect_eq(client_learn(&client), ERROR_NONE);
	cr_expect_eq(cluster.now_us, 1000 + 500 * 1000);
}

Test(client, says_what_to_do_when_nobody_is_there)
{
	fake_cluster_host(&cluster, "x:1", FAKE_REFUSES);
	begin("x:1");
	cr_expect_eq(client_learn(&client), ERROR_CONNECTION_REFUSED);
	cr_expect_str_eq(client.complaint, "x:1: connection refused: is a broker there? "
	    "--bootstrap or KLAMM_BOOTSTRAP say where");
}

Test(client, names_the_request_that_was_not_answered_in_time)
{
	fake_cluster_host(&cluster, "x:1", FAKE_SAYS_NOTHING);
	begin("x:1");
	cr_expect_eq(client_learn(&client), ERROR_TIMED_OUT);
	cr_expect_str_eq(client.complaint, "x:1: no answer to ApiVersions within 1 s (--timeout)");
}

Test(client, puts_brackets_around_ipv6)
{
	fake_cluster_host(&cluster, "::1:1", FAKE_HANGS_UP);
	begin("[::1]:1");
	cr_expect_eq(client_learn(&client), ERROR_CONNECTION_RESET);
	cr_expect_eq(strncmp(client.complaint, "[::1]:1: ", 9), 0, "%s", client.complaint);
}

Test(client, keeps_its_connection_for_the_next_request)
{
	fake_cluster_answer_metadata(&cluster);
	begin("a:1");
	cr_expect_eq(client_learn(&client), ERROR_NONE);
	cr_expect_eq(client_learn(&client), ERROR_NONE);
	cr_expect_eq(fake_cluster_count(&cluster, "connect"), 1);
	cr_expect_eq(fake_cluster_count(&cluster, "Metadata"), 2);
}

Test(client, tells_when_a_broker_is_too_old)
{
	cluster.limited_key = API_KEY_METADATA;
	cluster.limited_first = 0;
	cluster.limited_last = 0;
	begin("a:1");
	cr_expect_eq(client_learn(&client), ERROR_UNSUPPORTED);
	cr_expect_str_eq(client.complaint,
	    "a:1: this broker serves no version of Metadata that klamm needs");
}

Test(client, waits_until_a_controller_is_elected)
{
	struct metadata_response without = metadata_response_defaults;
	int32_t node_id = -1;

	fake_cluster_answer(&cluster, &metadata_response_type, &without);
	fake_cluster_answer_metadata(&cluster);
	begin("b:2");
	cr_expect_eq(client_controller(&client, &node_id), ERROR_NONE);
	cr_expect_eq(node_id, 0);
	cr_expect_eq(fake_cluster_count(&cluster, "pause"), 1);
}

Test(client, does_not_wait_for_a_controller_beyond_its_time)
{
	struct metadata_response without = metadata_response_defaults;
	int32_t node_id;

	fake_cluster_answer(&cluster, &metadata_response_type, &without);
	begin("a:1");
	cr_expect_eq(client_controller(&client, &node_id), ERROR_TIMED_OUT);
	cr_expect_str_eq(client.complaint, "the cluster has no controller");
	cr_expect_eq(fake_cluster_count(&cluster, "pause"), 9);
}

static void
expect_next_controller(enum fake_host_manner manner)
{
	struct metadata_response_metadata_response_broker brokers[] = {
		{ .node_id = 1, .host = slice_of_text("x"), .port = 1 },
		{ .node_id = 2, .host = slice_of_text("y"), .port = 2 },
	};
	struct metadata_response first = metadata_response_defaults, second;
	struct delete_topics_response told = delete_topics_response_defaults, response;
	const struct request_kind kind = { &delete_topics_request_type, 0, 5 };
	struct delete_topics_request request = delete_topics_request_defaults;

	first.brokers.items = brokers;
	first.brokers.count = 2;
	first.controller_id = 1;
	second = first;
	second.controller_id = 2;
	fake_cluster_host(&cluster, "x:1", manner);
	fake_cluster_answer(&cluster, &metadata_response_type, &first);
	fake_cluster_answer(&cluster, &metadata_response_type, &second);
	fake_cluster_answer(&cluster, &delete_topics_response_type, &told);
	begin("a:1");
	cr_expect_eq(client_call_controller(&client, &kind, &request, &answer, &response), ERROR_NONE);
	cr_expect(fake_cluster_saw(&cluster, "DeleteTopics 5 y:2"));
	cr_expect_eq(fake_cluster_count(&cluster, "pause"), 1);
}

Test(client, waits_for_the_next_controller_when_the_last_one_is_gone)
{
	expect_next_controller(FAKE_REFUSES);
}

Test(client, waits_for_the_next_controller_when_the_last_one_is_going)
{
	expect_next_controller(FAKE_HANGS_UP);
}

Test(client, does_not_wait_where_nobody_is)
{
	struct delete_topics_request request = delete_topics_request_defaults;
	const struct request_kind kind = { &delete_topics_request_type, 0, 5 };
	struct delete_topics_response response;

	fake_cluster_host(&cluster, "x:1", FAKE_REFUSES);
	begin("x:1");
	cr_expect_eq(client_call_controller(&client, &kind, &request, &answer, &response),
	    ERROR_CONNECTION_REFUSED);
	cr_expect_eq(fake_cluster_count(&cluster, "connect"), 1);
}

Test(client, refuses_an_address_that_none_can_be)
{
	struct metadata_response_metadata_response_broker broker = {
		.node_id = 0, .host = slice_of_text("a"), .port = 65536,
	};
	struct metadata_response metadata = metadata_response_defaults;

	metadata.brokers.items = &broker;
	metadata.brokers.count = 1;
	fake_cluster_answer(&cluster, &metadata_response_type, &metadata);
	begin("a:1");
	cr_expect_eq(client_learn(&client), ERROR_MALFORMED);
	broker.port = 1;
	broker.host = slice_of_text("");
	cr_expect_eq(client_learn(&client), ERROR_MALFORMED);
}

static struct find_coordinator_response
coordinator(int16_t error_code, int32_t port)
{
	struct find_coordinator_response response = find_coordinator_response_defaults;

	response.error_code = error_code;
	response.node_id = 7;
	response.host = slice_of_text("c");
	response.port = port;
	return response;
}

Test(client, waits_for_a_coordinator_and_asks_it_then)
{
	struct find_coordinator_response first = coordinator(KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE,
	    -1), second = coordinator(KAFKA_ERROR_NONE, 3);
	const struct request_kind kind = { &list_groups_request_type, 0, 5 };
	struct list_groups_request request = list_groups_request_defaults;
	struct list_groups_response groups = list_groups_response_defaults, response;
	int32_t node_id = -1;

	fake_cluster_answer(&cluster, &find_coordinator_response_type, &first);
	fake_cluster_answer(&cluster, &find_coordinator_response_type, &second);
	fake_cluster_answer(&cluster, &list_groups_response_type, &groups);
	begin("a:1");
	cr_assert_eq(client_coordinator(&client, "readers", &node_id), ERROR_NONE);
	cr_expect_eq(node_id, 7);
	cr_expect(fake_cluster_saw(&cluster, "{\"key\":\"readers\",\"keyType\":0}"));
	cr_expect_eq(client_call(&client, node_id, &kind, &request, &answer, &response), ERROR_NONE);
	cr_expect(fake_cluster_saw(&cluster, "ListGroups 5 c:3"));
}

Test(client, connects_again_to_a_broker_that_moved)
{
	struct find_coordinator_response first = coordinator(KAFKA_ERROR_NONE, 3),
	    second = coordinator(KAFKA_ERROR_NONE, 4);
	const struct request_kind kind = { &list_groups_request_type, 0, 5 };
	struct list_groups_request request = list_groups_request_defaults;
	struct list_groups_response groups = list_groups_response_defaults, response;
	int32_t node_id;

	fake_cluster_answer(&cluster, &find_coordinator_response_type, &first);
	fake_cluster_answer(&cluster, &find_coordinator_response_type, &second);
	fake_cluster_answer(&cluster, &list_groups_response_type, &groups);
	begin("a:1");
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(client_coordinator(&client, "readers", &node_id), ERROR_NONE);
		cr_assert_eq(client_call(&client, node_id, &kind, &request, &answer, &response),
		    ERROR_NONE);
	}
	cr_expect(fake_cluster_saw(&cluster, "ListGroups 5 c:3"));
	cr_expect(fake_cluster_saw(&cluster, "ListGroups 5 c:4"));
	cr_expect_eq(cluster.open_streams, 2);
}

Test(client, gives_a_refusal_kafkas_name_and_the_brokers_words)
{
	struct find_coordinator_response refused =
	    coordinator(KAFKA_ERROR_GROUP_AUTHORIZATION_FAILED, -1);
	int32_t node_id;

	refused.error_message = slice_of_text("not you");
	fake_cluster_answer(&cluster, &find_coordinator_response_type, &refused);
	begin("a:1");
	cr_expect_eq(client_coordinator(&client, "readers", &node_id), ERROR_OFFLINE);
	cr_expect_str_eq(client.complaint,
	    "the group's coordinator: GROUP_AUTHORIZATION_FAILED: not you");
	client_refused(&client, "orders", KAFKA_ERROR_INVALID_PARTITIONS, slice_null());
	cr_expect_eq(strncmp(client.complaint, "orders: INVALID_PARTITIONS: ", 28), 0);
}

Test(client, asks_again_after_what_passes_and_after_nothing_else)
{
	begin("a:1");
	client.controller_id = 5;
	cr_expect(client_again(&client, KAFKA_ERROR_NOT_CONTROLLER));
	cr_expect_eq(client.controller_id, -1);
	cr_expect(client_again(&client, KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS));
	cr_expect(client_again(&client, KAFKA_ERROR_NOT_COORDINATOR));
	cr_expect(client_again(&client, KAFKA_ERROR_LEADER_NOT_AVAILABLE));
	cr_expect_not(client_again(&client, KAFKA_ERROR_NONE));
	cr_expect_not(client_again(&client, KAFKA_ERROR_TOPIC_ALREADY_EXISTS));
	cluster.now_us += 1000 * 1000;
	cr_expect_not(client_again(&client, KAFKA_ERROR_NOT_CONTROLLER));
}

Test(client, lets_a_broker_take_less_time_than_it_waits_itself)
{
	begin("a:1");
	cr_expect_eq(client_request_timeout_ms(&client), 750);
	cluster.now_us += 2000 * 1000;
	cr_expect_eq(client_request_timeout_ms(&client), 1);
}
