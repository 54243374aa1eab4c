#include "zk/payload_acl.h"

#include "zk/payload_private.h"

enum error
payload_acl_decode(struct slice bytes, struct arena *arena, struct payload_acl *acl,
    struct payload_complaint *complaint)
{
	struct payload_reader reader;

	payload_reader_open(&reader, bytes, arena, complaint);
	if (payload_int32(&reader, reader.root, "version", 0, INT32_MAX) != 1)
		payload_fail(&reader, ERROR_UNSUPPORTED, "version", "not 1");
	const json_t *array = payload_array(&reader, reader.root, "acls");
	size_t count = json_array_size(array);
	struct payload_acl_entry *entries = payload_new_array(&reader, count, sizeof(*entries));
	*acl = (struct payload_acl){ entries, entries == NULL ? 0 : count };
	for (size_t i = 0; i < acl->count; i++) {
		const json_t *entry = payload_member_object(&reader, array, i, "acls");
		entries[i].principal = payload_text(&reader, entry, "principal");
		entries[i].permission_type = payload_text(&reader, entry, "permissionType");
		entries[i].host = payload_text(&reader, entry, "host");
		entries[i].operation = payload_text(&reader, entry, "operation");
	}
	return payload_reader_close(&reader);
}

void
payload_acl_encode(const struct payload_acl *acl, struct buffer *out)
{
	struct payload_writer writer = { out, false };

	payload_write_open(&writer, '{');
	payload_write_key(&writer, "acls");
	payload_write_open(&writer, '[');
	for (size_t i = 0; i < acl->count; i++) {
		const struct payload_acl_entry *entry = &acl->entries[i];
		payload_write_open(&writer, '{');
		payload_write_text_field(&writer, "principal", entry->principal);
		payload_write_text_field(&writer, "permissionType", entry->permission_type);
		payload_write_text_field(&writer, "host", entry->host);
		payload_write_text_field(&writer, "operation", entry->operation);
		payload_write_close(&writer, '}');
	}
	payload_write_close(&writer, ']');
	payload_write_int_field(&writer, "version", 1);
	payload_write_close(&writer, '}');
}
