/*
 * controller/leader_election.h: who leads a partition, and what an ISR becomes
 * (zookeeper.md 5.4). Plain functions of what is assigned, what stands in
 * ZooKeeper and who is alive; they write nothing.
 *
 *  1. A state that a controller of a newer epoch wrote is refused.
 *  2. The leader is the first of the assigned replicas, in their order, that
 *     the election allows.
 *  3. leader_epoch rises by one with each change, controller_epoch is ours.
 *  4. The ISR is never empty.
 *  5. Who may lack acknowledged records (F17) is not elected for being in sync, and
 *     leaves the ISR when another one is. Where nobody else is in sync and alive
 *     the partition is in doubt: all replicas are to be asked (doubts.h).
 */
#ifndef KLAMM_CONTROLLER_LEADER_ELECTION_H
#define KLAMM_CONTROLLER_LEADER_ELECTION_H

#include "controller/context.h"

enum leader_election_type {
	/* The leader is gone: a replica that is alive and in sync; the ISR loses those that are not alive. */
	LEADER_ELECTION_OFFLINE,
	/*
	 * The same; without any such replica one that is in sync and may lack records (5), and
	 * without that the first that is alive: alone, RECOVERING.
	 */
	LEADER_ELECTION_UNCLEAN,
	/* The first of the assigned replicas, if it is alive and in sync. */
	LEADER_ELECTION_PREFERRED,
	/* The first of the target replicas that is alive and in sync. */
	LEADER_ELECTION_REASSIGN,
	/* One that is not shutting down; the ISR loses those that are. */
	LEADER_ELECTION_CONTROLLED_SHUTDOWN,
};

enum leader_election_result {
	LEADER_ELECTED,
	LEADER_NOT_NEEDED,      /* PREFERRED: it leads already */
	LEADER_NONE_ELIGIBLE,
	LEADER_IN_DOUBT,        /* OFFLINE: see 5. */
	LEADER_NEWER_CONTROLLER, /* see 1. */
};

/*
 * `state` is what stands in ZooKeeper. With LEADER_ELECTED `*next` is what is to
 * be written; its ISR is in the arena.
 */
enum leader_election_result leader_election_decide(const struct context *context,
    const struct context_partition *partition, const struct payload_partition_state *state,
    enum leader_election_type type, struct arena *arena, struct payload_partition_state *next);

/*
 * Alone in sync: the one that has most of a partition in doubt, RECOVERING where it
 * was not in sync, as Kafka calls it; or whom an unclean
 * election is to prefer, whose result `*next` is then.
 */
enum leader_election_result leader_election_among_all(const struct context *context,
    const struct payload_partition_state *state, int32_t leader, struct arena *arena,
    struct payload_partition_state *next);
void leader_election_prefer(int32_t leader, struct arena *arena,
    struct payload_partition_state *next);

/*
 * Of a new partition: all live replicas are in sync, the first leads. False when
 * none is alive.
 */
bool leader_election_begin(const struct context *context,
    const struct context_partition *partition, struct arena *arena,
    struct payload_partition_state *first);

/*
 * The replica is offline: it leads no longer, and leaves the ISR, but for its
 * last member, which stays. Members that are replicas no longer go before the last
 * one that is: nobody else could be elected. LEADER_NOT_NEEDED: it is not in the ISR.
 */
enum leader_election_result leader_election_without(const struct context *context,
    const struct context_partition *partition,
    const struct payload_partition_state *state, int32_t replica, struct arena *arena,
    struct payload_partition_state *next);

/* Nothing but the leader epoch rises: all replicas have to hear of something else. */
enum leader_election_result leader_election_renew(const struct context *context,
    const struct payload_partition_state *state, struct payload_partition_state *next);

#endif
