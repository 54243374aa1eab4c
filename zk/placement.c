#include "zk/placement.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

/* What one call works with. */
struct placement {
	const struct placement_request *request;
	const struct placement_broker **order; /* as they take turns */
	size_t racks;                          /* 0: they do not count */
};

/* The j-th follower of the broker at `leader`. */
static size_t
follower_index(size_t leader, uint64_t shift, uint64_t j, size_t count)
{
	return (size_t)((leader + 1 + (shift + j) % (count - 1)) % count);
}

static bool
every_broker_has_a_rack(const struct placement_request *request)
{
	for (size_t i = 0; i < request->broker_count; i++) {
		if (slice_is_null(request->brokers[i].rack))
			return false;
	}
	return true;
}

/* The next rack in the order of names; null after the last. */
static struct slice
next_rack(const struct placement_request *request, struct slice rack)
{
	struct slice next = slice_null();

	for (size_t i = 0; i < request->broker_count; i++) {
		struct slice found = request->brokers[i].rack;
		if (slice_compare(found, rack) > 0 &&
		    (slice_is_null(next) || slice_compare(found, next) < 0))
			next = found;
	}
	return next;
}

/* The broker of `rack` with the n-th lowest id; NULL when it has not so many. */
static const struct placement_broker *
nth_of_rack(const struct placement_request *request, struct slice rack, size_t n)
{
	for (size_t i = 0; i < request->broker_count; i++) {
		if (slice_equal(request->brokers[i].rack, rack) && n-- == 0)
			return &request->brokers[i];
	}
	return NULL;
}

/* The first of each rack, then the second of each, and so on. */
static void
take_turns_by_rack(struct placement *placement)
{
	const struct placement_request *request = placement->request;
	size_t placed = 0;

	for (size_t turn = 0; placed < request->broker_count; turn++) {
		placement->racks = 0;
		for (struct slice rack = next_rack(request, slice_null()); !slice_is_null(rack);
		    rack = next_rack(request, rack)) {
			const struct placement_broker *broker = nth_of_rack(request, rack, turn);
			if (broker != NULL)
				placement->order[placed++] = broker;
			placement->racks++;
		}
	}
}

static bool
has_broker(const int32_t *replicas, size_t count, int32_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (replicas[i] == id)
			return true;
	}
	return false;
}

static struct slice
rack_of(const struct placement *placement, int32_t id)
{
	for (size_t i = 0; i < placement->request->broker_count; i++) {
		if (placement->request->brokers[i].id == id)
			return placement->request->brokers[i].rack;
	}
	return slice_null();
}

static size_t
racks_used(const struct placement *placement, const int32_t *replicas, size_t count,
    struct slice wanted, bool *has_wanted)
{
	size_t used = 0;

	*has_wanted = false;
	for (size_t i = 0; i < count; i++) {
		struct slice rack = rack_of(placement, replicas[i]);
		bool seen = false;
		for (size_t j = 0; j < i; j++)
			seen = seen || slice_equal(rack_of(placement, replicas[j]), rack);
		used += seen ? 0 : 1;
		*has_wanted = *has_wanted || slice_equal(rack, wanted);
	}
	return used;
}

/* Goes on past brokers that have a replica, or whose rack has one while another has none. */
static void
place_by_rack(const struct placement *placement, size_t leader, uint64_t shift, int32_t *replicas)
{
	size_t count = placement->request->broker_count, placed = 1;
	uint64_t j = 0;

	replicas[0] = placement->order[leader]->id;
	while (placed < (size_t)placement->request->replication_factor) {
		const struct placement_broker *broker =
		    placement->order[follower_index(leader, shift * placement->racks, j++, count)];
		bool has_rack;
		size_t used = racks_used(placement, replicas, placed, broker->rack, &has_rack);
		if ((!has_rack || used == placement->racks) &&
		    !has_broker(replicas, placed, broker->id))
			replicas[placed++] = broker->id;
	}
}

static void
place(const struct placement *placement, size_t leader, uint64_t shift, int32_t *replicas)
{
	size_t count = placement->request->broker_count;
	size_t followers = (size_t)placement->request->replication_factor - 1;

	replicas[0] = placement->order[leader]->id;
	for (size_t j = 0; j < followers; j++)
		replicas[j + 1] = placement->order[follower_index(leader, shift, j, count)]->id;
}

enum error
placement_assign(const struct placement_request *request, int32_t *replicas)
{
	struct placement placement = { request, NULL, 0 };
	size_t count = request->broker_count;
	uint64_t shift = request->shift;

	if (request->partitions < 1 || request->replication_factor < 1 ||
	    (size_t)request->replication_factor > count || request->first_partition < 0)
		return ERROR_INVALID_ARGUMENT;
	placement.order = memory_array(count, sizeof(*placement.order));
	for (size_t i = 0; i < count; i++) {
		assert(i == 0 || request->brokers[i - 1].id < request->brokers[i].id);
		placement.order[i] = &request->brokers[i];
	}
	if (every_broker_has_a_rack(request))
		take_turns_by_rack(&placement);
	for (int32_t i = 0; i < request->partitions; i++) {
		uint64_t partition = (uint64_t)request->first_partition + (uint64_t)i;
		size_t leader = (size_t)((partition + request->start) % count);
		int32_t *row = replicas + (size_t)i * (size_t)request->replication_factor;
		if (partition > 0 && partition % count == 0)
			shift++;
		if (placement.racks > 0)
			place_by_rack(&placement, leader, shift, row);
		else
			place(&placement, leader, shift, row);
	}
	free(placement.order);
	return ERROR_NONE;
}
