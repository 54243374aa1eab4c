#include "tests/unit/klamm/fake_town.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

void
fake_town_init(struct fake_town *town)
{
	memset(town, 0, sizeof(*town));
	town->metadata = metadata_response_defaults;
	town->metadata.cluster_id = slice_of_text("town");
	town->metadata.brokers.items = town->brokers;
	town->metadata.topics.items = town->topics;
	town->reassignments = list_partition_reassignments_response_defaults;
	town->reassignments.topics.items = town->moved_topics;
	town->configs = describe_configs_response_defaults;
	town->configs.results.items = town->results;
}

/* "1,2" */
static int32_t *
ids(struct fake_town *town, const char *word, int32_t *count)
{
	int32_t *first = &town->ids[town->id_count];

	*count = 0;
	while (*word != '\0') {
		char *end;

		cr_assert_lt(town->id_count, (int)ARRAY_LENGTH(town->ids));
		town->ids[town->id_count++] = (int32_t)strtol(word, &end, 10);
		(*count)++;
		word = *end == ',' ? end + 1 : end;
	}
	return first;
}

void
fake_town_broker(struct fake_town *town, int32_t id, const char *rack)
{
	int at = town->metadata.brokers.count++;

	snprintf(town->hosts[at], sizeof(town->hosts[at]), "b%d", id);
	town->brokers[at] = (struct metadata_response_metadata_response_broker){
		.node_id = id, .host = slice_of_text(town->hosts[at]), .port = 1,
		.rack = slice_of_text(rack),
	};
	if (at == 0)
		town->metadata.controller_id = id;
}

static int
topic_at(struct fake_town *town, const char *topic)
{
	for (int i = 0; i < town->metadata.topics.count; i++) {
		if (slice_equal_text(town->topics[i].name, topic))
			return i;
	}
	int at = town->metadata.topics.count++;
	town->topics[at] = metadata_response_metadata_response_topic_defaults;
	town->topics[at].name = slice_of_text(topic);
	town->topics[at].partitions.items = town->partitions[at];
	return at;
}

void
fake_town_partition(struct fake_town *town, const char *topic, int32_t leader,
    const char *replicas, const char *isr)
{
	int at = topic_at(town, topic);
	int32_t index = town->topics[at].partitions.count++;
	struct metadata_response_metadata_response_partition *partition =
	    &town->partitions[at][index];

	*partition = metadata_response_metadata_response_partition_defaults;
	partition->partition_index = index;
	partition->leader_id = leader;
	partition->replica_nodes.items = ids(town, replicas, &partition->replica_nodes.count);
	partition->isr_nodes.items = ids(town, isr, &partition->isr_nodes.count);
}

void
fake_town_reassigning(struct fake_town *town, const char *topic, int32_t partition,
    const char *replicas, const char *adding, const char *removing)
{
	int at = town->reassignments.topics.count++;
	struct list_partition_reassignments_response_ongoing_partition_reassignment *moved =
	    &town->moved[at];

	*moved = list_partition_reassignments_response_ongoing_partition_reassignment_defaults;
	moved->partition_index = partition;
	moved->replicas.items = ids(town, replicas, &moved->replicas.count);
	moved->adding_replicas.items = ids(town, adding, &moved->adding_replicas.count);
	moved->removing_replicas.items = ids(town, removing, &moved->removing_replicas.count);
	town->moved_topics[at] =
	    list_partition_reassignments_response_ongoing_topic_reassignment_defaults;
	town->moved_topics[at].name = slice_of_text(topic);
	town->moved_topics[at].partitions.items = moved;
	town->moved_topics[at].partitions.count = 1;
}

void
fake_town_min_isr(struct fake_town *town, const char *topic, const char *value)
{
	int at = town->configs.results.count++;

	town->entries[at] = describe_configs_response_describe_configs_resource_result_defaults;
	town->entries[at].name = slice_of_text("min.insync.replicas");
	town->entries[at].value = slice_of_text(value);
	town->results[at] = describe_configs_response_describe_configs_result_defaults;
	town->results[at].resource_type = 2;
	town->results[at].resource_name = slice_of_text(topic);
	town->results[at].configs.items = &town->entries[at];
	town->results[at].configs.count = 1;
}

void
fake_town_dir(struct fake_town *town)
{
	int at = town->dir_count++;

	town->dir_results[at] = describe_log_dirs_response_describe_log_dirs_result_defaults;
	town->dir_results[at].log_dir = slice_of_text("/data");
	town->dir_results[at].topics.items = town->dir_topics[at];
	town->dirs[at] = describe_log_dirs_response_defaults;
	town->dirs[at].results.items = &town->dir_results[at];
	town->dirs[at].results.count = 1;
}

void
fake_town_replica(struct fake_town *town, const char *topic, int32_t partition, int64_t bytes)
{
	int at = town->dir_count - 1, next = town->dir_results[at].topics.count++;

	town->dir_partitions[at][next] =
	    describe_log_dirs_response_describe_log_dirs_partition_defaults;
	town->dir_partitions[at][next].partition_index = partition;
	town->dir_partitions[at][next].partition_size = bytes;
	town->dir_topics[at][next] = describe_log_dirs_response_describe_log_dirs_topic_defaults;
	town->dir_topics[at][next].name = slice_of_text(topic);
	town->dir_topics[at][next].partitions.items = &town->dir_partitions[at][next];
	town->dir_topics[at][next].partitions.count = 1;
}

void
fake_town_answer(struct fake_town *town, struct fake_cluster *cluster)
{
	fake_cluster_answer(cluster, &metadata_response_type, &town->metadata);
	fake_cluster_answer(cluster, &list_partition_reassignments_response_type,
	    &town->reassignments);
	fake_cluster_answer(cluster, &describe_configs_response_type, &town->configs);
	for (int i = 0; i < town->dir_count; i++)
		fake_cluster_answer(cluster, &describe_log_dirs_response_type, &town->dirs[i]);
}

enum error
fake_town_view(struct fake_cluster *cluster, struct client *client, struct cluster_view *view,
    int parts)
{
	struct bootstrap bootstrap;

	cr_assert_eq(bootstrap_parse(&bootstrap, "a:1"), ERROR_NONE);
	client_init(client, &cluster->transport, &bootstrap, 15000);
	return cluster_view_load(view, client, parts);
}

void
fake_town_fill(struct fake_town *town)
{
	fake_town_init(town);
	fake_town_broker(town, 1, "east");
	fake_town_broker(town, 2, "west");
	fake_town_partition(town, "well", 1, "1,2", "2,1");
	fake_town_partition(town, "well", 1, "2,1", "2,1");
	fake_town_partition(town, "ill", 1, "1,3,2", "1,2");
	fake_town_partition(town, "ill", -1, "3", "3");
	fake_town_partition(town, "poor", 2, "3,2", "2");
	fake_town_partition(town, "grows", 1, "1,2", "1");
	fake_town_reassigning(town, "grows", 0, "1,2", "2", "");
	fake_town_min_isr(town, "well", "1");
	fake_town_min_isr(town, "ill", "1");
	fake_town_min_isr(town, "poor", "2");
	fake_town_min_isr(town, "grows", "2");
	fake_town_dir(town);
	fake_town_replica(town, "well", 0, 1000);
	fake_town_replica(town, "well", 1, 500);
	fake_town_replica(town, "grows", 0, 2000000);
	fake_town_dir(town);
	fake_town_replica(town, "well", 0, 900);
	fake_town_replica(town, "grows", 0, 400);
	fake_town_replica(town, "gone", 7, 50);
}
