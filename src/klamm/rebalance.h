/* klamm/rebalance.h: `klamm rebalance`. */
#ifndef KLAMM_KLAMM_REBALANCE_H
#define KLAMM_KLAMM_REBALANCE_H

#include "klamm/command.h"

extern const struct argument_option rebalance_options[];

#define REBALANCE_DETAILS \
	"Spreads partitions over more racks where they can be, moves replicas until the disks are\n" \
	"as full as each other, then until there are as many replicas on each as far as that keeps\n" \
	"the disks even, and makes each broker leader as often; then has the preferred leaders\n" \
	"elected. Where brokers do not tell sizes, replicas are counted. Look at it first with\n" \
	"--dry-run.\n"

enum command_status rebalance(struct tool *tool, struct arguments *arguments);

#endif
