#include "klamm/consume_format.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static int
hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

/* The byte of what stands behind a backslash, and how many characters that is; 0: none. */
static int
escape_at(const char *text, char *byte)
{
	static const char letters[] = "ntr0\\", bytes[] = "\n\t\r\0\\";
	const char *found = text[0] != '\0' ? strchr(letters, text[0]) : NULL;

	if (found != NULL) {
		*byte = bytes[found - letters];
		return 1;
	}
	if (text[0] != 'x' || hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0)
		return 0;
	*byte = (char)(hex_digit(text[1]) * 16 + hex_digit(text[2]));
	return 3;
}

enum error
consume_format_check(const char *format, const char **wrong)
{
	char byte;

	for (const char *at = format; *at != '\0'; at++) {
		*wrong = at;
		if (*at == '%') {
			at++;
			if (*at == '\0' || strchr("skSKtpoTh%", *at) == NULL)
				return ERROR_INVALID_ARGUMENT;
		} else if (*at == '\\') {
			int size = escape_at(at + 1, &byte);
			if (size == 0)
				return ERROR_INVALID_ARGUMENT;
			at += size;
		}
	}
	return ERROR_NONE;
}

static void
print_bytes(struct slice bytes, const char *null_text, struct output *output)
{
	output_raw(output, slice_is_null(bytes) ? slice_of_text(null_text) : bytes);
}

static void
print_number(int64_t number, struct output *output)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	output_plain(output, text);
}

static void
print_headers(const struct consumed_record *record, const char *null_text, struct output *output)
{
	for (size_t i = 0; i < record->header_count; i++) {
		if (i > 0)
			output_plain(output, ",");
		output_plain(output, record->headers[i].name);
		output_plain(output, "=");
		print_bytes(record->headers[i].value, null_text, output);
	}
}

static int64_t
size_of(struct slice bytes)
{
	return slice_is_null(bytes) ? -1 : (int64_t)bytes.size;
}

static void
print_field(char letter, const char *null_text, const struct consumed_record *record,
    struct output *output)
{
	switch (letter) {
	case 's':
		print_bytes(record->value, null_text, output);
		break;
	case 'k':
		print_bytes(record->key, null_text, output);
		break;
	case 'S':
		print_number(size_of(record->value), output);
		break;
	case 'K':
		print_number(size_of(record->key), output);
		break;
	case 't':
		output_plain(output, record->topic);
		break;
	case 'p':
		print_number(record->partition, output);
		break;
	case 'o':
		print_number(record->offset, output);
		break;
	case 'T':
		print_number(record->timestamp_ms, output);
		break;
	case 'h':
		print_headers(record, null_text, output);
		break;
	default:
		output_plain(output, "%");
		break;
	}
}

void
consume_format_print(const char *format, const char *null_text,
    const struct consumed_record *record, struct output *output)
{
	while (*format != '\0') {
		size_t plain = strcspn(format, "%\\");
		char byte;

		output_raw(output, slice_of(format, plain));
		format += plain;
		if (*format == '%') {
			print_field(format[1], null_text, record, output);
			format += 2;
		} else if (*format == '\\') {
			int size = escape_at(format + 1, &byte);
			assert(size > 0);
			output_raw(output, slice_of(&byte, 1));
			format += 1 + size;
		}
	}
}

void
consume_format_json(const struct consumed_record *record, struct output *output)
{
	output_begin(output, "record", NULL);
	output_text(output, "topic", record->topic);
	output_int(output, "partition", record->partition);
	output_int(output, "offset", record->offset);
	if (record->timestamp_ms >= 0)
		output_int(output, "timestamp", record->timestamp_ms);
	else
		output_bytes(output, "timestamp", slice_null());
	output_word(output, "timestampType", record->is_append_time ? "LogAppendTime" : "CreateTime");
	output_bytes(output, "key", record->key);
	output_bytes(output, "value", record->value);
	output_list_begin(output, "headers");
	for (size_t i = 0; i < record->header_count; i++) {
		output_list_next(output);
		output_text(output, "key", record->headers[i].name);
		output_bytes(output, "value", record->headers[i].value);
		output_list_done(output);
	}
	output_list_end(output);
	output_end(output);
}
