/* klamm/broker_word.h: the operand that names a broker. */
#ifndef KLAMM_KLAMM_BROKER_WORD_H
#define KLAMM_KLAMM_BROKER_WORD_H

#include "klamm/command.h"

/* COMMAND_OK when there is one operand, and it is a broker's id; otherwise it has complained. */
enum command_status broker_word_read(struct tool *tool, const struct arguments *arguments,
    int32_t *id);

#endif
