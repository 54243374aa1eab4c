/* klamm/consume.h: `klamm consume`. */
#ifndef KLAMM_KLAMM_CONSUME_H
#define KLAMM_KLAMM_CONSUME_H

#include "klamm/command.h"
#include "klamm/consume_format.h"

extern const struct argument_option consume_options[];

#define CONSUME_DETAILS \
	"Without --count or --exit-at-end it goes on until it is stopped (Ctrl-C).\n" \
	"--from takes: beginning, end, an offset, -N (the last N of each partition), @MS,\n" \
	"or a UTC time like 2026-11-29T08:30:00. With --group it says where a group begins\n" \
	"that has committed nothing, and what was printed is committed.\n" \
	"\nA format holds:\n" CONSUME_FORMAT_HELP

enum command_status consume(struct tool *tool, struct arguments *arguments);

#endif
