#include "tests/sim/znode_rules.h"

#include "zk/payload_topic.h"

bool
znode_rules_is_controllers(const struct paths_place *place)
{
	switch (place->kind) {
	case PATHS_TOPIC:
	case PATHS_TOPIC_PARTITIONS:
	case PATHS_PARTITION:
	case PATHS_PARTITION_STATE:
	case PATHS_CONFIG_TOPIC:
	case PATHS_DELETE_TOPIC:
	case PATHS_PRODUCER_ID_BLOCK:
	case PATHS_FEATURE:
	case PATHS_PREFERRED_ELECTION:
	case PATHS_REASSIGNMENT:
	case PATHS_LOG_DIR_EVENT:
		return true;
	default:
		return false;
	}
}

/* A new epoch for each leader; the same one when only the ISR changes (AlterPartition). */
static bool
follows(const struct znode_state *last, const struct payload_partition_state *state)
{
	if (!last->exists)
		return state->leader_epoch == 0;
	return state->leader_epoch == last->leader_epoch + 1 ||
	    (state->leader_epoch == last->leader_epoch && state->leader == last->leader);
}

bool
znode_rules_was_in_sync(const struct znode_state *state, int32_t broker)
{
	for (int32_t i = 0; state->exists && i < state->isr_count; i++)
		if (state->isr[i] == broker)
			return true;
	return false;
}

bool
znode_rules_take_state(struct sim *sim, const struct paths_place *place, struct slice data,
    struct arena *arena, struct znode_state *last, struct payload_partition_state *state)
{
	const char *name = (const char *)place->name.bytes;
	int size = (int)place->name.size;
	struct payload_complaint complaint;

	if (payload_partition_state_decode(data, arena, state, &complaint) != ERROR_NONE) {
		sim_fail(sim, "a state that cannot be read is written: %s", complaint.text);
		return false;
	}
	sim_check(sim, state->isr.count > 0, "an empty ISR is written");
	sim_check(sim, state->leader == -1 || payload_int32_list_has(state->isr, state->leader),
	    "a leader that is not in sync is written");
	sim_check(sim, state->leader_recovery != PAYLOAD_RECOVERING || state->isr.count == 1,
	    "%.*s-%d: %zu are in sync with a leader that recovers", size, name, (int)place->id,
	    state->isr.count);
	sim_check(sim, follows(last, state), "%.*s-%d: leader %d in epoch %d follows on %d in epoch %d",
	    size, name, (int)place->id, (int)state->leader, (int)state->leader_epoch,
	    last->exists ? (int)last->leader : -1, last->exists ? (int)last->leader_epoch : -1);
	sim_check(sim, !last->exists || state->leader == -1 || state->leader_recovery ==
	    PAYLOAD_RECOVERING || znode_rules_was_in_sync(last, state->leader),
	    "%.*s-%d: leader %d was not in sync", size, name, (int)place->id, (int)state->leader);
	sim_check(sim, !last->exists || state->controller_epoch >= last->controller_epoch,
	    "%.*s-%d: controller epoch %d follows on %d", size, name, (int)place->id,
	    (int)state->controller_epoch, last->exists ? (int)last->controller_epoch : -1);
	*last = (struct znode_state){ true, state->leader, state->leader_epoch,
		state->controller_epoch, { 0 }, 0 };
	for (size_t i = 0; i < state->isr.count && i < ZNODE_RULES_REPLICAS_MAX; i++)
		last->isr[last->isr_count++] = state->isr.values[i];
	return true;
}

static bool
is_well_assigned(const struct payload_topic *topic, const struct payload_assignment *entry)
{
	struct payload_int32_list adding =
	    payload_assignments_find(topic->adding_replicas, entry->partition);
	struct payload_int32_list removing =
	    payload_assignments_find(topic->removing_replicas, entry->partition);

	for (size_t i = 0; i < adding.count; i++)
		if (!payload_int32_list_has(entry->replicas, adding.values[i]) ||
		    payload_int32_list_has(removing, adding.values[i]))
			return false;
	for (size_t i = 0; i < removing.count; i++)
		if (!payload_int32_list_has(entry->replicas, removing.values[i]))
			return false;
	return entry->replicas.count > adding.count && entry->replicas.count > removing.count;
}

void
znode_rules_take_topic(struct sim *sim, const struct paths_place *place, struct slice data)
{
	struct payload_complaint complaint;
	struct payload_topic topic;
	struct arena arena;

	arena_init(&arena, SIZE_MAX);
	if (payload_topic_decode(data, &arena, &topic, &complaint) != ERROR_NONE)
		sim_fail(sim, "a topic that cannot be read is written: %s", complaint.text);
	else
		for (size_t i = 0; i < topic.partitions.count; i++)
			sim_check(sim, is_well_assigned(&topic, &topic.partitions.entries[i]),
			    "%.*s-%d: an odd assignment is written", (int)place->name.size,
			    (const char *)place->name.bytes, (int)topic.partitions.entries[i].partition);
	arena_fini(&arena);
}
