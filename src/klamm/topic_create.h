/* klamm/topic_create.h: `klamm topic create`. */
#ifndef KLAMM_KLAMM_TOPIC_CREATE_H
#define KLAMM_KLAMM_TOPIC_CREATE_H

#include "klamm/command.h"

extern const struct argument_option topic_create_options[];

#define TOPIC_CREATE_DETAILS \
	"Without --partitions or --replicas the cluster's own defaults hold. Examples of\n" \
	"configs: retention.ms=3600000, cleanup.policy=compact, min.insync.replicas=2.\n"

enum command_status topic_create(struct tool *tool, struct arguments *arguments);

#endif
