/* LeaderAndIsr and StopReplica (protocol.md 14): items side by side, then one answer. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "partition/replicas_obey_private.h"

enum { EPOCH_NONE = -1, EPOCH_OF_DELETION = -2 }; /* none: of versions that tell none */

/* ------------------------------------------------------------------ answers */

static void
answer_by_name(struct obedience *it)
{
	struct leader_and_isr_response *response = it->leader_and_isr;

	response->partition_errors.items = arena_array(it->arena, MAX(it->count, 1),
	    sizeof(*response->partition_errors.items));
	if (response->partition_errors.items == NULL) {
		response->error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
		return;
	}
	response->partition_errors.count = (int32_t)it->count;
	for (size_t i = 0; i < it->count; i++)
		response->partition_errors.items[i] =
		    (struct leader_and_isr_response_leader_and_isr_partition_error){
			.topic_name = it->items[i].topic,
			.partition_index = it->items[i].index,
			.error_code = it->items[i].code,
		};
}

/* Items of one topic follow each other. */
static void
answer_by_id(struct obedience *it)
{
	struct leader_and_isr_response *response = it->leader_and_isr;
	struct leader_and_isr_response_leader_and_isr_partition_error *errors;
	size_t topics = 0;

	errors = arena_array(it->arena, MAX(it->count, 1), sizeof(*errors));
	response->topics.items = arena_array(it->arena, MAX(it->count, 1),
	    sizeof(*response->topics.items));
	if (errors == NULL || response->topics.items == NULL) {
		response->error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
		return;
	}
	for (size_t i = 0; i < it->count; i++) {
		struct leader_and_isr_response_leader_and_isr_topic_error *topic;

		errors[i] = leader_and_isr_response_leader_and_isr_partition_error_defaults;
		errors[i].partition_index = it->items[i].index;
		errors[i].error_code = it->items[i].code;
		if (i == 0 || !slice_equal(it->items[i].topic, it->items[i - 1].topic)) {
			topic = &response->topics.items[topics++];
			*topic = leader_and_isr_response_leader_and_isr_topic_error_defaults;
			topic->topic_id = it->items[i].topic_id;
			topic->partition_errors.items = &errors[i];
			topic->partition_errors.count = 0;
		}
		response->topics.items[topics - 1].partition_errors.count++;
	}
	response->topics.count = (int32_t)topics;
}

static void
answer_stop(struct obedience *it)
{
	struct stop_replica_response *response = it->stop_replica;

	response->partition_errors.items = arena_array(it->arena, MAX(it->count, 1),
	    sizeof(*response->partition_errors.items));
	if (response->partition_errors.items == NULL) {
		response->error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
		return;
	}
	response->partition_errors.count = (int32_t)it->count;
	for (size_t i = 0; i < it->count; i++)
		response->partition_errors.items[i] =
		    (struct stop_replica_response_stop_replica_partition_error){
			.topic_name = it->items[i].topic,
			.partition_index = it->items[i].index,
			.error_code = it->items[i].code,
		};
}

/* Before the controller hears of it, every loop that is told later knows. */
static void
finish(struct obedience *it)
{
	struct replicas *replicas = it->replicas;

	replicas_publish(replicas);
	replicas_close_idle_fetchers(replicas);
	if (it->leader_and_isr != NULL) {
		replicas->was_told = true;
		replicas_missing_are_known(replicas);
	}
	if (it->stop_replica != NULL)
		answer_stop(it);
	else if (it->by_id)
		answer_by_id(it);
	else
		answer_by_name(it);
	it->done(it->context);
	hash_table_fini(&it->named);
	free(it->items);
	free(it);
	replicas_end(replicas);
}

void
replicas_item_done(struct item *item, enum kafka_error code)
{
	struct obedience *it = item->obedience;

	item->code = (int16_t)code;
	if (--it->left == 0)
		finish(it);
}

static bool
item_matches(const struct hash_node *node, const void *key)
{
	const struct item *item = container_of(node, const struct item, node), *wanted = key;

	return item->index == wanted->index && slice_equal(item->topic, wanted->topic);
}

static struct obedience *
obedience_new(struct replicas *replicas, size_t count, struct arena *arena,
    void (*done)(void *context), void *context)
{
	struct obedience *it = memory_new(sizeof(*it));

	*it = (struct obedience){ .replicas = replicas, .arena = arena, .done = done,
		.context = context, .left = 1 };
	it->items = memory_array(MAX(count, 1), sizeof(*it->items));
	hash_table_init(&it->named, replicas->topics.seed, item_matches);
	list_init(&it->makings);
	replicas_begin(replicas);
	return it;
}

/* Where a partition is named twice the last word counts, as in Kafka. */
static struct item *
add_item(struct obedience *it, struct slice topic, int32_t index)
{
	struct item key = { .topic = topic, .index = index };
	uint64_t hash = hash_table_hash(&it->named, topic) + (uint64_t)index;
	struct hash_node *node = hash_table_find(&it->named, hash, &key);
	struct item *item;

	if (node != NULL)
		return container_of(node, struct item, node);
	item = &it->items[it->count++];
	hash_table_insert(&it->named, &item->node, hash);
	item->obedience = it;
	item->topic = topic;
	item->index = index;
	item->replica = replicas_find(it->replicas, topic, index);
	return item;
}

/* ------------------------------------------------------------- LeaderAndIsr */

static void
add_leader(struct obedience *it, struct slice topic, struct uuid topic_id,
    const leader_state *state)
{
	struct item *item = add_item(it, topic, state->partition_index);

	item->topic_id = topic_id;
	it->by_id = it->by_id || !uuid_is_zero(topic_id);
	item->leader_epoch = state->leader_epoch;
	item->state = state;
}

void
replicas_leader_and_isr(struct replicas *replicas, const struct leader_and_isr_request *request,
    struct arena *arena, struct leader_and_isr_response *response, void (*done)(void *context),
    void *context)
{
	size_t count = (size_t)MAX(request->ungrouped_partition_states.count, 0);
	struct obedience *it;

	for (int32_t i = 0; i < request->topic_states.count; i++)
		count += (size_t)MAX(request->topic_states.items[i].partition_states.count, 0);
	it = obedience_new(replicas, count, arena, done, context);
	it->request = request;
	it->leader_and_isr = response;
	for (int32_t i = 0; i < request->ungrouped_partition_states.count; i++)
		add_leader(it, request->ungrouped_partition_states.items[i].topic_name,
		    (struct uuid){ 0 }, &request->ungrouped_partition_states.items[i]);
	for (int32_t i = 0; i < request->topic_states.count; i++)
		for (int32_t j = 0; j < request->topic_states.items[i].partition_states.count; j++)
			add_leader(it, request->topic_states.items[i].topic_name,
			    request->topic_states.items[i].topic_id,
			    &request->topic_states.items[i].partition_states.items[j]);
	replicas_take_addresses(replicas, request);
	it->gathers = true;
	for (size_t i = 0; i < it->count; i++)
		replicas_obey_leader(&it->items[i]);
	it->gathers = false;
	replicas_make_gathered(it);
	if (--it->left == 0)
		finish(it);
}

/* -------------------------------------------------------------- StopReplica */

static void
run_deletion(struct work *work)
{
	log_deletion_run(&container_of(work, struct item, work)->deletion);
}

static void
deleted(struct work *work)
{
	struct item *item = container_of(work, struct item, work);
	struct replicas *replicas = item->obedience->replicas;
	struct log_dir *dir = item->deletion.dir;
	enum error error = log_deletion_done(replicas->dirs, &item->deletion);

	log_pulse_beat(&dir->pulse);
	if (error != ERROR_NONE)
		replicas_fail_dir(replicas, dir, error);
	replicas_item_done(item, error == ERROR_NONE ? KAFKA_ERROR_NONE : KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}

static void
surrendered(struct partition_operation *operation)
{
	struct item *item = container_of(operation, struct item, surrender.operation);
	struct replicas *replicas = item->obedience->replicas;
	struct log_partition *stored = item->replica->stored;

	if (item->replica->is_offline) { /* meanwhile; the log stays with its dir */
		replicas_item_done(item, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
		return;
	}
	log_deletion_prepare(replicas->dirs, stored, clock_wall_ms(replicas->world->clock),
	    &item->deletion);
	replicas_drop(replicas, item->replica);
	item->work = (struct work){ .loop = replicas->world->control, .run = run_deletion,
		.done = deleted, .queue = item->deletion.dir };
	workers_submit(replicas->world->workers, &item->work);
}

static void stop(struct item *item);

static void
move_ended(struct move_waiter *waiter)
{
	stop(container_of(waiter, struct item, waiter));
}

static void
stop(struct item *item)
{
	struct replica *replica = item->replica;

	if (replica == NULL) {
		if (item->deletes)
			replicas_forget_unmade(item->obedience->replicas, item->topic, item->index);
		replicas_item_done(item, KAFKA_ERROR_NONE); /* it is not here, as is wanted */
	} else if (replica->is_offline) {
		replicas_item_done(item, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
#ifndef CANARY_OBEYS_LATE_STOP
	} else if (item->leader_epoch >= 0 && item->leader_epoch < replica->leader_epoch) {
		replicas_item_done(item, KAFKA_ERROR_FENCED_LEADER_EPOCH);
#endif
	} else if (item->deletes && replica->move != NULL) {
		item->waiter.ended = move_ended;
		replica_move_cancel(replica->move, &item->waiter);
	} else if (item->deletes) {
		replica->is_leaving = true;
		replicas_unfollow(replica);
		item->surrender.gone = PARTITION_NOT_LEADER;
		item->surrender.operation.loop = item->obedience->replicas->world->control;
		item->surrender.operation.answered = surrendered;
		partition_surrender(replica->partition, &item->surrender);
	} else {
		item->leader_epoch = MAX(item->leader_epoch, replica->leader_epoch);
		replicas_item_change_leader(item, LEADER_NONE);
	}
}

static void
obey_stop(struct item *item)
{
	item->obedience->left++;
	stop(item);
}

static void
add_stop(struct obedience *it, struct slice topic, int32_t index, int32_t leader_epoch,
    bool deletes)
{
	struct item *item = add_item(it, topic, index);

	item->leader_epoch = leader_epoch;
	item->deletes = deletes;
	item->may_be_late = !it->is_deposing && leader_epoch != EPOCH_OF_DELETION;
}

void
replicas_stop_replica(struct replicas *replicas, const struct stop_replica_request *request,
    struct arena *arena, struct stop_replica_response *response, void (*done)(void *context),
    void *context)
{
	size_t count = (size_t)MAX(request->ungrouped_partitions.count, 0);
	struct obedience *it;

	for (int32_t i = 0; i < request->topics.count; i++)
		count += (size_t)MAX(request->topics.items[i].partition_indexes.count, 0);
	for (int32_t i = 0; i < request->topic_states.count; i++)
		count += (size_t)MAX(request->topic_states.items[i].partition_states.count, 0);
	it = obedience_new(replicas, count, arena, done, context);
	it->stop_replica = response;
	it->is_deposing = request->ungrouped_partitions.count > 0;
	for (int32_t i = 0; i < request->ungrouped_partitions.count; i++)
		add_stop(it, request->ungrouped_partitions.items[i].topic_name,
		    request->ungrouped_partitions.items[i].partition_index, EPOCH_NONE,
		    request->delete_partitions);
	for (int32_t i = 0; i < request->topics.count; i++)
		for (int32_t j = 0; j < request->topics.items[i].partition_indexes.count; j++)
			add_stop(it, request->topics.items[i].name,
			    request->topics.items[i].partition_indexes.items[j], EPOCH_NONE,
			    request->delete_partitions);
	for (int32_t i = 0; i < request->topic_states.count; i++) {
		const struct stop_replica_request_stop_replica_topic_state *topic =
		    &request->topic_states.items[i];

		for (int32_t j = 0; j < topic->partition_states.count; j++)
			add_stop(it, topic->topic_name, topic->partition_states.items[j].partition_index,
			    topic->partition_states.items[j].leader_epoch,
			    topic->partition_states.items[j].delete_partition);
	}
	for (size_t i = 0; i < it->count; i++)
		obey_stop(&it->items[i]);
	if (--it->left == 0)
		finish(it);
}
