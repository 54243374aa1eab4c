/* What old tools ask for under /admin. */
#include <criterion/criterion.h>

#include "controller/jobs.h"
#include "town.h"

static struct town_fixture it;

static void
set_up(void)
{
	town_begin(&it, 2, "auto.leader.rebalance.enable=false\n");
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(admin_znodes, .init = set_up, .fini = tear_down);

#define PREFERRED "/admin/preferred_replica_election"

/* t-0 is led by the second of its replicas, which are both in sync. */
static void
make_imbalance(void)
{
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/brokers/topics/t",
	    "{\"version\":1,\"partitions\":{\"0\":[2,1]}}");
	town_run(&it, TOWN_SECOND_US);
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/brokers/topics/t/partitions/0/state",
	    "{\"controller_epoch\":1,\"leader\":1,\"version\":1,\"leader_epoch\":3,\"isr\":[1,2]}");
	/* the controller learns of it with the next election only: make it stand again */
	town_write(town_leader(&it), ZNODE_OP_DELETE, "/controller", NULL);
	town_run(&it, 2 * TOWN_SECOND_US);
}

Test(admin_znodes, elect_preferred_leaders)
{
	make_imbalance();
	town_write(town_leader(&it), ZNODE_OP_CREATE, PREFERRED, "{\"version\":1,\"partitions\":["
	    "{\"topic\":\"t\",\"partition\":0},{\"topic\":\"t\",\"partition\":0},"
	    "{\"topic\":\"t\",\"partition\":9},{\"topic\":\"x\",\"partition\":0}]}");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_null(town_node(&it.town, PREFERRED));
	cr_assert_not_null(strstr(town_node(&it.town, "/brokers/topics/t/partitions/0/state"),
	    "\"leader\":2,\"version\":1,\"leader_epoch\":4,\"isr\":[1,2]"));
	/* and once more: the watch is set again */
	town_write(town_leader(&it), ZNODE_OP_CREATE, PREFERRED,
	    "{\"version\":1,\"partitions\":[]}");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_null(town_node(&it.town, PREFERRED));
}

Test(admin_znodes, that_cannot_be_read_are_left_alone)
{
	town_write(town_leader(&it), ZNODE_OP_CREATE, PREFERRED, "junk");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_str_eq(town_node(&it.town, PREFERRED), "junk");
}

Test(admin_znodes, are_not_needed_where_leaders_go_back_by_themselves)
{
	town_end(&it);
	town_begin(&it, 2, NULL);
	make_imbalance();
	town_run(&it, 6 * TOWN_SECOND_US);
	cr_assert_not_null(strstr(town_node(&it.town, "/brokers/topics/t/partitions/0/state"),
	    "\"leader\":2,"));
}
