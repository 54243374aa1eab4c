/*
 * log/partition_metadata.h: `partition.metadata` of a partition: the id of its
 * topic (KIP-516). Two lines, no newline at the end.
 */
#ifndef KLAMM_LOG_PARTITION_METADATA_H
#define KLAMM_LOG_PARTITION_METADATA_H

#include "base/buffer.h"
#include "base/uuid.h"
#include "log/checkpoint_file.h"
#include "world/disk.h"

#define PARTITION_METADATA "partition.metadata"

/* ERROR_UNSUPPORTED for a version other than 0; a zero id is ERROR_MALFORMED. */
NODISCARD enum error partition_metadata_parse(struct slice text, struct uuid *topic_id,
    struct text_complaint *complaint);
void partition_metadata_format(struct uuid topic_id, struct buffer *text);

NODISCARD enum error partition_metadata_read(struct disk *disk, const char *path,
    struct uuid *topic_id, struct text_complaint *complaint);
NODISCARD enum error partition_metadata_write(struct disk *disk, const char *path,
    struct uuid topic_id);
/* Of a directory that is being made: nothing is synced (whole_file_make). */
NODISCARD enum error partition_metadata_make(struct disk *disk, const char *path,
    struct uuid topic_id);

#endif
