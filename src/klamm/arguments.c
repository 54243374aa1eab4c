#include "klamm/arguments.h"

#include <assert.h>
#include <stdio.h>
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
		arguments->values[at] = "";
	else if (word[size] == '=')
		arguments->values[at] = word + size + 1;
	else if (*next < argc)
		arguments->values[at] = argv[(*next)++];
	else {
		snprintf(arguments->complaint, sizeof(arguments->complaint), "--%s needs %s",
		    options[at].name, options[at].value_name);
		return ERROR_INVALID_ARGUMENT;
	}
	return ERROR_NONE;
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
