/* klamm/broker_decommission.h: `klamm broker decommission`. */
#ifndef KLAMM_KLAMM_BROKER_DECOMMISSION_H
#define KLAMM_KLAMM_BROKER_DECOMMISSION_H

#include "klamm/command.h"

extern const struct argument_option broker_decommission_options[];

#define BROKER_DECOMMISSION_DETAILS \
	"Moves all its replicas to other brokers, to as many racks as can be, and waits until it\n" \
	"has none: then it can be stopped for good. It may be away already. Interrupted, the moves\n" \
	"go on; called again, it follows them and does the rest.\n"

enum command_status broker_decommission(struct tool *tool, struct arguments *arguments);

#endif
