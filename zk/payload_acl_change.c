#include "zk/payload_acl_change.h"

#include <stdio.h>

#include "zk/payload_private.h"

/* A name may have colons; a type has none. */
static enum error
decode_text(struct slice bytes, struct arena *arena, struct payload_acl_change *change,
    struct payload_complaint *complaint)
{
	const uint8_t *colon = bytes.size == 0 ? NULL : memchr(bytes.bytes, ':', bytes.size);
	size_t type_size = colon == NULL ? 0 : (size_t)(colon - bytes.bytes);

	complaint->text[0] = '\0';
	if (type_size == 0 || type_size + 1 == bytes.size) {
		(void)snprintf(complaint->text, sizeof(complaint->text), "not TYPE:name");
		return ERROR_MALFORMED;
	}
	const char *text = arena_text(arena, bytes.bytes, bytes.size);
	if (text == NULL) {
		(void)snprintf(complaint->text, sizeof(complaint->text), "takes too much memory");
		return ERROR_NO_MEMORY;
	}
	change->resource_type = slice_of(text, type_size);
	change->name = slice_of(text + type_size + 1, bytes.size - type_size - 1);
	return ERROR_NONE;
}

enum error
payload_acl_change_decode(struct slice bytes, struct arena *arena,
    struct payload_acl_change *change, struct payload_complaint *complaint)
{
	struct payload_reader reader;

	*change = (struct payload_acl_change){ .pattern_type = slice_null() };
	if (bytes.size == 0 || bytes.bytes[0] != '{')
		return decode_text(bytes, arena, change, complaint);
	payload_reader_open(&reader, bytes, arena, complaint);
	if (payload_int32(&reader, reader.root, "version", 0, INT32_MAX) != 1)
		payload_fail(&reader, ERROR_UNSUPPORTED, "version", "not 1");
	change->resource_type = payload_text(&reader, reader.root, "resourceType");
	change->name = payload_text(&reader, reader.root, "name");
	change->pattern_type = payload_text(&reader, reader.root, "patternType");
	return payload_reader_close(&reader);
}

void
payload_acl_change_encode(const struct payload_acl_change *change, struct buffer *out)
{
	struct payload_writer writer = { out, false };

	if (slice_is_null(change->pattern_type)) {
		buffer_append_slice(out, change->resource_type);
		buffer_append(out, ":", 1);
		buffer_append_slice(out, change->name);
		return;
	}
	payload_write_open(&writer, '{');
	payload_write_int_field(&writer, "version", 1);
	payload_write_text_field(&writer, "resourceType", change->resource_type);
	payload_write_text_field(&writer, "name", change->name);
	payload_write_text_field(&writer, "patternType", change->pattern_type);
	payload_write_close(&writer, '}');
}
