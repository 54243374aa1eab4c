/*
 * group/groups.h: the group coordinator: the classic protocol and committed
 * offsets, kept in __consumer_offsets in Kafka's own record formats.
 *
 * Each partition of __consumer_offsets is one actor here (a shard), which has
 * all groups that hash to it: loaded when this broker becomes its leader,
 * unloaded when it does no longer. The protocol is a machine (group.h): state
 * and event in, state and actions out. A commit or a group's state is
 * acknowledged after its append is (acks -1, coordinator origin).
 */
#ifndef KLAMM_GROUP_GROUPS_H
#define KLAMM_GROUP_GROUPS_H

#include "config/broker_config.h"
#include "partition/partition.h"
#include "wire/messages.h"

struct groups;

struct groups_options {
	struct world *world;
	const struct broker_config *config; /* borrowed */
};

struct groups *groups_new(const struct groups_options *options);
/* After groups_stop has called back. */
void groups_free(struct groups *groups);

/* ----------------------------------------------- from the control loop */

/*
 * How many partitions __consumer_offsets has: of the topic once it is known,
 * else offsets.topic.num.partitions. Before this: COORDINATOR_NOT_AVAILABLE.
 */
void groups_set_partition_count(struct groups *groups, int32_t count);
/*
 * This broker leads __consumer_offsets-N from this epoch on: load. To be told of
 * each epoch in which it leads, also when it has led before (appends name the
 * epoch): nothing is loaded again then.
 */
void groups_elected(struct groups *groups, struct partition *partition, int32_t leader_epoch);
/* It leads no longer (epoch -1: whichever): unload, answer what is parked with NOT_COORDINATOR. */
void groups_resigned(struct groups *groups, int32_t partition, int32_t leader_epoch);
/* Topics are gone: their committed offsets get tombstones. Names are copied. */
void groups_topics_deleted(struct groups *groups, const struct slice *topics, size_t count);
/* Everything is answered (COORDINATOR_NOT_AVAILABLE) and unloaded. */
void groups_stop(struct groups *groups, void (*stopped)(void *context), void *context);

/* ------------------------------------------------------------- its calls */

/* abs(Java's String.hashCode of the UTF-16) mod the count; -1: not known yet. */
int32_t groups_partition_of(const struct groups *groups, struct slice group);

/*
 * A decoded request: JoinGroup, SyncGroup, Heartbeat, LeaveGroup, OffsetCommit
 * (without the topics that do not exist), OffsetDelete (as well; answered in the
 * order of the request), OffsetFetch, DescribeGroups, ListGroups, DeleteGroups. Its maker's until `done`, called once, on `loop`.
 * The response is filled in, arrays and texts in the arena; codes and fields
 * as the newest version has them, unless the version decides the behaviour.
 * What one request asks of several groups is sent to their shards by this room.
 */
struct group_call {
	int16_t key;           /* API_KEY_JOIN_GROUP, ... */
	int16_t version;
	const void *request;
	void *response;        /* set to defaults by the maker */
	struct arena *arena;
	struct slice client_id;
	struct slice client_host; /* "/127.0.0.1" */
	struct loop *loop;
	void (*done)(struct group_call *call);
	struct loop_message message; /* the room's, as all below */
	void *work;
};

/*
 * Any data loop. When the client's connection ends a call goes on as ever, and
 * its answer goes to nobody: Kafka keeps the member until its session ends.
 */
void groups_ask(struct groups *groups, struct group_call *call);

#endif
