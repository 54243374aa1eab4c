/* klamm/partition_reassign.h: `klamm partition reassign`. */
#ifndef KLAMM_KLAMM_PARTITION_REASSIGN_H
#define KLAMM_KLAMM_PARTITION_REASSIGN_H

#include "klamm/command.h"

extern const struct argument_option partition_reassign_options[];

#define PARTITION_REASSIGN_DETAILS \
	"  klamm partition reassign orders --assign 1:2,2:3 --wait --throttle 10M\n" \
	"  klamm partition reassign --file plan.json   (as of kafka-reassign-partitions)\n" \
	"  klamm partition reassign --status\n" \
	"  klamm partition reassign orders:1 --cancel\n" \
	"A throttle is taken away at the end, also when klamm is interrupted; so --throttle waits.\n" \
	"--status of named partitions takes away one that a killed run has left.\n"

enum command_status partition_reassign(struct tool *tool, struct arguments *arguments);

#endif
