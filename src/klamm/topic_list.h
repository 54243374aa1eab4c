/* klamm/topic_list.h: `klamm topic list`. */
#ifndef KLAMM_KLAMM_TOPIC_LIST_H
#define KLAMM_KLAMM_TOPIC_LIST_H

#include "klamm/command.h"

extern const struct argument_option topic_list_options[];

#define TOPIC_LIST_DETAILS \
	"With --sick: partitions of any topic that are offline (nobody leads them), have fewer\n" \
	"replicas in sync than min.insync.replicas, or than they have replicas.\n"

enum command_status topic_list(struct tool *tool, struct arguments *arguments);

#endif
