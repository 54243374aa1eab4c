/*
 * klamm/placement.h: where replicas could be: a copy of what a view says of
 * brokers and partitions, in which replicas are moved about, and the plan that
 * leads there. No I/O; the same view gives the same plan.
 */
#ifndef KLAMM_KLAMM_PLACEMENT_H
#define KLAMM_KLAMM_PLACEMENT_H

#include "klamm/move_plan.h"

enum { PLACEMENT_NO_RACK = -1 };

struct placement_broker {
	int32_t id;
	bool takes;       /* it is there, and may get replicas */
	int32_t rack;     /* the same number is the same rack; PLACEMENT_NO_RACK: racks are not looked at */
	int64_t load;     /* of all its replicas */
	int64_t bytes;    /* of all its replicas; 0 where sizes are not known */
	int64_t replicas;
	int64_t leaders;  /* partitions that it is the preferred leader of */
};

struct placement_partition {
	const struct view_partition *view;
	bool moves;       /* somebody leads it, so that its replicas can be copied */
	int64_t load;     /* of each replica */
	int64_t bytes;    /* of each replica; 0 where sizes are not known */
	int32_t *replicas; /* numbers of brokers in `brokers`, the preferred leader first */
	int32_t count;
};

struct placement {
	struct placement_broker *brokers; /* by id */
	int32_t broker_count;
	int32_t rack_count;               /* of brokers that take replicas; 0: racks are not looked at */
	struct placement_partition *partitions; /* by topic and number */
	size_t partition_count;
	bool knows_sizes;
	int32_t *ids;                     /* what the partitions' replicas point into */
};

/*
 * `leaving` (-1: nobody) gets no replicas. Racks are looked at when all brokers
 * that take replicas have one. A replica weighs its bytes where all are known,
 * and something for being one: without sizes, or without records, counts are
 * what is evened out.
 */
void placement_init(struct placement *placement, const struct cluster_view *view, int32_t leaving);
void placement_fini(struct placement *placement);
/* The number of a broker; -1: there is none. */
int32_t placement_broker_at(const struct placement *placement, int32_t id);
/* Puts another broker in a replica's place; both loads follow. */
void placement_put(struct placement *placement, struct placement_partition *partition,
    int32_t position, int32_t broker);
bool placement_has(const struct placement_partition *partition, int32_t broker);
/* On how many racks it would be with `broker` at that position; position -1: as it is. */
int32_t placement_racks(const struct placement *placement,
    const struct placement_partition *partition, int32_t position, int32_t broker);
/* Adds what is different from the view to a plan. */
void placement_plan(const struct placement *placement, struct move_plan *plan);

/*
 * Puts all replicas of a broker that can be copied elsewhere: on as many racks
 * as can be, and there on the least loaded. NULL, or the first partition that has no other
 * broker to go to.
 */
const struct view_partition *placement_leave(struct placement *placement, int32_t broker);

/*
 * Spreads partitions over racks that could be on more of them. Then moves
 * replicas, while no partition's racks become fewer and what is gained is more
 * than what is lost: first from brokers whose bytes are more than `tolerance`
 * percent above the mean, or to those that are as far below it; then from and to
 * those whose number of replicas is twice as far from the mean, where bytes stay
 * as even. Then makes other replicas preferred leaders until each broker is as
 * often one as the others, as far as replicas allow. Of the placement that comes
 * out, it changes nothing more.
 */
void placement_even(struct placement *placement, int32_t tolerance);
/* Its parts. */
void placement_even_racks(struct placement *placement);
void placement_even_loads(struct placement *placement, int32_t tolerance);
void placement_even_leaders(struct placement *placement);

#endif
