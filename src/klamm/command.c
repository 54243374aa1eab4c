#include "klamm/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config.h"

enum { COMPLAINT_SIZE = 1024, NAME_COLUMN = 20 };

void
tool_complain(struct tool *tool, const char *format, ...)
{
	char text[COMPLAINT_SIZE];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	for (char *at = text; *at != '\0'; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '?'; /* a file's name may hold anything */
	}
	output_plain(tool->errors, "klamm: ");
	output_plain(tool->errors, text);
	output_plain(tool->errors, "\n");
	(void)output_flush(tool->errors); /* nobody is left to be told */
}

enum command_status
tool_wrong_use(struct tool *tool, const char *format, ...)
{
	const char *name = tool->command->name;
	char text[COMPLAINT_SIZE];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	tool_complain(tool, "%s: %s: 'klamm help %s' tells more", name, text, name);
	return COMMAND_WRONG_USE;
}

static void
print_line(struct output *output, const char *left, const char *right)
{
	char line[256];

	snprintf(line, sizeof(line), "  %-*s %s\n", NAME_COLUMN, left, right);
	output_plain(output, line);
}

static void
print_overview(const struct command *commands, struct output *output)
{
	output_plain(output, "usage: klamm COMMAND [OPTION...] [OPERAND...]\n\n");
	for (const struct command *command = commands; command->name != NULL; command++)
		print_line(output, command->name, command->summary);
	print_line(output, "help COMMAND", "tell about a command");
	output_plain(output, "\n");
	print_line(output, "--help", "this text");
	print_line(output, "--version", "the version");
	output_plain(output,
	    "\nExit status: 0 all is well; 1 it failed or found something wrong; 2 wrong use.\n");
}

static void
print_help(const struct command *command, struct output *output)
{
	struct buffer options;

	output_plain(output, "usage: klamm ");
	output_plain(output, command->name);
	output_plain(output, " [OPTION...] ");
	output_plain(output, command->operands);
	output_plain(output, "\n\n");
	output_plain(output, command->summary);
	output_plain(output, "\n\n");
	buffer_init(&options);
	arguments_describe(command->options, &options);
	buffer_int8(&options, '\0');
	output_plain(output, (const char *)options.bytes);
	buffer_fini(&options);
	if (command->details != NULL) {
		output_plain(output, "\n");
		output_plain(output, command->details);
	}
}

/* How many of the words are the command's name; 0: they are not. */
static int
words_matched(const struct command *command, char **argv, int argc)
{
	const char *name = command->name;
	int words = 0;

	while (*name != '\0') {
		size_t size = strcspn(name, " ");

		if (words == argc || strlen(argv[words]) != size ||
		    memcmp(argv[words], name, size) != 0)
			return 0;
		words++;
		name += size + (name[size] == ' ');
	}
	return words;
}

static const struct command *
find(const struct command *commands, char **argv, int argc, int *words)
{
	for (const struct command *command = commands; command->name != NULL; command++) {
		*words = words_matched(command, argv, argc);
		if (*words > 0)
			return command;
	}
	return NULL;
}

/* Is `word` the first of the command's several words? */
static bool
is_of_family(const struct command *command, const char *word)
{
	size_t size = strlen(word);

	return size > 0 && strncmp(command->name, word, size) == 0 && command->name[size] == ' ';
}

/* False when there is none. */
static bool
print_family(const struct command *commands, struct output *output, const char *word)
{
	bool found = false;

	for (const struct command *command = commands; command->name != NULL; command++) {
		if (!is_of_family(command, word))
			continue;
		if (!found)
			output_plain(output, "usage: klamm COMMAND [OPTION...] [OPERAND...]\n\n");
		print_line(output, command->name, command->summary);
		found = true;
	}
	return found;
}

static enum command_status
reject_command(const struct command *commands, struct tool *tool, const char *word)
{
	for (const struct command *command = commands; command->name != NULL; command++) {
		if (is_of_family(command, word)) {
			tool_complain(tool, "'%s' is not a whole command: 'klamm help %s' lists those "
			    "that begin so", word, word);
			return COMMAND_WRONG_USE;
		}
	}
	tool_complain(tool, "no command '%s': 'klamm --help' lists them", word);
	return COMMAND_WRONG_USE;
}

static enum command_status
help(const struct command *commands, struct tool *tool, char **argv, int argc)
{
	int words;

	if (argc == 0) {
		print_overview(commands, tool->output);
		return COMMAND_OK;
	}
	const struct command *command = find(commands, argv, argc, &words);
	if (command == NULL && argc == 1 && print_family(commands, tool->output, argv[0]))
		return COMMAND_OK;
	if (command == NULL)
		return reject_command(commands, tool, argv[0]);
	print_help(command, tool->output);
	return COMMAND_OK;
}

static enum command_status
run(const struct command *command, struct tool *tool, char **argv, int argc)
{
	struct arguments arguments;

	tool->command = command;
	if (arguments_parse(&arguments, command->options, argv, argc) != ERROR_NONE)
		return tool_wrong_use(tool, "%s", arguments.complaint);
	if (arguments.values[COMMAND_HELP] != NULL) {
		print_help(command, tool->output);
		return COMMAND_OK;
	}
	return command->run(tool, &arguments);
}

enum command_status
commands_run(const struct command *commands, struct tool *tool, char **argv, int argc)
{
	int words;

	if (argc == 0) {
		tool_complain(tool, "which command? 'klamm --help' lists them");
		return COMMAND_WRONG_USE;
	}
	if (strcmp(argv[0], "--version") == 0) {
		output_plain(tool->output, "klamm " PACKAGE_VERSION "\n");
		return COMMAND_OK;
	}
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "help") == 0)
		return help(commands, tool, argv + 1, argc - 1);
	const struct command *command = find(commands, argv, argc, &words);
	if (command == NULL && argc == 2 && strcmp(argv[1], "--help") == 0)
		return help(commands, tool, argv, 1);
	if (command == NULL)
		return reject_command(commands, tool, argv[0]);
	return run(command, tool, argv + words, argc - words);
}
