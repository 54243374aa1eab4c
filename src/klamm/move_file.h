/*
 * klamm/move_file.h: replicas of partitions as kafka-reassign-partitions reads
 * and writes them:
 * {"version":1,"partitions":[{"topic":"a","partition":0,"replicas":[1,2]}]}
 */
#ifndef KLAMM_KLAMM_MOVE_FILE_H
#define KLAMM_KLAMM_MOVE_FILE_H

#include "klamm/command.h"
#include "klamm/move_plan.h"

enum { MOVE_FILE_BYTES_MAX = 64 * 1024 * 1024, MOVE_FILE_COMPLAINT_SIZE = 200 };

/*
 * Adds what the text says to the plan, without `from`, sorted. False:
 * `complaint` says what is wrong. log_dirs may be there, and may say "any" alone.
 */
bool move_file_parse(struct slice text, struct move_plan *plan, char *complaint);
/* Reads it from a file; false: it has complained. */
bool move_file_read(struct tool *tool, const char *path, struct move_plan *plan);
/* Writes what the plan's partitions have now; false: it has complained. An existing file is not touched. */
bool move_file_save(struct tool *tool, const char *path, const struct move_plan *plan);

#endif
