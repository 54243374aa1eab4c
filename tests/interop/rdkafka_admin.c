/* Topics and groups, made, looked at and deleted by librdkafka's admin requests. */
#include <stdbool.h>
#include <string.h>

#include "tests/interop/rdkafka_client.h"

enum { PARTITIONS = 4 };

struct admin {
	rd_kafka_t *client;
	rd_kafka_queue_t *queue;
	const char *name;
};

static void
expect(bool holds, const char *what)
{
	if (!holds)
		client_fail("expected", what);
}

/* The answer to the request just made; the caller's. */
static rd_kafka_event_t *
answer(struct admin *it, const char *what)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(it->queue, CLIENT_WAIT_MS);

	expect(event != NULL, what);
	if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
		client_fail(what, rd_kafka_event_error_string(event));
	return event;
}

static void
expect_error(rd_kafka_resp_err_t error, rd_kafka_resp_err_t expected, const char *what)
{
	if (error != expected)
		client_fail(what, rd_kafka_err2name(error));
}

static void
create(struct admin *it, rd_kafka_resp_err_t expected)
{
	char text[512];
	size_t count;
	rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(it->name, 1, 1, text, sizeof(text));
	rd_kafka_event_t *event;

	expect(topic != NULL && rd_kafka_NewTopic_set_config(topic, "retention.ms", "60000") == 0, "a new topic");
	rd_kafka_CreateTopics(it->client, &topic, 1, NULL, it->queue);
	event = answer(it, "CreateTopics");
	expect_error(rd_kafka_topic_result_error(
	    rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)[0]), expected,
	    "CreateTopics");
	rd_kafka_event_destroy(event);
	rd_kafka_NewTopic_destroy(topic);
}

static void
grow(struct admin *it)
{
	char text[512];
	size_t count;
	rd_kafka_NewPartitions_t *wanted = rd_kafka_NewPartitions_new(it->name, PARTITIONS, text, sizeof(text));
	rd_kafka_event_t *event;

	rd_kafka_CreatePartitions(it->client, &wanted, 1, NULL, it->queue);
	event = answer(it, "CreatePartitions");
	expect_error(rd_kafka_topic_result_error(
	    rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event), &count)[0]),
	    RD_KAFKA_RESP_ERR_NO_ERROR, "CreatePartitions");
	rd_kafka_event_destroy(event);
	rd_kafka_NewPartitions_destroy(wanted);
}

static void
delete_topic(struct admin *it, rd_kafka_resp_err_t expected)
{
	size_t count;
	rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(it->name);
	rd_kafka_event_t *event;

	rd_kafka_DeleteTopics(it->client, &topic, 1, NULL, it->queue);
	event = answer(it, "DeleteTopics");
	expect_error(rd_kafka_topic_result_error(
	    rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)[0]), expected,
	    "DeleteTopics");
	rd_kafka_event_destroy(event);
	rd_kafka_DeleteTopic_destroy(topic);
}

/* What was set, and what is by default. */
static void
describe_configs(struct admin *it)
{
	rd_kafka_ConfigResource_t *wanted = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, it->name);
	const rd_kafka_ConfigResource_t **resources;
	const rd_kafka_ConfigEntry_t **entries;
	rd_kafka_event_t *event;
	size_t count, as_expected = 0;

	rd_kafka_DescribeConfigs(it->client, &wanted, 1, NULL, it->queue);
	event = answer(it, "DescribeConfigs");
	resources = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count);
	entries = rd_kafka_ConfigResource_configs(resources[0], &count);
	for (size_t i = 0; i < count; i++) {
		const char *name = rd_kafka_ConfigEntry_name(entries[i]);

		if ((strcmp(name, "retention.ms") == 0 && strcmp(rd_kafka_ConfigEntry_value(entries[i]), "60000") == 0) ||
		    (strcmp(name, "segment.bytes") == 0 &&
		        strcmp(rd_kafka_ConfigEntry_value(entries[i]), "1073741824") == 0))
			as_expected++;
	}
	expect(as_expected == 2, "retention.ms and segment.bytes");
	rd_kafka_event_destroy(event);
	rd_kafka_ConfigResource_destroy(wanted);
}

/* All of it goes but what is asked to stand. */
static void
alter_configs(struct admin *it, const char *value, rd_kafka_resp_err_t expected)
{
	rd_kafka_ConfigResource_t *wanted = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, it->name);
	const rd_kafka_ConfigResource_t **resources;
	rd_kafka_event_t *event;
	size_t count;

	expect_error(rd_kafka_ConfigResource_set_config(wanted, "retention.ms", value), RD_KAFKA_RESP_ERR_NO_ERROR,
	    "a config");
	rd_kafka_AlterConfigs(it->client, &wanted, 1, NULL, it->queue);
	event = answer(it, "AlterConfigs");
	resources = rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count);
	expect_error(rd_kafka_ConfigResource_error(resources[0]), expected, "AlterConfigs");
	rd_kafka_event_destroy(event);
	rd_kafka_ConfigResource_destroy(wanted);
}

/* Of an empty topic there is nothing below 0, and nothing above it. */
static void
delete_records(struct admin *it, int64_t offset, rd_kafka_resp_err_t expected)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	const rd_kafka_topic_partition_list_t *told;
	rd_kafka_DeleteRecords_t *wanted;
	rd_kafka_event_t *event;

	rd_kafka_topic_partition_list_add(list, it->name, 0)->offset = offset;
	wanted = rd_kafka_DeleteRecords_new(list);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_DeleteRecords(it->client, &wanted, 1, NULL, it->queue);
	event = answer(it, "DeleteRecords");
	told = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
	expect_error(told->elems[0].err, expected, "DeleteRecords");
	expect(expected != RD_KAFKA_RESP_ERR_NO_ERROR || told->elems[0].offset == 0, "the low watermark");
	rd_kafka_event_destroy(event);
	rd_kafka_DeleteRecords_destroy(wanted);
}

static size_t
partitions(struct admin *it)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t error = rd_kafka_metadata(it->client, 1, NULL, &metadata, CLIENT_WAIT_MS);
	size_t found = 0;

	expect_error(error, RD_KAFKA_RESP_ERR_NO_ERROR, "Metadata");
	for (int i = 0; i < metadata->topic_cnt; i++) {
		if (strcmp(metadata->topics[i].topic, it->name) == 0)
			found = (size_t)metadata->topics[i].partition_cnt;
	}
	rd_kafka_metadata_destroy(metadata);
	return found;
}

/* ------------------------------------------------------------------ group */

/* A group of one member, with its share of the topic committed. */
static rd_kafka_t *
join(struct admin *it, const struct settings *settings)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_t *consumer;
	int share = 0;

	client_set(conf, "group.id", it->name);
	client_set(conf, "enable.auto.commit", "false");
	consumer = client_new(RD_KAFKA_CONSUMER, conf, settings);
	rd_kafka_poll_set_consumer(consumer);
	rd_kafka_topic_partition_list_add(list, it->name, RD_KAFKA_PARTITION_UA);
	expect_error(rd_kafka_subscribe(consumer, list), RD_KAFKA_RESP_ERR_NO_ERROR, "subscribe");
	rd_kafka_topic_partition_list_destroy(list);
	while (share < PARTITIONS) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 100);

		if (message != NULL)
			rd_kafka_message_destroy(message);
		expect_error(rd_kafka_assignment(consumer, &list), RD_KAFKA_RESP_ERR_NO_ERROR, "assignment");
		share = list->cnt;
		if (share < PARTITIONS)
			rd_kafka_topic_partition_list_destroy(list);
	}
	for (int i = 0; i < share; i++)
		list->elems[i].offset = 0;
	expect_error(rd_kafka_commit(consumer, list, 0), RD_KAFKA_RESP_ERR_NO_ERROR, "commit");
	rd_kafka_topic_partition_list_destroy(list);
	return consumer;
}

static bool
is_listed(struct admin *it)
{
	size_t count;
	bool found = false;
	const rd_kafka_ConsumerGroupListing_t **groups;
	rd_kafka_event_t *event;

	rd_kafka_ListConsumerGroups(it->client, NULL, it->queue);
	event = answer(it, "ListConsumerGroups");
	groups = rd_kafka_ListConsumerGroups_result_valid(rd_kafka_event_ListConsumerGroups_result(event), &count);
	for (size_t i = 0; i < count; i++)
		found = found || strcmp(rd_kafka_ConsumerGroupListing_group_id(groups[i]), it->name) == 0;
	rd_kafka_event_destroy(event);
	return found;
}

static void
expect_state(struct admin *it, rd_kafka_consumer_group_state_t state, size_t members)
{
	size_t count;
	const rd_kafka_ConsumerGroupDescription_t **groups;
	rd_kafka_event_t *event;

	rd_kafka_DescribeConsumerGroups(it->client, (const char **)&it->name, 1, NULL, it->queue);
	event = answer(it, "DescribeConsumerGroups");
	groups = rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(event),
	    &count);
	expect(count == 1 && rd_kafka_ConsumerGroupDescription_state(groups[0]) == state &&
	    rd_kafka_ConsumerGroupDescription_member_count(groups[0]) == members, "state and members of the group");
	rd_kafka_event_destroy(event);
}

static void
delete_group(struct admin *it)
{
	size_t count;
	rd_kafka_DeleteGroup_t *group = rd_kafka_DeleteGroup_new(it->name);
	const rd_kafka_group_result_t **results;
	rd_kafka_event_t *event;

	rd_kafka_DeleteGroups(it->client, &group, 1, NULL, it->queue);
	event = answer(it, "DeleteGroups");
	results = rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event), &count);
	expect(rd_kafka_group_result_error(results[0]) == NULL, "DeleteGroups");
	rd_kafka_event_destroy(event);
	rd_kafka_DeleteGroup_destroy(group);
}

void
client_administer(const struct settings *settings, const char *name)
{
	struct admin it = { .client = client_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), settings), .name = name };
	rd_kafka_t *consumer;

	it.queue = rd_kafka_queue_new(it.client);
	create(&it, RD_KAFKA_RESP_ERR_NO_ERROR);
	create(&it, RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS);
	describe_configs(&it);
	alter_configs(&it, "70000", RD_KAFKA_RESP_ERR_NO_ERROR);
	alter_configs(&it, "soon", RD_KAFKA_RESP_ERR_INVALID_CONFIG);
	delete_records(&it, RD_KAFKA_OFFSET_END, RD_KAFKA_RESP_ERR_NO_ERROR);
	delete_records(&it, 1, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE);
	expect(partitions(&it) == 1, "one partition");
	grow(&it);
	expect(partitions(&it) == PARTITIONS, "as many partitions as it was grown to");
	consumer = join(&it, settings);
	expect(is_listed(&it), "the group in the list");
	expect_state(&it, RD_KAFKA_CONSUMER_GROUP_STATE_STABLE, 1);
	rd_kafka_consumer_close(consumer);
	rd_kafka_destroy(consumer);
	expect_state(&it, RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY, 0);
	delete_group(&it);
	expect(!is_listed(&it), "the group gone from the list");
	delete_topic(&it, RD_KAFKA_RESP_ERR_NO_ERROR);
	expect(partitions(&it) == 0, "the topic gone");
	delete_topic(&it, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
	rd_kafka_queue_destroy(it.queue);
	rd_kafka_destroy(it.client);
}
