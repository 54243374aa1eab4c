/*
 * controller/doubts.h: partitions that nobody may lead yet: who is in sync and
 * alive may have lost what was acknowledged (faults.md F17, F18; its registration
 * says so). All assigned replicas are asked where their logs end; when all have
 * answered, in the lives at hand, the one with the highest (epoch of its last
 * record, log end) leads: what was acknowledged and is on any of them is on that
 * one. Nobody is told of a leader before, so nobody truncates. Plain memory that
 * asks nobody; doubts_ask.h does. Private.
 *
 * Whose answer counts: the logs stay as they are while nobody leads, and another
 * life of a broker is asked again.
 */
#ifndef KLAMM_CONTROLLER_DOUBTS_H
#define KLAMM_CONTROLLER_DOUBTS_H

#include "controller/context.h"

enum { DOUBTS_NOBODY = -1, DOUBTS_NO_EPOCH = -1 };

struct doubt_answer {
	int32_t broker;
	int64_t broker_epoch;
	bool has_come;
	int32_t last_epoch;  /* DOUBTS_NO_EPOCH: it has no records */
	int64_t end_offset;
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

/* Nothing when it is there already. */
void doubts_add(struct doubts *doubts, const struct context_partition *partition);
/* It is led, or gone. Harmless when it is not there. */
void doubts_end(struct doubts *doubts, struct slice topic, int32_t index);
struct doubt *doubts_find(const struct doubts *doubts, struct slice topic, int32_t index);

/* The broker, in this life, has neither answered nor been asked; now it is. */
bool doubt_asks(struct doubt *doubt, int32_t broker, int64_t broker_epoch);
/* Of one that was asked in that life; else nothing. */
void doubt_answered(struct doubt *doubt, int32_t broker, int64_t broker_epoch,
    int32_t last_epoch, int64_t end_offset);
/* It may be asked again. */
void doubt_not_answered(struct doubt *doubt, int32_t broker, int64_t broker_epoch);

/*
 * Who leads, of the assigned replicas that are online and have answered: DOUBTS_NOBODY
 * while one has not, with `all`, or when none has.
 */
int32_t doubts_winner(const struct doubts *doubts, const struct context *context,
    const struct context_partition *partition, bool all);

#endif
