/*
 * partition/leader.h: what a replica knows of its partition's leadership, and
 * what a leader concludes from it: how far the ISR has the log (the high
 * watermark), whether it is large enough, who should join it or leave it.
 * Pure: state of one partition, changed by what the controller says, by
 * followers' fetches, and by the own log's growth. Times are monotonic.
 *
 * The high watermark counts all members of the maximal ISR: what was
 * acknowledged must be on whichever of them is elected next. Members are in it
 * from the LeaderAndIsr on that names them, with an unknown end offset until
 * they have fetched; so the high watermark waits for each of them.
 *
 * The ISR is the controller's to change; the leader asks for a change (KIP-497),
 * one at a time:
 *
 *     COMMITTED --propose--> EXPANDS or SHRINKS --answer--> COMMITTED
 *                                \--answer: wait--> until leader_apply()
 *
 * The maximal ISR is the committed one and who is to join it: until an answer
 * has come nobody knows which of the two ISRs elects the next leader (14154).
 */
#ifndef KLAMM_PARTITION_LEADER_H
#define KLAMM_PARTITION_LEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "partition/live_brokers.h"

enum {
	LEADER_NONE = -1,          /* nobody leads */
	LEADER_OFFSET_UNKNOWN = -1, /* of a follower that has not fetched in this epoch */
	LEADER_BROKER_EPOCH_UNKNOWN = -1,
};
#define LEADER_NEVER INT64_MIN /* of times */
#define LEADER_ALWAYS INT64_MAX

/* Another replica than this broker's. */
struct leader_member {
	int32_t replica;
	int32_t place;             /* in the committed ISR; -1: it is not there */
	bool is_assigned;
	bool in_isr;               /* the committed one */
	bool is_changing;          /* the change in flight is about it */
	bool is_ineligible;        /* in its life of now, the controller has said: nobody waits for it */
	int64_t broker_epoch;      /* with which it has fetched (Fetch from version 15 on) */
	int64_t end_offset;
	int64_t start_offset;      /* of its log */
	int64_t caught_up_us;      /* when it has had the whole log the last time */
	int64_t fetched_us;        /* the last time, with the own log end of then */
	int64_t fetched_log_end_offset;
	int64_t given_offset;      /* from which on it was given records the last time */
	int64_t waits_since_us;    /* for the own disk, which has to be read for it */
};

enum leader_isr_state { LEADER_ISR_COMMITTED, LEADER_ISR_EXPANDS, LEADER_ISR_SHRINKS };

struct leader {
	int32_t self;             /* this broker */
	int32_t id;               /* the broker that leads, or LEADER_NONE */
	int32_t epoch;            /* leader epoch; -1 before the first LeaderAndIsr */
	int32_t controller_epoch; /* of the controller that said so */
	int32_t partition_epoch;  /* version of the partition's znode */
	int32_t min_insync_replicas;
	int32_t replica_count;    /* assigned ones, this one too */
	int32_t isr_count;        /* in the committed ISR, this one too */
	int32_t place;            /* this one's in the committed ISR; -1: it is not there */
	enum leader_isr_state isr_state;
	int64_t proposal;         /* number of the newest one */
	int64_t max_lag_us;       /* replica.lag.time.max.ms */
	const struct live_brokers *live; /* borrowed; NULL: all are alive */
	int64_t epoch_start_offset; /* the log end when this broker became leader in this epoch */
	int64_t end_offset;       /* of the own log, as far as it counts */
	int64_t log_end_offset;   /* of the own log */
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

void leader_init(struct leader *leader, int32_t self, int64_t max_lag_us,
    const struct live_brokers *live);
void leader_fini(struct leader *leader);

static inline bool
leader_is_here(const struct leader *leader)
{
	return leader->id == leader->self && leader->epoch >= 0;
}

/*
 * Takes a change whose epochs the caller has checked; a proposal is void then.
 * A new leader knows no end offset of the others. One that stays keeps them, if
 * no epoch lies between: in that another might have led, and they truncated.
 * `log_end_offset` is where its epoch begins.
 */
void leader_apply(struct leader *leader, const struct leader_change *change,
    int64_t log_end_offset, int64_t now_us);
void leader_set_min_insync_replicas(struct leader *leader, int32_t count);

/* The own log ends here, and counts up to there now; never less than before within an epoch. */
void leader_log_grew(struct leader *leader, int64_t log_end_offset, int64_t end_offset);

/* ------------------------------------------------------------------ followers */

enum leader_follower {
	LEADER_FOLLOWER_KNOWN,
	LEADER_FOLLOWER_FOREIGN,      /* not one of the assigned replicas */
	LEADER_FOLLOWER_EARLIER_LIFE, /* its broker has fetched with a higher epoch since */
};
enum leader_follower leader_follower_of(const struct leader *leader, int32_t replica,
    int64_t broker_epoch);

/*
 * A follower that is KNOWN asks for this offset, so it has all below. With
 * another broker epoch than before (F18) its log may be another one: what was
 * known of it is forgotten. True when its end offset is a new one.
 */
bool leader_follower_fetched(struct leader *leader, int32_t replica, int64_t broker_epoch,
    int64_t offset, int64_t log_end_offset, int64_t now_us);

/*
 * When the one asked last that has not asked for longest, of those in sync that are
 * alive: since then nobody but this broker leads, as each of them would have to know.
 * LEADER_ALWAYS: nobody else could.
 */
int64_t leader_heard_us(const struct leader *leader);

/* The same one's log begins here; LEADER_OFFSET_UNKNOWN: it does not say. */
void leader_follower_starts(struct leader *leader, int32_t replica, int64_t start_offset);

/*
 * What a follower asks for has to be read from a slow disk (F23): it does not
 * lag while it waits for that, and has no less time for its next fetch. Harmless
 * for whom the leader does not know.
 */
void leader_follower_waits(struct leader *leader, int32_t replica, int64_t now_us);
void leader_follower_waits_no_longer(struct leader *leader, int32_t replica, int64_t now_us);

/*
 * A follower was given records from this offset on. Who asks from there once more may
 * not have liked them: the leader looks at its own log then (F15).
 */
void leader_follower_given(struct leader *leader, int32_t replica, int64_t offset);
bool leader_follower_was_given(const struct leader *leader, int32_t replica, int64_t offset);

/* The lowest log start of all that are assigned and alive, given the own one; unknown: -1. */
int64_t leader_low_watermark(const struct leader *leader, int64_t log_start_offset);

/* In the committed ISR. */
bool leader_has_in_sync(const struct leader *leader, int32_t replica);
/*
 * Who of these brokers a consumer should read from (KIP-392): one in sync that has
 * the offset, the most caught up. LEADER_NONE: nobody.
 */
int32_t leader_choose_reader(const struct leader *leader, const int32_t *brokers, size_t count,
    int64_t offset);

/* ------------------------------------------------------------ high watermark */

/* min(min.insync.replicas, assigned replicas). */
int32_t leader_effective_min_insync_replicas(const struct leader *leader);
/* Before an append: the committed ISR is large enough. */
bool leader_has_enough_insync_replicas(const struct leader *leader);
/* After it: the maximal one, which has what is below the high watermark. */
bool leader_has_enough_acknowledgements(const struct leader *leader);
/*
 * min.insync.replicas is two or more, and the ISR is smaller, or will be when what
 * is proposed is taken (F17).
 */
bool leader_isr_is_too_small(const struct leader *leader);
/*
 * Where the high watermark belongs, given where it is: the lowest end offset
 * in the maximal ISR, and of those who have caught up and are about to join it;
 * but never back, and not on while the ISR is too small.
 */
int64_t leader_high_watermark(const struct leader *leader, int64_t high_watermark, int64_t now_us);

/* -------------------------------------------------------------------- the ISR */

/* One of the ISR that is asked for. */
struct leader_isr_member {
	int32_t replica;
	int64_t broker_epoch; /* or LEADER_BROKER_EPOCH_UNKNOWN, as of this broker */
};

/*
 * Proposes that a follower joins: it has all up to the high watermark, and what
 * this epoch began with (KAFKA-7128); it is alive; no change is in flight.
 */
bool leader_expand_isr(struct leader *leader, int32_t replica, int64_t high_watermark);
/* Proposes that all leave that have not caught up for longer than the maximal lag. */
bool leader_shrink_isr(struct leader *leader, int64_t now_us);
/*
 * The ISR that is proposed, into an array with room for `other_count` + 1; how many.
 * Who stays keeps its place, who joins comes last, as in Kafka's znodes.
 */
size_t leader_proposed_isr(const struct leader *leader, struct leader_isr_member *isr);

/* What the controller says to a proposal; the array is borrowed. */
struct leader_isr_answer {
	int64_t proposal;
	int16_t code;             /* Kafka's; the rest counts when it is 0 */
	int32_t leader;
	int32_t leader_epoch;
	int32_t partition_epoch;
	const int32_t *isr;
	size_t isr_count;
};

/* What is made of it (protocol.md 13). */
enum leader_isr_outcome {
	LEADER_ISR_OUTDATED,      /* the proposal is void: nothing */
	LEADER_ISR_TAKEN,         /* the ISR is the answer's */
	LEADER_ISR_REFUSED,       /* the committed ISR stays; another change may be proposed */
	LEADER_ISR_WAITS,         /* others know better: until a LeaderAndIsr tells */
	LEADER_ISR_AGAIN,         /* the same has to be asked once more */
};
enum leader_isr_outcome leader_take_isr_answer(struct leader *leader,
    const struct leader_isr_answer *answer);

#endif
