/*
 * log/clean_shutdown_file.h: `.kafka_cleanshutdown` of a log dir: written last
 * at a clean stop, removed first at the start. Its presence says that every
 * log of the dir was closed properly; what is in it does not matter for that.
 */
#ifndef KLAMM_LOG_CLEAN_SHUTDOWN_FILE_H
#define KLAMM_LOG_CLEAN_SHUTDOWN_FILE_H

#include "base/buffer.h"
#include "world/disk.h"

#define CLEAN_SHUTDOWN_FILE ".kafka_cleanshutdown"

enum { BROKER_EPOCH_UNKNOWN = -1 };

/* ERROR_MALFORMED: not a JSON object of the known numbers; ERROR_UNSUPPORTED: version. */
NODISCARD enum error clean_shutdown_parse(struct slice text, int64_t *broker_epoch);
void clean_shutdown_format(int64_t broker_epoch, struct buffer *text);

NODISCARD enum error clean_shutdown_file_write(struct disk *disk, const char *path,
    int64_t broker_epoch);
/*
 * Removes the file and syncs the directory. `*was_clean`: it was there.
 * `*broker_epoch` is BROKER_EPOCH_UNKNOWN when it said none or was damaged.
 */
NODISCARD enum error clean_shutdown_file_take(struct disk *disk, const char *path,
    bool *was_clean, int64_t *broker_epoch);

#endif
