/*
 * group/visit.h: a call on its way. What asks several groups goes from shard
 * to shard, each of which fills in its part; so the response and its arena
 * belong to one thread at a time, and nothing is copied to join the parts.
 */
#ifndef KLAMM_GROUP_VISIT_H
#define KLAMM_GROUP_VISIT_H

#include "group/groups.h"
#include "world/actor.h"

struct shard;

/* Embedded in what a shard is told. */
struct shard_event {
	struct actor_event event;
	int type; /* the shard's */
};

struct visit_part {
	int32_t shard;
	int32_t slot;      /* of the group in request and response; -1: the call's only one */
	struct slice group;
	bool is_repeated;  /* the same group as the part before */
};

/* Groups of a ListGroups, as a shard had them. */
struct visit_groups {
	struct visit_groups *next;
	int32_t count;
	struct list_groups_response_listed_group items[];
};

struct visit {
	struct shard_event event;
	struct group_call *call;
	struct shard *const *shards; /* by partition; held by groups.c until all has ended */
	size_t part_count;
	size_t next;      /* the first part that has not been asked */
	size_t waiting;   /* parts of the shard at hand whose append is under way */
	struct visit_groups *groups;
	struct visit_part parts[];
};

/* In the call's arena: sorted by shard. NULL at its cap. All parts of ListGroups are `shard_count`. */
struct visit *visit_new(struct group_call *call, struct shard *const *shards, int32_t shard_count,
    int32_t partition_count);
/* To the shard of the next part, or back to the caller when there is none. */
void visit_go_on(struct visit *visit);
/* The end: the response is complete. */
void visit_answer(struct visit *visit);
/* The same for a call that never made a visit. */
void visit_answer_call(struct group_call *call);

/* The parts of this shard begin at `next`; the first that is not its own. */
size_t visit_end_of_shard(const struct visit *visit);

/* abs(hash) mod the count, as Kafka's clients are told. */
int32_t visit_partition_of(struct slice group, int32_t partition_count);

#endif
