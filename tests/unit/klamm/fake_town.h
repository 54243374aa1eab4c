/*
 * tests/unit/klamm/fake_town.h: what a fake cluster of several brokers tells of
 * itself, written shortly. Brokers live at bID:1; ids are words like "1,2".
 */
#ifndef KLAMM_TESTS_UNIT_KLAMM_FAKE_TOWN_H
#define KLAMM_TESTS_UNIT_KLAMM_FAKE_TOWN_H

#include "klamm/cluster_view.h"
#include "tests/unit/klamm/fake_cluster.h"

enum { FAKE_TOWN_MAX = 32 };

struct fake_town {
	struct metadata_response metadata;
	struct metadata_response_metadata_response_broker brokers[FAKE_TOWN_MAX];
	char hosts[FAKE_TOWN_MAX][8];
	struct metadata_response_metadata_response_topic topics[FAKE_TOWN_MAX];
	struct metadata_response_metadata_response_partition partitions[FAKE_TOWN_MAX][FAKE_TOWN_MAX];
	struct list_partition_reassignments_response reassignments;
	struct list_partition_reassignments_response_ongoing_topic_reassignment moved_topics[FAKE_TOWN_MAX];
	struct list_partition_reassignments_response_ongoing_partition_reassignment moved[FAKE_TOWN_MAX];
	struct describe_configs_response configs;
	struct describe_configs_response_describe_configs_result results[FAKE_TOWN_MAX];
	struct describe_configs_response_describe_configs_resource_result entries[FAKE_TOWN_MAX];
	struct describe_log_dirs_response dirs[FAKE_TOWN_MAX];
	struct describe_log_dirs_response_describe_log_dirs_result dir_results[FAKE_TOWN_MAX];
	struct describe_log_dirs_response_describe_log_dirs_topic dir_topics[FAKE_TOWN_MAX][FAKE_TOWN_MAX];
	struct describe_log_dirs_response_describe_log_dirs_partition
	    dir_partitions[FAKE_TOWN_MAX][FAKE_TOWN_MAX];
	int dir_count;
	int32_t ids[FAKE_TOWN_MAX * FAKE_TOWN_MAX];
	int id_count;
};

void fake_town_init(struct fake_town *town);
/* The first is the controller. */
void fake_town_broker(struct fake_town *town, int32_t id, const char *rack);
/* The next partition of a topic, which becomes one with its first. */
void fake_town_partition(struct fake_town *town, const char *topic, int32_t leader,
    const char *replicas, const char *isr);
void fake_town_reassigning(struct fake_town *town, const char *topic, int32_t partition,
    const char *replicas, const char *adding, const char *removing);
/* Of a topic. */
void fake_town_min_isr(struct fake_town *town, const char *topic, const char *value);
/* The next broker's answer begins, in order of ids; then what it has. */
void fake_town_dir(struct fake_town *town);
void fake_town_replica(struct fake_town *town, const char *topic, int32_t partition, int64_t bytes);
/* Gives all of it to the cluster. */
void fake_town_answer(struct fake_town *town, struct fake_cluster *cluster);

/* Loads a view of it. The client stays for the caller to end. */
enum error fake_town_view(struct fake_cluster *cluster, struct client *client,
    struct cluster_view *view, int parts);
/* Two racks, three brokers, three topics; broker 3 is away. What it is stands in fake_town.c. */
void fake_town_fill(struct fake_town *town);

#endif
