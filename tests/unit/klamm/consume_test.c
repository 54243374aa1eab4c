#include "klamm/consume.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_cluster.h"

static struct fake_cluster cluster;
static struct metadata_response_metadata_response_broker broker;
static struct metadata_response_metadata_response_partition partitions[2];
static struct metadata_response_metadata_response_topic topic;
static struct metadata_response metadata;
static struct list_offsets_response_list_offsets_partition_response listed[2];
static struct list_offsets_response_list_offsets_topic_response listed_topic;
static struct list_offsets_response offsets;

/* Topic orders: partition 0 of broker 0 at a:1 ends at 10, 1 has no leader. */
static void
set_up(void)
{
	fake_cluster_init(&cluster);
	metadata = metadata_response_defaults;
	broker = metadata_response_metadata_response_broker_defaults;
	broker.host = slice_of_text("a");
	broker.port = 1;
	topic = metadata_response_metadata_response_topic_defaults;
	topic.name = listed_topic.name = slice_of_text("orders");
	topic.partitions.items = partitions;
	topic.partitions.count = 2;
	for (int i = 0; i < 2; i++) {
		partitions[i] = metadata_response_metadata_response_partition_defaults;
		partitions[i].partition_index = i;
		listed[i] = list_offsets_response_list_offsets_partition_response_defaults;
		listed[i].partition_index = i;
		listed[i].offset = 10;
	}
	partitions[1].leader_id = -1;
	metadata.brokers.items = &broker;
	metadata.brokers.count = 1;
	metadata.topics.items = &topic;
	metadata.topics.count = 1;
	listed_topic.partitions.items = listed;
	listed_topic.partitions.count = 1;
	offsets = list_offsets_response_defaults;
	offsets.topics.items = &listed_topic;
	offsets.topics.count = 1;
	fake_cluster_answer(&cluster, &metadata_response_type, &metadata);
	fake_cluster_answer(&cluster, &list_offsets_response_type, &offsets);
}

static void
tear_down(void)
{
	fake_cluster_fini(&cluster);
}

static enum command_status
run(const char *words)
{
	return fake_cluster_run(&cluster, consume, consume_options, words);
}

TestSuite(consume, .init = set_up, .fini = tear_down);

Test(consume, called_wrongly_asks_nobody)
{
	cr_expect_eq(run(""), COMMAND_WRONG_USE);
	cr_expect_eq(run("one two"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --from never"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --count 0"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --format %z"), COMMAND_WRONG_USE);
	cr_expect_str_eq(cluster.errors,
	    "klamm: it: --format does not know '%z': 'klamm help it' tells more\n");
	cr_expect_eq(run("orders --format %s --json"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --format %s --key-separator :"), COMMAND_WRONG_USE);
	cr_expect_eq(cluster.log.size, 0);
}

Test(consume, as_a_group_leaves_partitions_and_offsets_to_it)
{
	cr_expect_eq(run("orders --group="), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --group g --partition 0"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --group g --from 7"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --group g --from @7"), COMMAND_WRONG_USE);
	cr_expect_eq(cluster.log.size, 0);
}

Test(consume, says_at_once_what_is_not_there)
{
	cr_expect_eq(run("orders --partition 2"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.errors,
	    "klamm: orders: there is no partition 2: its 2 are numbered from 0\n");
	cr_expect_eq(run("orders --partition 0 --partition x"), COMMAND_WRONG_USE);
	cr_expect_eq(run("orders --partition 0 --from 11"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.errors, "klamm: orders: partition 0 ends at offset 10\n");
	cr_expect_eq(run("orders"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.errors, "klamm: orders: partition 1 has no leader: "
	    "'klamm topic describe orders' shows more\n");
	topic.error_code = KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
	topic.partitions.count = 0;
	cr_expect_eq(run("orders"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.errors,
	    "klamm: orders: there is no such topic: 'klamm topic create orders' makes it\n");
}

Test(consume, asks_for_the_time_that_it_shall_begin_at)
{
	cr_expect_eq(run("orders --from @77"), COMMAND_FAILED);
	cr_expect(fake_cluster_saw(&cluster, "\"timestamp\":77"));
}
