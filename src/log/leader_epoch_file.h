/*
 * log/leader_epoch_file.h: `leader-epoch-checkpoint` of a partition: lines
 * `epoch startOffset`. A damaged file is a hint lost (F16): the caller drops
 * it and recovery rebuilds it from the batches.
 */
#ifndef KLAMM_LOG_LEADER_EPOCH_FILE_H
#define KLAMM_LOG_LEADER_EPOCH_FILE_H

#include "log/checkpoint_file.h"
#include "log/leader_epochs.h"
#include "world/disk.h"

#define LEADER_EPOCH_CHECKPOINT "leader-epoch-checkpoint"

/* Replaces what is in the cache; it is empty after an error. */
NODISCARD enum error leader_epochs_parse(struct leader_epochs *epochs, struct slice text,
    struct text_complaint *complaint);
void leader_epochs_format(const struct leader_epochs *epochs, struct buffer *text);

/* ERROR_NOT_FOUND: no file and an empty cache, as before message format v2. */
NODISCARD enum error leader_epoch_file_read(struct leader_epochs *epochs, struct disk *disk,
    const char *path, struct text_complaint *complaint);
NODISCARD enum error leader_epoch_file_write(const struct leader_epochs *epochs,
    struct disk *disk, const char *path);

#endif
