/*
 * Bytes, then numbers of replicas made even. What has to leave a broker with
 * more than its share is moved to one with less, in pieces that make neither
 * pass its share, so that no byte is moved twice; only what then remains uneven
 * moves in pieces that pass it.
 *
 * How uneven a placement is, is one number: the sum of the squares of all
 * brokers' bytes, as parts of the mean, ten times, and of all their numbers of
 * replicas, as parts of the mean. Each step, whatever it is for, makes it smaller.
 * So a step never costs more than it gains, it ends, and what is done depends on
 * the placement alone, so that of the last one nothing more is done.
 */
#include "klamm/placement.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { STEPS_MAX = 1000000 }; /* no cluster needs as many: what is left then is for the next time */
enum { BYTES_WEIGH = 10 };    /* bytes come before numbers */
/* Smaller differences of bytes are none: no disk is full for want of them. */
enum { BYTES_FLOOR = 16 << 20, PERCENT_FLOOR = 1 };
/* Where the mean is less than that many floors, bytes are measured against these. */
enum { FLOORS_OF_UNIT = 20 };
/* Where pieces cannot make up for what a broker has too much or too little, such parts of it go. */
enum { PART_THAT_COUNTS = 10 };
/* A piece of that part of the bytes' tolerance may go anywhere for the numbers' sake. */
enum { PART_FOR_NOTHING = 100 };

/* A replica that could move. */
struct step {
	struct placement_partition *partition;
	int32_t position;
	int32_t target;
};

struct evening {
	struct placement *placement;
	int64_t mean;                       /* bytes */
	int64_t slack;                      /* so far from the mean is even */
	double bytes_unit, replicas_unit;
	int64_t least_replicas, most_replicas; /* between them a number is even */
	int32_t *order;                     /* numbers of brokers that take replicas, from who has most */
	int32_t count;
	bool past;                          /* a piece may make a broker pass the mean */
	int64_t *least;                     /* of each broker: least_for(); 0: not looked at */
	size_t steps_left;
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

/* -------------------------------------------------------------------- steps */

static bool
may_move(const struct evening *it, const struct placement_partition *partition, int32_t position,
    int32_t target)
{
	return partition->moves && !placement_has(partition, target) &&
	    placement_racks(it->placement, partition, position, target) >=
	    placement_racks(it->placement, partition, -1, -1);
}

/* Where it has a replica that may move to `target`; -1: it has none. */
static int32_t
position_of(const struct evening *it, const struct placement_partition *partition, int32_t source,
    int32_t target)
{
	for (int32_t i = 0; i < partition->count; i++) {
		if (partition->replicas[i] == source)
			return may_move(it, partition, i, target) ? i : -1;
	}
	return -1;
}

/* By more than what rounding could make of nothing. */
static bool
pays(const struct evening *it, int32_t from, int32_t to, int64_t bytes)
{
	const struct placement_broker *source = &it->placement->brokers[from];
	const struct placement_broker *target = &it->placement->brokers[to];
	double part = (double)bytes / it->bytes_unit;
	double of_bytes = BYTES_WEIGH * part *
	    ((double)(source->bytes - target->bytes - bytes) / it->bytes_unit);
	double of_replicas = (double)(source->replicas - target->replicas - 1) /
	    it->replicas_unit / it->replicas_unit;
	double all = (of_bytes < 0 ? -of_bytes : of_bytes) +
	    (of_replicas < 0 ? -of_replicas : of_replicas);

	return of_bytes + of_replicas > all * 1e-9;
}

/* How far from even. */
static int64_t
bytes_beyond(const struct evening *it, int64_t bytes)
{
	return MAX(llabs(bytes - it->mean) - it->slack, 0);
}

/* Whether one stands before another in the order. */
static bool
is_before(const struct evening *it, int32_t one, int32_t other, bool by_bytes)
{
	const struct placement_broker *a = &it->placement->brokers[one];
	const struct placement_broker *b = &it->placement->brokers[other];
	int64_t more = by_bytes ? a->bytes - b->bytes : a->replicas - b->replicas;

	return more != 0 ? more > 0 : one < other;
}

/* Insertion sort: after a step two brokers have moved by little. */
static void
sort(struct evening *it, bool by_bytes)
{
	for (int32_t i = 1; i < it->count; i++) {
		int32_t one = it->order[i], j = i;

		for (; j > 0 && is_before(it, one, it->order[j - 1], by_bytes); j--)
			it->order[j] = it->order[j - 1];
		it->order[j] = one;
	}
}

/* -------------------------------------------------------------------- bytes */

/* Two brokers, and what may go from one to the other. */
struct pair {
	int32_t source;
	int32_t target;
	int64_t wanted;  /* the bytes that are looked for */
	int64_t most;
};

/*
 * Up to what makes neither pass the mean; or `past` it, what is the closest to
 * half of the difference. There is an end to that: with more the two would rather
 * change places than become even. The larger one is to lose a fourth of what is
 * copied; or where it has too much, as much as decides whether it is even.
 */
static struct pair
pair_of(const struct evening *it, int32_t source, int32_t target)
{
	int64_t more = it->placement->brokers[source].bytes - it->mean;
	int64_t less = it->mean - it->placement->brokers[target].bytes;
	int64_t gap = more + less, most = gap / 5 * 4;

	if (!it->past)
		return (struct pair){ source, target, MIN(more, less), MIN(more, less) };
	if (more > it->slack)
		most = MAX(most, gap - it->slack);
	return (struct pair){ source, target, gap / 2, most };
}

static bool
find(const struct evening *it, const struct pair *pair, int64_t least, struct step *step)
{
	int64_t best = -1;

	for (size_t i = 0; i < it->placement->partition_count; i++) {
		struct placement_partition *partition = &it->placement->partitions[i];
		int64_t bytes = partition->bytes, away = llabs(pair->wanted - bytes);

		if (bytes < least || bytes > pair->most || (best >= 0 && away >= best))
			continue;
		int32_t position = position_of(it, partition, pair->source, pair->target);
		if (position < 0 || !pays(it, pair->source, pair->target, bytes))
			continue;
		*step = (struct step){ partition, position, pair->target };
		best = away;
	}
	return best >= 0;
}

static bool
evens(const struct evening *it, const struct placement_partition *partition, int32_t source,
    int32_t target)
{
	return partition->bytes <= pair_of(it, source, target).most &&
	    position_of(it, partition, source, target) >= 0 &&
	    pays(it, source, target, partition->bytes);
}

static bool
can_leave(const struct evening *it, const struct placement_partition *partition, int32_t source)
{
	for (int32_t i = it->count - 1; i >= 0 && placement_has(partition, source); i--) {
		if (evens(it, partition, source, it->order[i]))
			return true;
	}
	return false;
}

static bool
can_come(const struct evening *it, const struct placement_partition *partition, int32_t target)
{
	for (int32_t i = 0; i < partition->count && !placement_has(partition, target); i++) {
		if (it->placement->brokers[partition->replicas[i]].takes &&
		    evens(it, partition, partition->replicas[i], target))
			return true;
	}
	return false;
}

/*
 * The least bytes that are worth to leave a broker with too much, or to come to
 * one with too little: any, when all that may go together make it even.
 */
static int64_t
least_for(const struct evening *it, int32_t broker)
{
	int64_t bytes = it->placement->brokers[broker].bytes;
	int64_t beyond = bytes_beyond(it, bytes), left = beyond;

	if (beyond == 0)
		return INT64_MAX; /* none for its sake */
	for (size_t i = 0; i < it->placement->partition_count && left > 0; i++) {
		const struct placement_partition *partition = &it->placement->partitions[i];

		if (partition->bytes > 0 && (bytes > it->mean ? can_leave(it, partition, broker)
			: can_come(it, partition, broker)))
			left -= partition->bytes;
	}
	return left > 0 ? MAX(beyond / PART_THAT_COUNTS, 1) : 1;
}

/* What is worth it for one of two; each broker is looked at once a step. */
static int64_t
least_between(struct evening *it, int32_t source, int32_t target)
{
	if (it->least[source] == 0)
		it->least[source] = least_for(it, source);
	if (it->least[target] == 0)
		it->least[target] = least_for(it, target);
	return MIN(it->least[source], it->least[target]);
}

static bool
is_uneven(const struct evening *it, int32_t source, int32_t target)
{
	int64_t most = it->placement->brokers[source].bytes;
	int64_t least = it->placement->brokers[target].bytes;

	return most - least > it->slack &&
	    (most > it->mean + it->slack || least < it->mean - it->slack);
}

static bool
next_between(struct evening *it, bool past, struct step *step)
{
	it->past = past;
	memset(it->least, 0, (size_t)it->placement->broker_count * sizeof(*it->least));
	for (int32_t i = 0; i < it->count; i++) {
		for (int32_t j = it->count - 1; j > i; j--) {
			struct pair pair = pair_of(it, it->order[i], it->order[j]);

			if (pair.most > 0 && is_uneven(it, pair.source, pair.target) &&
			    find(it, &pair, least_between(it, pair.source, pair.target), step))
				return true;
		}
	}
	return false;
}

/* The largest piece that makes neither pass the mean, or the one that evens a pair the most. */
static bool
next_for_bytes(struct evening *it, struct step *step)
{
	return next_between(it, false, step) || next_between(it, true, step);
}

/* ----------------------------------------------------------------- replicas */

/* Two that are even in bytes stay so, else the one that is farther from it becomes no worse. */
static bool
keeps_bytes(const struct evening *it, int32_t from, int32_t to, int64_t bytes)
{
	int64_t source = it->placement->brokers[from].bytes;
	int64_t target = it->placement->brokers[to].bytes;

	return bytes <= it->slack / PART_FOR_NOTHING ||
	    MAX(bytes_beyond(it, source - bytes), bytes_beyond(it, target + bytes)) <=
	    MAX(bytes_beyond(it, source), bytes_beyond(it, target));
}

static bool
find_lightest(const struct evening *it, int32_t source, int32_t target, struct step *step)
{
	int64_t best = -1;

	for (size_t i = 0; i < it->placement->partition_count; i++) {
		struct placement_partition *partition = &it->placement->partitions[i];

		if (best >= 0 && partition->bytes >= best)
			continue;
		int32_t position = position_of(it, partition, source, target);
		if (position < 0 || !pays(it, source, target, partition->bytes) ||
		    !keeps_bytes(it, source, target, partition->bytes))
			continue;
		*step = (struct step){ partition, position, target };
		best = partition->bytes;
	}
	return best >= 0;
}

static bool
next_for_replicas(const struct evening *it, struct step *step)
{
	const struct placement_broker *brokers = it->placement->brokers;

	for (int32_t i = 0; i < it->count; i++) {
		for (int32_t j = it->count - 1; j > i; j--) {
			int64_t more = brokers[it->order[i]].replicas;
			int64_t less = brokers[it->order[j]].replicas;

			if (more - less < 2)
				break; /* those that follow have more */
			if ((more > it->most_replicas || less < it->least_replicas) &&
			    find_lightest(it, it->order[i], it->order[j], step))
				return true;
		}
	}
	return false;
}

/* --------------------------------------------------------------------- both */

/* False: nothing was to be done. */
static bool
even_out(struct evening *it, bool by_bytes)
{
	bool changed = false;
	struct step step;

	for (; it->steps_left > 0; it->steps_left--) {
		sort(it, by_bytes);
		if (by_bytes ? !next_for_bytes(it, &step) : !next_for_replicas(it, &step))
			break;
		placement_put(it->placement, step.partition, step.position, step.target);
		changed = true;
	}
	return changed;
}

/* Numbers are whole: what is next to the mean on either side is even. */
static void
set_bounds(struct evening *it, int64_t bytes, int64_t replicas, int32_t tolerance)
{
	int64_t count = it->count, hundred = 100 * count;

	it->mean = bytes / count;
	it->slack = MAX(it->mean / 100 * MAX(tolerance, PERCENT_FLOOR), BYTES_FLOOR);
	it->bytes_unit = (double)MAX(it->mean, (int64_t)BYTES_FLOOR * FLOORS_OF_UNIT);
	it->replicas_unit = (double)MAX(replicas, 1) / (double)count;
	it->least_replicas = MIN(replicas / count,
	    (replicas * MAX(100 - 2 * tolerance, 0) + hundred - 1) / hundred);
	it->most_replicas = MAX((replicas + count - 1) / count,
	    replicas * (100 + 2 * tolerance) / hundred);
}

void
placement_even_loads(struct placement *placement, int32_t tolerance)
{
	struct evening it = { .placement = placement, .steps_left = STEPS_MAX };
	int64_t bytes = 0, replicas = 0;

	it.order = memory_array((size_t)placement->broker_count + 1, sizeof(*it.order));
	it.least = memory_array((size_t)placement->broker_count + 1, sizeof(*it.least));
	for (int32_t i = 0; i < placement->broker_count; i++) {
		if (!placement->brokers[i].takes)
			continue;
		it.order[it.count++] = i;
		bytes += placement->brokers[i].bytes;
		replicas += placement->brokers[i].replicas;
	}
	if (it.count > 0) {
		set_bounds(&it, bytes, replicas, tolerance);
		even_out(&it, true);
		while (even_out(&it, false) && even_out(&it, true))
			;
	}
	free(it.order);
	free(it.least);
}

void
placement_even(struct placement *placement, int32_t tolerance)
{
	placement_even_racks(placement);
	placement_even_loads(placement, tolerance);
	placement_even_leaders(placement);
}
