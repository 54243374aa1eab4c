#include "klamm/output.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "wire/utf8.h"

enum { FLUSH_AT_BYTES = 64 * 1024 };

void
output_init(struct output *output, enum error (*write)(void *context, struct slice bytes),
    void *context)
{
	*output = (struct output){ .write = write, .context = context };
	buffer_init(&output->buffer);
}

void
output_fini(struct output *output)
{
	buffer_fini(&output->buffer);
}

enum error
output_flush(struct output *output)
{
	if (output->error == ERROR_NONE && output->buffer.size > 0)
		output->error = output->write(output->context, buffer_slice(&output->buffer));
	buffer_clear(&output->buffer);
	return output->error;
}

void
output_look_for_reader(struct output *output)
{
	if (output->error == ERROR_NONE && output->reader_is_gone != NULL &&
	    output->reader_is_gone(output->context))
		output->error = ERROR_CONNECTION_CLOSED;
}

static void
put(struct output *output, const void *bytes, size_t size)
{
	buffer_append(&output->buffer, bytes, size);
	if (output->buffer.size >= FLUSH_AT_BYTES)
		(void)output_flush(output); /* kept, and asked for at the end */
}

void
output_plain(struct output *output, const char *text)
{
	put(output, text, strlen(text));
}

void
output_raw(struct output *output, struct slice bytes)
{
	put(output, bytes.bytes, bytes.size);
}

static bool
is_format_character(uint32_t code)
{
	/* C1 controls, line separators, and what turns the direction of text. */
	return (code >= 0x80 && code <= 0x9f) || (code >= 0x2028 && code <= 0x202e) ||
	    (code >= 0x2066 && code <= 0x2069);
}

static uint32_t
code_of(struct slice character)
{
	const uint8_t *at = character.bytes;

	if (character.size == 2)
		return (uint32_t)(at[0] & 0x1f) << 6 | (at[1] & 0x3f);
	if (character.size == 3)
		return (uint32_t)(at[0] & 0x0f) << 12 | (uint32_t)(at[1] & 0x3f) << 6 |
		    (at[2] & 0x3f);
	return character.size == 1 ? at[0] : UINT32_MAX;
}

static bool
is_control(struct slice character, size_t valid_size)
{
	uint32_t code = code_of(character);

	return valid_size == 0 || code < 0x20 || code == 0x7f || is_format_character(code);
}

static void
escape(struct slice character, struct buffer *out)
{
	char text[8];

	for (size_t i = 0; i < character.size; i++) {
		snprintf(text, sizeof(text), "\\x%02x", character.bytes[i]);
		buffer_append(out, text, strlen(text));
	}
}

void
output_printable(struct slice text, struct buffer *out)
{
	while (text.size > 0) {
		size_t size = wire_utf8_character_size(text);
		struct slice character = slice_of(text.bytes, size > 0 ? size : 1);

		if (is_control(character, size))
			escape(character, out);
		else
			buffer_append_slice(out, character);
		text = slice_of(text.bytes + character.size, text.size - character.size);
	}
}

static void
put_escaped(struct output *output, struct slice character)
{
	char text[8];

	if (output->json) {
		snprintf(text, sizeof(text), "\\u%04x", (unsigned)code_of(character));
		output_plain(output, text);
	} else
		escape(character, &output->buffer);
}

static void
put_quoted(struct output *output, struct slice text)
{
	output_plain(output, "\"");
	while (text.size > 0) {
		size_t size = wire_utf8_character_size(text);
		struct slice character = slice_of(text.bytes, size > 0 ? size : 1);
		uint32_t code = code_of(character);

		if (size == 0 && output->json)
			output_plain(output, "\\ufffd");
		else if (is_control(character, size))
			put_escaped(output, character);
		else {
			if (code == '"' || code == '\\')
				output_plain(output, "\\");
			put(output, character.bytes, character.size);
		}
		text = slice_of(text.bytes + character.size, text.size - character.size);
	}
	output_plain(output, "\"");
}

static void
put_hex(struct output *output, struct slice bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.size; i++) {
		char pair[2] = { digits[bytes.bytes[i] >> 4], digits[bytes.bytes[i] & 15] };
		put(output, pair, sizeof(pair));
	}
}

static void
put_name(struct output *output, const char *name, const char *suffix)
{
	if (!output->first)
		output_plain(output, output->json ? "," : " ");
	output->first = false;
	if (output->json)
		output_plain(output, "\"");
	output_plain(output, name);
	if (output->json)
		output_plain(output, suffix);
	output_plain(output, output->json ? "\":" : "=");
}

void
output_begin(struct output *output, const char *item, const char *file)
{
	output->first = true;
	if (!output->json) {
		output_plain(output, item);
		output->first = false;
		return;
	}
	output_plain(output, "{");
	output_word(output, "type", item);
	if (file != NULL)
		output_text(output, "file", file);
}

void
output_end(struct output *output)
{
	output_plain(output, output->json ? "}\n" : "\n");
}

void
output_int(struct output *output, const char *name, int64_t value)
{
	char text[24];

	put_name(output, name, "");
	snprintf(text, sizeof(text), "%" PRId64, value);
	output_plain(output, text);
}

void
output_bool(struct output *output, const char *name, bool value)
{
	put_name(output, name, "");
	if (output->json)
		output_plain(output, value ? "true" : "false");
	else
		output_plain(output, value ? "yes" : "no");
}

void
output_text(struct output *output, const char *name, const char *value)
{
	put_name(output, name, "");
	put_quoted(output, slice_of_text(value));
}

void
output_word(struct output *output, const char *name, const char *value)
{
	put_name(output, name, "");
	if (output->json)
		put_quoted(output, slice_of_text(value));
	else
		output_plain(output, value);
}

void
output_bytes(struct output *output, const char *name, struct slice bytes)
{
	if (slice_is_null(bytes)) {
		put_name(output, name, "");
		output_plain(output, "null");
		return;
	}
	if (!output->hex && (!output->json || wire_utf8_valid(bytes))) {
		put_name(output, name, "");
		put_quoted(output, bytes);
		return;
	}
	put_name(output, name, "Hex");
	output_plain(output, output->json ? "\"" : "0x");
	put_hex(output, bytes);
	if (output->json)
		output_plain(output, "\"");
}

void
output_json(struct output *output, const char *name, struct slice json)
{
	put_name(output, name, "");
	while (json.size > 0) {
		size_t size = wire_utf8_character_size(json);
		struct slice character = slice_of(json.bytes, size > 0 ? size : 1);
		uint32_t code = code_of(character);
		char text[8];

		if (size > 0 && is_format_character(code)) { /* so it stands inside a string */
			snprintf(text, sizeof(text), "\\u%04x", (unsigned)code);
			output_plain(output, text);
		} else
			put(output, character.bytes, character.size);
		json = slice_of(json.bytes + character.size, json.size - character.size);
	}
}

void
output_list_begin(struct output *output, const char *name)
{
	put_name(output, name, "");
	output_plain(output, "[");
	output->first = true;
}

void
output_list_next(struct output *output)
{
	if (!output->first)
		output_plain(output, output->json ? "," : ", ");
	output_plain(output, "{");
	output->first = true;
}

void
output_list_done(struct output *output)
{
	output_plain(output, "}");
	output->first = false;
}

void
output_list_end(struct output *output)
{
	output_plain(output, "]");
	output->first = false;
}
