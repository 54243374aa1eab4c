/* klamm/broker_list.h: `klamm broker list`. */
#ifndef KLAMM_KLAMM_BROKER_LIST_H
#define KLAMM_KLAMM_BROKER_LIST_H

#include "klamm/command.h"

extern const struct argument_option broker_list_options[];

#define BROKER_LIST_DETAILS \
	"OUT-OF-SYNC counts its replicas that are not in sync. A broker that is not there, but\n" \
	"that partitions have replicas on, is listed too. SIZE is '-' where a broker does not\n" \
	"serve DescribeLogDirs.\n"

enum command_status broker_list(struct tool *tool, struct arguments *arguments);

#endif
