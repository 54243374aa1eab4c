#include "base/logger.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
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

/* Controls, and what ends a line or turns its direction around on a screen. */
static bool
is_printable(uint32_t point)
{
	return point >= 0x20 && !(point >= 0x7f && point < 0xa0) &&
	    !(point >= 0x2028 && point <= 0x202e) && !(point >= 0x2066 && point <= 0x2069) &&
	    point != 0x061c && point != 0x200e && point != 0x200f;
}

/* Bytes of the well-formed UTF-8 character at `p`, and which one it is; 0 when there is none. */
static size_t
decode_utf8(const unsigned char *p, size_t left, uint32_t *point)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t size = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	*point = p[0];
	if (size == 1)
		return 1;
	if (p[0] < 0xc0 || p[0] > 0xf4 || size > left)
		return 0;
	*point &= 0x7fu >> size;
	for (size_t i = 1; i < size; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (p[i] & 0x3fu);
	}
	if (*point < smallest[size] || *point > 0x10ffff || *point >> 11 == 0xd800 >> 11)
		return 0;
	return size;
}

/* Takes one character, or one byte of what is none, into `out`; gives the bytes written there. */
static size_t
escape(const unsigned char **p, size_t left, char out[17])
{
	uint32_t point;
	size_t size = decode_utf8(*p, left, &point), written = 0;

	if (size > 0 && is_printable(point) && point != '\\') {
		memcpy(out, *p, size);
		*p += size;
		return size;
	}
	do
		written += (size_t)snprintf(out + written, 5, "\\x%02x", *(*p)++);
	while (written < size * 4);
	return written;
}

/*
 * Escapes `size` bytes into `line`. What does not fit is replaced by a mark;
 * so is the end of a text that is `cut` already.
 */
static void
escape_line(const char *raw, size_t size, bool cut, char line[LINE_SIZE])
{
	const unsigned char *p = (const unsigned char *)raw, *raw_end = p + size;
	size_t end = 0, end_before_mark = 0;

	while (p < raw_end) {
		char escaped[17];
		size_t written = escape(&p, (size_t)(raw_end - p), escaped);

		if (end + written >= LINE_SIZE) {
			cut = true;
			break;
		}
		memcpy(line + end, escaped, written);
		end += written;
		if (end <= LINE_SIZE - sizeof(cut_mark))
			end_before_mark = end;
	}
	line[end] = '\0';
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
