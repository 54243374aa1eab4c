#include "controller/alter_partition.h"

#include "wire/kafka_error.h"

enum { EPOCH_NOT_TOLD = -1 };

static bool
has(const struct alter_partition *asked, size_t count, int32_t broker)
{
	for (size_t i = 0; i < count; i++)
		if (asked->isr[i].broker == broker)
			return true;
	return false;
}

/* In any order. */
static bool
is_same(const struct context_leadership *leadership, const struct alter_partition *asked)
{
	if (leadership->leader != asked->broker || (int8_t)leadership->recovery != asked->recovery ||
	    asked->isr_count != (size_t)leadership->isr_count)
		return false;
	for (int32_t i = 0; i < leadership->isr_count; i++)
		if (!has(asked, asked->isr_count, leadership->isr[i]))
			return false;
	return true;
}

static bool
may_be_recovering(const struct context_leadership *leadership, const struct alter_partition *asked)
{
#ifdef CANARY_RECOVERING_HAS_FOLLOWERS
	return true;
#endif
	return asked->recovery == PAYLOAD_RECOVERED || (asked->recovery == PAYLOAD_RECOVERING &&
	    leadership->recovery == PAYLOAD_RECOVERING && asked->isr_count == 1);
}

static bool
is_well_formed(const struct context_partition *partition, const struct alter_partition *asked)
{
	if (partition->leadership.leader != asked->broker ||
	    !has(asked, asked->isr_count, asked->broker))
		return false;
	for (size_t i = 0; i < asked->isr_count; i++)
		if (has(asked, i, asked->isr[i].broker))
			return false;
	return true;
}

static bool
names_strangers(const struct context_partition *partition, const struct alter_partition *asked)
{
	for (size_t i = 0; i < asked->isr_count; i++)
		if (context_replica_find(partition, asked->isr[i].broker) == NULL)
			return true;
	return false;
}

static bool
is_eligible(const struct context *context, const struct context_partition *partition,
    const struct alter_partition_member *member)
{
#ifdef CANARY_DEAD_BROKER_JOINS
	if (!context_broker_is_live(context, member->broker))
		return true;
#endif
	if (!context_broker_is_live(context, member->broker))
		return false;
	if (context_isr_has(&partition->leadership, member->broker))
		return true;
#ifndef CANARY_EARLIER_LIFE_JOINS
	if (member->epoch != EPOCH_NOT_TOLD &&
	    member->epoch != context_broker_find(context, member->broker)->epoch)
		return false;
#endif
	return context_replica_is_online(context, context_replica_find(partition, member->broker));
}

static int16_t
fault_of(const struct context *context, const struct context_partition *partition,
    const struct alter_partition *asked)
{
	const struct context_leadership *leadership = &partition->leadership;

#ifndef CANARY_ISR_OF_OLD_PARTITION_EPOCH
	if (asked->partition_epoch < leadership->version)
		return KAFKA_ERROR_INVALID_UPDATE_VERSION;
#endif
	if (asked->isr_count > ALTER_PARTITION_ISR_MAX || !may_be_recovering(leadership, asked) ||
	    !is_well_formed(partition, asked))
		return KAFKA_ERROR_INVALID_REQUEST;
	if (names_strangers(partition, asked))
		return KAFKA_ERROR_NONE;
	for (size_t i = 0; i < asked->isr_count; i++)
		if (!is_eligible(context, partition, &asked->isr[i]))
			return KAFKA_ERROR_INELIGIBLE_REPLICA;
	return KAFKA_ERROR_NONE;
}

static struct payload_partition_state
changed(const struct context *context, const struct alter_partition *asked, struct arena *arena)
{
	int32_t *ids = arena_array(arena, asked->isr_count, sizeof(*ids));

	for (size_t i = 0; i < asked->isr_count; i++)
		ids[i] = asked->isr[i].broker;
	return (struct payload_partition_state){
		.controller_epoch = context->epoch,
		.leader = asked->broker,
		.leader_epoch = asked->leader_epoch,
		.isr = { ids, asked->isr_count },
		.leader_recovery = asked->recovery == PAYLOAD_RECOVERING ? PAYLOAD_RECOVERING :
		    PAYLOAD_RECOVERED,
	};
}

enum alter_partition_verdict
alter_partition_decide(const struct context *context, const struct context_partition *partition,
    const struct alter_partition *asked, struct arena *arena,
    struct payload_partition_state *next, int16_t *code)
{
	const struct context_leadership *leadership = &partition->leadership;

	*code = KAFKA_ERROR_NONE;
	if (asked->leader_epoch > leadership->leader_epoch ||
	    asked->partition_epoch > leadership->version)
		*code = KAFKA_ERROR_NOT_CONTROLLER;
#ifndef CANARY_ISR_OF_OLD_LEADER_EPOCH
	else if (asked->leader_epoch < leadership->leader_epoch)
		*code = KAFKA_ERROR_FENCED_LEADER_EPOCH;
#endif
	else if (is_same(leadership, asked))
		return ALTER_PARTITION_SAME;
	else
		*code = fault_of(context, partition, asked);
	if (*code != KAFKA_ERROR_NONE)
		return ALTER_PARTITION_REFUSED;
	if (names_strangers(partition, asked)) {
		*code = KAFKA_ERROR_INVALID_REQUEST;
		return ALTER_PARTITION_ASTRAY;
	}
	*next = changed(context, asked, arena);
	return ALTER_PARTITION_CHANGED;
}
