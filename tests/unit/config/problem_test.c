#include "config/problem.h"

#include <criterion/criterion.h>

static struct config_problems problems;
static struct buffer text;

static void
setup(void)
{
	config_problems_init(&problems);
	buffer_init(&text);
}

static void
teardown(void)
{
	config_problems_fini(&problems);
	buffer_fini(&text);
}

TestSuite(config_problem, .init = setup, .fini = teardown);

static void
expect_print(const char *expected)
{
	buffer_clear(&text);
	config_problem_print(&problems.items[problems.count - 1], "server.properties", &text);
	cr_expect(slice_equal_text(buffer_slice(&text), expected), "%.*s", (int)text.size,
	    (const char *)text.bytes);
}

Test(config_problem, prints_what_is_known)
{
	config_problems_add(&problems, CONFIG_PROBLEM_INVALID,
	    (struct config_place){ "a", "b", 7 }, "it must be at least %d", 1);
	expect_print("server.properties:7: a=b: it must be at least 1");
	config_problems_add(&problems, CONFIG_PROBLEM_INVALID, (struct config_place){ .key = "a" },
	    "no");
	expect_print("a: no");
	config_problems_add(&problems, CONFIG_PROBLEM_INVALID, (struct config_place){ .line = 3 },
	    "no");
	expect_print("server.properties:3: no");
}

Test(config_problem, counts_errors_apart_from_warnings)
{
	for (int i = 0; i < 10; i++)
		config_problems_add(&problems, CONFIG_PROBLEM_UNKNOWN, (struct config_place){ 0 },
		    "a");
	cr_expect_eq(problems.errors, 0);
	config_problems_add(&problems, CONFIG_PROBLEM_CONFLICT, (struct config_place){ 0 }, "a");
	config_problems_add(&problems, CONFIG_PROBLEM_BINDING, (struct config_place){ 0 }, "a");
	cr_expect_eq(problems.errors, 2);
	cr_expect_eq(problems.count, 12);
	cr_expect(config_problem_is_error(&problems.items[11]));
	cr_expect_not(config_problem_is_error(&problems.items[0]));
}

Test(config_problem, hides_what_a_terminal_would_obey_and_what_is_too_long)
{
	char value[301];

	memset(value, 'x', sizeof(value) - 1);
	value[300] = '\0';
	config_problems_add(&problems, CONFIG_PROBLEM_INVALID,
	    (struct config_place){ "a\x1b[2J", "\n", 0 }, "no");
	expect_print("a?[2J=?: no");
	config_problems_add(&problems, CONFIG_PROBLEM_INVALID, (struct config_place){ "a", value, 0 },
	    "no");
	buffer_clear(&text);
	config_problem_print(&problems.items[1], "f", &text);
	cr_expect_lt(text.size, 220);
}
