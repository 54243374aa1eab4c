/* klamm/log_dump.h: `klamm log dump`: what stands in the files of a log. Reads only. */
#ifndef KLAMM_KLAMM_LOG_DUMP_H
#define KLAMM_KLAMM_LOG_DUMP_H

#include "klamm/command.h"

extern const struct argument_option log_dump_options[];

#define LOG_DUMP_DETAILS \
	"A directory stands for the files in it. Files are told by their names: segments\n" \
	"(.log), their indexes, producer snapshots, checkpoints, meta.properties,\n" \
	"partition.metadata. What is damaged is shown as such, reading goes on behind it\n" \
	"where that can be, and the exit status is 1.\n"

enum command_status log_dump(struct tool *tool, struct arguments *arguments);

#endif
