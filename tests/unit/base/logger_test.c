#include "base/logger.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <wchar.h>

enum { LONGEST_LINE = 2047 };

struct captured {
	struct logger logger;
	int calls;
	enum logger_level level;
	char line[4096];
};

static void
capture(struct logger *logger, enum logger_level level, const char *line)
{
	struct captured *captured = container_of(logger, struct captured, logger);

	captured->calls++;
	captured->level = level;
	cr_assert_lt(strlen(line), sizeof(captured->line));
	memcpy(captured->line, line, strlen(line) + 1);
}

static struct captured
captured(enum logger_level level)
{
	return (struct captured){ .logger = { .level = level, .sink = capture } };
}

/* Fills `text` with `count` times `byte` and a terminator. */
static const char *
repeated(char *text, char byte, size_t count)
{
	memset(text, byte, count);
	text[count] = '\0';
	return text;
}

static bool
ends_with(const char *line, const char *end)
{
	return strlen(line) >= strlen(end) && strcmp(line + strlen(line) - strlen(end), end) == 0;
}

Test(logger, formats_one_line_a_call)
{
	struct captured log = captured(LOGGER_INFO);

	log_info(&log.logger, "%s-%d: epoch %d", "orders", 0, 5);
	cr_expect_eq(log.calls, 1);
	cr_expect_eq(log.level, LOGGER_INFO);
	cr_expect_str_eq(log.line, "orders-0: epoch 5");
}

Test(logger, is_silent_above_its_level)
{
	struct captured log = captured(LOGGER_WARN);

	log_debug(&log.logger, "no");
	log_info(&log.logger, "no");
	cr_expect_eq(log.calls, 0);
	log_warn(&log.logger, "yes");
	log_error(&log.logger, "yes");
	cr_expect_eq(log.calls, 2);
	cr_expect_eq(log.level, LOGGER_ERROR);
}

Test(logger, names_its_levels)
{
	cr_expect_str_eq(logger_level_name(LOGGER_ERROR), "ERROR");
	cr_expect_str_eq(logger_level_name(LOGGER_WARN), "WARN");
	cr_expect_str_eq(logger_level_name(LOGGER_INFO), "INFO");
	cr_expect_str_eq(logger_level_name(LOGGER_DEBUG), "DEBUG");
}

Test(logger, has_no_name_for_a_foreign_level, .signal = SIGABRT)
{
	(void)logger_level_name(LOGGER_LEVEL_COUNT);
}

Test(logger, escapes_control_characters_and_the_backslash)
{
	struct captured log = captured(LOGGER_INFO);

	log_info(&log.logger, "%s", "a\nb\r\t\x1b[31m\x7f\\n\x01");
	cr_expect_str_eq(log.line, "a\\x0ab\\x0d\\x09\\x1b[31m\\x7f\\x5cn\\x01");
}

Test(logger, a_peer_cannot_forge_a_line)
{
	struct captured log = captured(LOGGER_INFO);

	for (int byte = 1; byte < 256; byte++) {
		log_info(&log.logger, "client id \"%c\"", byte);
		for (const char *p = log.line; *p != '\0'; p++)
			cr_assert((unsigned char)*p >= 0x20 && *p != 0x7f, "byte %d", byte);
	}
}

Test(logger, a_zero_byte_does_not_hide_the_rest)
{
	struct captured log = captured(LOGGER_INFO);

	log_info(&log.logger, "byte %c was refused", 0);
	cr_expect_str_eq(log.line, "byte \\x00 was refused");
}

Test(logger, keeps_utf8)
{
	struct captured log = captured(LOGGER_INFO);

	log_info(&log.logger, "%s", "Größe 数");
	cr_expect_str_eq(log.line, "Größe 数");
}

Test(logger, keeps_the_ends_of_each_length_of_utf8)
{
	static const char *const texts[] = { "\xc2\xa0", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
		"\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
		"\xe2\x80\xa7", "\xe2\x80\xaf" };

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct captured log = captured(LOGGER_INFO);

		log_info(&log.logger, "%s", texts[i]);
		cr_expect_str_eq(log.line, texts[i]);
	}
}

Test(logger, escapes_the_controls_of_utf8)
{
	static const char *const texts[][2] = {
		{ "\xc2\x80", "\\xc2\\x80" },
		{ "\xc2\x9b" "31m", "\\xc2\\x9b31m" }, /* begins a terminal's command */
		{ "\xc2\x9f", "\\xc2\\x9f" },
		{ "\xe2\x80\xa8", "\\xe2\\x80\\xa8" }, /* ends a line */
		{ "\xe2\x80\xae", "\\xe2\\x80\\xae" }, /* turns the text around */
		{ "\xe2\x81\xa6", "\\xe2\\x81\\xa6" }, /* so does an isolate */
		{ "\xe2\x80\x8f", "\\xe2\\x80\\x8f" },
		{ "\xd8\x9c", "\\xd8\\x9c" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct captured log = captured(LOGGER_INFO);

		log_info(&log.logger, "%s", texts[i][0]);
		cr_expect_str_eq(log.line, texts[i][1]);
	}
}

Test(logger, escapes_the_bytes_of_malformed_utf8)
{
	static const char *const texts[][2] = {
		{ "\x80x", "\\x80x" },
		{ "\x9b[", "\\x9b[" },
		{ "\xc0\xaf", "\\xc0\\xaf" },                         /* over-long */
		{ "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf" },                /* over-long */
		{ "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf" },       /* over-long */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },                /* half of a pair */
		{ "\xed\xbf\xbf", "\\xed\\xbf\\xbf" },                /* half of a pair */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },       /* past the last */
		{ "\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80" },
		{ "\xff", "\\xff" },
		{ "\xc3", "\\xc3" },                                  /* ends too early */
		{ "\xe6\x95", "\\xe6\\x95" },
		{ "\xf0\x9f\x98", "\\xf0\\x9f\\x98" },
		{ "\xc3(", "\\xc3(" },
		{ "\xe6\x95(", "\\xe6\\x95(" },
		{ "\xc3\n", "\\xc3\\x0a" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct captured log = captured(LOGGER_INFO);

		log_info(&log.logger, "%s", texts[i][0]);
		cr_expect_str_eq(log.line, texts[i][1]);
	}
}

Test(logger, never_cuts_a_character_in_two)
{
	struct captured log = captured(LOGGER_INFO);
	char text[4096] = "";

	for (size_t i = 0; i < 1000; i++)
		memcpy(text + 3 * i, "数", 4);
	for (int shift = 0; shift < 3; shift++) {
		log_info(&log.logger, "%.*s%s", shift, "abc", text);
		cr_expect(ends_with(log.line, "数...(cut)"), "%s", log.line + 2000);
		cr_expect_eq((strlen(log.line) - strlen("...(cut)")) % 3, (size_t)shift);
	}
}

Test(logger, does_not_lose_a_line_that_cannot_be_formatted)
{
	struct captured log = captured(LOGGER_INFO);
	const wchar_t unwritable[] = { 0x7fffffff, 0 };

	log_info(&log.logger, "name %ls", unwritable);
	cr_expect_eq(log.calls, 1);
	cr_expect(ends_with(log.line, "...(cut)"), "%s", log.line);
}

Test(logger, writes_the_empty_line)
{
	struct captured log = captured(LOGGER_INFO);

	log_info(&log.logger, "%s", "");
	cr_expect_eq(log.calls, 1);
	cr_expect_str_eq(log.line, "");
}

Test(logger, the_longest_line_is_not_cut)
{
	struct captured log = captured(LOGGER_INFO);
	char text[4096];

	log_info(&log.logger, "%s", repeated(text, 'x', LONGEST_LINE));
	cr_expect_str_eq(log.line, text);
}

Test(logger, a_longer_line_is_cut_and_says_so)
{
	struct captured log = captured(LOGGER_INFO);
	char text[4096];

	for (size_t size = LONGEST_LINE + 1; size < 4000; size += 800) {
		log_info(&log.logger, "%s", repeated(text, 'x', size));
		cr_expect_eq(strlen(log.line), LONGEST_LINE);
		cr_expect(ends_with(log.line, "xxx...(cut)"));
	}
}

Test(logger, escapes_that_make_a_line_too_long_cut_it)
{
	struct captured log = captured(LOGGER_INFO);
	char text[4096];

	log_info(&log.logger, "%s", repeated(text, '\n', LONGEST_LINE));
	cr_expect_leq(strlen(log.line), LONGEST_LINE);
	cr_expect(ends_with(log.line, "...(cut)"));
}

Test(logger, never_cuts_an_escape_in_two)
{
	struct captured log = captured(LOGGER_INFO);
	char text[4096];

	for (int shift = 0; shift < 4; shift++) {
		log_info(&log.logger, "%.*s%s", shift, "abc", repeated(text, '\n', 1000));
		cr_expect(ends_with(log.line, "\\x0a...(cut)"), "%s", log.line + 2000);
		cr_expect_eq(strlen(log.line) % 4, (size_t)shift);
	}
}
