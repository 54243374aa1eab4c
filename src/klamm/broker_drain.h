/* klamm/broker_drain.h: `klamm broker drain`. */
#ifndef KLAMM_KLAMM_BROKER_DRAIN_H
#define KLAMM_KLAMM_BROKER_DRAIN_H

#include "klamm/command.h"

extern const struct argument_option broker_drain_options[];

#define BROKER_DRAIN_DETAILS \
	"For maintenance: others become the preferred leaders of what it leads, and are elected.\n" \
	"Its replicas stay, and nothing is copied. With --save the way back is:\n" \
	"  klamm partition reassign --file FILE --elect\n"

enum command_status broker_drain(struct tool *tool, struct arguments *arguments);

#endif
