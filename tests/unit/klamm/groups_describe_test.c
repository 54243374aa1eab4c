#include "klamm/groups_describe.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_cluster.h"

static struct fake_cluster cluster;
static struct find_coordinator_response coordinator;
static struct describe_groups_response_described_group_member members[1];
static struct describe_groups_response_described_group group;
static struct describe_groups_response described;
static struct offset_fetch_response_offset_fetch_response_partition fetched_partition;
static struct offset_fetch_response_offset_fetch_response_topic fetched_topic;
static struct offset_fetch_response fetched;
static struct metadata_response_metadata_response_broker broker;
static struct metadata_response_metadata_response_partition led[2];
static struct metadata_response_metadata_response_topic led_topic;
static struct metadata_response metadata;
static struct list_offsets_response_list_offsets_partition_response ends[2];
static struct list_offsets_response_list_offsets_topic_response ends_topic;
static struct list_offsets_response listed;

/* Version 0: topic t with partitions 0 and 1, no user data. */
static const uint8_t assignment[] = { 0, 0, 0, 0, 0, 1, 0, 1, 't', 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
	1, 0xff, 0xff, 0xff, 0xff };

static void
fill_group(void)
{
	coordinator = find_coordinator_response_defaults;
	coordinator.node_id = 0;
	coordinator.host = slice_of_text("a");
	coordinator.port = 1;
	group = describe_groups_response_described_group_defaults;
	group.group_id = slice_of_text("readers");
	group.group_state = slice_of_text("Stable");
	group.protocol_type = slice_of_text("consumer");
	group.protocol_data = slice_of_text("range");
	members[0] = describe_groups_response_described_group_member_defaults;
	members[0].member_id = slice_of_text("m-1");
	members[0].client_id = slice_of_text("c");
	members[0].client_host = slice_of_text("/::1");
	members[0].member_assignment = slice_of(assignment, sizeof(assignment));
	group.members.items = members;
	group.members.count = 1;
	described = describe_groups_response_defaults;
	described.groups.items = &group;
	described.groups.count = 1;
	fetched_partition = offset_fetch_response_offset_fetch_response_partition_defaults;
	fetched_partition.partition_index = 1;
	fetched_partition.committed_offset = 30;
	fetched_partition.metadata = slice_of_text("");
	fetched_topic.name = slice_of_text("t");
	fetched_topic.partitions.items = &fetched_partition;
	fetched_topic.partitions.count = 1;
	fetched = offset_fetch_response_defaults;
	fetched.topics.items = &fetched_topic;
	fetched.topics.count = 1;
}

static void
fill_topic(void)
{
	broker = metadata_response_metadata_response_broker_defaults;
	broker.host = slice_of_text("a");
	broker.port = 1;
	led_topic = metadata_response_metadata_response_topic_defaults;
	led_topic.name = slice_of_text("t");
	led_topic.partitions.items = led;
	led_topic.partitions.count = 2;
	metadata = metadata_response_defaults;
	metadata.brokers.items = &broker;
	metadata.brokers.count = 1;
	metadata.topics.items = &led_topic;
	metadata.topics.count = 1;
	ends_topic.name = slice_of_text("t");
	ends_topic.partitions.items = ends;
	ends_topic.partitions.count = 2;
	for (int i = 0; i < 2; i++) {
		led[i] = metadata_response_metadata_response_partition_defaults;
		led[i].partition_index = i;
		ends[i] = list_offsets_response_list_offsets_partition_response_defaults;
		ends[i].partition_index = i;
		ends[i].offset = 40 + i;
	}
	listed = list_offsets_response_defaults;
	listed.topics.items = &ends_topic;
	listed.topics.count = 1;
}

static void
set_up(void)
{
	fake_cluster_init(&cluster);
	fill_group();
	fill_topic();
	fake_cluster_answer(&cluster, &find_coordinator_response_type, &coordinator);
	fake_cluster_answer(&cluster, &describe_groups_response_type, &described);
	fake_cluster_answer(&cluster, &offset_fetch_response_type, &fetched);
	fake_cluster_answer(&cluster, &metadata_response_type, &metadata);
	fake_cluster_answer(&cluster, &list_offsets_response_type, &listed);
}

static void
tear_down(void)
{
	fake_cluster_fini(&cluster);
}

static enum command_status
run(const char *words)
{
	return fake_cluster_run(&cluster, groups_describe, groups_describe_options, words);
}

TestSuite(groups_describe, .init = set_up, .fini = tear_down);

Test(groups_describe, shows_members_offsets_and_lag)
{
	cr_expect_eq(run("readers"), COMMAND_OK);
	cr_expect_str_eq(cluster.output,
	    "group          readers\n"
	    "state          Stable\n"
	    "coordinator    0\n"
	    "protocol type  consumer\n"
	    "protocol       range\n"
	    "members        1\n"
	    "lag            11\n"
	    "\n"
	    "MEMBER  CLIENT  HOST  INSTANCE  PARTITIONS\n"
	    "m-1     c       /::1  -                  2\n"
	    "\n"
	    "TOPIC  PARTITION  COMMITTED  END  LAG  CLIENT  MEMBER\n"
	    "t              0          -   40    -  c       m-1\n"
	    "t              1         30   41   11  c       m-1\n");
	cr_expect(fake_cluster_saw(&cluster, "OffsetFetch 7 a:1 {\"groupId\":\"readers\",\"topics\":null"));
}

Test(groups_describe, shows_json)
{
	cr_expect_eq(run("readers --json"), COMMAND_OK);
	cr_expect_str_eq(cluster.output,
	    "{\"type\":\"group\",\"name\":\"readers\",\"state\":\"Stable\",\"coordinatorId\":0,"
	    "\"protocolType\":\"consumer\",\"protocol\":\"range\",\"members\":1,\"lag\":11}\n"
	    "{\"type\":\"member\",\"group\":\"readers\",\"id\":\"m-1\",\"clientId\":\"c\","
	    "\"host\":\"/::1\",\"instanceId\":null,\"partitions\":2}\n"
	    "{\"type\":\"offset\",\"group\":\"readers\",\"topic\":\"t\",\"partition\":0,"
	    "\"committed\":null,\"end\":40,\"lag\":null,\"clientId\":\"c\",\"memberId\":\"m-1\"}\n"
	    "{\"type\":\"offset\",\"group\":\"readers\",\"topic\":\"t\",\"partition\":1,"
	    "\"committed\":30,\"end\":41,\"lag\":11,\"clientId\":\"c\",\"memberId\":\"m-1\"}\n");
}

Test(groups_describe, of_an_empty_group_shows_its_offsets)
{
	group.group_state = slice_of_text("Empty");
	group.protocol_data = slice_of_text("");
	group.members.count = 0;
	cr_expect_eq(run("readers"), COMMAND_OK);
	cr_expect_not_null(strstr(cluster.output, "state          Empty\n"));
	cr_expect_not_null(strstr(cluster.output, "lag            11\n\nTOPIC "));
	cr_expect_not_null(strstr(cluster.output, "t              1         30   41   11  -       -\n"));
}

Test(groups_describe, of_an_unknown_group_fails)
{
	group.group_state = slice_of_text("Dead");
	group.members.count = 0;
	cr_expect_eq(run("readers"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.errors,
	    "klamm: readers: there is no such group: 'klamm group list' shows them\n");
	group.group_state = slice_of_text("");
	group.error_code = KAFKA_ERROR_GROUP_ID_NOT_FOUND;
	cr_expect_eq(run("readers"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.output, "");
}

Test(groups_describe, follows_a_coordinator_that_moved)
{
	struct describe_groups_response_described_group ready = group;
	struct describe_groups_response second = described;

	group.error_code = KAFKA_ERROR_NOT_COORDINATOR;
	second.groups.items = &ready;
	fake_cluster_answer(&cluster, &describe_groups_response_type, &second);
	cr_expect_eq(run("readers"), COMMAND_OK);
	cr_expect_eq(fake_cluster_count(&cluster, "DescribeGroups"), 2);
	cr_expect_eq(fake_cluster_count(&cluster, "pause"), 1);
}

Test(groups_describe, tells_a_refusal)
{
	group.error_code = KAFKA_ERROR_GROUP_AUTHORIZATION_FAILED;
	cr_expect_eq(run("readers"), COMMAND_FAILED);
	cr_expect_eq(strncmp(cluster.errors, "klamm: readers: GROUP_AUTHORIZATION_FAILED: ", 44), 0);
}

Test(groups_describe, without_a_group_is_wrong_use)
{
	cr_expect_eq(run(""), COMMAND_WRONG_USE);
}
