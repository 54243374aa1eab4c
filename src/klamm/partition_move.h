/* klamm/partition_move.h: `klamm partition move`. */
#ifndef KLAMM_KLAMM_PARTITION_MOVE_H
#define KLAMM_KLAMM_PARTITION_MOVE_H

#include "klamm/command.h"

extern const struct argument_option partition_move_options[];

#define PARTITION_MOVE_DETAILS \
	"  klamm partition move orders:1 --from 2 --to 4 --wait\n" \
	"The new replica takes the place of the old one. Of a topic, those partitions move that\n" \
	"have a replica on --from and none on --to. 'klamm partition reassign' follows and cancels.\n"

enum command_status partition_move(struct tool *tool, struct arguments *arguments);

#endif
