#include "klamm/partition_elect.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_town.h"

static struct fake_cluster cluster;
static struct fake_town town;
static struct elect_leaders_response response;
static struct elect_leaders_response_replica_election_result topics[2];
static struct elect_leaders_response_partition_result results[2][2];

static void
result(int topic, const char *name, int at, int32_t partition, int16_t code)
{
	results[topic][at] = elect_leaders_response_partition_result_defaults;
	results[topic][at].partition_id = partition;
	results[topic][at].error_code = code;
	results[topic][at].error_message = slice_null();
	topics[topic] = elect_leaders_response_replica_election_result_defaults;
	topics[topic].topic = slice_of_text(name);
	topics[topic].partition_result.items = results[topic];
	topics[topic].partition_result.count = at + 1;
	response.replica_election_results.count = MAX(response.replica_election_results.count,
	    topic + 1);
}

static void
set_up(void)
{
	fake_cluster_init(&cluster);
	fake_town_fill(&town);
	fake_town_answer(&town, &cluster);
	response = elect_leaders_response_defaults;
	response.replica_election_results.items = topics;
	fake_cluster_answer(&cluster, &elect_leaders_response_type, &response);
}

static void
tear_down(void)
{
	fake_cluster_fini(&cluster);
}

static enum command_status
run(const char *words)
{
	return fake_cluster_run(&cluster, partition_elect, partition_elect_options, words);
}

TestSuite(partition_elect, .init = set_up, .fini = tear_down);

Test(partition_elect, asks_the_controller_for_what_was_named)
{
	result(0, "well", 0, 1, KAFKA_ERROR_NONE);
	result(0, "well", 1, 0, KAFKA_ERROR_ELECTION_NOT_NEEDED);
	result(1, "ill", 0, 0, KAFKA_ERROR_NONE);
	cr_expect_eq(run("well ill:0"), COMMAND_OK);
	cr_expect(fake_cluster_saw(&cluster, "ElectLeaders 2 b1:1 {\"electionType\":0,"
	    "\"topicPartitions\":[{\"topic\":\"ill\",\"partitions\":[0]},"
	    "{\"topic\":\"well\",\"partitions\":[0,1]}],"));
	cr_expect_str_eq(cluster.output,
	    "TOPIC  PARTITION  STATUS      LEADER\n"
	    "ill            0  elected          1\n"
	    "well           0  not needed       1\n"
	    "well           1  elected          1\n");
}

Test(partition_elect, of_all_leaves_the_choice_to_the_controller)
{
	cr_expect_eq(run("--all --unclean --json"), COMMAND_OK);
	cr_expect(fake_cluster_saw(&cluster, "{\"electionType\":1,\"topicPartitions\":null,"));
	cr_expect_str_eq(cluster.output, "");
}

Test(partition_elect, complains_of_each_that_was_refused)
{
	result(0, "ill", 0, 1, KAFKA_ERROR_PREFERRED_LEADER_NOT_AVAILABLE);
	cr_expect_eq(run("ill:1"), COMMAND_FAILED);
	cr_expect_eq(strncmp(cluster.errors, "klamm: ill:1: PREFERRED_LEADER_NOT_AVAILABLE: ", 46), 0);
}

Test(partition_elect, complains_of_what_was_refused_as_a_whole)
{
	response.error_code = KAFKA_ERROR_CLUSTER_AUTHORIZATION_FAILED;
	cr_expect_eq(run("well"), COMMAND_FAILED);
	cr_expect_eq(strncmp(cluster.errors, "klamm: election: CLUSTER_AUTHORIZATION_FAILED", 45), 0);
}

Test(partition_elect, of_what_is_not_there_asks_for_no_election)
{
	cr_expect_eq(run("none"), COMMAND_FAILED);
	cr_expect_not_null(strstr(cluster.errors, "none: there is no such topic"));
	cr_expect_eq(run("well:2"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.errors, "klamm: well: there is no partition 2\n");
	cr_expect_not(fake_cluster_saw(&cluster, "ElectLeaders"));
}

Test(partition_elect, does_not_ask_an_old_broker_for_unclean_elections)
{
	cluster.limited_key = 43;
	cluster.limited_first = cluster.limited_last = 0;
	cr_expect_eq(run("well --unclean"), COMMAND_FAILED);
	cr_expect_not_null(strstr(cluster.errors, "serves no version of ElectLeaders"));
	result(0, "well", 0, 1, KAFKA_ERROR_NONE);
	cr_expect_eq(run("well"), COMMAND_OK);
}

Test(partition_elect, called_wrongly_asks_nobody)
{
	cr_expect_eq(run(""), COMMAND_WRONG_USE);
	cr_expect_eq(run("--all well"), COMMAND_WRONG_USE);
	cr_expect_eq(run("a:b"), COMMAND_WRONG_USE);
	cr_expect_eq(cluster.log.size, 0);
}
