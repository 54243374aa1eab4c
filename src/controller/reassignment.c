#include "controller/reassignment.h"

#include "base/memory.h"

static struct payload_int32_list
without(struct payload_int32_list list, struct payload_int32_list others, struct arena *arena)
{
	int32_t *ids = arena_array(arena, MAX(list.count, 1), sizeof(*ids));
	size_t count = 0;

	for (size_t i = 0; i < list.count; i++)
		if (!payload_int32_list_has(others, list.values[i]))
			ids[count++] = list.values[i];
	return (struct payload_int32_list){ ids, count };
}

static struct payload_int32_list
joined(struct payload_int32_list first, struct payload_int32_list second, struct arena *arena)
{
	int32_t *ids = arena_array(arena, MAX(first.count + second.count, 1), sizeof(*ids));

	for (size_t i = 0; i < first.count; i++)
		ids[i] = first.values[i];
	for (size_t i = 0; i < second.count; i++)
		ids[first.count + i] = second.values[i];
	return (struct payload_int32_list){ ids, first.count + second.count };
}

static bool
is_same_list(struct payload_int32_list a, struct payload_int32_list b)
{
	if (a.count != b.count)
		return false;
	for (size_t i = 0; i < a.count; i++)
		if (a.values[i] != b.values[i])
			return false;
	return true;
}

bool
reassignment_is_under_way(const struct context_partition *partition)
{
	return partition->adding_count > 0 || partition->removing_count > 0;
}

bool
reassignment_adds(const struct context_partition *partition, int32_t broker)
{
	return payload_int32_list_has((struct payload_int32_list){ partition->adding,
	    (size_t)partition->adding_count }, broker);
}

static struct payload_int32_list
copy(const int32_t *ids, int32_t count, struct arena *arena)
{
	int32_t *copies = arena_array(arena, (size_t)MAX(count, 1), sizeof(*copies));

	for (int32_t i = 0; i < count; i++)
		copies[i] = ids[i];
	return (struct payload_int32_list){ copies, (size_t)count };
}

struct reassignment
reassignment_of(const struct context_partition *partition, struct arena *arena)
{
	int32_t *ids = arena_array(arena, (size_t)MAX(partition->replica_count, 1), sizeof(*ids));

	for (int32_t i = 0; i < partition->replica_count; i++)
		ids[i] = partition->replicas[i].broker;
	return (struct reassignment){
		.replicas = { ids, (size_t)partition->replica_count },
		.adding = copy(partition->adding, partition->adding_count, arena),
		.removing = copy(partition->removing, partition->removing_count, arena),
	};
}

struct payload_int32_list
reassignment_origin(const struct context_partition *partition, struct arena *arena)
{
	struct reassignment now = reassignment_of(partition, arena);

	return without(now.replicas, now.adding, arena);
}

struct payload_int32_list
reassignment_target(const struct context_partition *partition, struct arena *arena)
{
	struct reassignment now = reassignment_of(partition, arena);

	return without(now.replicas, now.removing, arena);
}

struct reassignment
reassignment_plan(const struct context_partition *partition, struct payload_int32_list target,
    struct arena *arena)
{
	struct payload_int32_list origin = reassignment_origin(partition, arena);
	struct payload_int32_list removing = without(origin, target, arena);

	return (struct reassignment){
		.replicas = joined(target, removing, arena),
		.adding = without(target, origin, arena),
		.removing = removing,
	};
}

bool
reassignment_is_same(const struct reassignment *a, const struct reassignment *b)
{
	return is_same_list(a->replicas, b->replicas) && is_same_list(a->adding, b->adding) &&
	    is_same_list(a->removing, b->removing);
}

const char *
reassignment_fault(struct payload_int32_list target)
{
	if (target.count == 0)
		return "There is no replica.";
	for (size_t i = 0; i < target.count; i++) {
		if (target.values[i] < 0)
			return "An id of a broker is negative.";
		if (payload_int32_list_has((struct payload_int32_list){ target.values, i }, target.values[i]))
			return "A broker is named twice.";
	}
	return NULL;
}

bool
reassignment_is_possible(const struct context *context, const struct reassignment *plan)
{
	for (size_t i = 0; i < plan->adding.count; i++)
		if (!context_broker_is_live(context, plan->adding.values[i]))
			return false;
	return true;
}

struct kept {
	int32_t kept, gone; /* replicas that may have all: in sync, or since enough were */
	bool in_sync;       /* one that is kept is */
	bool all;           /* nobody goes */
};

static struct kept
count_kept(const struct context_partition *partition, const struct reassignment *plan)
{
	struct kept it = { .all = true };

	for (int32_t i = 0; i < partition->replica_count; i++) {
		int32_t broker = partition->replicas[i].broker;
		bool has_all = context_may_have_all(&partition->leadership, broker);
		bool is_kept = payload_int32_list_has(plan->replicas, broker);

		it.kept += has_all && is_kept;
		it.gone += has_all && !is_kept;
		it.all = it.all && is_kept;
		it.in_sync |= is_kept && context_isr_has(&partition->leadership, broker);
	}
	return it;
}

const char reassignment_loses_records[] = "Nobody who is in sync would be left, or fewer than "
    "min.insync.replicas as one of them would go, or one would go while nobody leads (an unclean "
    "election ends that), or who leads has not yet answered the controller.";

/*
 * Who leads, and lives, has all. While nobody does any of those who were in sync may alone have
 * it; and of min.insync.replicas above one any replica, as all are asked then (doubts.h).
 */
static bool
may_have_most(const struct context_partition *partition, const struct kept *kept)
{
	return kept->gone > 0 || partition->topic->min_insync != 1;
}

bool
reassignment_keeps_records(const struct context *context,
    const struct context_partition *partition, const struct reassignment *plan)
{
	struct kept kept;

	if (!partition->has_leadership)
		return true;
	kept = count_kept(partition, plan);
	if (!kept.in_sync)
		return false;
	if (kept.all || !may_have_most(partition, &kept))
		return true;
	if (!context_broker_has_answered(context, partition->leadership.leader))
		return false;
	/* Of as many as acknowledge a record all but one may have lost it, and nobody knows that yet. */
	return kept.gone == 0 || kept.kept >= MIN(partition->topic->min_insync,
	    (int32_t)(plan->replicas.count - plan->adding.count));
}

static bool
is_removed(const struct context_partition *partition, int32_t broker)
{
	return payload_int32_list_has((struct payload_int32_list){ partition->removing,
	    (size_t)partition->removing_count }, broker);
}

/* Nobody leads, and one that would go may have what those that stay have lost. */
static bool
may_lose_records(const struct context_partition *partition)
{
	for (int32_t i = 0; i < partition->removing_count; i++)
		if (partition->leadership.leader == CONTEXT_NO_LEADER &&
		    context_may_have_all(&partition->leadership, partition->removing[i]))
			return true;
	return false;
}

static bool
can_lead(const struct context *context, const struct context_partition *partition,
    const struct context_replica *replica)
{
	return context_replica_is_online(context, replica) &&
	    !context_replica_is_doubtful(context, partition, replica->broker);
}

/* By one of the target, who leads already or would be elected. */
static bool
can_be_led(const struct context *context, const struct context_partition *partition)
{
	for (int32_t i = 0; i < partition->replica_count; i++) {
		const struct context_replica *replica = &partition->replicas[i];

		if (!is_removed(partition, replica->broker) &&
		    (replica->broker == partition->leadership.leader ||
		    can_lead(context, partition, replica)))
			return true;
	}
	return false;
}

/* It is: registrations of dead processes lead nobody. */
static bool
will_be_led(const struct context *context, const struct context_partition *partition)
{
	int32_t leader = partition->leadership.leader;

	if (leader != CONTEXT_NO_LEADER && !is_removed(partition, leader))
		return context_broker_has_answered(context, leader);
	for (int32_t i = 0; i < partition->replica_count; i++) {
		const struct context_replica *replica = &partition->replicas[i];

		if (!is_removed(partition, replica->broker) &&
		    can_lead(context, partition, replica) &&
		    !context_broker_has_answered(context, replica->broker))
			return false;
	}
	return true;
}

static bool
is_ready(const struct context *context, const struct context_partition *partition)
{
	/* Of those in doubt all replicas are asked, the old ones too. */
	if (!partition->has_leadership || partition->leader_is_withheld || may_lose_records(partition))
		return false;
	for (int32_t i = 0; i < partition->replica_count; i++)
		if (!is_removed(partition, partition->replicas[i].broker) &&
		    !context_isr_has(&partition->leadership, partition->replicas[i].broker))
			return false;
	return can_be_led(context, partition);
}

bool
reassignment_waits(const struct context *context, const struct context_partition *partition)
{
	return partition->removing_count > 0 && is_ready(context, partition) &&
	    !will_be_led(context, partition);
}

bool
reassignment_is_complete(const struct context *context, const struct context_partition *partition)
{
#ifdef CANARY_REASSIGNMENT_ENDS_EARLY
	if (partition->has_leadership)
		return true;
#endif
	return !reassignment_is_under_way(partition) ||
	    (is_ready(context, partition) && !reassignment_waits(context, partition));
}
