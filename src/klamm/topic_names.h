/* klamm/topic_names.h: operands that name topics. */
#ifndef KLAMM_KLAMM_TOPIC_NAMES_H
#define KLAMM_KLAMM_TOPIC_NAMES_H

#include "klamm/command.h"

bool topic_name_is_valid(struct slice name);
/*
 * COMMAND_OK when there is at least one and each can be a topic's name;
 * otherwise it has complained. What a name means is the cluster's to judge.
 */
enum command_status topic_names_check(struct tool *tool, const struct arguments *arguments);

#endif
