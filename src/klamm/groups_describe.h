/* klamm/groups_describe.h: `klamm group describe`: state, members, offsets and lag. */
#ifndef KLAMM_KLAMM_GROUPS_DESCRIBE_H
#define KLAMM_KLAMM_GROUPS_DESCRIBE_H

#include "klamm/command.h"

extern const struct argument_option groups_describe_options[];

#define GROUPS_DESCRIBE_DETAILS \
	"COMMITTED is the offset that the group goes on with, END the log end offset, LAG\n" \
	"what lies between.\n"

enum command_status groups_describe(struct tool *tool, struct arguments *arguments);

#endif
