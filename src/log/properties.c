#include "log/properties.h"

#include <stdio.h>

static bool
is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\f';
}

void
properties_reader_init(struct properties_reader *reader, struct slice text)
{
	*reader = (struct properties_reader){ .rest = text };
	buffer_init(&reader->key);
	buffer_init(&reader->value);
}

void
properties_reader_fini(struct properties_reader *reader)
{
	buffer_fini(&reader->key);
	buffer_fini(&reader->value);
}

static void
advance(struct properties_reader *reader, size_t count)
{
	reader->rest = slice_of(reader->rest.bytes + count, reader->rest.size - count);
}

/* True when the next byte exists and ends a line; takes \r\n as one end. */
static bool
take_line_end(struct properties_reader *reader)
{
	struct slice rest = reader->rest;

	if (rest.size == 0 || (rest.bytes[0] != '\n' && rest.bytes[0] != '\r'))
		return false;
	advance(reader, rest.bytes[0] == '\r' && rest.size > 1 && rest.bytes[1] == '\n' ? 2 : 1);
	reader->line++;
	return true;
}

static void
skip_blanks(struct properties_reader *reader)
{
	while (reader->rest.size > 0 && is_blank(reader->rest.bytes[0]))
		advance(reader, 1);
}

/* A backslash at the end of a line joins it with the next, whose blanks at the front go. */
static bool
take_continuation(struct properties_reader *reader)
{
	struct properties_reader ahead = *reader;

	if (ahead.rest.size == 0 || ahead.rest.bytes[0] != '\\')
		return false;
	advance(&ahead, 1);
	if (!take_line_end(&ahead) && ahead.rest.size != 0)
		return false;
	skip_blanks(&ahead);
	reader->rest = ahead.rest;
	reader->line = ahead.line;
	return true;
}

static void
append_utf8(struct buffer *text, uint32_t code)
{
	uint8_t bytes[3] = { (uint8_t)code };
	size_t size = 1;

	if (code >= 0x800) {
		bytes[0] = (uint8_t)(0xe0 | code >> 12);
		bytes[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
		bytes[2] = (uint8_t)(0x80 | (code & 0x3f));
		size = 3;
	} else if (code >= 0x80) {
		bytes[0] = (uint8_t)(0xc0 | code >> 6);
		bytes[1] = (uint8_t)(0x80 | (code & 0x3f));
		size = 2;
	}
	buffer_append(text, bytes, size);
}

static int
hex_digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

static enum error
take_unicode(struct properties_reader *reader, struct buffer *text)
{
	uint32_t code = 0;

	if (reader->rest.size < 4)
		return ERROR_MALFORMED;
	for (size_t i = 0; i < 4; i++) {
		int digit = hex_digit(reader->rest.bytes[i]);
		if (digit < 0)
			return ERROR_MALFORMED;
		code = code << 4 | (uint32_t)digit;
	}
	advance(reader, 4);
	append_utf8(text, code);
	return ERROR_NONE;
}

/* The backslash has been seen and is followed by something on its line. */
static enum error
take_escape(struct properties_reader *reader, struct buffer *text)
{
	uint8_t byte = reader->rest.bytes[1];

	advance(reader, 2);
	switch (byte) {
	case 'u':
		return take_unicode(reader, text);
	case 't':
		byte = '\t';
		break;
	case 'n':
		byte = '\n';
		break;
	case 'r':
		byte = '\r';
		break;
	case 'f':
		byte = '\f';
		break;
	default:
		break;
	}
	buffer_append(text, &byte, 1);
	return ERROR_NONE;
}

static bool
ends_key(uint8_t byte)
{
	return is_blank(byte) || byte == '=' || byte == ':';
}

/* Text up to the end of the logical line, or of the key. */
static enum error
take_text(struct properties_reader *reader, struct buffer *text, bool is_key)
{
	enum error error = ERROR_NONE;

	while (error == ERROR_NONE && reader->rest.size > 0) {
		uint8_t byte = reader->rest.bytes[0];
		if (take_continuation(reader))
			continue;
		if (byte == '\n' || byte == '\r' || (is_key && ends_key(byte)))
			break;
		if (byte == '\\') {
			error = take_escape(reader, text);
			continue;
		}
		buffer_append(text, &byte, 1);
		advance(reader, 1);
	}
	return error;
}

static void
skip_line(struct properties_reader *reader)
{
	while (reader->rest.size > 0 && !take_line_end(reader))
		advance(reader, 1);
}

/* Goes to the first byte of the next pair. */
static bool
find_pair(struct properties_reader *reader)
{
	for (;;) {
		skip_blanks(reader);
		if (reader->rest.size == 0)
			return false;
		uint8_t byte = reader->rest.bytes[0];
		if (byte == '#' || byte == '!')
			skip_line(reader);
		else if (!take_line_end(reader))
			return true;
	}
}

enum error
properties_reader_next(struct properties_reader *reader)
{
	buffer_clear(&reader->key);
	buffer_clear(&reader->value);
	if (!find_pair(reader))
		return ERROR_END_OF_STREAM;
	reader->first_line = reader->line + 1;
	enum error error = take_text(reader, &reader->key, true);
	if (error == ERROR_NONE) {
		skip_blanks(reader);
		if (reader->rest.size > 0 &&
		    (reader->rest.bytes[0] == '=' || reader->rest.bytes[0] == ':'))
			advance(reader, 1);
		skip_blanks(reader);
		error = take_text(reader, &reader->value, false);
	}
	take_line_end(reader);
	reader->line = error == ERROR_NONE ? reader->line : reader->first_line;
	return error;
}

static void
append_escaped(struct buffer *text, uint8_t byte, bool escape_blank)
{
	static const char controls[] = "\t\n\r\f";
	static const char letters[] = "tnrf";
	const char *control = byte == 0 ? NULL : strchr(controls, byte);
	char escaped[8];

	if (control != NULL) {
		escaped[0] = '\\';
		escaped[1] = letters[control - controls];
		buffer_append(text, escaped, 2);
	} else if (byte < 0x20 || byte == 0x7f) {
		snprintf(escaped, sizeof(escaped), "\\u%04X", (unsigned)byte);
		buffer_append(text, escaped, 6);
	} else {
		if (strchr("\\=:#!", byte) != NULL || (byte == ' ' && escape_blank))
			buffer_append(text, "\\", 1);
		buffer_append(text, &byte, 1);
	}
}

void
properties_append(struct buffer *text, struct slice key, struct slice value)
{
	for (size_t i = 0; i < key.size; i++)
		append_escaped(text, key.bytes[i], true);
	buffer_append(text, "=", 1);
	for (size_t i = 0; i < value.size; i++)
		append_escaped(text, value.bytes[i], i == 0); /* a blank only where it would be skipped */
	buffer_append(text, "\n", 1);
}

struct date {
	int64_t year;
	int month; /* from 0 */
	int day;   /* from 1 */
};

/* Days since 1970-01-01 to the proleptic Gregorian calendar, in years that begin in March. */
static struct date
date_of(int64_t days)
{
	int64_t shifted = days + 719468; /* since 0000-03-01 */
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t day_of_era = shifted - era * 146097;
	int64_t year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
	    day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * day_of_year + 2) / 153;
	int month = (int)((month_from_march + 2) % 12);

	return (struct date){ year_of_era + era * 400 + (month < 2), month,
		(int)(day_of_year - (153 * month_from_march + 2) / 5 + 1) };
}

void
properties_append_date(struct buffer *text, int64_t now_ms)
{
	static const char weekdays[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t seconds = now_ms / 1000 - (now_ms % 1000 < 0);
	int64_t days = seconds / 86400 - (seconds % 86400 < 0);
	int time = (int)(seconds - days * 86400);
	struct date date = date_of(days);
	char line[64];
	int length = snprintf(line, sizeof(line), "#%.3s %.3s %02d %02d:%02d:%02d UTC %04lld\n",
	    weekdays + ((days % 7 + 7) % 7) * 3, months + date.month * 3, date.day, time / 3600,
	    time / 60 % 60, time % 60, (long long)date.year);

	buffer_append(text, line, (size_t)length);
}
