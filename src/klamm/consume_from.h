/* klamm/consume_from.h: --from: where reading begins. */
#ifndef KLAMM_KLAMM_CONSUME_FROM_H
#define KLAMM_KLAMM_CONSUME_FROM_H

#include <stdint.h>

#include "base/error.h"

enum consume_from_type {
	CONSUME_FROM_BEGINNING,
	CONSUME_FROM_END,
	CONSUME_FROM_OFFSET, /* `value`, or what is first behind it */
	CONSUME_FROM_LAST,   /* the last `value` offsets of each partition */
	CONSUME_FROM_TIME,   /* `value` in ms since 1970 */
};

struct consume_from {
	enum consume_from_type type;
	int64_t value;
};

#define CONSUME_FROM_WORDS "beginning, end, an offset, -N (the last N), @MS or a UTC time like 2026-11-29T08:30:00"

/*
 * beginning, end, N, -N, @MS since 1970, or YYYY-MM-DD[THH:MM[:SS[.mmm]]][Z],
 * which is UTC. ERROR_INVALID_ARGUMENT: none of them.
 */
NODISCARD enum error consume_from_parse(const char *text, struct consume_from *from);

/*
 * The offset in a partition that holds those from `first` up to `end`.
 * `at_time`: the first of the time, -1: none. ERROR_OUT_OF_RANGE: behind the
 * end.
 */
NODISCARD enum error consume_from_offset(const struct consume_from *from, int64_t first,
    int64_t end, int64_t at_time, int64_t *offset);

#endif
