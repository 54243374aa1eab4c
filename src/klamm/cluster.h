/* klamm/cluster.h: `klamm cluster`: its id, its controller, its brokers. */
#ifndef KLAMM_KLAMM_CLUSTER_H
#define KLAMM_KLAMM_CLUSTER_H

#include "klamm/command.h"

extern const struct argument_option cluster_options[];

enum command_status cluster(struct tool *tool, struct arguments *arguments);

#endif
