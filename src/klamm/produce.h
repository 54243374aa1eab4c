/* klamm/produce.h: `klamm produce`: lines of files, or of standard input, become records. */
#ifndef KLAMM_KLAMM_PRODUCE_H
#define KLAMM_KLAMM_PRODUCE_H

#include "klamm/command.h"

extern const struct argument_option produce_options[];

#define PRODUCE_DETAILS \
	"Each line of the files, or of standard input, is a record. The exit status is 0\n" \
	"when the cluster has acknowledged all of them. With --acks all (the default) each\n" \
	"is written once, in order, whatever fails on the way (idempotence).\n"

enum command_status produce(struct tool *tool, struct arguments *arguments);

#endif
