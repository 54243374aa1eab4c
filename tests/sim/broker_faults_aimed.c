/*
 * Faults that wait for their moment: what they aim at has to be there. They have their own
 * pace and their own draws, so that all others stay as they are.
 */
#include "tests/sim/broker_faults.h"
#include "tests/sim/cluster.h"

enum {
	LOOK_US = 100000,
	FALL_BEHIND_US = 14000000, /* longer than any replica.lag.time.max.ms */
	AWAY_LOW_US = 4000000,
	AWAY_HIGH_US = 14000000,
};

/* ------------------------------------------------- the last one in sync goes (F29) */

/* Of a topic that lasts, with somebody who may be elected uncleanly; NULL: none. */
static struct cluster_partition *
some_target(struct broker_town *town)
{
	struct cluster *cluster = town->cluster;
	int from = (int)prng_below(town_faults_prng(town), (uint64_t)MAX(cluster->count, 1));

	for (int i = 0; i < cluster->count; i++) {
		struct cluster_partition *partition = &cluster->partitions[(from + i) % cluster->count];
		const struct ledger_log *log = cluster_ledger_log(town, partition);

		if (partition->state.exists && partition->state.leader >= 1 && log != NULL &&
		    partition->replicas.count > 1 && (log->topic->is_unclean || town->has_operator))
			return partition;
	}
	return NULL;
}

static void
give_up(struct town_faults *faults)
{
	faults->target = NULL;
	sim_net_heal(&faults->town->net);
}

static void
kill_last(struct sim *sim UNUSED, void *context)
{
	struct town_faults *faults = context;
	struct broker_town *town = faults->town;
	const struct cluster_partition *target = faults->target;

	if (target == NULL || town->phase != TOWN_WORKING)
		return;
	if (target->state.exists && target->isr.count == 1 && target->state.leader >= 1 &&
	    !cluster_is_fragile(town)) {
		struct sim_process *last = &town->processes[target->state.leader - 1];

		broker_town_seat(last)->away_us =
		    prng_between(&faults->aims, AWAY_LOW_US, AWAY_HIGH_US);
		broker_faults_kill(last);
	}
	give_up(faults);
}

/* Alone for a moment, so that it has what nobody else has. */
static void
wait_until_alone(struct sim *sim, void *context)
{
	struct town_faults *faults = context;
	const struct cluster_partition *target = faults->target;

	if (target == NULL || faults->town->phase != TOWN_WORKING)
		return;
	if (!target->state.exists || sim->now_us >= faults->aim_until_us)
		give_up(faults);
	else if (target->isr.count == 1 && target->state.leader >= 1)
		sim_after(sim, prng_between(&faults->aims, 1, 2000000), kill_last, faults);
	else
		sim_after(sim, LOOK_US, wait_until_alone, faults);
}

static void
nothing(struct sim *sim UNUSED, void *context UNUSED)
{
}

void
town_faults_lose_last_in_sync(struct broker_town *town)
{
	struct town_faults *faults = town->faults;
	struct cluster_partition *target = faults->target != NULL ? NULL : some_target(town);

	if (target == NULL)
		return;
	faults->target = target;
	faults->aim_until_us = town->sim->now_us + FALL_BEHIND_US;
	for (int i = 0; i < target->replicas.count; i++) {
		int follower = target->replicas.ids[i] - 1;

		if (follower != target->state.leader - 1)
			sim_net_block_both(&town->net, target->state.leader - 1, follower);
	}
	town_faults_end_later(town, FALL_BEHIND_US, FALL_BEHIND_US + AWAY_HIGH_US, nothing, town);
	sim_after(town->sim, LOOK_US, wait_until_alone, faults);
}

/* ---------------------------------------------------------------- their pace */

static void
some_aimed(struct sim *sim, void *context)
{
	struct town_faults *faults = context;
	enum town_fault fault = (enum town_fault)prng_between(&faults->aims, TOWN_FAULTS_DRAWN,
	    TOWN_FAULT_COUNT - 1);
	uint64_t seed = prng_next(&faults->aims);

	if (faults->town->phase != TOWN_WORKING)
		return;
	if (faults->enabled[fault])
		town_faults_happen(faults, fault, seed);
	sim_after(sim, prng_between(&faults->aims, 500000, 8000000), some_aimed, faults);
}

void
town_faults_aim(struct town_faults *faults)
{
	struct broker_town *town = faults->town;
	bool has_unclean = town->has_operator;

	prng_init(&faults->aims, town->sim->seed ^ 0x61696d73U);
	if (!town->is_cluster || broker_town_replicas(town) == 1)
		return;
	for (int i = 0; i < TOWN_LASTING; i++)
		has_unclean = has_unclean || town->ledger.topics[i].is_unclean;
	faults->enabled[FAULT_LAST_IN_SYNC] = has_unclean && prng_chance(&faults->aims, 3, 4);
	faults->enabled[FAULT_BITS] = prng_chance(&faults->aims, 1, 2);
	if (town->sim->plan == NULL)
		sim_after(town->sim, prng_between(&faults->aims, 4000000, 9000000), some_aimed, faults);
}
