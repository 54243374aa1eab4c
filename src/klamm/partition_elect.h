/* klamm/partition_elect.h: `klamm partition elect`. */
#ifndef KLAMM_KLAMM_PARTITION_ELECT_H
#define KLAMM_KLAMM_PARTITION_ELECT_H

#include "klamm/command.h"

extern const struct argument_option partition_elect_options[];

#define PARTITION_ELECT_DETAILS \
	"The preferred leader is the first of a partition's replicas. With --unclean a replica\n" \
	"that is not in sync may become the leader of a partition that has none: records that\n" \
	"only others have are lost.\n"

enum command_status partition_elect(struct tool *tool, struct arguments *arguments);

#endif
