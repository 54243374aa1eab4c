/*
 * Loads made even. What has to leave a broker with more than its share is moved
 * to one with less, in pieces that make neither pass its share, so that no byte
 * is moved twice; only what then remains uneven moves in pieces that pass it.
 * Each step makes the sum of the squares of all loads smaller, so it ends; and
 * what is done depends on the placement alone, so that of the last one nothing
 * more is done.
 */
#include "klamm/placement.h"

#include <stdlib.h>

#include "base/memory.h"

enum { STEPS_MAX = 1000000 }; /* no cluster needs as many: what is left then is for the next time */

/* A replica that could move. */
struct step {
	struct placement_partition *partition;
	int32_t position;
	int32_t target;
};

struct evening {
	struct placement *placement;
	int64_t mean;
	int64_t low, high; /* between them a load is even */
	int32_t *by_load;  /* numbers of brokers that take replicas, the most loaded first */
	int32_t count;
};

/* ------------------------------------------------------------------- racks */

/* The one of a rack that it is not on yet, with the least load; -1: none. */
static int32_t
of_another_rack(const struct placement *placement, const struct placement_partition *partition,
    int32_t position)
{
	int32_t racks = placement_racks(placement, partition, -1, -1), best = -1;

	for (int32_t i = 0; i < placement->broker_count; i++) {
		if (!placement->brokers[i].takes || placement_has(partition, i) ||
		    placement_racks(placement, partition, position, i) <= racks)
			continue;
		if (best < 0 || placement->brokers[i].load < placement->brokers[best].load)
			best = i;
	}
	return best;
}

/* A replica that shares its rack goes to another one. False: nothing can be gained. */
static bool
spread(struct placement *placement, struct placement_partition *partition)
{
	for (int32_t position = partition->count - 1; position >= 0; position--) {
		/* One on a broker that is away is not copied for the rack's sake. */
		if (!placement->brokers[partition->replicas[position]].takes)
			continue;
		int32_t target = of_another_rack(placement, partition, position);
		if (target < 0)
			continue;
		placement_put(placement, partition, position, target);
		return true;
	}
	return false;
}

void
placement_even_racks(struct placement *placement)
{
	for (size_t i = 0; i < placement->partition_count && placement->rack_count > 1; i++) {
		struct placement_partition *partition = &placement->partitions[i];

		while (partition->moves && placement_racks(placement, partition, -1, -1) <
		    MIN(partition->count, placement->rack_count) && spread(placement, partition))
			;
	}
}

/* ------------------------------------------------------------------- loads */

static bool
may_move(const struct evening *it, const struct placement_partition *partition, int32_t position,
    int32_t target)
{
	return partition->moves && !placement_has(partition, target) &&
	    placement_racks(it->placement, partition, position, target) >=
	    placement_racks(it->placement, partition, -1, -1);
}

/* Two brokers, and what may go from one to the other. */
struct pair {
	int32_t source;
	int32_t target;
	int64_t most;    /* the load that is looked for: the largest up to it, or the closest to it */
	int64_t below;   /* any other has to be less than this */
	bool closest;
};

static bool
find(const struct evening *it, const struct pair *pair, struct step *step)
{
	int64_t best = -1;

	for (size_t i = 0; i < it->placement->partition_count; i++) {
		struct placement_partition *partition = &it->placement->partitions[i];
		int64_t load = partition->load, away = llabs(pair->most - load);

		if (load >= pair->below || (!pair->closest && load > pair->most) ||
		    (best >= 0 && away >= best))
			continue;
		for (int32_t j = 0; j < partition->count; j++) {
			if (partition->replicas[j] != pair->source ||
			    !may_move(it, partition, j, pair->target))
				continue;
			*step = (struct step){ partition, j, pair->target };
			best = away;
		}
	}
	return best >= 0;
}

static bool
is_uneven(const struct evening *it, int32_t source, int32_t target)
{
	return it->placement->brokers[source].load > it->high ||
	    it->placement->brokers[target].load < it->low;
}

/* Insertion sort: after a step two brokers have moved by little. */
static void
sort(struct evening *it)
{
	const struct placement_broker *brokers = it->placement->brokers;

	for (int32_t i = 1; i < it->count; i++) {
		int32_t one = it->by_load[i], j = i;

		for (; j > 0 && (brokers[it->by_load[j - 1]].load < brokers[one].load ||
		    (brokers[it->by_load[j - 1]].load == brokers[one].load &&
		    it->by_load[j - 1] > one)); j--)
			it->by_load[j] = it->by_load[j - 1];
		it->by_load[j] = one;
	}
}

/* The largest piece that makes neither of a pair pass the mean, or the one that evens a pair the most. */
static bool
next_step(struct evening *it, bool closest, struct step *step)
{
	const struct placement_broker *brokers = it->placement->brokers;

	for (int32_t i = 0; i < it->count; i++) {
		for (int32_t j = it->count - 1; j > i; j--) {
			int32_t source = it->by_load[i], target = it->by_load[j];
			int64_t more = brokers[source].load - it->mean;
			int64_t less = it->mean - brokers[target].load;
			struct pair pair = { source, target,
				closest ? (more + less) / 2 : MIN(more, less), more + less, closest };

			if (pair.most > 0 && is_uneven(it, source, target) &&
			    find(it, &pair, step))
				return true;
		}
	}
	return false;
}

void
placement_even_loads(struct placement *placement, int32_t tolerance)
{
	struct evening it = { .placement = placement };
	struct step step;
	int64_t sum = 0;

	it.by_load = memory_array((size_t)placement->broker_count + 1, sizeof(*it.by_load));
	for (int32_t i = 0; i < placement->broker_count; i++) {
		if (!placement->brokers[i].takes)
			continue;
		it.by_load[it.count++] = i;
		sum += placement->brokers[i].load;
	}
	it.mean = it.count > 0 ? sum / it.count : 0;
	it.low = it.mean - it.mean / 100 * tolerance;
	it.high = it.mean + it.mean / 100 * tolerance;
	for (size_t left = STEPS_MAX; left > 0; left--) {
		sort(&it);
		if (!next_step(&it, false, &step) && !next_step(&it, true, &step))
			break;
		placement_put(placement, step.partition, step.position, step.target);
	}
	free(it.by_load);
}

void
placement_even(struct placement *placement, int32_t tolerance)
{
	placement_even_racks(placement);
	placement_even_loads(placement, tolerance);
	placement_even_leaders(placement);
}
