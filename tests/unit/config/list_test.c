#include "config/list.h"

#include <criterion/criterion.h>

static void
expect_elements(const char *text, size_t count, const char *const elements[])
{
	struct config_list list = config_list_of(text);
	struct slice element;

	for (size_t i = 0; i < count; i++) {
		cr_assert(config_list_next(&list, &element), "%s: %zu", text, i);
		cr_expect(slice_equal_text(element, elements[i]), "%s: %s", text, elements[i]);
	}
	cr_expect_not(config_list_next(&list, &element), "%s", text);
	cr_expect_not(config_list_next(&list, &element), "the end stays the end");
}

Test(config_list, divides_at_commas_without_blanks)
{
	expect_elements(" a , b,\tc ", 3, (const char *const[]){ "a", "b", "c" });
	expect_elements("one word", 1, (const char *const[]){ "one word" });
}

Test(config_list, nothing_has_no_elements)
{
	expect_elements("", 0, NULL);
	expect_elements("  ", 0, NULL);
	expect_elements(NULL, 0, NULL);
}

Test(config_list, a_comma_makes_an_element_even_of_nothing)
{
	expect_elements("a,", 2, (const char *const[]){ "a", "" });
	expect_elements(",", 2, (const char *const[]){ "", "" });
}

Test(config_list, knows_what_it_has)
{
	cr_expect(config_list_has("compact, delete", "delete"));
	cr_expect_not(config_list_has("compact, delete", "delet"));
	cr_expect_not(config_list_has("", ""));
	cr_expect_not(config_list_has(NULL, "a"));
}

Test(config_list, a_pair_is_divided_at_its_last_colon)
{
	struct slice name, value;

	cr_assert(config_list_pair(slice_of_text("::1 : 7"), &name, &value));
	cr_expect(slice_equal_text(name, "::1"));
	cr_expect(slice_equal_text(value, "7"));
	cr_assert(config_list_pair(slice_of_text(":"), &name, &value));
	cr_expect_eq(name.size + value.size, 0);
	cr_expect_not(config_list_pair(slice_of_text("none"), &name, &value));
	cr_expect_not(config_list_pair(slice_of_text(""), &name, &value));
}

Test(config_list, trims_blanks_and_control_characters)
{
	cr_expect(slice_equal_text(config_trim(slice_of_text(" \t a b\r\n")), "a b"));
	cr_expect_eq(config_trim(slice_of_text("\n")).size, 0);
}
