/* klamm/topic_delete.h: `klamm topic delete`. It does not ask back. */
#ifndef KLAMM_KLAMM_TOPIC_DELETE_H
#define KLAMM_KLAMM_TOPIC_DELETE_H

#include "klamm/command.h"

extern const struct argument_option topic_delete_options[];

#define TOPIC_DELETE_DETAILS "Their records are gone then; nothing asks back.\n"

enum command_status topic_delete(struct tool *tool, struct arguments *arguments);

#endif
