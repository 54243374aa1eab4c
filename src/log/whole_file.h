/*
 * log/whole_file.h: small files that are read and written as a whole. They
 * are replaced the way Kafka does it: NAME.tmp is written and synced, renamed
 * to NAME, and the directory is synced; so after a crash there is the old or
 * the new one, and at most a NAME.tmp that the next write takes over.
 */
#ifndef KLAMM_LOG_WHOLE_FILE_H
#define KLAMM_LOG_WHOLE_FILE_H

#include "base/buffer.h"
#include "world/disk.h"

/*
 * Appends the file's bytes. ERROR_TOO_LARGE, before anything is allocated,
 * when it is larger than `limit` bytes; ERROR_NOT_FOUND when there is none.
 */
NODISCARD enum error whole_file_read(struct disk *disk, const char *path, size_t limit,
    struct buffer *contents);
/*
 * On an error the old file is still there, or after a failed sync of the
 * directory one of the two; NAME.tmp may be left over.
 */
NODISCARD enum error whole_file_replace(struct disk *disk, const char *path, struct slice contents);
/*
 * Nothing is synced: for a directory that nobody relies on before all of it is. After a
 * kill there is the old or the new one, after a power cut anything.
 */
NODISCARD enum error whole_file_make(struct disk *disk, const char *path, struct slice contents);
/* Syncs the directory that holds `path`. */
NODISCARD enum error whole_file_sync_directory(struct disk *disk, const char *path);

#endif
