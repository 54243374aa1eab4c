#include "tests/sim/znode_rules.h"

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
	case PATHS_LOG_DIR_EVENT:
		return true;
	default:
		return false;
	}
}

static bool
has(struct payload_int32_list list, int32_t id)
{
	for (size_t i = 0; i < list.count; i++) {
		if (list.values[i] == id)
			return true;
	}
	return false;
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
	sim_check(sim, state->leader == -1 || has(state->isr, state->leader),
	    "a leader that is not in sync is written");
	sim_check(sim, follows(last, state), "%.*s-%d: leader %d in epoch %d follows on %d in epoch %d",
	    size, name, (int)place->id, (int)state->leader, (int)state->leader_epoch,
	    last->exists ? (int)last->leader : -1, last->exists ? (int)last->leader_epoch : -1);
	sim_check(sim, !last->exists || state->controller_epoch >= last->controller_epoch,
	    "%.*s-%d: controller epoch %d follows on %d", size, name, (int)place->id,
	    (int)state->controller_epoch, last->exists ? (int)last->controller_epoch : -1);
	*last = (struct znode_state){ true, state->leader, state->leader_epoch,
		state->controller_epoch };
	return true;
}
