#include "klamm/topic_list.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_cluster.h"

static struct metadata_response_metadata_response_partition partitions[2];
static struct metadata_response_metadata_response_topic topics[3];
static struct metadata_response metadata;
static int32_t replicas[2] = { 0, 1 };

static void
fill(struct fake_cluster *cluster)
{
	metadata = metadata_response_defaults;
	metadata.topics.items = topics;
	metadata.topics.count = 3;
	for (int i = 0; i < 2; i++) {
		partitions[i] = metadata_response_metadata_response_partition_defaults;
		partitions[i].replica_nodes.items = replicas;
		partitions[i].replica_nodes.count = 2;
	}
	for (int i = 0; i < 3; i++) {
		topics[i] = metadata_response_metadata_response_topic_defaults;
		topics[i].partitions.items = partitions;
		topics[i].partitions.count = 2;
	}
	topics[0].name = slice_of_text("two");
	topics[1].name = slice_of_text("__inside");
	topics[1].is_internal = true;
	topics[2].name = slice_of_text("one");
	topics[2].partitions.count = 0;
	fake_cluster_init(cluster);
	fake_cluster_answer(cluster, &metadata_response_type, &metadata);
}

Test(topic_list, is_sorted_and_leaves_internal_topics_out)
{
	struct fake_cluster cluster;

	fill(&cluster);
	cr_expect_eq(fake_cluster_run(&cluster, topic_list, topic_list_options, ""), COMMAND_OK);
	cr_expect_str_eq(cluster.output, "TOPIC  PARTITIONS  REPLICAS\n"
	    "one             0         -\ntwo             2         2\n");
	cr_expect(fake_cluster_saw(&cluster, "Metadata 12 a:1 {\"topics\":null"));
	fake_cluster_fini(&cluster);
}

Test(topic_list, shows_internal_topics_when_asked)
{
	struct fake_cluster cluster;

	fill(&cluster);
	metadata.topics.count = 2;
	cr_expect_eq(fake_cluster_run(&cluster, topic_list, topic_list_options,
	    "--internal --json"), COMMAND_OK);
	cr_expect_str_eq(cluster.output,
	    "{\"type\":\"topic\",\"name\":\"__inside\",\"partitions\":2,\"replicas\":2,"
	    "\"isInternal\":true}\n"
	    "{\"type\":\"topic\",\"name\":\"two\",\"partitions\":2,\"replicas\":2,"
	    "\"isInternal\":false}\n");
	fake_cluster_fini(&cluster);
}

Test(topic_list, takes_no_operand)
{
	struct fake_cluster cluster;

	fill(&cluster);
	cr_expect_eq(fake_cluster_run(&cluster, topic_list, topic_list_options, "x"),
	    COMMAND_WRONG_USE);
	fake_cluster_fini(&cluster);
}
