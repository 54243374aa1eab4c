/*
 * api/table.h: which api key is at which stage, and who answers it: one table,
 * from which ApiVersions, the dispatch and README's list (served.py) are made.
 */
#ifndef KLAMM_API_TABLE_H
#define KLAMM_API_TABLE_H

#include "wire/message.h"

struct request;

/*
 * X(name, key, first version, last version, its name in messages.h, handler):
 * what is served, by ascending key. The handler is `void handler(struct request
 * *request)`, in the file of its family. A version that would need records to be
 * converted down is left out until that is there. Any other key or version
 * closes the connection, as an unknown one does (ApiVersions: answered as v0
 * with UNSUPPORTED_VERSION).
 */
#define API_TABLE(X) \
	X(Produce, 0, 0, 11, produce, api_produce) \
	X(Fetch, 1, 4, 17, fetch, api_fetch) \
	X(ListOffsets, 2, 0, 9, list_offsets, api_list_offsets) \
	X(Metadata, 3, 0, 12, metadata, api_metadata) \
	X(LeaderAndIsr, 4, 0, 7, leader_and_isr, api_leader_and_isr) \
	X(StopReplica, 5, 0, 4, stop_replica, api_stop_replica) \
	X(UpdateMetadata, 6, 0, 8, update_metadata, api_update_metadata) \
	X(ControlledShutdown, 7, 0, 3, controlled_shutdown, api_controlled_shutdown) \
	X(OffsetCommit, 8, 0, 9, offset_commit, api_offset_commit) \
	X(OffsetFetch, 9, 0, 9, offset_fetch, api_offset_fetch) \
	X(FindCoordinator, 10, 0, 6, find_coordinator, api_find_coordinator) \
	X(JoinGroup, 11, 0, 9, join_group, api_join_group) \
	X(Heartbeat, 12, 0, 4, heartbeat, api_heartbeat) \
	X(LeaveGroup, 13, 0, 5, leave_group, api_leave_group) \
	X(SyncGroup, 14, 0, 5, sync_group, api_sync_group) \
	X(DescribeGroups, 15, 0, 5, describe_groups, api_describe_groups) \
	X(ListGroups, 16, 0, 5, list_groups, api_list_groups) \
	X(ApiVersions, 18, 0, 4, api_versions, api_api_versions) \
	X(CreateTopics, 19, 0, 7, create_topics, api_create_topics) \
	X(DeleteTopics, 20, 0, 6, delete_topics, api_delete_topics) \
	X(DeleteRecords, 21, 0, 2, delete_records, api_delete_records) \
	X(InitProducerId, 22, 0, 5, init_producer_id, api_init_producer_id) \
	X(OffsetForLeaderEpoch, 23, 0, 4, offset_for_leader_epoch, api_offset_for_leader_epoch) \
	X(DescribeConfigs, 32, 0, 4, describe_configs, api_describe_configs) \
	X(AlterConfigs, 33, 0, 2, alter_configs, api_alter_configs) \
	X(AlterReplicaLogDirs, 34, 0, 2, alter_replica_log_dirs, api_alter_replica_log_dirs) \
	X(DescribeLogDirs, 35, 0, 4, describe_log_dirs, api_describe_log_dirs) \
	X(CreatePartitions, 37, 0, 3, create_partitions, api_create_partitions) \
	X(DeleteGroups, 42, 0, 2, delete_groups, api_delete_groups) \
	X(ElectLeaders, 43, 0, 2, elect_leaders, api_elect_leaders) \
	X(IncrementalAlterConfigs, 44, 0, 1, incremental_alter_configs, api_incremental_alter_configs) \
	X(AlterPartitionReassignments, 45, 0, 0, alter_partition_reassignments, api_alter_partition_reassignments) \
	X(ListPartitionReassignments, 46, 0, 0, list_partition_reassignments, api_list_partition_reassignments) \
	X(OffsetDelete, 47, 0, 0, offset_delete, api_offset_delete) \
	X(AlterPartition, 56, 0, 3, alter_partition, api_alter_partition) \
	X(Envelope, 58, 0, 0, envelope, api_envelope) \
	X(DescribeCluster, 60, 0, 1, describe_cluster, api_describe_cluster) \
	X(AllocateProducerIds, 67, 0, 0, allocate_producer_ids, api_allocate_producer_ids)

struct api_entry {
	const char *name;
	int16_t key;
	int16_t first_version;
	int16_t last_version;
	const struct message_type *request;
	const struct message_type *response;
	void (*handle)(struct request *request);
};

/* By ascending key. */
extern const struct api_entry api_table[];
extern const size_t api_table_count;
/* NULL: not served. */
const struct api_entry *api_table_find(int16_t key);

#define API_TABLE_HANDLER(name, key, first, last, snake, handler) void handler(struct request *request);
API_TABLE(API_TABLE_HANDLER)
#undef API_TABLE_HANDLER

#endif
