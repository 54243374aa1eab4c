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

static void
mark_as_cut(char *line, size_t end)
{
	size_t position = MIN(end, LINE_SIZE - sizeof(cut_mark));

	memcpy(line + position, cut_mark, sizeof(cut_mark));
}

void
logger_write(struct logger *logger, enum logger_level level, const char *format, ...)
{
	char raw[LINE_SIZE], line[LINE_SIZE];
	size_t end = 0;
	va_list arguments;
	int wanted;

	assert(level < LOGGER_LEVEL_COUNT);
	if (level > logger->level)
		return;
	va_start(arguments, format);
	wanted = vsnprintf(raw, sizeof(raw), format, arguments);
	va_end(arguments);
	line[0] = '\0';
	for (const char *p = raw; *p != '\0'; p++) {
		size_t size = escape((unsigned char)*p, line + end, sizeof(line) - end);

		if (size == 0) {
			wanted = LINE_SIZE;
			break;
		}
		end += size;
	}
	if (wanted >= LINE_SIZE)
		mark_as_cut(line, end);
	logger->sink(logger, level, line);
}
