#include "klamm/listed_offsets.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_cluster.h"

static struct fake_cluster cluster;
static struct client client;
static struct listed_offsets offsets;

static void
set_up(void)
{
	struct bootstrap bootstrap;

	fake_cluster_init(&cluster);
	cr_assert_eq(bootstrap_parse(&bootstrap, "a:1"), ERROR_NONE);
	client_init(&client, &cluster.transport, &bootstrap, 1000);
	listed_offsets_init(&offsets);
}

static void
tear_down(void)
{
	listed_offsets_fini(&offsets);
	client_fini(&client);
	fake_cluster_fini(&cluster);
}

TestSuite(listed_offsets, .init = set_up, .fini = tear_down);

static void
add(const char *topic, int32_t partition)
{
	listed_offsets_add(&offsets, slice_of_text(topic), partition);
}

Test(listed_offsets, are_sorted_with_each_partition_once)
{
	add("b", 1);
	add("a", 10);
	add("b", 1);
	add("a", 9);
	add("b", 0);
	listed_offsets_sort(&offsets);
	cr_assert_eq(offsets.count, 4);
	cr_expect_str_eq(offsets.items[0].topic, "a");
	cr_expect_eq(offsets.items[0].partition, 9);
	cr_expect_eq(offsets.items[1].partition, 10);
	cr_expect_str_eq(offsets.items[3].topic, "b");
	cr_expect_eq(offsets.items[3].partition, 1);
	cr_expect_eq(listed_offsets_find(&offsets, slice_of_text("b"), 0), &offsets.items[2]);
	cr_expect_null(listed_offsets_find(&offsets, slice_of_text("b"), 2));
	cr_expect_null(listed_offsets_find(&offsets, slice_of_text("c"), 0));
}

Test(listed_offsets, of_nothing_ask_nobody)
{
	listed_offsets_sort(&offsets);
	cr_expect_null(listed_offsets_find(&offsets, slice_of_text("a"), 0));
	cr_expect_eq(listed_offsets_ask(&offsets, &client, LISTED_OFFSETS_LATEST), ERROR_NONE);
	cr_expect_eq(cluster.log.size, 0);
}

/* Brokers 0 at a:1 and 1 at b:2; topic t, partition 0 led by 0, 1 by 1, 2 by nobody; no topic gone. */
static struct metadata_response_metadata_response_broker brokers[2];
static struct metadata_response_metadata_response_partition partitions[3];
static struct metadata_response_metadata_response_topic topics[2];
static struct metadata_response metadata;

static void
fill_metadata(void)
{
	metadata = metadata_response_defaults;
	for (int i = 0; i < 2; i++) {
		brokers[i] = metadata_response_metadata_response_broker_defaults;
		brokers[i].node_id = i;
		brokers[i].host = slice_of_text(i == 0 ? "a" : "b");
		brokers[i].port = i + 1;
		topics[i] = metadata_response_metadata_response_topic_defaults;
	}
	for (int i = 0; i < 3; i++) {
		partitions[i] = metadata_response_metadata_response_partition_defaults;
		partitions[i].partition_index = i;
		partitions[i].leader_id = i < 2 ? i : -1;
	}
	topics[0].name = slice_of_text("t");
	topics[0].partitions.items = partitions;
	topics[0].partitions.count = 3;
	topics[1].name = slice_of_text("gone");
	topics[1].error_code = KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
	metadata.brokers.items = brokers;
	metadata.brokers.count = 2;
	metadata.topics.items = topics;
	metadata.topics.count = 2;
	fake_cluster_answer(&cluster, &metadata_response_type, &metadata);
}

static struct list_offsets_response_list_offsets_partition_response listed[2];
static struct list_offsets_response_list_offsets_topic_response listed_topics[2];
static struct list_offsets_response responses[2];

static void
fill_offset(int at, int16_t error_code, int64_t offset)
{
	listed[at] = list_offsets_response_list_offsets_partition_response_defaults;
	listed[at].partition_index = at;
	listed[at].error_code = error_code;
	listed[at].offset = offset;
	listed_topics[at].name = slice_of_text("t");
	listed_topics[at].partitions.items = &listed[at];
	listed_topics[at].partitions.count = 1;
	responses[at] = list_offsets_response_defaults;
	responses[at].topics.items = &listed_topics[at];
	responses[at].topics.count = 1;
	fake_cluster_answer(&cluster, &list_offsets_response_type, &responses[at]);
}

Test(listed_offsets, are_asked_of_each_leader)
{
	fill_metadata();
	fill_offset(0, KAFKA_ERROR_NONE, 70);
	fill_offset(1, KAFKA_ERROR_NONE, 80);
	for (int32_t i = 0; i < 3; i++)
		add("t", i);
	add("gone", 0);
	listed_offsets_sort(&offsets);
	cr_assert_eq(listed_offsets_ask(&offsets, &client, LISTED_OFFSETS_LATEST), ERROR_NONE);
	cr_expect_eq(listed_offsets_find(&offsets, slice_of_text("t"), 0)->offset, 70);
	cr_expect_eq(listed_offsets_find(&offsets, slice_of_text("t"), 1)->offset, 80);
	cr_expect_eq(listed_offsets_find(&offsets, slice_of_text("t"), 2)->offset, -1);
	cr_expect_eq(listed_offsets_find(&offsets, slice_of_text("gone"), 0)->offset, -1);
	cr_expect_eq(fake_cluster_count(&cluster, "ListOffsets"), 2);
	cr_expect(fake_cluster_saw(&cluster, "ListOffsets 9 a:1 {\"replicaId\":-1,"
	    "\"isolationLevel\":0,\"topics\":[{\"name\":\"t\",\"partitions\":[{\"partitionIndex\":0,"
	    "\"currentLeaderEpoch\":-1,\"timestamp\":-1}]}]}"));
	cr_expect(fake_cluster_saw(&cluster, "ListOffsets 9 b:2"));
	cr_expect(fake_cluster_saw(&cluster, "\"allowAutoTopicCreation\":false"));
}

Test(listed_offsets, that_a_leader_does_not_give_stay_unknown)
{
	fill_metadata();
	fill_offset(0, KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER, 0);
	add("t", 0);
	cr_assert_eq(listed_offsets_ask(&offsets, &client, LISTED_OFFSETS_EARLIEST), ERROR_NONE);
	cr_expect_eq(offsets.items[0].offset, -1);
	cr_expect(fake_cluster_saw(&cluster, "\"timestamp\":-2"));
}
