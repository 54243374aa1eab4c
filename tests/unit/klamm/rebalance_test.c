#include "klamm/rebalance.h"

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
	for (int i = 0; i < 3; i++)
		fake_town_partition(&town, "t", 1, "1,2", "1,2");
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
	return fake_cluster_run(&cluster, rebalance, rebalance_options, words);
}

TestSuite(rebalance_command, .init = set_up, .fini = tear_down);

Test(rebalance_command, shows_what_brokers_have_now_and_then)
{
	fake_town_dir(&town);
	for (int32_t i = 0; i < 3; i++)
		fake_town_replica(&town, "t", i, 1000);
	cr_expect_eq(run("--dry-run"), COMMAND_OK);
	cr_expect_str_eq(cluster.output,
	    "BROKER  REPLICAS  THEN  LEADERS  THEN    SIZE    THEN\n"
	    "     1         3     2        3     1  3.0 kB  2.0 kB\n"
	    "     2         3     2        0     1  3.0 kB  2.0 kB\n"
	    "     3         0     2        0     1     0 B  2.0 kB\n"
	    "\n"
	    "TOPIC  PARTITION  FROM  TO   COPIES    SIZE\n"
	    "t              0  1,2   3,2       1  1.0 kB\n"
	    "t              1  1,2   1,3       1  1.0 kB\n"
	    "t              2  1,2   2,1       0     0 B\n"
	    "\n"
	    "3 partitions change, 2 replicas to copy, 2.0 kB\n");
	cr_expect_not(fake_cluster_saw(&cluster, "AlterPartitionReassignments"));
}

Test(rebalance_command, counts_replicas_where_sizes_are_not_told)
{
	cluster.limited_key = 35;
	cluster.limited_first = 1;
	cluster.limited_last = 0;
	cr_expect_eq(run("--dry-run"), COMMAND_OK);
	cr_expect_not_null(strstr(cluster.output, "the brokers do not tell all sizes"));
	cr_expect_not_null(strstr(cluster.output, "sizes are not known\n"));
}

Test(rebalance_command, waits_for_no_others)
{
	fake_town_dir(&town);
	fake_town_reassigning(&town, "t", 1, "1,2", "2", "");
	cr_expect_eq(run(""), COMMAND_FAILED);
	cr_expect_eq(strncmp(cluster.errors, "klamm: partitions are being reassigned: ", 40), 0);
}

Test(rebalance_command, called_wrongly_asks_nobody)
{
	cr_expect_eq(run("x"), COMMAND_WRONG_USE);
	cr_expect_eq(run("--tolerance 101"), COMMAND_WRONG_USE);
	cr_expect_eq(cluster.log.size, 0);
}
