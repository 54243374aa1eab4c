#include "zk/payload_reassignment.h"

#include "zk/payload_private.h"

enum error
payload_reassignment_decode(struct slice bytes, struct arena *arena,
    struct payload_reassignment *reassignment, struct payload_complaint *complaint)
{
	struct payload_reader reader;

	payload_reader_open(&reader, bytes, arena, complaint);
	const json_t *array = payload_array(&reader, reader.root, "partitions");
	size_t count = json_array_size(array);
	struct payload_reassignment_entry *entries =
	    payload_new_array(&reader, count, sizeof(*entries));
	*reassignment = (struct payload_reassignment){ entries, entries == NULL ? 0 : count };
	for (size_t i = 0; i < reassignment->count; i++) {
		const json_t *entry = payload_member_object(&reader, array, i, "partitions");
		entries[i].partition.topic = payload_text(&reader, entry, "topic");
		entries[i].partition.partition =
		    payload_int32(&reader, entry, "partition", 0, INT32_MAX);
		entries[i].replicas =
		    payload_ids(&reader, payload_array(&reader, entry, "replicas"), "replicas");
	}
	return payload_reader_close(&reader);
}

void
payload_reassignment_encode(const struct payload_reassignment *reassignment, struct buffer *out)
{
	struct payload_writer writer = { out, false };

	payload_write_open(&writer, '{');
	payload_write_int_field(&writer, "version", 1);
	payload_write_key(&writer, "partitions");
	payload_write_open(&writer, '[');
	for (size_t i = 0; i < reassignment->count; i++) {
		const struct payload_reassignment_entry *entry = &reassignment->entries[i];
		payload_write_open(&writer, '{');
		payload_write_text_field(&writer, "topic", entry->partition.topic);
		payload_write_int_field(&writer, "partition", entry->partition.partition);
		payload_write_key(&writer, "replicas");
		payload_write_ids(&writer, entry->replicas);
		payload_write_close(&writer, '}');
	}
	payload_write_close(&writer, ']');
	payload_write_close(&writer, '}');
}
