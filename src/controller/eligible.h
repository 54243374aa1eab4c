/*
 * controller/eligible.h: who may have all that was acknowledged though it is not in the
 * ISR (klamm_eligible_replicas of a partition's state, after KIP-966's eligible leader
 * replicas). Where the ISR is smaller than min.insync.replicas nothing is acknowledged by
 * all, so that whoever has left it since has what was acknowledged before, as far as its
 * disk has kept it. A partition in doubt (doubts.h) looks at them, too. Pure. Private.
 */
#ifndef KLAMM_CONTROLLER_ELIGIBLE_H
#define KLAMM_CONTROLLER_ELIGIBLE_H

#include "base/arena.h"
#include "controller/context.h"

/*
 * Beside an ISR that is to follow upon `before`: nobody, where it is large enough; else those
 * that were beside the one before, or in it. In the arena. Where min.insync.replicas is not
 * known, nobody.
 */
struct payload_int32_list eligible_after(const struct context_partition *partition,
    const struct payload_partition_state *before, struct payload_int32_list isr,
    struct arena *arena);
/* In the context: by a min.insync.replicas that was learned, enough are in sync. */
void eligible_forget(struct context_partition *partition);

#endif
