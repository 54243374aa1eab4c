#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/base64.h"
#include "base/uuid.h"
#include "wire/message.h"
#include "wire/message_private.h"
#include "wire/utf8.h"

static void
print_text(struct buffer *out, const char *text)
{
	buffer_append(out, text, strlen(text));
}

static void
print_int(struct buffer *out, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	print_text(out, text);
}

static void
print_float64(struct buffer *out, double value)
{
	char text[32];

	snprintf(text, sizeof(text), isfinite(value) ? "%.17g" : "\"%f\"", value);
	print_text(out, text);
}

static void
print_character(struct buffer *out, struct slice character)
{
	char escaped[8];

	if (*character.bytes == '"' || *character.bytes == '\\')
		buffer_int8(out, '\\');
	if (*character.bytes >= 0x20 && *character.bytes != 0x7f) {
		buffer_append_slice(out, character);
		return;
	}
	snprintf(escaped, sizeof(escaped), "\\u%04x", *character.bytes);
	print_text(out, escaped);
}

static void
print_string(struct buffer *out, struct slice string)
{
	buffer_int8(out, '"');
	while (string.size > 0) {
		size_t size = wire_utf8_character_size(string);

		if (size == 0) {
			print_text(out, "\xef\xbf\xbd");
			size = 1;
		} else
			print_character(out, slice_of(string.bytes, size));
		string = slice_of(string.bytes + size, string.size - size);
	}
	buffer_int8(out, '"');
}

static void
print_bytes(struct buffer *out, struct slice bytes)
{
	buffer_int8(out, '"');
	base64_encode(out, bytes, BASE64_STANDARD);
	buffer_int8(out, '"');
}

static void
print_uuid(struct buffer *out, struct uuid uuid)
{
	char text[UUID_TEXT_SIZE + 1];

	uuid_text(uuid, text);
	print_string(out, slice_of_text(text));
}

static void
print_records(struct buffer *out, const struct wire_records *records)
{
	if (records->kind == WIRE_RECORDS_NULL) {
		print_text(out, "null");
		return;
	}
	print_text(out, "{\"sizeInBytes\":");
	print_int(out, (int64_t)(records->kind == WIRE_RECORDS_BYTES ? records->bytes.size :
	    records->length));
	buffer_int8(out, '}');
}

static void
print_slice(struct buffer *out, enum field_type type, struct slice slice)
{
	if (slice_is_null(slice))
		print_text(out, "null");
	else if (type == FIELD_STRING)
		print_string(out, slice);
	else
		print_bytes(out, slice);
}

static void print_struct(struct buffer *out, const struct message_struct *structure,
    int16_t version, const void *at);

static void
print_value(struct buffer *out, const struct message_field *field, enum field_type type,
    int16_t version, const void *at)
{
	switch (type) {
	case FIELD_BOOL:
		print_text(out, *(const bool *)at ? "true" : "false");
		break;
	case FIELD_INT8:
		print_int(out, *(const int8_t *)at);
		break;
	case FIELD_INT16:
		print_int(out, *(const int16_t *)at);
		break;
	case FIELD_INT32:
		print_int(out, *(const int32_t *)at);
		break;
	case FIELD_INT64:
		print_int(out, *(const int64_t *)at);
		break;
	case FIELD_FLOAT64:
		print_float64(out, *(const double *)at);
		break;
	case FIELD_UUID:
		print_uuid(out, *(const struct uuid *)at);
		break;
	case FIELD_STRING:
	case FIELD_BYTES:
		print_slice(out, type, *(const struct slice *)at);
		break;
	case FIELD_RECORDS:
		print_records(out, at);
		break;
	case FIELD_STRUCT:
		print_struct(out, field->structure, version, at);
		break;
	case FIELD_ARRAY:
		break;
	}
}

static void
print_array(struct buffer *out, const struct message_field *field, int16_t version,
    const void *at)
{
	struct wire_array array = wire_array_load(at);
	size_t size = field_type_size(field->element, field->structure);
	const uint8_t *item = array.items;

	if (array.count < 0) {
		print_text(out, "null");
		return;
	}
	buffer_int8(out, '[');
	for (int32_t i = 0; i < array.count; i++, item += size) {
		if (i > 0)
			buffer_int8(out, ',');
		print_value(out, field, field->element, version, item);
	}
	buffer_int8(out, ']');
}

static void
print_field(struct buffer *out, const struct message_field *field, int16_t version,
    const void *at)
{
	if (field->type == FIELD_ARRAY) {
		print_array(out, field, version, at);
		return;
	}
	if (field->type == FIELD_STRUCT)
		at = wire_struct_load(field, at);
	if (at == NULL)
		print_text(out, "null");
	else
		print_value(out, field, field->type, version, at);
}

static void
print_struct(struct buffer *out, const struct message_struct *structure, int16_t version,
    const void *at)
{
	const char *separator = "";

	buffer_int8(out, '{');
	for (size_t i = 0; i < structure->field_count; i++) {
		const struct message_field *field = &structure->fields[i];

		if (!version_range_has(field->versions, version))
			continue;
		print_text(out, separator);
		print_string(out, slice_of_text(field->name));
		buffer_int8(out, ':');
		print_field(out, field, version, field_at(field, at));
		separator = ",";
	}
	buffer_int8(out, '}');
}

void
message_print(const struct message_type *type, int16_t version, const void *message,
    struct buffer *out)
{
	print_struct(out, type->structure, version, message);
}
