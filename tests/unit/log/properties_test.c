#include "log/properties.h"

#include <criterion/criterion.h>

static struct properties_reader reader;
static struct buffer text;

static void
setup(void)
{
	buffer_init(&text);
	properties_reader_init(&reader, slice_of_text(""));
}

static void
teardown(void)
{
	properties_reader_fini(&reader);
	buffer_fini(&text);
}

TestSuite(properties, .init = setup, .fini = teardown);

static void
read_text(const char *what)
{
	properties_reader_fini(&reader);
	properties_reader_init(&reader, slice_of_text(what));
}

static void
expect_pair(const char *key, const char *value)
{
	cr_assert_eq(properties_reader_next(&reader), ERROR_NONE);
	cr_expect(slice_equal_text(buffer_slice(&reader.key), key), "%s", key);
	cr_expect(slice_equal_text(buffer_slice(&reader.value), value), "%s: %.*s", key,
	    (int)reader.value.size, (const char *)reader.value.bytes);
}

static void
expect_end(void)
{
	cr_expect_eq(properties_reader_next(&reader), ERROR_END_OF_STREAM);
}

static void
expect_text(const char *expected)
{
	cr_expect(slice_equal_text(buffer_slice(&text), expected), "%.*s", (int)text.size,
	    (const char *)text.bytes);
	buffer_clear(&text);
}

Test(properties, divides_key_and_value_as_java_does)
{
	read_text("a=1\nb:2\nc 3\n  d \t = \f 4  \ne = = 5\nf\ng=\nh==");
	expect_pair("a", "1");
	expect_pair("b", "2");
	expect_pair("c", "3");
	expect_pair("d", "4  ");
	expect_pair("e", "= 5");
	expect_pair("f", "");
	expect_pair("g", "");
	expect_pair("h", "=");
	expect_end();
}

Test(properties, skips_comments_and_empty_lines_whatever_the_line_end)
{
	read_text("# one\\\n! two\r\n\r\n   \n   # three\r a=1\rb=2\r\n");
	expect_pair("a", "1");
	expect_pair("b", "2");
	expect_end();
	read_text("");
	expect_end();
	read_text("#");
	expect_end();
}

Test(properties, joins_lines_that_end_in_a_backslash)
{
	read_text("a=x,\\\n   y,\\\r\n\tz\nb\\\n  c=1\nd=2\\");
	expect_pair("a", "x,y,z");
	expect_pair("bc", "1");
	expect_pair("d", "2");
	expect_end();
}

Test(properties, undoes_escapes)
{
	read_text("a\\ b\\=c=\\t\\n\\r\\f\\\\\\q\\u0041\\u00e9\\u20AC\n");
	expect_pair("a b=c", "\t\n\r\f\\qA\xc3\xa9\xe2\x82\xac");
	expect_end();
}

Test(properties, refuses_a_bad_unicode_escape_and_names_the_line)
{
	static const char *const bad[] = { "a=1\nb=\\u12", "a=1\nb=\\u12g4", "a=1\n\\u", "a=1\nb=\\u 123\n" };

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		read_text(bad[i]);
		expect_pair("a", "1");
		cr_expect_eq(properties_reader_next(&reader), ERROR_MALFORMED, "%zu", i);
		cr_expect_eq(reader.line, 2, "%zu: %d", i, reader.line);
	}
}

Test(properties, escapes_as_java_stores)
{
	properties_append(&text, slice_of_text("a key"), slice_of_text(" b c=:#!\\\t\n\r\f\x01"));
	expect_text("a\\ key=\\ b c\\=\\:\\#\\!\\\\\\t\\n\\r\\f\\u0001\n");
}

Test(properties, reads_what_it_wrote)
{
	static const char key[] = " k=:#!\\\t\x7f";
	static const char value[] = "  v \\u \n\\";

	properties_append(&text, slice_of_text(key), slice_of_text(value));
	properties_reader_fini(&reader);
	properties_reader_init(&reader, buffer_slice(&text));
	expect_pair(key, value);
	expect_end();
}

Test(properties, dates_are_javas)
{
	static const struct { int64_t now_ms; const char *expected; } dates[] = {
		{ 0, "#Thu Jan 01 00:00:00 UTC 1970\n" },
		{ -1, "#Wed Dec 31 23:59:59 UTC 1969\n" },
		{ INT64_C(951782400000), "#Tue Feb 29 00:00:00 UTC 2000\n" },
		{ INT64_C(951868799999), "#Tue Feb 29 23:59:59 UTC 2000\n" },
		{ INT64_C(951868800000), "#Wed Mar 01 00:00:00 UTC 2000\n" },
		{ INT64_C(1795352818000), "#Sun Nov 22 13:06:58 UTC 2026\n" },
		{ INT64_C(4107542400000), "#Mon Mar 01 00:00:00 UTC 2100\n" },
		{ INT64_C(1735689599000), "#Tue Dec 31 23:59:59 UTC 2024\n" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(dates); i++) {
		properties_append_date(&text, dates[i].now_ms);
		expect_text(dates[i].expected);
	}
}

Test(properties, tells_where_an_entry_begins)
{
	read_text("# one\n\na=1\nb=2\\\n  3\n\nc=4");
	expect_pair("a", "1");
	cr_expect_eq(reader.first_line, 3);
	expect_pair("b", "23");
	cr_expect_eq(reader.first_line, 4);
	expect_pair("c", "4");
	cr_expect_eq(reader.first_line, 7, "an entry without a newline has a line too");
}
