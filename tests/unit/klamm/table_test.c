#include "klamm/table.h"

#include <criterion/criterion.h>

static const struct table_column columns[] = {
	{ "NAME", "name" }, { NULL, "hidden" }, { "N", "n" }, { "LAST", "last" },
};

static enum error
keep(void *context, struct slice bytes)
{
	buffer_append_slice(context, bytes);
	return ERROR_NONE;
}

static void
fill(struct table *table)
{
	const int32_t values[] = { 3, 1, -2 };

	table_init(table, "row", columns, ARRAY_LENGTH(columns));
	table_text(table, slice_of_text("k\xc3\xa4se"));
	table_bool(table, true);
	table_int(table, 7);
	table_ints(table, values, 3);
	table_text(table, slice_of_text("a\x1b\"b"));
	table_bool(table, false);
	table_int(table, -1234);
	table_ints(table, NULL, 0);
	table_text(table, slice_null());
	table_null(table);
	table_null(table);
	table_text(table, slice_of_text(""));
}

static void
expect(void (*print)(const struct table *table, struct output *output), bool json,
    const char *text)
{
	struct buffer printed = { 0 };
	struct output output;
	struct table table;

	output_init(&output, keep, &printed);
	output.json = json;
	fill(&table);
	print(&table, &output);
	cr_assert_eq(output_flush(&output), ERROR_NONE);
	cr_expect(slice_equal_text(buffer_slice(&printed), text), "got %.*s", (int)printed.size,
	    (const char *)printed.bytes);
	table_fini(&table);
	output_fini(&output);
	buffer_fini(&printed);
}

Test(table, is_aligned_by_characters_with_numbers_to_the_right)
{
	expect(table_print, false,
	    "NAME         N  LAST\n"
	    "k\xc3\xa4se         7  3,1,-2\n"
	    "a\\x1b\"b  -1234  -\n"
	    "-            -  \"\"\n");
}

Test(table, is_one_json_object_a_row_with_the_hidden_fields)
{
	expect(table_print, true,
	    "{\"type\":\"row\",\"name\":\"k\xc3\xa4se\",\"hidden\":true,\"n\":7,\"last\":[3,1,-2]}\n"
	    "{\"type\":\"row\",\"name\":\"a\\u001b\\\"b\",\"hidden\":false,\"n\":-1234,\"last\":[]}\n"
	    "{\"type\":\"row\",\"name\":null,\"hidden\":null,\"n\":null,\"last\":\"\"}\n");
}

Test(table, stands_upright_with_a_title_a_line)
{
	expect(table_print_upright, false,
	    "NAME  k\xc3\xa4se\nN     7\nLAST  3,1,-2\n"
	    "NAME  a\\x1b\"b\nN     -1234\nLAST  -\n"
	    "NAME  -\nN     -\nLAST  \"\"\n");
}

Test(table, without_rows_is_its_titles_and_in_json_nothing)
{
	struct buffer printed = { 0 };
	struct output output;
	struct table table;

	output_init(&output, keep, &printed);
	table_init(&table, "row", columns, ARRAY_LENGTH(columns));
	table_print(&table, &output);
	output.json = true;
	table_print(&table, &output);
	cr_assert_eq(output_flush(&output), ERROR_NONE);
	cr_expect(slice_equal_text(buffer_slice(&printed), "NAME  N  LAST\n"));
	table_fini(&table);
	output_fini(&output);
	buffer_fini(&printed);
}

Test(table, shows_bytes_in_three_digits)
{
	static const struct { int64_t bytes; const char *text; } cases[] = {
		{ 0, "0 B" }, { 999, "999 B" }, { 1000, "1.0 kB" }, { 9949, "9.9 kB" },
		{ 9950, "10 kB" }, { 999499, "999 kB" }, { 999500, "1.0 MB" },
		{ 2500000000, "2.5 GB" }, { INT64_MAX, "9.2 EB" },
	};
	char text[TABLE_BYTES_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		table_bytes_text(cases[i].bytes, text);
		cr_expect_str_eq(text, cases[i].text);
	}
}
