#include "tests/interop/record_line.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int
nibble(char digit)
{
	return digit >= '0' && digit <= '9' ? digit - '0' :
	    digit >= 'a' && digit <= 'f'    ? digit - 'a' + 10 :
	                                      -1;
}

/* In place: two digits are longer than the byte. */
static bool
parse_bytes(char *text, struct record_bytes *bytes)
{
	bytes->at = NULL;
	bytes->size = 0;
	if (strcmp(text, "-") == 0)
		return true;
	if (*text != '=')
		return false;
	bytes->at = (unsigned char *)text + 1;
	for (const char *digit = text + 1; digit[0] != '\0'; digit += 2) {
		if (nibble(digit[0]) < 0 || nibble(digit[1]) < 0)
			return false;
		bytes->at[bytes->size++] = (unsigned char)(nibble(digit[0]) << 4 | nibble(digit[1]));
	}
	return true;
}

static bool
parse_headers(char *text, struct record_line *record)
{
	char *rest = text, *header;

	record->header_count = 0;
	while ((header = strsep(&rest, ",")) != NULL) {
		struct record_header *it = &record->headers[record->header_count];
		char *value = header + strcspn(header, "=-");

		if (*header == '\0')
			continue;
		if (*value == '\0' || record->header_count++ == RECORD_HEADERS_MAX ||
		    !parse_bytes(value, &it->value))
			return false;
		it->name = header;
		*value = '\0';
	}
	return true;
}

bool
record_line_parse(char *line, struct record_line *record)
{
	char *fields[5], *rest = line;

	line[strcspn(line, "\n")] = '\0';
	for (size_t i = 0; i < 5; i++) {
		fields[i] = strsep(&rest, "\t");
		if (fields[i] == NULL)
			return false;
	}
	record->partition = *fields[0] == '-' ? -1 : (int32_t)strtol(fields[0], NULL, 10);
	record->timestamp_ms = *fields[1] == '-' ? 0 : strtoll(fields[1], NULL, 10);
	return parse_bytes(fields[2], &record->key) && parse_bytes(fields[3], &record->value) &&
	    parse_headers(fields[4], record);
}

static void
print_field(FILE *out, const void *at, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *byte = at;

	if (at == NULL) {
		putc('-', out);
		return;
	}
	putc('=', out);
	for (size_t i = 0; i < size; i++) {
		putc(digits[byte[i] >> 4], out);
		putc(digits[byte[i] & 15], out);
	}
}

void
record_line_print_bytes(FILE *out, const void *at, size_t size)
{
	putc('\t', out);
	print_field(out, at, size);
}

void
record_line_print_header(FILE *out, const char *name, const void *at, size_t size)
{
	fputs(name, out);
	print_field(out, at, size);
}
