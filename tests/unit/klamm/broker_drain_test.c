#include "klamm/broker_drain.h"

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
}

static void
tear_down(void)
{
	fake_cluster_fini(&cluster);
}

static enum command_status
run(const char *words)
{
	return fake_cluster_run(&cluster, broker_drain, broker_drain_options, words);
}

TestSuite(broker_drain, .init = set_up, .fini = tear_down);

Test(broker_drain, has_others_lead_that_are_in_sync_each_its_share)
{
	fake_town_partition(&town, "t", 1, "1,2,3", "1,2,3"); /* 3 leads less than 2 */
	fake_town_partition(&town, "t", 1, "1,2,3", "1,2");
	fake_town_partition(&town, "t", 2, "1,2,3", "1,2,3"); /* would come back to 1 */
	fake_town_partition(&town, "t", 2, "2,1", "2,1");
	fake_town_partition(&town, "t", 1, "1,2", "1");
	fake_town_answer(&town, &cluster);
	cr_expect_eq(run("1 --dry-run"), COMMAND_OK);
	cr_expect_str_eq(cluster.output,
	    "TOPIC  PARTITION  FROM   TO     COPIES  SIZE\n"
	    "t              0  1,2,3  3,2,1       0   0 B\n"
	    "t              1  1,2,3  2,3,1       0   0 B\n"
	    "t              2  1,2,3  3,2,1       0   0 B\n"
	    "\n"
	    "3 partitions change, 0 replicas to copy\n");
	cr_expect_not(fake_cluster_saw(&cluster, "AlterPartitionReassignments"));
}

Test(broker_drain, saves_nothing_of_what_it_does_not_begin)
{
	cr_expect_eq(run("1 --dry-run --save plan.json"), COMMAND_WRONG_USE);
}

Test(broker_drain, tells_what_nobody_else_can_lead)
{
	fake_town_partition(&town, "t", 1, "1", "1");
	fake_town_answer(&town, &cluster);
	cr_expect_eq(run("1"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.errors,
	    "klamm: t:0: no other replica is in sync: broker 1 leads it still\n");
	cr_expect_str_eq(cluster.output, "");
}

Test(broker_drain, of_a_broker_without_leaders_has_nothing_to_do)
{
	fake_town_partition(&town, "t", 1, "1,2", "1,2");
	fake_town_answer(&town, &cluster);
	cr_expect_eq(run("2"), COMMAND_OK);
	cr_expect_str_eq(cluster.output, "broker 2 leads nothing now\n");
	cr_expect_not(fake_cluster_saw(&cluster, "ElectLeaders"));
	cr_expect_eq(run("7"), COMMAND_FAILED);
	cr_expect_eq(strncmp(cluster.errors, "klamm: there is no broker 7", 27), 0);
}

Test(broker_drain, called_wrongly_asks_nobody)
{
	cr_expect_eq(run(""), COMMAND_WRONG_USE);
	cr_expect_eq(run("1 2"), COMMAND_WRONG_USE);
	cr_expect_eq(run("one"), COMMAND_WRONG_USE);
	cr_expect_eq(run("99999999999"), COMMAND_WRONG_USE);
	cr_expect_eq(cluster.log.size, 0);
}
