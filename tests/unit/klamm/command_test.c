#include "klamm/command.h"

#include <criterion/criterion.h>

#include <stdio.h>

static const struct argument_option options[] = {
	COMMAND_OPTION_HELP,
	{ .name = NULL },
};

/* Answers with the number of its operands. */
static enum command_status
count_operands(struct tool *tool, struct arguments *arguments)
{
	output_plain(tool->output, "counted\n");
	return arguments->operand_count == 2 ? COMMAND_OK : COMMAND_FAILED;
}

static const struct command commands[] = {
	{ "log count", "A B", "count them", "More of it.\n", options, count_operands },
	{ .name = NULL },
};

static enum error
keep(void *context, struct slice bytes)
{
	buffer_append_slice(context, bytes);
	return ERROR_NONE;
}

struct answer {
	enum command_status status;
	char output[2048];
	char errors[512];
};

static void
take(struct buffer *buffer, char *text, size_t size)
{
	cr_assert_lt(buffer->size, size);
	if (buffer->size > 0)
		memcpy(text, buffer->bytes, buffer->size);
	text[buffer->size] = '\0';
	buffer_fini(buffer);
}

static struct answer
run(const char *line)
{
	struct buffer printed = { 0 }, complained = { 0 };
	struct output output, errors;
	struct tool tool = { .output = &output, .errors = &errors };
	char copy[128], *argv[16];
	struct answer answer;
	int argc = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *left = copy; *left != '\0';) {
		argv[argc++] = left;
		left += strcspn(left, " ");
		if (*left != '\0')
			*left++ = '\0';
	}
	output_init(&output, keep, &printed);
	output_init(&errors, keep, &complained);
	answer.status = commands_run(commands, &tool, argv, argc);
	cr_assert_eq(output_flush(&output), ERROR_NONE);
	output_fini(&output);
	output_fini(&errors);
	take(&printed, answer.output, sizeof(answer.output));
	take(&complained, answer.errors, sizeof(answer.errors));
	return answer;
}

Test(command, is_found_by_its_words_and_gets_the_rest)
{
	struct answer answer = run("log count a b");

	cr_expect_eq(answer.status, COMMAND_OK);
	cr_expect_str_eq(answer.output, "counted\n");
	cr_expect_str_eq(answer.errors, "");
	cr_expect_eq(run("log count a").status, COMMAND_FAILED);
}

Test(command, explains_itself_the_same_way_from_all_sides)
{
	struct answer answer = run("help log count");

	cr_expect_eq(answer.status, COMMAND_OK);
	cr_expect_not_null(strstr(answer.output, "usage: klamm log count [OPTION...] A B\n"));
	cr_expect_not_null(strstr(answer.output, "--help"));
	cr_expect_not_null(strstr(answer.output, "More of it.\n"));
	cr_expect_str_eq(run("log count --help x").output, answer.output);
	cr_expect_str_eq(run("--help log count").output, answer.output);
}

Test(command, list_names_all_of_them)
{
	struct answer answer = run("--help");

	cr_expect_eq(answer.status, COMMAND_OK);
	cr_expect_not_null(strstr(answer.output, "log count            count them\n"));
	cr_expect_str_eq(run("help").output, answer.output);
	cr_expect_eq(strncmp(run("--version").output, "klamm ", 6), 0);
}

Test(command, that_is_none_is_wrong_use_with_a_hint)
{
	struct answer answer = run("lag count");

	cr_expect_eq(answer.status, COMMAND_WRONG_USE);
	cr_expect_str_eq(answer.output, "");
	cr_expect_str_eq(answer.errors, "klamm: no command 'lag': 'klamm --help' lists them\n");
	answer = run("log");
	cr_expect_eq(answer.status, COMMAND_WRONG_USE);
	cr_expect_str_eq(answer.errors,
	    "klamm: 'log' is not a whole command: 'klamm help log' lists those that begin so\n");
	cr_expect_eq(run("").status, COMMAND_WRONG_USE);
	cr_expect_eq(run("help lag").status, COMMAND_WRONG_USE);
	cr_expect_eq(run("log counted").status, COMMAND_WRONG_USE);
}

Test(command, first_word_alone_has_help_too)
{
	struct answer answer = run("help log");

	cr_expect_eq(answer.status, COMMAND_OK);
	cr_expect_str_eq(answer.output, "usage: klamm COMMAND [OPTION...] [OPERAND...]\n\n"
	    "  log count            count them\n");
	cr_expect_str_eq(run("log --help").output, answer.output);
	cr_expect_eq(run("help lo").status, COMMAND_WRONG_USE);
	cr_expect_eq(run("help log x").status, COMMAND_WRONG_USE);
}

Test(command, with_an_unknown_option_is_wrong_use)
{
	struct answer answer = run("log count --many");

	cr_expect_eq(answer.status, COMMAND_WRONG_USE);
	cr_expect_str_eq(answer.errors,
	    "klamm: log count: no option --many: 'klamm help log count' tells more\n");
}

Test(command, complains_in_one_line_whatever_a_name_holds)
{
	cr_expect_str_eq(run("x\ny\x1b").errors,
	    "klamm: no command 'x?y?': 'klamm --help' lists them\n");
}
