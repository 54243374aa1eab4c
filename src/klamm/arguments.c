#include "klamm/arguments.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUMMARY_COLUMN = 24 };

/* The position of the option that `word` (after the dashes) names; -1 when none. */
static int
find(const struct argument_option *options, const char *word, size_t size)
{
	for (int i = 0; options[i].name != NULL; i++) {
		assert(i < ARGUMENT_OPTIONS_MAX);
		if (strlen(options[i].name) == size && memcmp(options[i].name, word, size) == 0)
			return i;
	}
	return -1;
}

static enum error
note(struct arguments *arguments, int option, const char *value)
{
	if (arguments->given_count == ARGUMENT_GIVEN_MAX) {
		snprintf(arguments->complaint, sizeof(arguments->complaint),
		    "more than %d options", ARGUMENT_GIVEN_MAX);
		return ERROR_INVALID_ARGUMENT;
	}
	arguments->values[option] = value;
	arguments->given[arguments->given_count].option = option;
	arguments->given[arguments->given_count++].value = value;
	return ERROR_NONE;
}

/* `*next` is the argument after the option, and moves on when it is the value. */
static enum error
take_option(struct arguments *arguments, const struct argument_option *options, char **argv,
    int argc, int *next)
{
	const char *word = argv[*next - 1] + 2;
	size_t size = strcspn(word, "=");
	int at = find(options, word, size);

	if (at < 0) {
		snprintf(arguments->complaint, sizeof(arguments->complaint), "no option --%.*s",
		    (int)(size < 64 ? size : 64), word);
		return ERROR_INVALID_ARGUMENT;
	}
	if (options[at].value_name == NULL && word[size] == '=') {
		snprintf(arguments->complaint, sizeof(arguments->complaint),
		    "--%s takes no value", options[at].name);
		return ERROR_INVALID_ARGUMENT;
	}
	if (options[at].value_name == NULL)
		return note(arguments, at, "");
	if (word[size] == '=')
		return note(arguments, at, word + size + 1);
	if (*next < argc)
		return note(arguments, at, argv[(*next)++]);
	snprintf(arguments->complaint, sizeof(arguments->complaint), "--%s needs %s",
	    options[at].name, options[at].value_name);
	return ERROR_INVALID_ARGUMENT;
}

enum error
arguments_parse(struct arguments *arguments, const struct argument_option *options, char **argv,
    int argc)
{
	bool only_operands = false;

	*arguments = (struct arguments){ .operands = argv };
	for (int next = 0; next < argc;) {
		char *word = argv[next++];

		if (!only_operands && strcmp(word, "--") == 0)
			only_operands = true;
		else if (!only_operands && strncmp(word, "--", 2) == 0) {
			enum error error = take_option(arguments, options, argv, argc, &next);
			if (error != ERROR_NONE)
				return error;
		} else if (!only_operands && word[0] == '-' && word[1] != '\0') {
			snprintf(arguments->complaint, sizeof(arguments->complaint),
			    "no option %.64s", word);
			return ERROR_INVALID_ARGUMENT;
		} else
			argv[arguments->operand_count++] = word;
	}
	return ERROR_NONE;
}

const char *
arguments_next(const struct arguments *arguments, int option, int *at)
{
	while (*at < arguments->given_count) {
		int index = (*at)++;

		if (arguments->given[index].option == option)
			return arguments->given[index].value;
	}
	return NULL;
}

enum error
arguments_int(struct arguments *arguments, const struct argument_option *options, int option,
    int64_t least, int64_t most, int64_t fallback, int64_t *value)
{
	const char *text = arguments->values[option];
	char *end;

	*value = fallback;
	if (text == NULL)
		return ERROR_NONE;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	bool starts = text[0] == '-' || (text[0] >= '0' && text[0] <= '9');
	if (!starts || *end != '\0' || errno != 0 || number < least || number > most) {
		snprintf(arguments->complaint, sizeof(arguments->complaint),
		    "--%s takes a number from %" PRId64 " to %" PRId64 ", not '%.32s'",
		    options[option].name, least, most, text);
		return ERROR_INVALID_ARGUMENT;
	}
	*value = number;
	return ERROR_NONE;
}

void
arguments_describe(const struct argument_option *options, struct buffer *text)
{
	char line[256];

	for (int i = 0; options[i].name != NULL; i++) {
		const char *value = options[i].value_name;
		char left[64];

		snprintf(left, sizeof(left), "--%s%s%s", options[i].name, value != NULL ? " " : "",
		    value != NULL ? value : "");
		int size = snprintf(line, sizeof(line), "  %-*s %s\n", SUMMARY_COLUMN, left,
		    options[i].summary);
		assert(size > 0 && (size_t)size < sizeof(line));
		buffer_append(text, line, (size_t)size);
	}
}
