#include "klamm/arguments.h"

#include <criterion/criterion.h>

enum { HELP, LIMIT };

static const struct argument_option options[] = {
	[HELP] = { "help", NULL, "tell" },
	[LIMIT] = { "limit", "N", "no more than N" },
	{ .name = NULL },
};

static struct arguments parsed;
static char *words[8]; /* what is parsed points into it */

static enum error
parse(char **list)
{
	int count = 0;

	for (; list[count] != NULL; count++)
		words[count] = list[count];
	return arguments_parse(&parsed, options, words, count);
}

#define PARSE(...) parse((char *[]){ __VA_ARGS__, NULL })

static char a[] = "a", b[] = "b", dashes[] = "--", dash[] = "-", help[] = "--help",
    limit[] = "--limit", limit_5[] = "--limit=5", empty_limit[] = "--limit=", help_5[] = "--help=5",
    unknown[] = "--lim", one_letter[] = "-l", number[] = "7";

Test(arguments, takes_options_and_operands_in_any_order)
{
	cr_assert_eq(PARSE(a, limit, number, b, help), ERROR_NONE);
	cr_expect_str_eq(parsed.values[LIMIT], "7");
	cr_expect_str_eq(parsed.values[HELP], "");
	cr_assert_eq(parsed.operand_count, 2);
	cr_expect_str_eq(parsed.operands[0], "a");
	cr_expect_str_eq(parsed.operands[1], "b");
}

Test(arguments, takes_a_value_behind_an_equals_sign)
{
	cr_assert_eq(PARSE(limit_5), ERROR_NONE);
	cr_expect_str_eq(parsed.values[LIMIT], "5");
	cr_assert_eq(PARSE(empty_limit), ERROR_NONE);
	cr_expect_str_eq(parsed.values[LIMIT], "");
	cr_expect_null(parsed.values[HELP]);
}

Test(arguments, are_all_operands_behind_two_dashes)
{
	cr_assert_eq(PARSE(dash, dashes, help, dashes), ERROR_NONE);
	cr_assert_eq(parsed.operand_count, 3);
	cr_expect_str_eq(parsed.operands[0], "-");
	cr_expect_str_eq(parsed.operands[1], "--help");
	cr_expect_str_eq(parsed.operands[2], "--");
	cr_expect_null(parsed.values[HELP]);
}

Test(arguments, complain_about_unknown_options)
{
	cr_expect_eq(PARSE(unknown), ERROR_INVALID_ARGUMENT);
	cr_expect_str_eq(parsed.complaint, "no option --lim");
	cr_expect_eq(PARSE(one_letter), ERROR_INVALID_ARGUMENT);
	cr_expect_str_eq(parsed.complaint, "no option -l");
}

Test(arguments, complain_about_a_missing_value_and_about_one_too_many)
{
	cr_expect_eq(PARSE(a, limit), ERROR_INVALID_ARGUMENT);
	cr_expect_str_eq(parsed.complaint, "--limit needs N");
	cr_expect_eq(PARSE(help_5), ERROR_INVALID_ARGUMENT);
	cr_expect_str_eq(parsed.complaint, "--help takes no value");
}

Test(arguments, are_described_from_the_same_table)
{
	struct buffer text;

	buffer_init(&text);
	arguments_describe(options, &text);
	cr_expect(slice_equal_text(buffer_slice(&text), "  --help                   tell\n"
	    "  --limit N                no more than N\n"), "%.*s", (int)text.size, text.bytes);
	buffer_fini(&text);
}

Test(arguments, keep_all_values_of_an_option_that_is_repeated)
{
	int at = 0;

	cr_assert_eq(PARSE(limit_5, a, help, limit, number), ERROR_NONE);
	cr_expect_str_eq(parsed.values[LIMIT], "7");
	cr_expect_str_eq(arguments_next(&parsed, LIMIT, &at), "5");
	cr_expect_str_eq(arguments_next(&parsed, LIMIT, &at), "7");
	cr_expect_null(arguments_next(&parsed, LIMIT, &at));
	at = 0;
	cr_expect_str_eq(arguments_next(&parsed, HELP, &at), "");
	cr_expect_null(arguments_next(&parsed, HELP, &at));
}

Test(arguments, are_no_more_options_than_can_be_kept)
{
	static char *many[ARGUMENT_GIVEN_MAX + 1];

	for (int i = 0; i <= ARGUMENT_GIVEN_MAX; i++)
		many[i] = help;
	cr_expect_eq(arguments_parse(&parsed, options, many, ARGUMENT_GIVEN_MAX), ERROR_NONE);
	cr_expect_eq(arguments_parse(&parsed, options, many, ARGUMENT_GIVEN_MAX + 1),
	    ERROR_INVALID_ARGUMENT);
	cr_expect_str_eq(parsed.complaint, "more than 256 options");
}

static enum error
number_of(char *word, int64_t *value)
{
	cr_assert_eq(PARSE(limit, word), ERROR_NONE);
	return arguments_int(&parsed, options, LIMIT, -5, 100, 9, value);
}

Test(arguments, give_numbers_within_their_range)
{
	static char least[] = "-5", most[] = "100", below[] = "-6", above[] = "101", none[] = "",
	    space[] = " 5", word[] = "5x", huge[] = "99999999999999999999";
	int64_t value;

	cr_assert_eq(PARSE(a), ERROR_NONE);
	cr_expect_eq(arguments_int(&parsed, options, LIMIT, -5, 100, 9, &value), ERROR_NONE);
	cr_expect_eq(value, 9);
	cr_expect_eq(number_of(least, &value), ERROR_NONE);
	cr_expect_eq(value, -5);
	cr_expect_eq(number_of(most, &value), ERROR_NONE);
	cr_expect_eq(value, 100);
	cr_expect_eq(number_of(below, &value), ERROR_INVALID_ARGUMENT);
	cr_expect_str_eq(parsed.complaint, "--limit takes a number from -5 to 100, not '-6'");
	cr_expect_eq(number_of(above, &value), ERROR_INVALID_ARGUMENT);
	cr_expect_eq(number_of(none, &value), ERROR_INVALID_ARGUMENT);
	cr_expect_eq(number_of(space, &value), ERROR_INVALID_ARGUMENT);
	cr_expect_eq(number_of(word, &value), ERROR_INVALID_ARGUMENT);
	cr_expect_eq(number_of(huge, &value), ERROR_INVALID_ARGUMENT);
}
