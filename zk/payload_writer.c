#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "zk/payload_private.h"

/* Between two values of an array or object. */
static void
separate(struct payload_writer *writer)
{
	if (writer->comma)
		buffer_append(writer->out, ",", 1);
	writer->comma = true;
}

void
payload_write_open(struct payload_writer *writer, char bracket)
{
	assert(bracket == '{' || bracket == '[');
	separate(writer);
	buffer_append(writer->out, &bracket, 1);
	writer->comma = false;
}

void
payload_write_close(struct payload_writer *writer, char bracket)
{
	assert(bracket == '}' || bracket == ']');
	buffer_append(writer->out, &bracket, 1);
	writer->comma = true;
}

static void
append_number(struct buffer *out, int64_t number)
{
	char digits[24];
	int size = snprintf(digits, sizeof(digits), "%" PRId64, number);

	buffer_append(out, digits, (size_t)size);
}

/* The short escapes that Jackson knows; 0 for other bytes. */
static char
short_escape(uint8_t byte)
{
	switch (byte) {
	case '"':
	case '\\':
		return (char)byte;
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return 0;
	}
}

static void
append_quoted(struct buffer *out, struct slice text)
{
	char code[8];

	buffer_append(out, "\"", 1);
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.bytes[i];
		char escape = short_escape(byte);
		if (escape != 0) {
			buffer_append(out, (char[]){ '\\', escape }, 2);
		} else if (byte < ' ') {
			(void)snprintf(code, sizeof(code), "\\u%04X", byte);
			buffer_append(out, code, 6);
		} else {
			buffer_append(out, &byte, 1);
		}
	}
	buffer_append(out, "\"", 1);
}

void
payload_write_name(struct payload_writer *writer, struct slice name)
{
	separate(writer);
	append_quoted(writer->out, name);
	buffer_append(writer->out, ":", 1);
	writer->comma = false;
}

void
payload_write_int(struct payload_writer *writer, int64_t number)
{
	separate(writer);
	append_number(writer->out, number);
}

void
payload_write_text(struct payload_writer *writer, struct slice text)
{
	separate(writer);
	if (slice_is_null(text))
		buffer_append(writer->out, "null", 4);
	else
		append_quoted(writer->out, text);
}

void
payload_write_number_text(struct payload_writer *writer, int64_t number)
{
	separate(writer);
	buffer_append(writer->out, "\"", 1);
	append_number(writer->out, number);
	buffer_append(writer->out, "\"", 1);
}

void
payload_write_ids(struct payload_writer *writer, struct payload_int32_list ids)
{
	payload_write_open(writer, '[');
	for (size_t i = 0; i < ids.count; i++)
		payload_write_int(writer, ids.values[i]);
	payload_write_close(writer, ']');
}

void
payload_write_key(struct payload_writer *writer, const char *name)
{
	payload_write_name(writer, slice_of_text(name));
}

void
payload_write_int_field(struct payload_writer *writer, const char *name, int64_t number)
{
	payload_write_key(writer, name);
	payload_write_int(writer, number);
}

void
payload_write_text_field(struct payload_writer *writer, const char *name, struct slice text)
{
	payload_write_key(writer, name);
	payload_write_text(writer, text);
}
