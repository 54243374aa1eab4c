#include "klamm/broker_list.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_town.h"

static struct fake_cluster cluster;
static struct fake_town town;

static void
set_up(void)
{
	fake_cluster_init(&cluster);
	fake_town_fill(&town);
	fake_town_answer(&town, &cluster);
}

static void
tear_down(void)
{
	fake_cluster_fini(&cluster);
}

TestSuite(broker_list, .init = set_up, .fini = tear_down);

Test(broker_list, counts_leaders_replicas_and_those_out_of_sync)
{
	cr_expect_eq(fake_cluster_run(&cluster, broker_list, broker_list_options, ""), COMMAND_OK);
	cr_expect_str_eq(cluster.output,
	    "BROKER  STATE    HOST  PORT  RACK  CONTROLLER  LEADERS  REPLICAS  OUT-OF-SYNC    SIZE\n"
	    "     1  up       b1       1  east  yes               4         4            0  2.0 MB\n"
	    "     2  up       b2       1  west  no                1         5            1  1.4 kB\n"
	    "     3  missing  -        -  -     no                0         3            2       -\n");
}

Test(broker_list, shows_json)
{
	cr_expect_eq(fake_cluster_run(&cluster, broker_list, broker_list_options, "--json"),
	    COMMAND_OK);
	cr_expect_not_null(strstr(cluster.output, "{\"type\":\"broker\",\"id\":1,\"state\":\"up\","
	    "\"host\":\"b1\",\"port\":1,\"rack\":\"east\",\"isController\":true,\"leaders\":4,"
	    "\"replicas\":4,\"outOfSync\":0,\"bytes\":2001500}\n"));
	cr_expect_not_null(strstr(cluster.output, "\"outOfSync\":2,\"bytes\":null}\n"));
}

Test(broker_list, takes_no_operand)
{
	cr_expect_eq(fake_cluster_run(&cluster, broker_list, broker_list_options, "x"),
	    COMMAND_WRONG_USE);
}
