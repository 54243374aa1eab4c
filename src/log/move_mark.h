/*
 * log/move_mark.h: a small file in the directory of a partition that was moved
 * here from another log dir, or made while another one was away that may have it
 * from before. When a crash or a dir that was away leaves the partition in two dirs,
 * the one with the higher number is the newer one; a directory without the file has
 * number 0. A move adds one; one that is made has move_mark_made of a life that is
 * later than all before. All of it blocks.
 */
#ifndef KLAMM_LOG_MOVE_MARK_H
#define KLAMM_LOG_MOVE_MARK_H

#include "world/disk.h"

#define MOVE_MARK_FILE "klamm-moved"

/* More moves of a partition in one life of the broker nobody counts on. */
enum { MOVE_MARK_MOVES = 256 };

/* Of one that is made in the life with this broker epoch. */
int64_t move_mark_made(int64_t broker_epoch);
/* Of one that was made so, and maybe moved since. */
static inline bool
move_mark_is_made(int64_t number)
{
	return number >= MOVE_MARK_MOVES;
}

/* 0: there is none. One that cannot be understood is one nevertheless: 1. */
NODISCARD enum error move_mark_read(struct disk *disk, const char *directory, int64_t *number);
/* Synced, with the directory. */
NODISCARD enum error move_mark_write(struct disk *disk, const char *directory, int64_t number);
/* Not synced: should it come back it does no harm before the next move, which syncs that first. */
NODISCARD enum error move_mark_remove(struct disk *disk, const char *directory);

#endif
