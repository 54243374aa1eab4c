/*
 * klamm/arguments.h: the options of a command, as a table that both the
 * parser and the help are made from.
 */
#ifndef KLAMM_KLAMM_ARGUMENTS_H
#define KLAMM_KLAMM_ARGUMENTS_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

struct argument_option {
	const char *name;       /* without the dashes; NULL ends a table */
	const char *value_name; /* what the help calls its value; NULL: it has none */
	const char *summary;
};

enum { ARGUMENT_OPTIONS_MAX = 32, ARGUMENT_GIVEN_MAX = 256, ARGUMENT_COMPLAINT_SIZE = 160 };

struct arguments {
	/*
	 * By position in the table; NULL: not given; of an option given more than
	 * once the last. "" for an option without value.
	 */
	const char *values[ARGUMENT_OPTIONS_MAX];
	/* All of them, as they came. */
	struct { int option; const char *value; } given[ARGUMENT_GIVEN_MAX];
	int given_count;
	char **operands; /* within the argv that was parsed, which was reordered */
	int operand_count;
	char complaint[ARGUMENT_COMPLAINT_SIZE];
};

/*
 * `--name`, `--name value` and `--name=value`, anywhere; after `--` all are
 * operands. ERROR_INVALID_ARGUMENT: `complaint` says why.
 */
NODISCARD enum error arguments_parse(struct arguments *arguments,
    const struct argument_option *options, char **argv, int argc);
/*
 * The values of an option that may be given more than once: begin with *at = 0;
 * NULL after the last.
 */
const char *arguments_next(const struct arguments *arguments, int option, int *at);
/* A value that has to be a number of that range; `fallback` when it was not given. */
NODISCARD enum error arguments_int(struct arguments *arguments,
    const struct argument_option *options, int option, int64_t least, int64_t most,
    int64_t fallback, int64_t *value);
/* Appends a line for each option. */
void arguments_describe(const struct argument_option *options, struct buffer *text);

#endif
