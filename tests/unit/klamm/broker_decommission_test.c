#include "klamm/broker_decommission.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_town.h"

static struct fake_cluster cluster;
static struct fake_town town;

static void
set_up(void)
{
	fake_cluster_init(&cluster);
	fake_town_init(&town);
	for (int32_t id = 1; id <= 3; id++)
		fake_town_broker(&town, id, NULL);
	fake_town_dir(&town);
}

static void
tear_down(void)
{
	fake_cluster_fini(&cluster);
}

static enum command_status
run(const char *words)
{
	fake_town_answer(&town, &cluster);
	return fake_cluster_run(&cluster, broker_decommission, broker_decommission_options, words);
}

TestSuite(broker_decommission, .init = set_up, .fini = tear_down);

Test(broker_decommission, plans_another_place_for_each_replica)
{
	fake_town_partition(&town, "t", 1, "1,2", "1,2");
	fake_town_partition(&town, "t", 2, "2,3", "2,3");
	cr_expect_eq(run("2 --dry-run --json"), COMMAND_OK);
	cr_expect_not_null(strstr(cluster.output, "\"partition\":0,\"from\":[1,2],\"to\":[1,3]"));
	cr_expect_not_null(strstr(cluster.output, "\"partition\":1,\"from\":[2,3],\"to\":[1,3]"));
}

Test(broker_decommission, takes_one_that_is_away_already)
{
	fake_town_partition(&town, "t", 1, "9,1", "1");
	cr_expect_eq(run("9 --dry-run --json"), COMMAND_OK);
	cr_expect_not_null(strstr(cluster.output, "\"from\":[9,1],\"to\":[2,1]"));
}

Test(broker_decommission, of_one_without_replicas_is_done)
{
	fake_town_partition(&town, "t", 1, "1,2", "1,2");
	cr_expect_eq(run("3"), COMMAND_OK);
	cr_expect_str_eq(cluster.output, "broker 3 has no replica: it can be stopped for good\n");
	cr_expect_eq(run("3 --json"), COMMAND_OK);
	cr_expect_str_eq(cluster.output,
	    "{\"type\":\"broker\",\"id\":3,\"replicas\":0,\"mayBeStopped\":true}\n");
}

Test(broker_decommission, needs_enough_other_brokers)
{
	fake_town_partition(&town, "t", 1, "1,2,3", "1,2,3");
	cr_expect_eq(run("2"), COMMAND_FAILED);
	cr_expect_eq(strncmp(cluster.errors, "klamm: t:0: its 3 replicas need as many brokers", 46), 0);
	cr_expect_not(fake_cluster_saw(&cluster, "AlterPartitionReassignments"));
}

Test(broker_decommission, cannot_copy_what_nobody_leads)
{
	fake_town_partition(&town, "t", -1, "9", "9");
	cr_expect_eq(run("9"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.errors,
	    "klamm: t:0: nobody leads it, so that its replicas cannot be copied\n");
}

Test(broker_decommission, of_nobody_fails)
{
	cr_expect_eq(run("9"), COMMAND_FAILED);
	cr_expect_eq(run("x"), COMMAND_WRONG_USE);
	cr_expect_eq(run("1 --throttle x"), COMMAND_WRONG_USE);
}
