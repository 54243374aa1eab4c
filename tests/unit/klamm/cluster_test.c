#include "klamm/cluster.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_cluster.h"

static struct metadata_response_metadata_response_broker brokers[2];
static struct metadata_response metadata;

static void
fill(struct fake_cluster *it)
{
	metadata = metadata_response_defaults;
	metadata.cluster_id = slice_of_text("abc");
	metadata.controller_id = 10;
	metadata.brokers.items = brokers;
	metadata.brokers.count = 2;
	brokers[0] = brokers[1] = metadata_response_metadata_response_broker_defaults;
	brokers[0].host = slice_of_text("one.example");
	brokers[0].port = 9092;
	brokers[1].node_id = 10;
	brokers[1].host = slice_of_text("two");
	brokers[1].port = 80;
	brokers[1].rack = slice_of_text("r");
	fake_cluster_init(it);
	fake_cluster_answer(it, &metadata_response_type, &metadata);
}

Test(cluster, shows_id_controller_and_brokers)
{
	struct fake_cluster it;

	fill(&it);
	cr_expect_eq(fake_cluster_run(&it, cluster, cluster_options, ""), COMMAND_OK);
	cr_expect_str_eq(it.output,
	    "cluster     abc\n"
	    "controller  10\n"
	    "brokers     2\n"
	    "\n"
	    "BROKER  HOST         PORT  RACK  CONTROLLER\n"
	    "     0  one.example  9092  -     no\n"
	    "    10  two            80  r     yes\n");
	cr_expect(fake_cluster_saw(&it, "Metadata 12 a:1 {\"topics\":[]"));
	fake_cluster_fini(&it);
}

Test(cluster, shows_the_same_as_json)
{
	struct fake_cluster it;

	fill(&it);
	metadata.controller_id = -1;
	cr_expect_eq(fake_cluster_run(&it, cluster, cluster_options, "--json"), COMMAND_OK);
	cr_expect_str_eq(it.output,
	    "{\"type\":\"cluster\",\"id\":\"abc\",\"controllerId\":null,\"brokers\":2}\n"
	    "{\"type\":\"broker\",\"id\":0,\"host\":\"one.example\",\"port\":9092,\"rack\":null,"
	    "\"isController\":false}\n"
	    "{\"type\":\"broker\",\"id\":10,\"host\":\"two\",\"port\":80,\"rack\":\"r\","
	    "\"isController\":false}\n");
	fake_cluster_fini(&it);
}

Test(cluster, takes_no_operand)
{
	struct fake_cluster it;

	fill(&it);
	cr_expect_eq(fake_cluster_run(&it, cluster, cluster_options, "x"), COMMAND_WRONG_USE);
	cr_expect_eq(it.log.size, 0);
	fake_cluster_fini(&it);
}
