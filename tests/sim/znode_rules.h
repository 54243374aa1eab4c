/*
 * tests/sim/znode_rules.h: what has to hold of each write of a partition's
 * state in ZooKeeper, and who may write what. Of all scenarios with a
 * controller.
 */
#ifndef KLAMM_TESTS_SIM_ZNODE_RULES_H
#define KLAMM_TESTS_SIM_ZNODE_RULES_H

#include "tests/sim/sim.h"
#include "zk/paths.h"
#include "zk/payload_partition_state.h"

enum { ZNODE_RULES_REPLICAS_MAX = 8 };

/* The last one that was written. */
struct znode_state {
	bool exists;
	int32_t leader, leader_epoch, controller_epoch;
	int32_t isr[ZNODE_RULES_REPLICAS_MAX];
	int32_t isr_count;
};

/* What only the controller writes. */
bool znode_rules_is_controllers(const struct paths_place *place);
/*
 * I13, I14, I23: it can be read, somebody is in sync, the leader too, and was
 * before or has to recover, epochs rise. False when it cannot be read; else it is in `state`, in `arena`.
 */
bool znode_rules_take_state(struct sim *sim, const struct paths_place *place, struct slice data,
    struct arena *arena, struct znode_state *last, struct payload_partition_state *state);
/* Replicas that are added or removed are among them, nobody is both, somebody is neither new. */
void znode_rules_take_topic(struct sim *sim, const struct paths_place *place, struct slice data);
/* Who was in sync, as far as there is room. */
bool znode_rules_was_in_sync(const struct znode_state *state, int32_t broker);

#endif
