/*
 * controller/reassignment.h: other replicas for a partition (KIP-455): what its
 * assignment becomes, and when it is done (zookeeper.md 3.2, 5.12). Meanwhile
 *
 *     replicas = target ++ (origin without target)
 *     origin = replicas without adding; target = replicas without removing
 *
 * Plain functions; lists are in the arena. Private.
 */
#ifndef KLAMM_CONTROLLER_REASSIGNMENT_H
#define KLAMM_CONTROLLER_REASSIGNMENT_H

#include "controller/context.h"

struct reassignment {
	struct payload_int32_list replicas;
	struct payload_int32_list adding;
	struct payload_int32_list removing;
};

bool reassignment_is_under_way(const struct context_partition *partition);
/* The broker is one that is added. */
bool reassignment_adds(const struct context_partition *partition, int32_t broker);
/* As it stands in the context; copied. */
struct reassignment reassignment_of(const struct context_partition *partition,
    struct arena *arena);
struct payload_int32_list reassignment_origin(const struct context_partition *partition,
    struct arena *arena);
struct payload_int32_list reassignment_target(const struct context_partition *partition,
    struct arena *arena);
/* What the assignment becomes when the partition is to move there. */
struct reassignment reassignment_plan(const struct context_partition *partition,
    struct payload_int32_list target, struct arena *arena);
bool reassignment_is_same(const struct reassignment *a, const struct reassignment *b);

/* NULL, or what is wrong with the list itself. */
const char *reassignment_fault(struct payload_int32_list target);
/* Whoever is added is alive. */
bool reassignment_is_possible(const struct context *context, const struct reassignment *plan);
/*
 * Somebody who is in sync stays, as many as min.insync.replicas asks for where one of them goes,
 * and all do while nobody leads, or who does has not answered this controller: its registration
 * may be that of a dead process, the next leader one of any that has most. Else what is
 * acknowledged would be deleted with those that go. True of a partition without a state.
 */
bool reassignment_keeps_records(const struct context *context,
    const struct context_partition *partition, const struct reassignment *plan);
extern const char reassignment_loses_records[]; /* what is said of one that does not */
/*
 * All of the target are in sync, one of them leads or can be elected (else who leads now would be
 * deleted before that), and nobody goes who may alone have records: who leads then has answered
 * this controller.
 */
bool reassignment_is_complete(const struct context *context,
    const struct context_partition *partition);
/* It is complete but for that answer. */
bool reassignment_waits(const struct context *context, const struct context_partition *partition);

#endif
