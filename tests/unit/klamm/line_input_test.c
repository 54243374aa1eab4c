#include "klamm/line_input.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

static char path[] = "/tmp/klamm-lines-XXXXXX";
static struct line_input input;

static void
set_up(void)
{
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	close(fd);
}

static void
tear_down(void)
{
	unlink(path);
}

TestSuite(line_input, .init = set_up, .fini = tear_down);

static void
open_over(const char *text, size_t size, bool whole)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	cr_assert_eq(fwrite(text, 1, size, file), size);
	cr_assert_eq(fclose(file), 0);
	cr_assert_eq(line_input_open(&input, path, whole), ERROR_NONE);
}

static void
expect(const char *text)
{
	struct slice line;

	cr_assert_eq(line_input_next(&input, &line), ERROR_NONE);
	cr_expect(slice_equal_text(line, text), "got '%.*s', expected '%s'", (int)line.size,
	    (const char *)line.bytes, text);
}

static void
expect_end(void)
{
	struct slice line;

	cr_expect_eq(line_input_next(&input, &line), ERROR_END_OF_STREAM);
	cr_expect_eq(line_input_next(&input, &line), ERROR_END_OF_STREAM);
	line_input_close(&input);
}

Test(line_input, gives_lines_without_their_ends)
{
	open_over("a\n\nb c\r\n", 8, false);
	cr_expect_eq(input.size, 8);
	expect("a");
	cr_expect_eq(input.bytes_taken, 2);
	expect("");
	expect("b c\r");
	cr_expect_eq(input.bytes_taken, 8);
	expect_end();
}

Test(line_input, gives_a_last_line_that_has_no_end)
{
	open_over("a\nb", 3, false);
	expect("a");
	expect("b");
	expect_end();
}

Test(line_input, of_nothing_has_no_line)
{
	open_over("", 0, false);
	expect_end();
	open_over("", 0, true);
	expect_end();
}

Test(line_input, gives_all_as_one_when_asked)
{
	open_over("a\nb\n", 4, true);
	expect("a\nb\n");
	expect_end();
}

Test(line_input, gives_lines_longer_than_a_read)
{
	enum { SIZE = 1000 * 1000 };
	char *text = memory_new(SIZE);
	struct slice line;

	memset(text, 'x', SIZE);
	text[SIZE / 2] = '\n';
	open_over(text, SIZE, false);
	cr_assert_eq(line_input_next(&input, &line), ERROR_NONE);
	cr_expect_eq(line.size, SIZE / 2);
	cr_assert_eq(line_input_next(&input, &line), ERROR_NONE);
	cr_expect_eq(line.size, SIZE - SIZE / 2 - 1);
	cr_expect_eq(memcmp(line.bytes, text, line.size), 0);
	expect_end();
	free(text);
}

Test(line_input, gives_a_line_of_a_pipe_as_soon_as_it_is_there)
{
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	cr_assert_eq(write(ends[1], "a\nb", 3), 3);
	cr_assert_eq(line_input_open(&input, "-", false), ERROR_NONE);
	cr_expect_eq(input.size, -1);
	expect("a");
	close(ends[1]);
	expect("b");
	expect_end();
}

Test(line_input, that_cannot_be_read_says_why)
{
	struct slice line;

	cr_expect_eq(line_input_open(&input, "/nowhere/at/all", false), ERROR_NOT_FOUND);
	line_input_close(&input);
	cr_assert_eq(line_input_open(&input, "/tmp", false), ERROR_NONE);
	cr_expect_eq(line_input_next(&input, &line), ERROR_IS_DIRECTORY);
	line_input_close(&input);
}
