/*
 * controller/doubts.h: partitions that nobody may lead yet: who is in sync and
 * alive may have lost what was acknowledged (faults.md F17, F18; its registration
 * says so). All assigned replicas are asked where their logs end; when all have
 * answered, in the lives at hand, the one with the highest (epoch of its last
 * record, log end) leads: what was acknowledged and is on any of them is on that
 * one. Nobody is told of a leader before, so nobody truncates. Plain memory that
 * asks nobody; doubts_ask.h does. Private.
 *
 * But for a replica that is not in sync: its newest records may never have been
 * acknowledged, in an epoch above all that those in sync have left of what was.
 * Each of those has a prefix of what counts, as cuts are synced before anything
 * is appended; in sync is here also who has left the ISR since it was as large as
 * min.insync.replicas, as nothing was acknowledged since (eligible.h). So another one has
 * to have all of the best of them (its log end in that one's last epoch is not below that
 * one's log end), and is asked whether.
 *
 * Whose answer counts: the logs stay as they are while nobody leads, and another
 * life of a broker is asked again.
 */
#ifndef KLAMM_CONTROLLER_DOUBTS_H
#define KLAMM_CONTROLLER_DOUBTS_H

#include "controller/context.h"

enum { DOUBTS_NOBODY = -1, DOUBTS_NO_EPOCH = -1 };

/* Where a log ends. */
struct doubt_end {
	int32_t last_epoch;  /* DOUBTS_NO_EPOCH: it has no records */
	int64_t end_offset;
};

enum doubt_prefix {
	DOUBT_PREFIX_UNKNOWN,
	DOUBT_PREFIX_ASKED,
	DOUBT_PREFIX_FAILED, /* it could not say */
	DOUBT_PREFIX_HAS,
	DOUBT_PREFIX_LACKS,
};

struct doubt_answer {
	int32_t broker;
	int64_t broker_epoch;
	bool has_come;
	bool has_failed; /* it could not say, and is to be asked again */
	struct doubt_end end;
	enum doubt_prefix prefix;    /* whether it has what the log has that ends so: */
	struct doubt_end prefix_end;
};

struct doubt {
	struct hash_node node;
	struct slice topic;   /* its own */
	int32_t index;
	struct doubt_answer *answers;
	size_t answer_count;
};

struct doubts {
	struct hash_table all; /* struct doubt, in the order in which they came up */
};

void doubts_init(struct doubts *doubts, const uint64_t seed[2]);
void doubts_fini(struct doubts *doubts);

/* `link` goes through all; doubt_of(link) is one, and may end. */
#define DOUBTS_FOREACH(link, doubts) HASH_TABLE_FOREACH(link, &(doubts)->all)
static inline struct doubt *
doubt_of(struct list *link)
{
	return container_of(hash_node_of(link), struct doubt, node);
}

/* NULL: there is no such partition any more. */
struct context_partition *doubt_partition(const struct doubt *doubt,
    const struct context *context);

/* Nothing when it is there already. */
void doubts_add(struct doubts *doubts, const struct context_partition *partition);
/* It is led, or gone. Harmless when it is not there. */
void doubts_end(struct doubts *doubts, struct slice topic, int32_t index);
struct doubt *doubts_find(const struct doubts *doubts, struct slice topic, int32_t index);

/* The broker, in this life, has neither answered nor been asked; now it is. */
bool doubt_asks(struct doubt *doubt, int32_t broker, int64_t broker_epoch);
/* Of one that was asked in that life; else nothing. */
void doubt_answered(struct doubt *doubt, int32_t broker, int64_t broker_epoch,
    const struct doubt_end *end);
/* It may be asked again, after doubts_forget_failures. */
void doubt_not_answered(struct doubt *doubt, int32_t broker, int64_t broker_epoch);

/*
 * From now on those that have not answered may be asked again: by the clock, as an election that
 * one such answer leads to would else ask again at once, and so on.
 */
void doubts_forget_failures(struct doubts *doubts);

/*
 * Whoever is the best one in sync has to be on this broker, too, if it is to lead, and
 * it is not known yet: `end` is where that one ends. It is asked now.
 */
bool doubt_asks_prefix(struct doubt *doubt, const struct context *context, int32_t broker,
    struct doubt_end *end);
/* As above: of one that was asked in that life for this end, else nothing. */
void doubt_prefix_answered(struct doubt *doubt, int32_t broker, int64_t broker_epoch,
    const struct doubt_end *end, bool has);
void doubt_prefix_not_answered(struct doubt *doubt, int32_t broker, int64_t broker_epoch,
    const struct doubt_end *end);

/*
 * Who leads, of the assigned replicas that are online and have answered all that they were
 * asked: DOUBTS_NOBODY while one has not, with `all`, or when none has.
 */
int32_t doubts_winner(const struct doubts *doubts, const struct context *context,
    const struct context_partition *partition, bool all);

#endif
