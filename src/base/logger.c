#include "base/logger.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LINE_SIZE = 2048 };

static const char *const names[LOGGER_LEVEL_COUNT] = { "ERROR", "WARN", "INFO", "DEBUG" };
static const char cut_mark[] = "...(cut)";

const char *
logger_level_name(enum logger_level level)
{
	assert(level < LOGGER_LEVEL_COUNT);
	return names[level];
}

/* Bytes of the result, or 0 when `size` is too small for them. */
static size_t
escape(unsigned char byte, char *out, size_t size)
{
	bool plain = byte >= 0x20 && byte != 0x7f && byte != '\\';
	int written = plain ? snprintf(out, size, "%c", byte) : snprintf(out, size, "\\x%02x", byte);

	return (size_t)written < size ? (size_t)written : 0;
}

/*
 * Escapes `size` bytes into `line`. What does not fit is replaced by a mark;
 * so is the end of a text that is `cut` already.
 */
static void
escape_line(const char *raw, size_t size, bool cut, char line[LINE_SIZE])
{
	size_t end = 0, end_before_mark = 0;

	line[0] = '\0';
	for (size_t i = 0; i < size; i++) {
		size_t written = escape((unsigned char)raw[i], line + end, LINE_SIZE - end);

		if (written == 0) {
			cut = true;
			break;
		}
		end += written;
		if (end <= LINE_SIZE - sizeof(cut_mark))
			end_before_mark = end;
	}
	if (cut)
		memcpy(line + end_before_mark, cut_mark, sizeof(cut_mark));
}

void
logger_write(struct logger *logger, enum logger_level level, const char *format, ...)
{
	char raw[LINE_SIZE], line[LINE_SIZE];
	va_list arguments;
	int wanted;

	assert(level < LOGGER_LEVEL_COUNT);
	if (level > logger->level)
		return;
	raw[0] = '\0';
	va_start(arguments, format);
	wanted = vsnprintf(raw, sizeof(raw), format, arguments);
	va_end(arguments);
	/* A format that fails (foreign wide characters) leaves what came before it. */
	if (wanted < 0)
		escape_line(raw, strnlen(raw, sizeof(raw) - 1), true, line);
	else
		escape_line(raw, MIN((size_t)wanted, sizeof(raw) - 1), wanted >= LINE_SIZE, line);
	logger->sink(logger, level, line);
}
