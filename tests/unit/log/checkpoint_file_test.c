#include "log/checkpoint_file.h"

#include <criterion/criterion.h>

static struct checkpoint_reader reader;

static enum error
open_text(const char *text)
{
	return checkpoint_reader_init(&reader, slice_of_text(text));
}

/* Reads entries of `words` words to the first error. */
static enum error
read_all(const char *text, int count)
{
	struct slice words[CHECKPOINT_WORDS_MAX];
	enum error error = open_text(text);

	while (error == ERROR_NONE)
		error = checkpoint_reader_next(&reader, words, count);
	return error;
}

static void
expect_complaint(int line, const char *reason)
{
	cr_expect_eq(reader.complaint.line, line);
	cr_expect_not_null(reader.complaint.reason);
	cr_expect_str_eq(reader.complaint.reason, reason);
}

Test(checkpoint_file, gives_the_words_of_each_entry)
{
	struct slice words[3];

	cr_assert_eq(open_text("0\n2\na 1 2\nb\t3   4\n"), ERROR_NONE);
	cr_assert_eq(checkpoint_reader_next(&reader, words, 3), ERROR_NONE);
	cr_expect(slice_equal_text(words[0], "a"));
	cr_assert_eq(checkpoint_reader_next(&reader, words, 3), ERROR_NONE);
	cr_expect(slice_equal_text(words[0], "b"));
	cr_expect(slice_equal_text(words[1], "3"));
	cr_expect(slice_equal_text(words[2], "4"));
	cr_expect_eq(checkpoint_reader_next(&reader, words, 3), ERROR_END_OF_STREAM);
	cr_expect_null(reader.complaint.reason);
}

Test(checkpoint_file, may_end_without_newline_and_have_other_line_ends)
{
	cr_expect_eq(read_all("0\n1\na 1 2", 3), ERROR_END_OF_STREAM);
	cr_expect_eq(read_all("0\r\n1\r\na 1 2\r\n", 3), ERROR_END_OF_STREAM);
	cr_expect_eq(read_all("0\n0\n", 3), ERROR_END_OF_STREAM);
}

Test(checkpoint_file, refuses_another_version)
{
	cr_expect_eq(open_text("1\n0\n"), ERROR_UNSUPPORTED);
	expect_complaint(1, "unknown version");
}

Test(checkpoint_file, refuses_a_bad_head)
{
	static const char *const texts[] = { "", "\n", "x\n0\n", "-1\n0\n", "0 \n0\n", "00x\n" };

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		cr_expect_eq(open_text(texts[i]), ERROR_MALFORMED, "%zu", i);
		cr_expect_str_eq(reader.complaint.reason, "the first line is not a version");
	}
	cr_expect_eq(open_text("0"), ERROR_MALFORMED);
	cr_expect_eq(open_text("0\n99999999999\n"), ERROR_MALFORMED);
	expect_complaint(2, "the second line is not a count");
}

Test(checkpoint_file, refuses_a_wrong_count)
{
	cr_expect_eq(read_all("0\n2\na 1 2\n", 3), ERROR_MALFORMED);
	cr_expect_str_eq(reader.complaint.reason, "fewer entries than the count says");
	cr_expect_eq(read_all("0\n1\na 1 2\nb 1 2\n", 3), ERROR_MALFORMED);
	expect_complaint(4, "more entries than the count says");
	cr_expect_eq(read_all("0\n1\na 1 2\n\n", 3), ERROR_MALFORMED);
}

Test(checkpoint_file, refuses_lines_with_another_number_of_words)
{
	static const char *const lines[] = { "a 1", "a 1 2 3", "", " a 1 2", " 1 2", "a 1 " };

	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
		char text[64] = "0\n1\n";
		strncat(text, lines[i], 32);
		strncat(text, "\n", 2);
		cr_expect_eq(read_all(text, 3), ERROR_MALFORMED, "%zu", i);
		expect_complaint(3, "another number of words than an entry has");
	}
}

Test(checkpoint_file, numbers_are_decimal_and_within_their_range)
{
	int64_t number = 7;

	cr_expect(checkpoint_number(slice_of_text("9223372036854775807"), 0, INT64_MAX, &number));
	cr_expect_eq(number, INT64_MAX);
	cr_expect(checkpoint_number(slice_of_text("-9223372036854775808"), INT64_MIN, 0, &number));
	cr_expect_eq(number, INT64_MIN);
	cr_expect(checkpoint_number(slice_of_text("0042"), 0, 42, &number));
	cr_expect_eq(number, 42);
}

Test(checkpoint_file, other_text_is_not_a_number_and_changes_nothing)
{
	static const char *const words[] = { "", "-", "+1", "1.0", "0x10", "1 ", "43", "-1",
		"9223372036854775808", "99999999999999999999999", "18446744073709551617" };
	int64_t number = 7;

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		cr_expect_not(checkpoint_number(slice_of_text(words[i]), 0, 42, &number), "%zu", i);
	cr_expect_not(checkpoint_number(slice_of_text("9223372036854775808"), 0, INT64_MAX, &number));
	cr_expect_eq(number, 7);
}

Test(checkpoint_file, writes_its_head)
{
	struct buffer text;

	buffer_init(&text);
	checkpoint_begin(&text, 109);
	checkpoint_append_number(&text, INT64_MIN);
	cr_expect(slice_equal_text(buffer_slice(&text), "0\n109\n-9223372036854775808"));
	buffer_fini(&text);
}
