#include "klamm/groups_list.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_cluster.h"

static struct fake_cluster cluster;
static struct metadata_response_metadata_response_broker brokers[2];
static struct metadata_response metadata;
static struct list_groups_response_listed_group groups[2];
static struct list_groups_response responses[3];

/* Brokers 0 at a:1 and 1 at b:2, each with a group. */
static void
set_up(void)
{
	fake_cluster_init(&cluster);
	metadata = metadata_response_defaults;
	for (int i = 0; i < 2; i++) {
		brokers[i] = metadata_response_metadata_response_broker_defaults;
		brokers[i].node_id = i;
		brokers[i].host = slice_of_text(i == 0 ? "a" : "b");
		brokers[i].port = i + 1;
		groups[i] = list_groups_response_listed_group_defaults;
		groups[i].group_id = slice_of_text(i == 0 ? "two" : "one");
		groups[i].protocol_type = slice_of_text(i == 0 ? "consumer" : "");
		groups[i].group_state = slice_of_text(i == 0 ? "Stable" : "Empty");
		responses[i] = list_groups_response_defaults;
		responses[i].groups.items = &groups[i];
		responses[i].groups.count = 1;
	}
	metadata.brokers.items = brokers;
	metadata.brokers.count = 2;
	fake_cluster_answer(&cluster, &metadata_response_type, &metadata);
}

static void
tear_down(void)
{
	fake_cluster_fini(&cluster);
}

static void
answer(const struct list_groups_response *response)
{
	fake_cluster_answer(&cluster, &list_groups_response_type, response);
}

static enum command_status
run(const char *words)
{
	return fake_cluster_run(&cluster, groups_list, groups_list_options, words);
}

TestSuite(groups_list, .init = set_up, .fini = tear_down);

Test(groups_list, joins_what_all_brokers_coordinate)
{
	answer(&responses[0]);
	answer(&responses[1]);
	cr_expect_eq(run(""), COMMAND_OK);
	cr_expect_str_eq(cluster.output,
	    "GROUP  STATE   PROTOCOL-TYPE  COORDINATOR\n"
	    "one    Empty   \"\"                       1\n"
	    "two    Stable  consumer                 0\n");
	cr_expect(fake_cluster_saw(&cluster, "ListGroups 5 a:1"));
	cr_expect(fake_cluster_saw(&cluster, "ListGroups 5 b:2"));
}

Test(groups_list, shows_json_and_null_where_an_old_broker_is_silent)
{
	cluster.limited_key = API_KEY_LIST_GROUPS;
	cluster.limited_last = 3;
	groups[0].group_state = groups[1].group_state = slice_of_text("");
	answer(&responses[0]);
	answer(&responses[1]);
	cr_expect_eq(run("--json"), COMMAND_OK);
	cr_expect_str_eq(cluster.output,
	    "{\"type\":\"group\",\"name\":\"one\",\"state\":null,\"protocolType\":\"\","
	    "\"coordinatorId\":1}\n"
	    "{\"type\":\"group\",\"name\":\"two\",\"state\":null,\"protocolType\":\"consumer\","
	    "\"coordinatorId\":0}\n");
}

Test(groups_list, waits_for_a_coordinator_that_loads)
{
	responses[2] = list_groups_response_defaults;
	responses[2].error_code = KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS;
	answer(&responses[2]);
	answer(&responses[0]);
	answer(&responses[1]);
	cr_expect_eq(run(""), COMMAND_OK);
	cr_expect_eq(fake_cluster_count(&cluster, "pause"), 1);
}

Test(groups_list, fails_but_shows_the_rest_when_one_broker_does_not_answer)
{
	fake_cluster_host(&cluster, "b:2", FAKE_REFUSES);
	answer(&responses[0]);
	cr_expect_eq(run(""), COMMAND_FAILED);
	cr_expect_not_null(strstr(cluster.output, "two "));
	cr_expect_eq(strncmp(cluster.errors, "klamm: b:2: connection refused", 30), 0);
}

Test(groups_list, tells_a_refusal)
{
	responses[0].error_code = KAFKA_ERROR_CLUSTER_AUTHORIZATION_FAILED;
	answer(&responses[0]);
	cr_expect_eq(run(""), COMMAND_FAILED);
	cr_expect_eq(strncmp(cluster.errors,
	    "klamm: the list of groups: CLUSTER_AUTHORIZATION_FAILED: ", 57), 0);
}

Test(groups_list, takes_no_operand)
{
	cr_expect_eq(run("x"), COMMAND_WRONG_USE);
}
