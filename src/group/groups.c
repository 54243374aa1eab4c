#include "group/groups.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"
#include "group/answer.h"
#include "group/groups_private.h"
#include "group/shard.h"
#include "group/visit.h"

/*
 * The shards, as all loops see them: replaced by a larger one when there are
 * more partitions; old ones stay until the end, as calls may be on their way.
 */
struct shard_list {
	struct shard_list *older;
	int32_t partition_count; /* for the hash; 0: not known yet */
	int32_t count;
	struct shard *shards[];
};

struct groups {
	struct world *world;
	const struct broker_config *config;
	const struct shard_log *log;
	uint64_t seed[2];
	_Atomic(struct shard_list *) list; /* never NULL */
	_Atomic(bool) is_stopping;
	int32_t unstopped;  /* shards; the control loop's, as the rest */
	void (*stopped)(void *context);
	void *stopped_context;
	struct loop_message stopped_message;
};

/* A shard has stopped; on its way to the control loop. */
struct farewell {
	struct loop_message message;
	struct groups *groups;
};

static struct shard_list *
current_list(const struct groups *groups)
{
	return atomic_load_explicit(&groups->list, memory_order_acquire);
}

static struct shard_list *
list_new(struct shard_list *older, int32_t partition_count, int32_t count)
{
	struct shard_list *list =
	    memory_new(sizeof(*list) + (size_t)count * sizeof(struct shard *));

	list->older = older;
	list->partition_count = partition_count;
	list->count = count;
	return list;
}

struct groups *
groups_new_over(const struct groups_options *options, const struct shard_log *log)
{
	struct groups *groups = memory_new(sizeof(*groups));

	groups->world = options->world;
	groups->config = options->config;
	groups->log = log;
	entropy_fill(groups->world->entropy, groups->seed, sizeof(groups->seed));
	atomic_init(&groups->list, list_new(NULL, 0, 0));
	return groups;
}

void
groups_free(struct groups *groups)
{
	struct shard_list *list = current_list(groups);

	for (int32_t i = 0; i < list->count; i++)
		shard_free(list->shards[i]);
	while (list != NULL) {
		struct shard_list *older = list->older;

		free(list);
		list = older;
	}
	free(groups);
}

static struct shard *
make_shard(struct groups *groups, int32_t partition)
{
	struct world *world = groups->world;

	return shard_new(&(struct shard_options){
		.world = world,
		.config = groups->config,
		.log = groups->log,
		.partition = partition,
		.home = world->loops[partition % world->loop_count],
		.seed = { groups->seed[0], groups->seed[1] },
	});
}

/* At least `count` shards, and another partition count when it is not 0. */
static void
grow(struct groups *groups, int32_t partition_count, int32_t count)
{
	struct shard_list *old = current_list(groups), *list;

	if (partition_count == 0)
		partition_count = old->partition_count;
	count = MAX(count, old->count);
	if (partition_count == old->partition_count && count == old->count)
		return;
	list = list_new(old, partition_count, count);
	memcpy(list->shards, old->shards, (size_t)old->count * sizeof(struct shard *));
	for (int32_t i = old->count; i < count; i++)
		list->shards[i] = make_shard(groups, i);
	atomic_store_explicit(&groups->list, list, memory_order_release);
}

void
groups_set_partition_count(struct groups *groups, int32_t count)
{
	assert(count > 0);
	grow(groups, count, count);
}

void
groups_elected(struct groups *groups, struct partition *partition, int32_t leader_epoch)
{
	int32_t index = groups->log->index(partition);

	if (atomic_load(&groups->is_stopping))
		return; /* nobody would stop a shard that is made now */
	grow(groups, 0, index + 1);
	shard_elected(current_list(groups)->shards[index], partition, leader_epoch);
}

void
groups_resigned(struct groups *groups, int32_t partition, int32_t leader_epoch)
{
	struct shard_list *list = current_list(groups);

	if (partition >= 0 && partition < list->count)
		shard_resigned(list->shards[partition], leader_epoch);
}

void
groups_topics_deleted(struct groups *groups, const struct slice *topics, size_t count)
{
	struct shard_list *list = current_list(groups);
	struct shard_topics *names = shard_topics_new(topics, count);

	for (int32_t i = 0; i < list->count; i++)
		shard_topics_deleted(list->shards[i], names);
	counted_release(&names->counted);
}

/* -------------------------------------------------------------------- stop */

static void
all_stopped(struct loop_message *message)
{
	struct groups *groups = container_of(message, struct groups, stopped_message);

	groups->stopped(groups->stopped_context);
}

static void
farewell_came(struct loop_message *message)
{
	struct farewell *farewell = container_of(message, struct farewell, message);
	struct groups *groups = farewell->groups;

	free(farewell);
	if (--groups->unstopped == 0)
		groups->stopped(groups->stopped_context);
}

static void
shard_stopped(void *context)
{
	struct farewell *farewell = context;

	loop_post(farewell->groups->world->control, &farewell->message);
}

void
groups_stop(struct groups *groups, void (*stopped)(void *context), void *context)
{
	struct shard_list *list = current_list(groups);

	atomic_store(&groups->is_stopping, true);
	groups->stopped = stopped;
	groups->stopped_context = context;
	groups->unstopped = list->count;
	if (list->count == 0) {
		groups->stopped_message.run = all_stopped;
		loop_post(groups->world->control, &groups->stopped_message);
		return;
	}
	for (int32_t i = 0; i < list->count; i++) {
		struct farewell *farewell = memory_new(sizeof(*farewell));

		farewell->groups = groups;
		farewell->message.run = farewell_came;
		shard_stop(list->shards[i], shard_stopped, farewell);
	}
}

/* ------------------------------------------------------------------- calls */

int32_t
groups_partition_of(const struct groups *groups, struct slice group)
{
	int32_t count = current_list(groups)->partition_count;

	return count == 0 ? -1 : visit_partition_of(group, count);
}

/* Members need a group with a name; offsets may be kept under the empty one. */
static bool
has_invalid_group(const struct group_call *call)
{
	switch (call->key) {
	case API_KEY_JOIN_GROUP:
		return ((const struct join_group_request *)call->request)->group_id.size == 0;
	case API_KEY_SYNC_GROUP:
		return ((const struct sync_group_request *)call->request)->group_id.size == 0;
	case API_KEY_HEARTBEAT:
		return ((const struct heartbeat_request *)call->request)->group_id.size == 0;
	case API_KEY_LEAVE_GROUP:
		return ((const struct leave_group_request *)call->request)->group_id.size == 0;
	default:
		return false;
	}
}

/* Since version 5 a SyncGroup says what it takes the group to be (KIP-559). */
static bool
lacks_protocol(const struct group_call *call)
{
	const struct sync_group_request *request = call->request;

	return call->key == API_KEY_SYNC_GROUP && call->version >= 5 &&
	    (slice_is_null(request->protocol_type) || slice_is_null(request->protocol_name));
}

static int16_t
refusal(const struct groups *groups, const struct group_call *call)
{
	if (lacks_protocol(call))
		return KAFKA_ERROR_INCONSISTENT_GROUP_PROTOCOL;
	if (has_invalid_group(call))
		return KAFKA_ERROR_INVALID_GROUP_ID;
	if (atomic_load(&groups->is_stopping))
		return KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE;
	/* Before __consumer_offsets is there, there are no groups to list, which is no error. */
	if (current_list(groups)->partition_count == 0 && call->key != API_KEY_LIST_GROUPS)
		return KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE;
	return KAFKA_ERROR_NONE;
}

void
groups_ask(struct groups *groups, struct group_call *call)
{
	struct shard_list *list = current_list(groups);
	int16_t error = refusal(groups, call);
	struct visit *visit = NULL;

	if (error == KAFKA_ERROR_NONE) {
		visit = visit_new(call, list->shards, list->count, list->partition_count);
		error = KAFKA_ERROR_UNKNOWN_SERVER_ERROR; /* the arena is full */
	}
	if (visit != NULL) {
		visit_go_on(visit);
		return;
	}
	answer_error(call, error);
	visit_answer_call(call);
}
