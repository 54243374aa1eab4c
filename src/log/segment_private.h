/* log/segment_private.h: what segment.c, segment_append.c and segment_recovery.c share. */
#ifndef KLAMM_LOG_SEGMENT_PRIVATE_H
#define KLAMM_LOG_SEGMENT_PRIVATE_H

#include "log/segment.h"

NODISCARD enum error segment_open_indexes(struct segment *segment,
    const struct segment_place *place, const struct log_config *config,
    enum index_file_mode mode);
void segment_close_indexes(struct segment *segment);
void segment_give_index_places_back(struct segment *segment);
/* Sets next_offset and the timestamps by reading from the last index entries on. */
NODISCARD enum error segment_read_tail(struct segment *segment);
/*
 * Index entries and bounds for a set whose bytes are at `size` already.
 * `*indexed` is set when an entry was made.
 */
NODISCARD enum error segment_count_set(struct segment *segment, const struct log_config *config,
    const struct segment_set *set, bool *indexed);

#endif
