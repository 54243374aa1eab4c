/*
 * klamm/command.h: what a command of the tool is, and how one is chosen from
 * the table in main.c. A command prints to `output` and complains to
 * `errors`; it touches nothing else of the process.
 */
#ifndef KLAMM_KLAMM_COMMAND_H
#define KLAMM_KLAMM_COMMAND_H

#include "klamm/arguments.h"
#include "klamm/output.h"
#include "world/disk.h"
#include "world/entropy.h"

struct transport;

/* What the process answers its caller. */
enum command_status {
	COMMAND_OK = 0,
	COMMAND_FAILED = 1, /* or found something wrong */
	COMMAND_WRONG_USE = 2,
};

struct tool {
	struct disk *disk;
	struct entropy *entropy;
	struct transport *transport;
	const char *bootstrap; /* brokers to begin with where no option says so */
	struct output *output;
	struct output *errors;
	bool output_is_terminal;
	bool errors_are_terminal;
	const struct command *command; /* the one that runs */
};

struct command {
	const char *name;     /* one word or several: "log dump"; NULL ends the table */
	const char *operands; /* for the help: "FILE|DIR..." */
	const char *summary;
	const char *details;  /* lines of text; may be NULL */
	const struct argument_option *options;
	enum command_status (*run)(struct tool *tool, struct arguments *arguments);
};

/* Every command has it, first in its table of options. */
#define COMMAND_OPTION_HELP { "help", NULL, "tell about this command" }
enum { COMMAND_HELP };

/* Runs what `argv` (without the program's name) asks for; `commands` is the table. */
enum command_status commands_run(const struct command *commands, struct tool *tool, char **argv,
    int argc);

/* One line to `errors`: "klamm: ..." */
void tool_complain(struct tool *tool, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same of how the command that runs was called; COMMAND_WRONG_USE. */
enum command_status tool_wrong_use(struct tool *tool, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
