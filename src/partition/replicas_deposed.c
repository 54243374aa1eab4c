/*
 * Who leads here, and has moved away since: its StopReplica died with the controller that was to send it, or met this
 * broker away. The controllers that follow tell replicas alone what is, so it would lead its old epoch for ever.
 */
#include "base/memory.h"
#include "partition/replicas_private.h"

typedef struct update_metadata_request_update_metadata_partition_state metadata_state;

struct deposing {
	struct replicas *replicas;
	struct stop_replica_request request;
	struct stop_replica_request_stop_replica_partition_v0 *partitions; /* with room for all */
};

static bool
has(const metadata_state *state, int32_t broker)
{
	for (int32_t i = 0; i < state->replicas.count; i++)
		if (state->replicas.items[i] == broker)
			return true;
	return state->leader == broker;
}

/* Of another topic of that name epochs say nothing. */
static bool
is_deposed(const struct replica *replica, struct uuid topic_id, const metadata_state *state)
{
	struct uuid known = partition_topic_id(replica->partition);
	bool is_another = !uuid_is_zero(known) && !uuid_is_zero(topic_id) &&
	    !uuid_equal(known, topic_id);

	return is_another || state->leader_epoch > replica->leader_epoch;
}

static void
look_at(struct deposing *it, struct slice topic, struct uuid topic_id, const metadata_state *state)
{
	const struct replica *replica = replicas_find(it->replicas, topic, state->partition_index);
	struct stop_replica_request_stop_replica_partition_v0 *stop;

	if (replica == NULL || !replica->leads || replica->is_leaving || replica->is_offline ||
	    has(state, it->replicas->options.broker_id) || !is_deposed(replica, topic_id, state))
		return;
	log_info(it->replicas->world->logger, "%s-%d was led here in leader epoch %d, and has moved "
	    "away: leader epoch %d is broker %d's", replica->stored->topic, replica->index,
	    replica->leader_epoch, state->leader_epoch, state->leader);
	stop = &it->partitions[it->request.ungrouped_partitions.count++];
	*stop = stop_replica_request_stop_replica_partition_v0_defaults;
	stop->topic_name = topic;
	stop->partition_index = state->partition_index;
}

static size_t
room_for(const struct update_metadata_request *request)
{
	size_t count = (size_t)MAX(request->ungrouped_partition_states.count, 0);

	for (int32_t i = 0; i < request->topic_states.count; i++)
		count += (size_t)MAX(request->topic_states.items[i].partition_states.count, 0);
	return count;
}

static void
look_at_all(struct deposing *it, const struct update_metadata_request *request)
{
	for (int32_t i = 0; i < request->ungrouped_partition_states.count; i++) {
		const metadata_state *state = &request->ungrouped_partition_states.items[i];

		look_at(it, state->topic_name, (struct uuid){ 0 }, state);
	}
	for (int32_t i = 0; i < request->topic_states.count; i++)
		for (int32_t j = 0; j < request->topic_states.items[i].partition_states.count; j++)
			look_at(it, request->topic_states.items[i].topic_name,
			    request->topic_states.items[i].topic_id,
			    &request->topic_states.items[i].partition_states.items[j]);
}

void
replicas_obey_metadata(struct replicas *replicas, const struct update_metadata_request *request,
    struct arena *arena, void (*done)(void *context), void *context)
{
	struct deposing it = { .replicas = replicas,
		.request = stop_replica_request_defaults };
	struct stop_replica_response *response = arena_new(arena, sizeof(*response));
	struct stop_replica_request *stops = arena_new(arena, sizeof(*stops));

	it.partitions = arena_array(arena, MAX(room_for(request), 1), sizeof(*it.partitions));
	if (response == NULL || stops == NULL || it.partitions == NULL) {
		done(context); /* the next one may find more memory */
		return;
	}
	it.request.ungrouped_partitions.items = it.partitions;
	look_at_all(&it, request);
	if (it.request.ungrouped_partitions.count == 0) {
		done(context);
		return;
	}
	*stops = it.request;
	*response = stop_replica_response_defaults;
	replicas_stop_replica(replicas, stops, arena, response, done, context);
}
