/* klamm/groups_list.h: `klamm group list`: the groups of all coordinators. */
#ifndef KLAMM_KLAMM_GROUPS_LIST_H
#define KLAMM_KLAMM_GROUPS_LIST_H

#include "klamm/command.h"

extern const struct argument_option groups_list_options[];

enum command_status groups_list(struct tool *tool, struct arguments *arguments);

#endif
