/*
 * log/log_offsets_before.h: what ListOffsets of version 0 asks for, from the
 * days without timestamps in records: where segments begin. On the actor; it
 * does not block.
 */
#ifndef KLAMM_LOG_LOG_OFFSETS_BEFORE_H
#define KLAMM_LOG_LOG_OFFSETS_BEFORE_H

#include "log/log.h"

enum { LOG_BEFORE_LATEST = -1, LOG_BEFORE_EARLIEST = -2 };

/* How many offsets there can be at most. */
int32_t log_offsets_before_max(const struct log *log);
/*
 * The beginnings of segments that were last written to at `timestamp` or
 * before, the log end (written to now) first; at most `max`, descending.
 * LATEST: of all; EARLIEST: of the first one. Returns how many.
 */
int32_t log_offsets_before(const struct log *log, int64_t timestamp, int64_t now_ms,
    int64_t *offsets, int32_t max);

#endif
