#include "controller/leader_election.h"

#include "base/memory.h"

enum { NOBODY = -1 };

/* The log dir works and the broker is registered; it may be shutting down. */
static bool
is_up(const struct context *context, const struct context_replica *replica)
{
	return !replica->dir_offline && context_broker_find(context, replica->broker) != NULL;
}

static bool
is_live(const struct context *context, const struct context_replica *replica)
{
	return context_replica_is_online(context, replica);
}

static bool
is_live_id(const struct context *context, const struct context_partition *partition, int32_t id)
{
	const struct context_replica *replica = context_replica_find(partition, id);

	/* in the ISR, but not assigned: of a reassignment that went wrong */
	return replica == NULL ? context_broker_is_live(context, id) : is_live(context, replica);
}

static bool
is_removed(const struct context_partition *partition, int32_t id)
{
	return payload_int32_list_has((struct payload_int32_list){ partition->removing,
	    (size_t)partition->removing_count }, id);
}

static bool
allows(const struct context *context, const struct context_partition *partition,
    const struct payload_partition_state *state, enum leader_election_type type,
    const struct context_replica *replica)
{
#ifdef CANARY_SHUTDOWN_ELECTS_WHO_IS_NOT_IN_SYNC
	if (type == LEADER_ELECTION_CONTROLLED_SHUTDOWN)
		return is_live(context, replica);
#endif
#ifndef CANARY_ELECTS_WHO_IS_NOT_IN_SYNC
	if (!payload_int32_list_has(state->isr, replica->broker))
		return false;
#endif
	if (context_replica_is_doubtful(context, partition, replica->broker))
		return false;
	switch (type) {
	case LEADER_ELECTION_REASSIGN:
		return is_live(context, replica) && !is_removed(partition, replica->broker);
	case LEADER_ELECTION_CONTROLLED_SHUTDOWN:
		return is_up(context, replica) && context_broker_is_live(context, replica->broker);
	default:
		return is_live(context, replica);
	}
}

static int32_t
choose(const struct context *context, const struct context_partition *partition,
    const struct payload_partition_state *state, enum leader_election_type type)
{
	int32_t considered = type == LEADER_ELECTION_PREFERRED ? MIN(partition->replica_count, 1) :
	    partition->replica_count;

	for (int32_t i = 0; i < considered; i++)
		if (allows(context, partition, state, type, &partition->replicas[i]))
			return partition->replicas[i].broker;
	return NOBODY;
}

/* Somebody in sync is alive, and may lack acknowledged records. */
static bool
is_in_doubt(const struct context *context, const struct context_partition *partition,
    const struct payload_partition_state *state)
{
	for (int32_t i = 0; i < partition->replica_count; i++)
		if (payload_int32_list_has(state->isr, partition->replicas[i].broker) &&
		    is_live(context, &partition->replicas[i]) &&
		    context_replica_is_doubtful(context, partition, partition->replicas[i].broker))
			return true;
	return false;
}

/* One that is in sync, though it may lack records, before others: Kafka would elect it. */
static int32_t
first_live(const struct context *context, const struct context_partition *partition,
    const struct payload_partition_state *state)
{
	int32_t first = NOBODY;

	for (int32_t i = 0; i < partition->replica_count; i++) {
		if (!is_live(context, &partition->replicas[i]))
			continue;
		if (payload_int32_list_has(state->isr, partition->replicas[i].broker))
			return partition->replicas[i].broker;
		if (first == NOBODY)
			first = partition->replicas[i].broker;
	}
	return first;
}

static struct payload_int32_list
alone(int32_t id, struct arena *arena)
{
	int32_t *ids = arena_array(arena, 1, sizeof(*ids));

	ids[0] = id;
	return (struct payload_int32_list){ ids, 1 };
}

/* Which members of an ISR stay in it. */
static bool
stays(const struct context *context, const struct context_partition *partition, int32_t id,
    enum leader_election_type type)
{
	const struct context_broker *broker = context_broker_find(context, id);

	switch (type) {
	case LEADER_ELECTION_OFFLINE:
	case LEADER_ELECTION_UNCLEAN:
		return is_live_id(context, partition, id) &&
		    !context_replica_is_doubtful(context, partition, id);
	case LEADER_ELECTION_CONTROLLED_SHUTDOWN:
		return broker == NULL || !broker->shutting_down;
	default:
		return true;
	}
}

static struct payload_int32_list
remaining(const struct context *context, const struct context_partition *partition,
    struct payload_int32_list isr, enum leader_election_type type, struct arena *arena)
{
	int32_t *ids = arena_array(arena, MAX(isr.count, 1), sizeof(*ids));
	size_t count = 0;

	for (size_t i = 0; i < isr.count; i++)
		if (stays(context, partition, isr.values[i], type))
			ids[count++] = isr.values[i];
	return (struct payload_int32_list){ ids, count };
}

static struct payload_partition_state
changed(const struct context *context, const struct payload_partition_state *state,
    int32_t leader, struct payload_int32_list isr)
{
	struct payload_partition_state next = *state;

	next.controller_epoch = context->epoch;
	next.leader = leader;
	next.leader_epoch = state->leader_epoch + 1;
	next.isr = isr;
	return next;
}

/* Of another controller, or so high that it cannot rise any more. */
static bool
is_refused(const struct context *context, const struct payload_partition_state *state)
{
	return state->controller_epoch > context->epoch || state->leader_epoch == INT32_MAX;
}

enum leader_election_result
leader_election_decide(const struct context *context, const struct context_partition *partition,
    const struct payload_partition_state *state, enum leader_election_type type,
    struct arena *arena, struct payload_partition_state *next)
{
	int32_t leader;

	if (is_refused(context, state))
		return LEADER_NEWER_CONTROLLER;
	leader = choose(context, partition, state, type);
#ifdef CANARY_UNCLEAN_BEFORE_CLEAN
	if (type == LEADER_ELECTION_UNCLEAN)
		leader = NOBODY;
#endif
	if (type == LEADER_ELECTION_PREFERRED && partition->replica_count > 0 &&
	    state->leader == partition->replicas[0].broker)
		return LEADER_NOT_NEEDED;
	if (leader != NOBODY) {
		*next = changed(context, state, leader,
		    remaining(context, partition, state->isr, type, arena));
		return LEADER_ELECTED;
	}
	leader = type == LEADER_ELECTION_UNCLEAN ? first_live(context, partition, state) : NOBODY;
	if (leader == NOBODY)
		return type == LEADER_ELECTION_OFFLINE && is_in_doubt(context, partition, state) ?
		    LEADER_IN_DOUBT : LEADER_NONE_ELIGIBLE;
	*next = changed(context, state, leader, alone(leader, arena));
#ifndef CANARY_UNCLEAN_NOT_RECOVERING
	next->leader_recovery = PAYLOAD_RECOVERING;
#endif
	return LEADER_ELECTED;
}

enum leader_election_result
leader_election_among_all(const struct context *context,
    const struct payload_partition_state *state, int32_t leader, struct arena *arena,
    struct payload_partition_state *next)
{
	if (is_refused(context, state))
		return LEADER_NEWER_CONTROLLER;
	*next = changed(context, state, leader, alone(leader, arena));
	if (!payload_int32_list_has(state->isr, leader))
		next->leader_recovery = PAYLOAD_RECOVERING;
	return LEADER_ELECTED;
}

void
leader_election_prefer(int32_t leader, struct arena *arena, struct payload_partition_state *next)
{
	next->leader = leader;
	next->isr = alone(leader, arena);
}

bool
leader_election_begin(const struct context *context, const struct context_partition *partition,
    struct arena *arena, struct payload_partition_state *first)
{
	int32_t *ids = arena_array(arena, (size_t)MAX(partition->replica_count, 1), sizeof(*ids));
	size_t count = 0;

	for (int32_t i = 0; i < partition->replica_count; i++)
		if (is_live(context, &partition->replicas[i]))
			ids[count++] = partition->replicas[i].broker;
	if (count == 0)
		return false;
	*first = (struct payload_partition_state){
		.controller_epoch = context->epoch,
		.leader = ids[0],
		.leader_epoch = 0,
		.isr = { ids, count },
	};
	return true;
}

static bool
is_assigned(const struct context_partition *partition, int32_t id)
{
	for (int32_t i = 0; i < partition->replica_count; i++)
		if (partition->replicas[i].broker == id)
			return true;
	return false;
}

/* Nobody else in sync is a replica; or, of one that is none itself, nobody else is in sync. */
static bool
is_last(const struct context_partition *partition, struct payload_int32_list isr, int32_t replica)
{
	bool assigned = is_assigned(partition, replica);

	for (size_t i = 0; i < isr.count; i++)
		if (isr.values[i] != replica && (!assigned || is_assigned(partition, isr.values[i])))
			return false;
	return true;
}

enum leader_election_result
leader_election_without(const struct context *context,
    const struct context_partition *partition,
    const struct payload_partition_state *state, int32_t replica, struct arena *arena,
    struct payload_partition_state *next)
{
	int32_t leader = state->leader == replica ? CONTEXT_NO_LEADER : state->leader;
	int32_t *ids = arena_array(arena, MAX(state->isr.count, 1), sizeof(*ids));
	bool stays = is_last(partition, state->isr, replica);
	size_t count = 0;

#ifdef CANARY_LAST_IN_SYNC_LEAVES
	stays = false;
#endif
	if (is_refused(context, state))
		return LEADER_NEWER_CONTROLLER;
	if (!payload_int32_list_has(state->isr, replica))
		return LEADER_NOT_NEEDED;
	for (size_t i = 0; i < state->isr.count; i++)
		if ((state->isr.values[i] == replica) == stays)
			ids[count++] = state->isr.values[i];
	*next = changed(context, state, leader, (struct payload_int32_list){ ids, count });
	return LEADER_ELECTED;
}

enum leader_election_result
leader_election_renew(const struct context *context,
    const struct payload_partition_state *state, struct payload_partition_state *next)
{
	if (is_refused(context, state))
		return LEADER_NEWER_CONTROLLER;
	*next = changed(context, state, state->leader, state->isr);
	return LEADER_ELECTED;
}
