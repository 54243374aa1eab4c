/*
 * Preferred leaders made even, by other orders of the same replicas. Who is it
 * too often hands one partition to another of its replicas, who may hand on one
 * of its own, until one is reached who has too few: the shortest such chain.
 */
#include "klamm/placement.h"

#include <stdlib.h>

#include "base/memory.h"

struct chain {
	struct placement *placement;
	int32_t *queue;                         /* of the search, in breadth */
	int32_t *before;                        /* who hands to it; -1: not reached */
	struct placement_partition **handed;    /* what is handed to it */
};

static void
make_leader(struct placement *placement, struct placement_partition *partition, int32_t broker)
{
	int32_t old = partition->replicas[0];

	for (int32_t i = 1; i < partition->count; i++) {
		if (partition->replicas[i] != broker)
			continue;
		partition->replicas[0] = broker;
		partition->replicas[i] = old;
		placement->brokers[old].leaders--;
		placement->brokers[broker].leaders++;
		return;
	}
}

/* Whoever has a replica of what `from` leads is reached, unless it was before. */
static int32_t
reach(struct chain *it, int32_t from, int32_t end)
{
	for (size_t i = 0; i < it->placement->partition_count; i++) {
		struct placement_partition *partition = &it->placement->partitions[i];

		if (partition->count == 0 || partition->replicas[0] != from || !partition->moves)
			continue;
		for (int32_t j = 1; j < partition->count; j++) {
			int32_t to = partition->replicas[j];

			if (it->before[to] >= 0 || !it->placement->brokers[to].takes)
				continue;
			it->before[to] = from;
			it->handed[to] = partition;
			it->queue[end++] = to;
		}
	}
	return end;
}

/* The nearest that is a leader at least twice less often than `first`; -1: none. */
static int32_t
search(struct chain *it, int32_t first)
{
	const struct placement_broker *brokers = it->placement->brokers;
	int32_t end = 1;

	for (int32_t i = 0; i < it->placement->broker_count; i++)
		it->before[i] = -1;
	it->queue[0] = first;
	it->before[first] = first;
	for (int32_t at = 0; at < end; at++) {
		if (brokers[it->queue[at]].leaders + 1 < brokers[first].leaders)
			return it->queue[at];
		end = reach(it, it->queue[at], end);
	}
	return -1;
}

static bool
hand_on(struct chain *it, int32_t first)
{
	int32_t last = search(it, first);

	if (last < 0)
		return false;
	while (last != first) {
		int32_t before = it->before[last];

		make_leader(it->placement, it->handed[last], last);
		last = before;
	}
	return true;
}

/*
 * To another of its own replicas, who is leader least often: most partitions
 * need no chain, and a sweep over all is quicker than a search for each.
 */
static bool
sweep(struct placement *placement)
{
	const struct placement_broker *brokers = placement->brokers;
	bool changed = false;

	for (size_t i = 0; i < placement->partition_count; i++) {
		struct placement_partition *partition = &placement->partitions[i];
		int32_t best = partition->count > 0 ? partition->replicas[0] : -1;

		for (int32_t j = 1; j < partition->count && partition->moves; j++) {
			int32_t replica = partition->replicas[j];

			if (brokers[replica].takes && brokers[replica].leaders + 1 <
			    brokers[partition->replicas[0]].leaders &&
			    brokers[replica].leaders < brokers[best].leaders)
				best = replica;
		}
		if (partition->count == 0 || best == partition->replicas[0])
			continue;
		make_leader(placement, partition, best);
		changed = true;
	}
	return changed;
}

/*
 * One after the other as long as any can: once one cannot, others that hand
 * something to it may change that, so all are asked again after a success.
 */
void
placement_even_leaders(struct placement *placement)
{
	size_t count = (size_t)placement->broker_count + 1;
	struct chain it = { .placement = placement };

	while (sweep(placement))
		;
	it.queue = memory_array(count, sizeof(*it.queue));
	it.before = memory_array(count, sizeof(*it.before));
	it.handed = memory_array(count, sizeof(struct placement_partition *));
	for (bool changed = true; changed;) {
		changed = false;
		for (int32_t i = 0; i < placement->broker_count; i++) {
			while (hand_on(&it, i))
				changed = true;
		}
	}
	free(it.queue);
	free(it.before);
	free(it.handed);
}
