/*
 * partition/leader.h: what a replica knows of its partition's leadership, and
 * what a leader concludes from it: how far the ISR has the log (the high
 * watermark), and whether it is large enough. Pure: state of one partition,
 * changed by what the controller says, by followers' fetches, and by the own
 * log's growth.
 *
 * The high watermark counts all members of the maximal ISR: what was
 * acknowledged must be on whichever of them is elected next. Members are in it
 * from the LeaderAndIsr on that names them, with an unknown end offset until
 * they have fetched; so the high watermark waits for each of them.
 */
#ifndef KLAMM_PARTITION_LEADER_H
#define KLAMM_PARTITION_LEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LEADER_NONE = -1,          /* nobody leads */
	LEADER_OFFSET_UNKNOWN = -1 /* of a follower that has not fetched in this epoch */
};

/* Another replica than this broker's. */
struct leader_member {
	int32_t replica;
	bool in_isr;
	int64_t end_offset;
};

struct leader {
	int32_t self;             /* this broker */
	int32_t id;               /* the broker that leads, or LEADER_NONE */
	int32_t epoch;            /* leader epoch; -1 before the first LeaderAndIsr */
	int32_t controller_epoch; /* of the controller that said so */
	int32_t partition_epoch;  /* version of the partition's znode */
	int32_t min_insync_replicas;
	int32_t replica_count;    /* assigned ones, this one too */
	int32_t isr_count;        /* in the ISR, this one too */
	int64_t epoch_start_offset; /* the log end when this broker became leader in this epoch */
	int64_t end_offset;       /* of the own log, as far as it counts */
	struct leader_member *others;
	int32_t other_count;
};

/* What a LeaderAndIsr says of a partition; the arrays are borrowed. */
struct leader_change {
	int32_t leader;
	int32_t leader_epoch;
	int32_t controller_epoch;
	int32_t partition_epoch;
	const int32_t *replicas;
	size_t replica_count;
	const int32_t *isr;
	size_t isr_count;
};

void leader_init(struct leader *leader, int32_t self);
void leader_fini(struct leader *leader);

static inline bool
leader_is_here(const struct leader *leader)
{
	return leader->id == leader->self && leader->epoch >= 0;
}

/*
 * Takes a change whose epochs the caller has checked. A new leader knows no
 * end offset of the others; one that stays keeps them. `log_end_offset` is
 * where its epoch begins.
 */
void leader_apply(struct leader *leader, const struct leader_change *change,
    int64_t log_end_offset);
void leader_set_min_insync_replicas(struct leader *leader, int32_t count);

/* The own log counts up to here now; never less than before within an epoch. */
void leader_log_grew(struct leader *leader, int64_t end_offset);
/*
 * A follower asks for this offset, so it has all below. False: not one of the
 * assigned replicas.
 */
bool leader_follower_fetched(struct leader *leader, int32_t replica, int64_t offset);

/* min(min.insync.replicas, assigned replicas). */
int32_t leader_effective_min_insync_replicas(const struct leader *leader);
bool leader_has_enough_insync_replicas(const struct leader *leader);
/*
 * Where the high watermark belongs, given where it is: the lowest end offset
 * in the maximal ISR, but never back, and not on while the ISR is too small.
 */
int64_t leader_high_watermark(const struct leader *leader, int64_t high_watermark);

#endif
