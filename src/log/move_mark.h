/*
 * log/move_mark.h: a small file in the directory of a partition that was moved
 * here from another log dir. When a crash or a dir that was away leaves the
 * partition in two dirs, the one with the higher number is the newer one; a
 * directory without the file has number 0. All of it blocks.
 */
#ifndef KLAMM_LOG_MOVE_MARK_H
#define KLAMM_LOG_MOVE_MARK_H

#include "world/disk.h"

#define MOVE_MARK_FILE "klamm-moved"

/* 0: there is none. One that cannot be understood is one nevertheless: 1. */
NODISCARD enum error move_mark_read(struct disk *disk, const char *directory, int64_t *number);
/* Synced, with the directory. */
NODISCARD enum error move_mark_write(struct disk *disk, const char *directory, int64_t number);
/* Not synced: should it come back it does no harm. */
NODISCARD enum error move_mark_remove(struct disk *disk, const char *directory);

#endif
