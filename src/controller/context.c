#include "controller/context.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

static bool
has_name(const struct hash_node *node, const void *key)
{
	const struct slice *name = key;

	return slice_equal(container_of(node, const struct context_topic, by_name)->name, *name);
}

static bool
has_id(const struct hash_node *node, const void *key)
{
	return uuid_equal(container_of(node, const struct context_topic, by_id)->id,
	    *(const struct uuid *)key);
}

void
context_init(struct context *context, int32_t epoch, const uint64_t seed[2])
{
	*context = (struct context){ .epoch = epoch };
	hash_table_init(&context->topics, seed, has_name);
	hash_table_init(&context->topics_by_id, seed, has_id);
}

void
context_fini(struct context *context)
{
	CONTEXT_TOPICS_FOREACH(link, context)
		context_topic_remove(context, context_topic_of(link));
	while (context->broker_count > 0)
		context_broker_remove(context, context->brokers[context->broker_count - 1]->id);
	free(context->brokers);
	hash_table_fini(&context->topics);
	hash_table_fini(&context->topics_by_id);
}

const char *
partition_state_text(enum partition_state state)
{
#define TEXT(name) #name,
	static const char *const texts[] = { PARTITION_STATES(TEXT) };

	return texts[state];
}

const char *
replica_state_text(enum replica_state state)
{
	static const char *const texts[] = { REPLICA_STATES(TEXT) };
#undef TEXT

	return texts[state];
}

/* ---------------------------------------------------------------- brokers */

/* Where it is, or belongs. */
static size_t
place_of_broker(const struct context *context, int32_t id)
{
	size_t low = 0, high = context->broker_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (context->brokers[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct context_broker *
context_broker_find(const struct context *context, int32_t id)
{
	size_t at = place_of_broker(context, id);

	return at < context->broker_count && context->brokers[at]->id == id ?
	    context->brokers[at] : NULL;
}

bool
context_broker_is_live(const struct context *context, int32_t id)
{
	const struct context_broker *broker = context_broker_find(context, id);

	return broker != NULL && !broker->shutting_down;
}

bool
context_broker_has_answered(const struct context *context, int32_t id)
{
	const struct context_broker *broker = context_broker_find(context, id);

	return broker != NULL && broker->has_answered;
}

static bool
has_heard(const struct context_broker *broker, uint64_t number)
{
	return broker->last_answered == broker->last_sent || broker->last_answered >= number;
}

bool
context_broker_has_heard(const struct context *context, int32_t id, uint64_t number)
{
	const struct context_broker *broker = context_broker_find(context, id);

	return broker == NULL || has_heard(broker, number);
}

bool
context_all_have_heard(const struct context *context, uint64_t number)
{
	for (size_t i = 0; i < context->broker_count; i++)
		if (!has_heard(context->brokers[i], number))
			return false;
	return true;
}

static struct context_broker *
insert_broker(struct context *context, int32_t id)
{
	struct context_broker *broker = memory_new(sizeof(*broker));
	size_t at = place_of_broker(context, id);

	context->brokers = memory_resize(context->brokers,
	    (context->broker_count + 1) * sizeof(broker));
	memmove(&context->brokers[at + 1], &context->brokers[at],
	    (context->broker_count - at) * sizeof(broker));
	context->brokers[at] = broker;
	context->broker_count++;
	broker->id = id;
	return broker;
}

enum error
context_broker_set(struct context *context, int32_t id, int64_t epoch, struct slice bytes,
    struct payload_complaint *complaint)
{
	struct context_broker *broker;
	struct payload_broker registration;
	struct arena arena;
	enum error error;

	arena_init(&arena, SIZE_MAX);
	struct slice copy = slice_of(arena_text(&arena, bytes.bytes, bytes.size), bytes.size);
	error = payload_broker_decode(copy, &arena, &registration, complaint);
	if (error != ERROR_NONE) {
		arena_fini(&arena);
		return error;
	}
	broker = context_broker_find(context, id);
	if (broker == NULL)
		broker = insert_broker(context, id);
	else
		arena_fini(&broker->arena);
	broker->has_answered = broker->has_answered && broker->epoch == epoch;
	broker->epoch = epoch;
	broker->bytes = copy;
	broker->registration = registration;
	broker->arena = arena;
	return ERROR_NONE;
}

void
context_broker_remove(struct context *context, int32_t id)
{
	size_t at = place_of_broker(context, id);

	assert(at < context->broker_count && context->brokers[at]->id == id);
	assert(context->brokers[at]->watch == NULL);
	arena_fini(&context->brokers[at]->arena);
	free(context->brokers[at]);
	context->broker_count--;
	memmove(&context->brokers[at], &context->brokers[at + 1],
	    (context->broker_count - at) * sizeof(context->brokers[0]));
}

/* ----------------------------------------------------------------- topics */

static struct slice
id_bytes(const struct uuid *id)
{
	return slice_of(id->bytes, sizeof(id->bytes));
}

struct context_topic *
context_topic_find(const struct context *context, struct slice name)
{
	struct hash_node *node = hash_table_find(&context->topics,
	    hash_table_hash(&context->topics, name), &name);

	return node == NULL ? NULL : container_of(node, struct context_topic, by_name);
}

struct context_topic *
context_topic_find_id(const struct context *context, struct uuid id)
{
	struct hash_node *node = hash_table_find(&context->topics_by_id,
	    hash_table_hash(&context->topics_by_id, id_bytes(&id)), &id);

	return node == NULL ? NULL : container_of(node, struct context_topic, by_id);
}

struct context_topic *
context_topic_add(struct context *context, struct slice name, struct uuid id)
{
	struct context_topic *topic = memory_new(sizeof(*topic));

	assert(context_topic_find(context, name) == NULL);
	topic->name = slice_of(memory_text(name.bytes, name.size), name.size);
	hash_table_insert(&context->topics, &topic->by_name,
	    hash_table_hash(&context->topics, topic->name));
	context_topic_set_id(context, topic, id);
	return topic;
}

void
context_topic_set_id(struct context *context, struct context_topic *topic, struct uuid id)
{
	if (!uuid_is_zero(topic->id))
		hash_table_remove(&context->topics_by_id, &topic->by_id);
	topic->id = id;
	if (!uuid_is_zero(id))
		hash_table_insert(&context->topics_by_id, &topic->by_id,
		    hash_table_hash(&context->topics_by_id, id_bytes(&topic->id)));
}

static void
free_partition(struct context_partition *partition)
{
	free(partition->leadership.isr);
	free(partition->leadership.eligible);
	free(partition->replicas);
	free(partition->adding);
	free(partition->removing);
	free(partition);
}

void
context_topic_remove(struct context *context, struct context_topic *topic)
{
	assert(topic->watch == NULL);
	context_topic_set_id(context, topic, (struct uuid){ { 0 } });
	hash_table_remove(&context->topics, &topic->by_name);
	for (int32_t i = 0; i < topic->partition_count; i++)
		free_partition(topic->partitions[i]);
	free(topic->partitions);
	free((void *)(uintptr_t)topic->name.bytes);
	free(topic);
}

bool
context_topic_is_reassigned(const struct context_topic *topic)
{
	for (int32_t i = 0; i < topic->partition_count; i++)
		if (topic->partitions[i]->adding_count > 0 || topic->partitions[i]->removing_count > 0)
			return true;
	return false;
}

bool
context_topic_is_kept(const struct context_topic *topic)
{
#ifdef CANARY_DELETION_TAKES_LEADERS
	return !topic->to_delete;
#endif
	return !topic->to_delete || (!topic->deletion_begun && context_topic_is_reassigned(topic));
}

bool
context_topic_all_replicas_in(const struct context_topic *topic, enum replica_state state)
{
	for (int32_t i = 0; i < topic->partition_count; i++)
		for (int32_t j = 0; j < topic->partitions[i]->replica_count; j++)
			if (topic->partitions[i]->replicas[j].state != state)
				return false;
	return true;
}

bool
context_topic_any_replica_in(const struct context_topic *topic, enum replica_state state)
{
	for (int32_t i = 0; i < topic->partition_count; i++)
		for (int32_t j = 0; j < topic->partitions[i]->replica_count; j++)
			if (topic->partitions[i]->replicas[j].state == state)
				return true;
	return false;
}

bool
context_topic_is_led(const struct context_topic *topic)
{
	for (int32_t i = 0; i < topic->partition_count; i++)
		if (topic->partitions[i]->state != PARTITION_ONLINE)
			return false;
	return !topic->is_quarantined;
}

/* ------------------------------------------------------------- partitions */

static int32_t
place_of_partition(const struct context_topic *topic, int32_t index)
{
	int32_t low = 0, high = topic->partition_count;

	while (low < high) {
		int32_t middle = low + (high - low) / 2;
		if (topic->partitions[middle]->index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct context_partition *
context_partition_find(const struct context_topic *topic, int32_t index)
{
	int32_t at = place_of_partition(topic, index);

	return at < topic->partition_count && topic->partitions[at]->index == index ?
	    topic->partitions[at] : NULL;
}

struct context_partition *
context_partition_add(struct context_topic *topic, int32_t index,
    struct payload_int32_list replicas)
{
	struct context_partition *partition = memory_new(sizeof(*partition));
	int32_t at = place_of_partition(topic, index);
	size_t count = (size_t)topic->partition_count;

	assert(context_partition_find(topic, index) == NULL);
	if ((count & (count - 1)) == 0) /* room for the next power of two */
		topic->partitions = memory_resize(topic->partitions,
		    MAX(count * 2, 1) * sizeof(partition));
	memmove(&topic->partitions[at + 1], &topic->partitions[at],
	    (count - (size_t)at) * sizeof(partition));
	topic->partitions[at] = partition;
	topic->partition_count++;
	partition->topic = topic;
	partition->index = index;
	partition->replica_count = (int32_t)replicas.count;
	partition->replicas = memory_array(replicas.count, sizeof(*partition->replicas));
	for (size_t i = 0; i < replicas.count; i++)
		partition->replicas[i].broker = replicas.values[i];
	return partition;
}

static int32_t *
copy_ids(struct payload_int32_list list)
{
	int32_t *ids;

	if (list.count == 0)
		return NULL;
	ids = memory_array(list.count, sizeof(*ids));
	memcpy(ids, list.values, list.count * sizeof(*ids));
	return ids;
}

void
context_partition_set_reassignment(struct context_partition *partition,
    struct payload_int32_list adding, struct payload_int32_list removing)
{
	free(partition->adding);
	free(partition->removing);
	partition->adding = copy_ids(adding);
	partition->adding_count = (int32_t)adding.count;
	partition->removing = copy_ids(removing);
	partition->removing_count = (int32_t)removing.count;
}

void
context_partition_set_replicas(struct context_partition *partition,
    struct payload_int32_list replicas)
{
	int32_t known = partition->replica_count + partition->leaving_count;
	size_t count = replicas.count;
	struct context_replica *all =
	    memory_array(count + (size_t)known, sizeof(*partition->replicas));

	for (size_t i = 0; i < count; i++) {
		const struct context_replica *old =
		    context_replica_find(partition, replicas.values[i]);

		all[i] = old != NULL ? *old :
		    (struct context_replica){ .broker = replicas.values[i] };
	}
	for (int32_t i = 0; i < known; i++)
		if (!payload_int32_list_has(replicas, partition->replicas[i].broker))
			all[count++] = partition->replicas[i];
	free(partition->replicas);
	partition->replicas = all;
	partition->replica_count = (int32_t)replicas.count;
	partition->leaving_count = (int32_t)(count - replicas.count);
}

void
context_partition_add_leaving(struct context_partition *partition, int32_t broker)
{
	int32_t count = partition->replica_count + partition->leaving_count;

	assert(context_replica_find(partition, broker) == NULL);
	partition->replicas = memory_resize(partition->replicas,
	    (size_t)(count + 1) * sizeof(*partition->replicas));
	partition->replicas[count] =
	    (struct context_replica){ .broker = broker, .state = REPLICA_ONLINE };
	partition->leaving_count++;
}

void
context_partition_forget_leaving(struct context_partition *partition)
{
	partition->leaving_count = 0;
}

void
context_partition_set_leadership(struct context_partition *partition,
    const struct payload_partition_state *state, int32_t version)
{
	int32_t *isr = copy_ids(state->isr); /* it may be what we have */
	int32_t *eligible = copy_ids(state->eligible);

	free(partition->leadership.isr);
	free(partition->leadership.eligible);
	partition->has_leadership = true;
	partition->is_quarantined = false;
	partition->leadership = (struct context_leadership){
		.leader = partition->leader_is_withheld ? CONTEXT_NO_LEADER : state->leader,
		.leader_epoch = state->leader_epoch,
		.controller_epoch = state->controller_epoch,
		.version = version,
		.recovery = state->leader_recovery,
		.isr = isr,
		.isr_count = (int32_t)state->isr.count,
		.eligible = eligible,
		.eligible_count = (int32_t)state->eligible.count,
	};
}

struct payload_partition_state
context_partition_payload(const struct context_partition *partition)
{
	const struct context_leadership *leadership = &partition->leadership;

	assert(partition->has_leadership);
	return (struct payload_partition_state){
		.controller_epoch = leadership->controller_epoch,
		.leader = leadership->leader,
		.leader_epoch = leadership->leader_epoch,
		.isr = { leadership->isr, (size_t)leadership->isr_count },
		.leader_recovery = leadership->recovery,
		.eligible = { leadership->eligible, (size_t)leadership->eligible_count },
	};
}

struct context_replica *
context_replica_find(const struct context_partition *partition, int32_t broker)
{
	for (int32_t i = 0; i < partition->replica_count + partition->leaving_count; i++)
		if (partition->replicas[i].broker == broker)
			return &partition->replicas[i];
	return NULL;
}

bool
context_replica_is_online(const struct context *context, const struct context_replica *replica)
{
	return !replica->dir_offline && !replica->was_away &&
	    context_broker_is_live(context, replica->broker);
}

bool
context_replica_is_doubtful(const struct context *context,
    const struct context_partition *partition, int32_t broker)
{
	const struct context_broker *known = context_broker_find(context, broker);

#ifdef CANARY_DOUBT_IGNORED_BY_CONTROLLER
	return false;
#endif
	return known != NULL && partition->replica_count > 1 &&
	    payload_broker_doubts(&known->registration, partition->topic->name, partition->index);
}

static bool
has_among(const int32_t *ids, int32_t count, int32_t id)
{
	for (int32_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

bool
context_isr_has(const struct context_leadership *leadership, int32_t broker)
{
	return has_among(leadership->isr, leadership->isr_count, broker);
}

bool
context_may_have_all(const struct context_leadership *leadership, int32_t broker)
{
	return context_isr_has(leadership, broker) ||
	    has_among(leadership->eligible, leadership->eligible_count, broker);
}

size_t
context_partition_count(const struct context *context)
{
	size_t count = 0;

	CONTEXT_TOPICS_FOREACH(link, context)
		count += (size_t)context_topic_of(link)->partition_count;
	return count;
}
