/*
 * klamm/group_offsets.h: what a group has committed and which member reads
 * it, partition by partition.
 */
#ifndef KLAMM_KLAMM_GROUP_OFFSETS_H
#define KLAMM_KLAMM_GROUP_OFFSETS_H

#include "klamm/listed_offsets.h"
#include "klamm/table.h"

struct group_offsets {
	struct listed_offsets ends;      /* every partition that was committed or assigned */
	struct listed_offsets committed; /* sorted; those with a committed offset */
};

void group_offsets_init(struct group_offsets *offsets);
void group_offsets_fini(struct group_offsets *offsets);

/* The offsets that a group has committed, and then the ends of all partitions. */
NODISCARD enum error group_offsets_ask(struct group_offsets *offsets, struct client *client,
    const char *group, const struct describe_groups_response_described_group *described);
/* The known part; -1 when nothing is known. */
int64_t group_offsets_lag(const struct group_offsets *offsets);
/* Nothing for people when there is no partition. */
void group_offsets_print(const struct group_offsets *offsets,
    const struct describe_groups_response_described_group *described, struct output *output);

/* How many partitions a member was given; -1: it is no consumer, or its assignment cannot be read. */
int32_t group_offsets_assigned(
    const struct describe_groups_response_described_group *described, int32_t member);

#endif
