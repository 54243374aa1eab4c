/* klamm/cluster_health.h: `klamm cluster health`. */
#ifndef KLAMM_KLAMM_CLUSTER_HEALTH_H
#define KLAMM_KLAMM_CLUSTER_HEALTH_H

#include "klamm/command.h"

extern const struct argument_option cluster_health_options[];

#define CLUSTER_HEALTH_DETAILS \
	"Healthy is a cluster with a controller, whose partitions all have a leader and all\n" \
	"replicas in sync, on brokers that are there. Reassignments that go on and leaders that\n" \
	"are not the preferred ones are shown, and are no illness.\n"

enum command_status cluster_health(struct tool *tool, struct arguments *arguments);

#endif
