#include "klamm/placement.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

/* A replica weighs at least this part of the mean one. */
enum { PART_FOR_BEING_ONE = 20 };

int32_t
placement_broker_at(const struct placement *placement, int32_t id)
{
	int32_t low = 0, high = placement->broker_count;

	while (low < high) {
		int32_t middle = low + (high - low) / 2;

		if (placement->brokers[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < placement->broker_count && placement->brokers[low].id == id ? low : -1;
}

bool
placement_has(const struct placement_partition *partition, int32_t broker)
{
	for (int32_t i = 0; i < partition->count; i++) {
		if (partition->replicas[i] == broker)
			return true;
	}
	return false;
}

/* -------------------------------------------------------------------- racks */

static bool
racks_are_known(const struct cluster_view *view, int32_t leaving)
{
	for (size_t i = 0; i < view->broker_count; i++) {
		const struct view_broker *broker = &view->brokers[i];

		if (broker->is_there && broker->id != leaving && slice_is_null(broker->rack))
			return false;
	}
	return true;
}

/* The number of the first broker with the same rack. */
static int32_t
rack_of(const struct cluster_view *view, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (slice_equal(view->brokers[i].rack, view->brokers[at].rack))
			return (int32_t)i;
	}
	return (int32_t)at;
}

/* One that is away tells no rack: its replicas count for none. */
static void
take_racks(struct placement *placement, const struct cluster_view *view, int32_t leaving)
{
	bool known = racks_are_known(view, leaving);

	for (size_t i = 0; i < view->broker_count; i++)
		placement->brokers[i].rack = known && !slice_is_null(view->brokers[i].rack)
		    ? rack_of(view, i) : PLACEMENT_NO_RACK;
	for (int32_t i = 0; known && i < placement->broker_count; i++) {
		bool is_new = placement->brokers[i].takes;

		for (int32_t j = 0; j < i; j++) {
			if (placement->brokers[j].takes &&
			    placement->brokers[j].rack == placement->brokers[i].rack)
				is_new = false;
		}
		placement->rack_count += is_new;
	}
}

int32_t
placement_racks(const struct placement *placement, const struct placement_partition *partition,
    int32_t position, int32_t broker)
{
	int32_t count = 0;

	for (int32_t i = 0; i < partition->count; i++) {
		int32_t one = placement->brokers[i == position ? broker : partition->replicas[i]].rack;
		bool is_new = one != PLACEMENT_NO_RACK;

		for (int32_t j = 0; j < i && is_new; j++)
			is_new = placement->brokers[j == position ? broker
				: partition->replicas[j]].rack != one;
		count += is_new;
	}
	return count;
}

/* --------------------------------------------------------------- partitions */

static void
take_partition(struct placement *placement, const struct view_partition *view, int32_t **ids)
{
	struct placement_partition *partition =
	    &placement->partitions[placement->partition_count++];

	*partition = (struct placement_partition){ .view = view, .replicas = *ids,
		.moves = view->leader >= 0 };
	for (int32_t i = 0; i < view->replicas.count; i++) {
		int32_t at = placement_broker_at(placement, view->replicas.items[i]);

		/* What is being removed goes anyway. */
		if (at >= 0 && !view_ids_have(view->removing, view->replicas.items[i]))
			partition->replicas[partition->count++] = at;
	}
	*ids += partition->count;
}

/* Sizes count when those of all that can be copied are known. */
static int64_t
load_for_being_one(struct placement *placement)
{
	int64_t bytes = 0, replicas = 0;

	placement->knows_sizes = true;
	for (size_t i = 0; i < placement->partition_count; i++) {
		const struct placement_partition *partition = &placement->partitions[i];
		int64_t size = view_partition_bytes(partition->view);

		if (size < 0 && partition->moves)
			placement->knows_sizes = false;
		bytes += MAX(size, 0) * partition->count;
		replicas += partition->count;
	}
	if (!placement->knows_sizes || replicas == 0)
		return 1;
	return MAX(bytes / replicas / PART_FOR_BEING_ONE, 1);
}

/* One replica more, or less where `sign` is -1. */
static void
add(struct placement_broker *broker, const struct placement_partition *partition, int32_t sign)
{
	broker->load += sign * partition->load;
	broker->bytes += sign * partition->bytes;
	broker->replicas += sign;
}

static void
weigh(struct placement *placement)
{
	int64_t least = load_for_being_one(placement);

	for (size_t i = 0; i < placement->partition_count; i++) {
		struct placement_partition *partition = &placement->partitions[i];
		int64_t size = placement->knows_sizes ? view_partition_bytes(partition->view) : 0;

		partition->bytes = MAX(size, 0);
		partition->load = partition->bytes + least;
		for (int32_t j = 0; j < partition->count; j++)
			add(&placement->brokers[partition->replicas[j]], partition, 1);
		if (partition->count > 0)
			placement->brokers[partition->replicas[0]].leaders++;
	}
}

void
placement_init(struct placement *placement, const struct cluster_view *view, int32_t leaving)
{
	size_t replicas = 0;

	*placement = (struct placement){ .broker_count = (int32_t)view->broker_count };
	placement->brokers = memory_array(view->broker_count + 1, sizeof(*placement->brokers));
	for (size_t i = 0; i < view->broker_count; i++) {
		placement->brokers[i].id = view->brokers[i].id;
		placement->brokers[i].takes =
		    view->brokers[i].is_there && view->brokers[i].id != leaving;
	}
	take_racks(placement, view, leaving);
	for (size_t i = 0; i < view->partition_count; i++)
		replicas += (size_t)view->partitions[i].replicas.count;
	placement->ids = memory_array(replicas + 1, sizeof(*placement->ids));
	placement->partitions =
	    memory_array(view->partition_count + 1, sizeof(*placement->partitions));
	int32_t *ids = placement->ids;
	for (size_t i = 0; i < view->partition_count; i++)
		take_partition(placement, &view->partitions[i], &ids);
	weigh(placement);
}

void
placement_fini(struct placement *placement)
{
	free(placement->brokers);
	free(placement->partitions);
	free(placement->ids);
	*placement = (struct placement){ .broker_count = 0 };
}

void
placement_put(struct placement *placement, struct placement_partition *partition, int32_t position,
    int32_t broker)
{
	int32_t old = partition->replicas[position];

	assert(!placement_has(partition, broker));
	add(&placement->brokers[old], partition, -1);
	add(&placement->brokers[broker], partition, 1);
	placement->brokers[old].leaders -= position == 0;
	placement->brokers[broker].leaders += position == 0;
	partition->replicas[position] = broker;
}

/* ------------------------------------------------------------------ the plan */

static bool
is_changed(const struct placement *placement, const struct placement_partition *partition)
{
	int32_t at = 0;

	for (int32_t i = 0; i < partition->view->replicas.count; i++) {
		int32_t id = partition->view->replicas.items[i];

		if (view_ids_have(partition->view->removing, id) ||
		    placement_broker_at(placement, id) < 0)
			continue;
		if (placement->brokers[partition->replicas[at++]].id != id)
			return true;
	}
	return false;
}

void
placement_plan(const struct placement *placement, struct move_plan *plan)
{
	for (size_t i = 0; i < placement->partition_count; i++) {
		const struct placement_partition *partition = &placement->partitions[i];
		int32_t *ids;

		if (!is_changed(placement, partition))
			continue;
		ids = memory_array((size_t)partition->count + 1, sizeof(*ids));
		for (int32_t j = 0; j < partition->count; j++)
			ids[j] = placement->brokers[partition->replicas[j]].id;
		move_plan_add(plan, partition->view->topic, partition->view->index,
		    partition->view, (struct view_ids){ ids, partition->count });
		free(ids);
	}
	move_plan_sort(plan);
}

/* ----------------------------------------------------------- a broker leaves */

/* The one that is on the most racks then, and of those the least loaded; -1: none. */
static int32_t
best_for(const struct placement *placement, const struct placement_partition *partition,
    int32_t position)
{
	int32_t best = -1, best_racks = -1;

	for (int32_t i = 0; i < placement->broker_count; i++) {
		if (!placement->brokers[i].takes || placement_has(partition, i))
			continue;
		int32_t racks = placement_racks(placement, partition, position, i);
		if (racks < best_racks || (racks == best_racks &&
		    placement->brokers[i].load >= placement->brokers[best].load))
			continue;
		best = i;
		best_racks = racks;
	}
	return best;
}

static int
compare_loads(const void *a, const void *b)
{
	const struct placement_partition *const *first = a, *const *second = b;

	if ((*first)->load != (*second)->load)
		return (*first)->load < (*second)->load ? 1 : -1;
	return *first < *second ? -1 : *first > *second;
}

const struct view_partition *
placement_leave(struct placement *placement, int32_t broker)
{
	struct placement_partition **large = memory_array(placement->partition_count + 1,
	    sizeof(struct placement_partition *));
	const struct view_partition *stuck = NULL;

	for (size_t i = 0; i < placement->partition_count; i++)
		large[i] = &placement->partitions[i];
	/* The large ones first, so that the small ones even out what these leave. */
	qsort(large, placement->partition_count, sizeof(struct placement_partition *), compare_loads);
	for (size_t i = 0; i < placement->partition_count; i++) {
		struct placement_partition *partition = large[i];

		for (int32_t j = 0; partition->moves && j < partition->count; j++) {
			if (partition->replicas[j] != broker)
				continue;
			int32_t best = best_for(placement, partition, j);
			if (best >= 0)
				placement_put(placement, partition, j, best);
			else if (stuck == NULL)
				stuck = partition->view;
			break;
		}
	}
	free(large);
	return stuck;
}
