/*
 * log/damage.h: where a segment's bytes are not what was written (F15), or cannot
 * be read (F22). Such a range is never served and never cut away; what lies before
 * and behind it is sound. Pure.
 */
#ifndef KLAMM_LOG_DAMAGE_H
#define KLAMM_LOG_DAMAGE_H

#include <stdbool.h>
#include <stdint.h>

struct damage {
	int64_t position;     /* of the first byte that belongs to no sound batch */
	int64_t end_position; /* where sound batches go on, or the segment ends */
	int64_t offset;       /* the first one that no sound batch before it has */
	int64_t end_offset;   /* the first one behind it */
};

enum { DAMAGES_MAX = 4 };

/* Of one segment, by position. What is more than so many counts as one with its neighbour. */
struct damages {
	int count;
	struct damage items[DAMAGES_MAX];
};

void damages_add(struct damages *damages, const struct damage *damage);
/* Where a walk that has come to `position` goes on: there, or behind the damage. */
int64_t damages_skip(const struct damages *damages, int64_t position);
/* The one that holds the offset; NULL: none. */
const struct damage *damages_find(const struct damages *damages, int64_t offset);
/* How far sound bytes go from `position` on, `end` at most. */
int64_t damages_limit(const struct damages *damages, int64_t position, int64_t end);
/* One of them was made good, from its beginning on: so much of it is left, or nothing. */
void damages_heal(struct damages *damages, struct damage *damage, const struct damage *left);
/* The segment ends there now. */
void damages_cut(struct damages *damages, int64_t position, int64_t offset);

#endif
