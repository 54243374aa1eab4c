#include "klamm/cluster_health.h"

#include <criterion/criterion.h>

#include "klamm/topic_list.h"
#include "tests/unit/klamm/fake_town.h"

static struct fake_cluster cluster;
static struct fake_town town, later;

static void
set_up(void)
{
	fake_cluster_init(&cluster);
}

static void
tear_down(void)
{
	fake_cluster_fini(&cluster);
}

static enum command_status
run(const char *words)
{
	return fake_cluster_run(&cluster, cluster_health, cluster_health_options, words);
}

static void
ill(void)
{
	fake_town_fill(&town);
	fake_town_answer(&town, &cluster);
}

TestSuite(cluster_health, .init = set_up, .fini = tear_down);

Test(cluster_health, is_one_screen_for_people)
{
	ill();
	cr_expect_eq(run(""), COMMAND_FAILED);
	cr_expect_str_eq(cluster.output,
	    "cluster                     town\n"
	    "health                      not healthy\n"
	    "controller                  1\n"
	    "brokers                     2\n"
	    "missing brokers             3\n"
	    "topics                      4\n"
	    "partitions                  6\n"
	    "  offline                   1\n"
	    "  under min ISR             1\n"
	    "  under-replicated          2\n"
	    "  being reassigned          1\n"
	    "  not led by the preferred  2\n"
	    "\n"
	    "TOPIC  PARTITION  PROBLEM           LEADER  REPLICAS  ISR  MISSING  AWAY  MIN-ISR\n"
	    "ill            1  offline                -  3         3    -        3           1\n"
	    "poor           0  under-min-isr          2  3,2       2    3        3           2\n"
	    "ill            0  under-replicated       1  1,3,2     1,2  3        3           1\n");
	cr_expect_str_eq(cluster.errors, "");
}

Test(cluster_health, is_objects_in_json)
{
	ill();
	cr_expect_eq(run("--json"), COMMAND_FAILED);
	cr_expect_eq(strncmp(cluster.output, "{\"type\":\"health\",\"clusterId\":\"town\","
	    "\"verdict\":\"not healthy\",\"isHealthy\":false,\"controllerId\":1,\"brokers\":2,"
	    "\"missingBrokers\":[3],\"topics\":4,\"partitions\":6,\"offlinePartitions\":1,"
	    "\"underMinIsrPartitions\":1,\"underReplicatedPartitions\":2,"
	    "\"reassigningPartitions\":1,\"nonPreferredLeaders\":2}\n{\"type\":\"partition\",", 250), 0);
}

Test(cluster_health, is_good)
{
	fake_town_init(&town);
	fake_town_broker(&town, 1, NULL);
	fake_town_partition(&town, "one", 1, "1", "1");
	fake_town_min_isr(&town, "one", "1");
	fake_town_answer(&town, &cluster);
	cr_expect_eq(run(""), COMMAND_OK);
	cr_expect_not_null(strstr(cluster.output, "health                      healthy\n"));
}

Test(cluster_health, is_watched_until_it_is_good)
{
	ill();
	fake_town_init(&later);
	fake_town_broker(&later, 1, NULL);
	/* Each look asks for Metadata twice: who is controller, then it. */
	fake_cluster_answer(&cluster, &metadata_response_type, &town.metadata);
	fake_cluster_answer(&cluster, &metadata_response_type, &later.metadata);
	cr_expect_eq(run("--exit-when-healthy --json"), COMMAND_OK);
	cr_expect_not_null(strstr(cluster.output, "\"isHealthy\":false"));
	cr_expect_not_null(strstr(cluster.output, "\"isHealthy\":true"));
	cr_expect_eq(fake_cluster_count(&cluster, "pause"), 20);
}

Test(cluster_health, that_cannot_be_asked_for_is_not_good)
{
	fake_cluster_host(&cluster, "a:1", FAKE_REFUSES);
	cr_expect_eq(run(""), COMMAND_FAILED);
	cr_expect_neq(cluster.errors[0], '\0');
}

Test(cluster_health, called_wrongly_asks_nobody)
{
	cr_expect_eq(run("x"), COMMAND_WRONG_USE);
	cr_expect_eq(run("--interval 0"), COMMAND_WRONG_USE);
	cr_expect_eq(cluster.log.size, 0);
}

Test(cluster_health, has_the_same_sick_partitions_as_topic_list)
{
	ill();
	cr_expect_eq(fake_cluster_run(&cluster, topic_list, topic_list_options, "--sick"),
	    COMMAND_FAILED);
	cr_expect_str_eq(cluster.output,
	    "TOPIC  PARTITION  PROBLEM           LEADER  REPLICAS  ISR  MISSING  AWAY  MIN-ISR\n"
	    "ill            0  under-replicated       1  1,3,2     1,2  3        3           1\n"
	    "ill            1  offline                -  3         3    -        3           1\n"
	    "poor           0  under-min-isr          2  3,2       2    3        3           2\n");
}

Test(cluster_health, tells_whom_a_partition_in_doubt_waits_for)
{
	const char *hint = "\n1 offline, though one in sync is there: it may lack records,\n"
	    "and waits for those that are away (klammd(8), PARTITIONS IN DOUBT)\n";

	fake_town_fill(&town);
	fake_town_partition(&town, "ill", -1, "1,3", "1");
	fake_town_answer(&town, &cluster);
	cr_expect_eq(fake_cluster_run(&cluster, topic_list, topic_list_options, "--sick"),
	    COMMAND_FAILED);
	cr_expect_not_null(strstr(cluster.output,
	    "ill            2  offline                -  1,3       1    3        3           1\n"));
	cr_expect_not_null(strstr(cluster.output, hint));
	cr_expect_eq(run(""), COMMAND_FAILED);
	cr_expect_not_null(strstr(cluster.output, hint));
}
