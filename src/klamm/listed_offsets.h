/*
 * klamm/listed_offsets.h: a list of partitions, and what their leaders say
 * of their logs' ends.
 */
#ifndef KLAMM_KLAMM_LISTED_OFFSETS_H
#define KLAMM_KLAMM_LISTED_OFFSETS_H

#include "klamm/client.h"

/* Times that ListOffsets takes for the two ends of a log. */
enum { LISTED_OFFSETS_LATEST = -1, LISTED_OFFSETS_EARLIEST = -2 };

struct listed_offset {
	char *topic;
	int32_t partition;
	int32_t leader_id; /* -1: not known */
	int64_t offset;    /* -1: not known */
};

struct listed_offsets {
	struct listed_offset *items; /* by topic and partition once sorted */
	size_t count;
};

void listed_offsets_init(struct listed_offsets *offsets);
void listed_offsets_fini(struct listed_offsets *offsets);
void listed_offsets_add(struct listed_offsets *offsets, struct slice topic, int32_t partition);
/* Sorts, and leaves each partition once. */
void listed_offsets_sort(struct listed_offsets *offsets);
/* In a sorted list; NULL: it is not there. */
struct listed_offset *listed_offsets_find(const struct listed_offsets *offsets,
    struct slice topic, int32_t partition);

/*
 * Asks the leaders for the offsets at `timestamp` of a sorted list: one of the
 * two above, or a time in ms, which stands for the first record of that time
 * or later (-1 when there is none). A partition that is gone or has no leader stays without; other
 * errors are told in the client's complaint.
 */
NODISCARD enum error listed_offsets_ask(struct listed_offsets *offsets, struct client *client,
    int64_t timestamp);

#endif
