#include "config/map.h"

#include <criterion/criterion.h>

static struct config_map map;
static struct config_problems problems;

static void
setup(void)
{
	config_map_init(&map);
	config_problems_init(&problems);
}

static void
teardown(void)
{
	config_map_fini(&map);
	config_problems_fini(&problems);
}

TestSuite(config_map, .init = setup, .fini = teardown);

static void
expect_entry(const char *name, const char *value, int line)
{
	const struct config_entry *entry = config_map_find(&map, slice_of_text(name));

	cr_assert_not_null(entry, "%s", name);
	cr_expect_str_eq(entry->value, value);
	cr_expect_eq(entry->line, line, "%s: line %d", name, entry->line);
}

Test(config_map, reads_a_file_with_its_lines)
{
	config_map_read(&map, slice_of_text("# c\na=1\n\nb = two \\\n  words\nc\\ d:\\u0041"),
	    &problems);
	expect_entry("a", "1", 2);
	expect_entry("b", "two words", 4);
	expect_entry("c d", "A", 6);
	cr_expect_eq(problems.count, 0);
	cr_expect_null(config_map_find(&map, slice_of_text("# c")));
}

Test(config_map, the_last_of_one_key_wins_with_a_warning)
{
	config_map_read(&map, slice_of_text("a=1\nb=2\na=3\n"), &problems);
	expect_entry("a", "3", 3);
	cr_assert_eq(problems.count, 1);
	cr_expect_eq(problems.items[0].kind, CONFIG_PROBLEM_REPEATED);
	cr_expect_eq(problems.items[0].line, 3);
	cr_expect_not_null(strstr(problems.items[0].reason, "line 1"));
	cr_expect_eq(problems.errors, 0);
}

Test(config_map, what_cannot_be_read_is_an_error_with_its_line)
{
	config_map_read(&map, slice_of_text("a=1\nb=\\u00g1\n"), &problems);
	cr_expect_eq(problems.errors, 1);
	cr_expect_eq(problems.items[0].line, 2);
	config_map_read(&map, slice_of_text("c=\\u0000\nd=1\n"), &problems);
	cr_expect_eq(problems.errors, 2);
	cr_expect_eq(problems.items[1].line, 1);
	expect_entry("d", "1", 2);
	config_map_read(&map, slice_of("e\0=1\n", 5), &problems);
	cr_expect_eq(problems.errors, 3);
	cr_expect_null(config_map_find(&map, slice_of_text("e")));
}

Test(config_map, an_override_wins_over_the_file)
{
	config_map_read(&map, slice_of_text("a=1\n"), &problems);
	config_map_override(&map, "a=2=3", &problems);
	config_map_override(&map, "b=", &problems);
	expect_entry("a", "2=3", 0);
	expect_entry("b", "", 0);
	cr_expect_eq(problems.count, 0);
}

Test(config_map, an_override_without_a_key_is_refused)
{
	config_map_override(&map, "a", &problems);
	config_map_override(&map, "=1", &problems);
	config_map_override(&map, "", &problems);
	cr_expect_eq(problems.errors, 3);
}

Test(config_map, moves_what_it_holds_into_another_one)
{
	struct config_map from;

	config_map_set(&map, slice_of_text("old"), slice_of_text("1"), 0);
	config_map_init(&from);
	config_map_set(&from, slice_of_text("b"), slice_of_text("2"), 7);
	config_map_set(&from, slice_of_text("a"), slice_of_text("3"), 8);
	config_map_move(&map, &from);
	expect_entry("b", "2", 7);
	expect_entry("a", "3", 8);
	cr_expect_null(config_map_find(&map, slice_of_text("old")));
	cr_expect_str_eq(config_map_entry(map.table.in_order.next)->name, "b", "in their order");
	config_map_set(&map, slice_of_text("c"), slice_of_text("4"), 0);
	cr_expect_eq(map.table.count, 3);
}

Test(config_map, takes_names_away_and_adds_those_of_another)
{
	struct config_map from;

	config_map_set(&map, slice_of_text("a"), slice_of_text("1"), 1);
	config_map_set(&map, slice_of_text("b"), slice_of_text("2"), 2);
	config_map_remove(&map, slice_of_text("a"));
	config_map_remove(&map, slice_of_text("a"));
	cr_expect_null(config_map_find(&map, slice_of_text("a")));
	config_map_init(&from);
	config_map_set(&from, slice_of_text("b"), slice_of_text("3"), 3);
	config_map_set(&from, slice_of_text("c"), slice_of_text("4"), 4);
	config_map_add(&map, &from);
	config_map_fini(&from);
	expect_entry("b", "3", 3);
	expect_entry("c", "4", 4);
	cr_expect_eq(map.table.count, 2);
}
